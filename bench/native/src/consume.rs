//! All partitions of a topic from the beginning, taken in batches from the consumer's queue.

use std::ffi::CString;
use std::time::{Duration, Instant};

use kafka4_core::{config::Config, properties};
use rdkafka_sys as rdsys;
use rdkafka_sys::rd_kafka_resp_err_t as RespErr;
use serde_json::{json, Value};

use crate::client::{c_string, describe, Client};
use crate::measure::Meter;
use crate::payloads::HEADERS;
use crate::{Options, Result};

const BATCH: usize = 1_024;
/// Without a message for so long the run has failed.
const SILENCE: Duration = Duration::from_secs(30);

pub fn consume(config: &Config, options: &Options) -> Result<Value> {
    let properties = properties::consumer(config, &options.group).map_err(|e| e.to_string())?;
    let client = Client::new(rdsys::rd_kafka_type_t::RD_KAFKA_CONSUMER, &properties, 0)?;
    let mut tally = Tally::new(options)?;
    let mut meter = None;
    let mut last = Instant::now();
    let mut messages: Vec<*mut rdsys::rd_kafka_message_t> = vec![std::ptr::null_mut(); BATCH];
    // SAFETY: handle, queue and list live through the loop; every message is destroyed once.
    unsafe {
        assign(&client, options)?;
        let queue = rdsys::rd_kafka_queue_get_consumer(client.rk);
        while tally.count < options.total {
            // The batch call alone returns on a full batch or at its timeout; so: wait for one, then drain.
            let first = rdsys::rd_kafka_consume_queue(queue, 100);
            if first.is_null() {
                if last.elapsed() > SILENCE {
                    return Err(format!("{} of {} messages, then none for {SILENCE:?}", tally.count, options.total));
                }
                continue;
            }
            last = Instant::now();
            tally.take(first)?;
            let count = rdsys::rd_kafka_consume_batch_queue(queue, 0, messages.as_mut_ptr(), BATCH);
            for message in &messages[..count.max(0) as usize] {
                tally.take(*message)?;
            }
            if meter.is_none() && tally.count >= options.warmup {
                meter = Some((Meter::start(), tally.count));
            }
        }
        let (meter, before) = meter.ok_or("the warm-up is longer than the run")?;
        let mut result = meter.stop(tally.count - before);
        rdsys::rd_kafka_queue_destroy(queue);
        result["delivered"] = json!(tally.count);
        result["checksum"] = json!(tally.sum);
        Ok(result)
    }
}

/// Every partition of the topics, from its beginning.
///
/// # Safety
/// The handle is a consumer's.
pub unsafe fn assign(client: &Client, options: &Options) -> Result<()> {
    rdsys::rd_kafka_poll_set_consumer(client.rk);
    let list = rdsys::rd_kafka_topic_partition_list_new(options.partitions * options.topics.len() as i32);
    for topic in &options.topics {
        let topic = c_string(topic)?;
        for partition in 0..options.partitions {
            let entry = rdsys::rd_kafka_topic_partition_list_add(list, topic.as_ptr(), partition);
            (*entry).offset = i64::from(rdsys::RD_KAFKA_OFFSET_BEGINNING);
        }
    }
    let assigned = rdsys::rd_kafka_assign(client.rk, list);
    rdsys::rd_kafka_topic_partition_list_destroy(list);
    match assigned {
        RespErr::RD_KAFKA_RESP_ERR_NO_ERROR => Ok(()),
        error => Err(describe(error)),
    }
}

/// As bench/lib/digest.mjs: so that what is counted is known to have been read.
struct Tally {
    count: u64,
    sum: u64,
    whole: bool,
    names: [CString; HEADERS.len()],
}

impl Tally {
    fn new(options: &Options) -> Result<Tally> {
        let [first, second, third] = HEADERS;
        let names = [c_string(first)?, c_string(second)?, c_string(third)?];
        Ok(Tally { count: 0, sum: 0, whole: options.read == "record", names })
    }

    /// # Safety
    /// `message` is owned by the caller and not used afterwards.
    unsafe fn take(&mut self, message: *mut rdsys::rd_kafka_message_t) -> Result<()> {
        let record = &*message;
        if record.err != RespErr::RD_KAFKA_RESP_ERR_NO_ERROR {
            return Err(describe(record.err));
        }
        let value = std::slice::from_raw_parts(record.payload as *const u8, record.len);
        self.sum += u64::from(value[0]) * 256 + u64::from(value[value.len() - 1]);
        if self.whole {
            self.sum += self.key_and_headers(message)?;
        }
        self.count += 1;
        rdsys::rd_kafka_message_destroy(message);
        Ok(())
    }

    /// # Safety
    /// `message` is alive.
    unsafe fn key_and_headers(&self, message: *const rdsys::rd_kafka_message_t) -> Result<u64> {
        let record = &*message;
        if record.key.is_null() || record.key_len == 0 {
            return Err("a record without its key".into());
        }
        let mut sum = u64::from(*(record.key as *const u8).add(record.key_len - 1)) * 7;
        let mut headers = std::ptr::null_mut();
        let found = rdsys::rd_kafka_message_headers(message, &mut headers);
        if found != RespErr::RD_KAFKA_RESP_ERR_NO_ERROR {
            return Err(describe(found));
        }
        for (number, name) in (1..).zip(&self.names) {
            let (mut value, mut size) = (std::ptr::null(), 0);
            let found = rdsys::rd_kafka_header_get_last(headers, name.as_ptr(), &mut value, &mut size);
            if found != RespErr::RD_KAFKA_RESP_ERR_NO_ERROR || size == 0 {
                return Err(format!("a record without its header {name:?}"));
            }
            sum += u64::from(*(value as *const u8).add(size - 1)) * number;
        }
        Ok(sum)
    }
}
