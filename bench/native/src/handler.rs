//! From send to handler: a producer and a consumer in one process, one message in flight.

use std::time::{Duration, Instant};

use kafka4_core::{config::Config, properties};
use rdkafka_sys as rdsys;
use rdkafka_sys::rd_kafka_resp_err_t as RespErr;
use serde_json::Value;

use crate::client::{describe, Client};
use crate::consume::assign;
use crate::measure::{percentiles, Meter};
use crate::payloads::pool;
use crate::produce::{part, Producer};
use crate::{Options, Result};

/// Without the message for so long the run has failed.
const PATIENCE: Duration = Duration::from_secs(30);

pub fn handler(config: &Config, options: &Options) -> Result<Value> {
    let properties = properties::consumer(config, &options.group).map_err(|e| e.to_string())?;
    let consumer = Client::new(rdsys::rd_kafka_type_t::RD_KAFKA_CONSUMER, &properties, 0)?;
    let mut producer = Producer::new(config, options)?;
    let pool = pool(options);
    let mut us = Vec::with_capacity(options.total as usize);
    let mut meter = None;
    // SAFETY: the consumer lives through the loop; its queue is given back after it.
    let queue = unsafe {
        assign(&consumer, options)?;
        rdsys::rd_kafka_queue_get_consumer(consumer.rk)
    };
    for send in 0..options.total {
        if send == options.warmup {
            meter = Some(Meter::start());
        }
        let since = Instant::now();
        producer.send(0, 0, part(&pool, 1, send as usize))?;
        // SAFETY: the queue is alive.
        unsafe { receive(queue)? };
        if meter.is_some() {
            us.push(since.elapsed().as_nanos() as f64 / 1000.0);
        }
        producer.wait_for(0)?;
    }
    let mut result = meter.ok_or("the warm-up is longer than the run")?.stop(us.len() as u64);
    // SAFETY: the reference taken above.
    unsafe { rdsys::rd_kafka_queue_destroy(queue) };
    result["delivered"] = producer.acknowledged().into();
    result["latencyMs"] = percentiles(&mut us);
    Ok(result)
}

/// # Safety
/// `queue` is a consumer's and alive.
unsafe fn receive(queue: *mut rdsys::rd_kafka_queue_t) -> Result<()> {
    let since = Instant::now();
    while since.elapsed() < PATIENCE {
        let message = rdsys::rd_kafka_consume_queue(queue, 100);
        if message.is_null() {
            continue;
        }
        let error = (*message).err;
        rdsys::rd_kafka_message_destroy(message);
        return match error {
            RespErr::RD_KAFKA_RESP_ERR_NO_ERROR => Ok(()),
            error => Err(describe(error)),
        };
    }
    Err(format!("no message came for {PATIENCE:?}"))
}
