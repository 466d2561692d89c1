//! Sends with a bounded number in flight, each settled by the delivery reports of its messages.

use std::ffi::{c_void, CString};
use std::time::Instant;

use kafka4_core::{config::Config, properties};
use rdkafka_sys as rdsys;
use rdkafka_sys::rd_kafka_resp_err_t as RespErr;
use serde_json::Value;

use crate::client::{c_string, describe, Client};
use crate::measure::{percentiles, Meter};
use crate::payloads::{events, pool, Record};
use crate::{Options, Result};

/// `RD_KAFKA_PARTITION_UA`: librdkafka chooses.
const UNASSIGNED: i32 = -1;

/// A producer that counts acknowledgements by slot, the number of the send in flight.
pub struct Producer {
    /// Sends go over them in turn.
    topics: Vec<*mut rdsys::rd_kafka_topic_t>,
    queue: *mut rdsys::rd_kafka_queue_t,
    /// Messages of each slot that are not acknowledged yet.
    open: Vec<usize>,
    free: Vec<usize>,
    acknowledged: u64,
    batch: Vec<rdsys::rd_kafka_message_t>,
    client: Client,
}

impl Producer {
    pub fn new(config: &Config, options: &Options) -> Result<Producer> {
        let properties = properties::producer(config).map_err(|e| e.to_string())?;
        let client = Client::new(rdsys::rd_kafka_type_t::RD_KAFKA_PRODUCER, &properties, rdsys::RD_KAFKA_EVENT_DR)?;
        let names = options.topics.iter().map(|topic| c_string(topic)).collect::<Result<Vec<_>>>()?;
        // SAFETY: the handle is alive; the references are given back in drop.
        let (topics, queue) = unsafe {
            let topic = |name: &CString| rdsys::rd_kafka_topic_new(client.rk, name.as_ptr(), std::ptr::null_mut());
            (names.iter().map(topic).collect(), rdsys::rd_kafka_queue_get_main(client.rk))
        };
        let free = (0..options.inflight).collect();
        Ok(Producer {
            topics,
            queue,
            open: vec![0; options.inflight],
            free,
            acknowledged: 0,
            batch: Vec::new(),
            client,
        })
    }

    /// One send in a free slot, librdkafka choosing the partitions, as kafka4's own partitioner would.
    pub fn send(&mut self, slot: usize, number: usize, records: &[Record]) -> Result<()> {
        self.open[slot] = records.len();
        let topic = self.topics[number % self.topics.len()];
        if records.iter().any(|record| !record.headers.is_empty()) {
            // The call for batches takes no headers.
            return records.iter().try_for_each(|record| one(self.client.rk, topic, slot, record));
        }
        self.batch.clear();
        self.batch.extend(records.iter().map(|Record { value, key, .. }| rdsys::rd_kafka_message_t {
            err: RespErr::RD_KAFKA_RESP_ERR_NO_ERROR,
            rkt: std::ptr::null_mut(),
            partition: 0,
            payload: value.as_ptr() as *mut c_void,
            len: value.len(),
            key: key.as_ref().map_or(std::ptr::null_mut(), |key| key.as_ptr() as *mut c_void),
            key_len: key.as_ref().map_or(0, Vec::len),
            offset: 0,
            _private: slot as *mut c_void,
        }));
        let count = records.len() as i32;
        // SAFETY: librdkafka copies keys and values.
        let good = unsafe {
            let messages = self.batch.as_mut_ptr();
            rdsys::rd_kafka_produce_batch(topic, UNASSIGNED, rdsys::RD_KAFKA_MSG_F_COPY, messages, count)
        };
        if good == count {
            return Ok(());
        }
        let first = self.batch.iter().find(|m| m.err != RespErr::RD_KAFKA_RESP_ERR_NO_ERROR);
        Err(format!(
            "{} of {count} messages were refused: {}",
            count - good,
            first.map_or("".into(), |m| describe(m.err))
        ))
    }

    pub fn acknowledged(&self) -> u64 {
        self.acknowledged
    }

    /// Until the slot's messages are all acknowledged.
    pub fn wait_for(&mut self, slot: usize) -> Result<()> {
        while self.open[slot] > 0 {
            self.settle()?;
        }
        Ok(())
    }

    /// Waits for delivery reports; slots whose last message is acknowledged become free.
    fn settle(&mut self) -> Result<()> {
        // SAFETY: the event is ours until it is destroyed, its messages with it.
        unsafe {
            let event = rdsys::rd_kafka_queue_poll(self.queue, 10_000);
            if event.is_null() {
                return Err("no delivery report for 10 s".into());
            }
            if rdsys::rd_kafka_event_type(event) == rdsys::RD_KAFKA_EVENT_DR {
                loop {
                    let message = rdsys::rd_kafka_event_message_next(event);
                    if message.is_null() {
                        break;
                    }
                    if (*message).err != RespErr::RD_KAFKA_RESP_ERR_NO_ERROR {
                        return Err(describe((*message).err));
                    }
                    let slot = (*message)._private as usize;
                    self.acknowledged += 1;
                    self.open[slot] -= 1;
                    if self.open[slot] == 0 {
                        self.free.push(slot);
                    }
                }
            }
            rdsys::rd_kafka_event_destroy(event);
        }
        Ok(())
    }

    /// Runs `total` messages in sends of `batch`; the part after the warm-up is measured.
    fn run(&mut self, options: &Options, pool: &[Record]) -> Result<Value> {
        let sends = options.total as usize / options.batch;
        let (mut next, mut meter) = (0, None);
        while self.acknowledged < (sends * options.batch) as u64 {
            while next < sends && !self.free.is_empty() {
                let slot = self.free.pop().ok_or("no slot")?;
                self.send(slot, next, part(pool, options.batch, next))?;
                next += 1;
            }
            self.settle()?;
            if meter.is_none() && self.acknowledged >= options.warmup {
                meter = Some((Meter::start(), self.acknowledged));
            }
        }
        let (meter, before) = meter.ok_or("the warm-up is longer than the run")?;
        let mut result = meter.stop(self.acknowledged - before);
        result["delivered"] = self.acknowledged.into();
        Ok(result)
    }
}

impl Drop for Producer {
    fn drop(&mut self) {
        // SAFETY: the references taken in `new`, given back before the handle, which is the last field.
        unsafe {
            for topic in &self.topics {
                rdsys::rd_kafka_topic_destroy(*topic);
            }
            rdsys::rd_kafka_queue_destroy(self.queue);
        }
    }
}

/// The part of the pool that belongs to a send.
pub fn part(pool: &[Record], batch: usize, send: usize) -> &[Record] {
    let at = send * batch % (pool.len() / batch * batch);
    &pool[at..at + batch]
}

pub fn produce(config: &Config, options: &Options) -> Result<Value> {
    Producer::new(config, options)?.run(options, &pool(options))
}

pub fn flood(config: &Config, options: &Options) -> Result<Value> {
    Producer::new(config, options)?.run(options, &events())
}

/// One message at a time, each awaited.
pub fn latency(config: &Config, options: &Options) -> Result<Value> {
    let pool = pool(options);
    let mut producer = Producer::new(config, options)?;
    let mut us = Vec::with_capacity(options.total as usize);
    let mut meter = None;
    for send in 0..options.total {
        if send == options.warmup {
            meter = Some(Meter::start());
        }
        let since = Instant::now();
        producer.send(0, 0, part(&pool, 1, send as usize))?;
        producer.wait_for(0)?;
        if meter.is_some() {
            us.push(since.elapsed().as_nanos() as f64 / 1000.0);
        }
    }
    let mut result = meter.ok_or("the warm-up is longer than the run")?.stop(us.len() as u64);
    result["delivered"] = producer.acknowledged().into();
    result["latencyMs"] = percentiles(&mut us);
    Ok(result)
}

/// One record with headers.
fn one(rk: *mut rdsys::rd_kafka_t, topic: *mut rdsys::rd_kafka_topic_t, slot: usize, record: &Record) -> Result<()> {
    use rdsys::rd_kafka_vtype_t::*;
    type U = rdsys::rd_kafka_vu_s__bindgen_ty_1;
    let mem = |bytes: &[u8]| U {
        mem: rdsys::rd_kafka_vu_s__bindgen_ty_1__bindgen_ty_1 { ptr: bytes.as_ptr() as *mut c_void, size: bytes.len() },
    };
    // SAFETY: librdkafka copies names and values, and owns the headers once it took the message; a refusal ends the run.
    unsafe {
        let headers = rdsys::rd_kafka_headers_new(record.headers.len());
        for (name, value) in &record.headers {
            let (name_at, value_at) = (name.as_ptr() as *const _, value.as_ptr() as *const _);
            rdsys::rd_kafka_header_add(headers, name_at, name.len() as isize, value_at, value.len() as isize);
        }
        let key = match &record.key {
            Some(key) => mem(key),
            None => U { mem: rdsys::rd_kafka_vu_s__bindgen_ty_1__bindgen_ty_1 { ptr: std::ptr::null_mut(), size: 0 } },
        };
        let arguments = [
            (RD_KAFKA_VTYPE_RKT, U { rkt: topic }),
            (RD_KAFKA_VTYPE_MSGFLAGS, U { i: rdsys::RD_KAFKA_MSG_F_COPY }),
            (RD_KAFKA_VTYPE_KEY, key),
            (RD_KAFKA_VTYPE_VALUE, mem(&record.value)),
            (RD_KAFKA_VTYPE_OPAQUE, U { ptr: slot as *mut c_void }),
            (RD_KAFKA_VTYPE_HEADERS, U { headers }),
        ]
        .map(|(vtype, u)| rdsys::rd_kafka_vu_t { vtype, u });
        let error = rdsys::rd_kafka_produceva(rk, arguments.as_ptr(), arguments.len());
        if error.is_null() {
            return Ok(());
        }
        Err(describe(rdsys::rd_kafka_error_code(error)))
    }
}
