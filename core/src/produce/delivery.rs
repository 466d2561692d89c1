//! The thread of a producer: settles sends from the delivery reports that no caller takes (`direct`), moves pending records
//! on, serves what librdkafka has to say besides (errors, statistics, tokens). One OS thread: a report must never wait for a
//! busy runtime.

use std::collections::VecDeque;
use std::ffi::CStr;
use std::sync::atomic::Ordering::{Acquire, Relaxed};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka_sys as rdsys;
use rdkafka_sys::rd_kafka_msg_status_t as Status;
use rdkafka_sys::rd_kafka_resp_err_t as RespErr;
use serde::Deserialize;

use crate::client::Client;
use crate::resp;

use super::enqueue::underlying;
use super::partitioner::Partitions;
use super::report::Persisted;
use super::reports_queue::{Event, Queue};
use super::shared::Shared;

/// Longest sleep. What there is to do ends it at once (`direct`); it bounds the time to notice expiry.
const TICK: Duration = Duration::from_millis(100);

/// Between samples of the telemetry.
const SAMPLE: Duration = Duration::from_secs(1);

/// Events that are handled before the caller is told and pending records move on.
const DRAIN: usize = 64;

/// The body of the thread, until `shared.stop`.
pub fn run(shared: Arc<Shared>, client: Arc<Client>, queue: Queue) {
    let mut sampled = Instant::now();
    let mut retries = Retries::default();
    // Acquire: pairs with the store after the last send was settled.
    while !shared.stop.load(Acquire) {
        shared.direct.wait(TICK);
        loop {
            let (more, settled) = shared.direct.work(|handed| drain(&shared, &client, handed, &queue, &mut retries));
            if settled {
                shared.wake.notify();
            }
            shared.move_on(&client);
            let again = more || shared.direct.settle_turn(shared.has_much());
            if !again || shared.stop.load(Acquire) || sampled.elapsed() >= SAMPLE {
                if again {
                    shared.direct.nudge();
                }
                break;
            }
        }
        if sampled.elapsed() >= SAMPLE {
            sampled = Instant::now();
            shared.telemetry.sample();
        }
    }
    // What was handed over, and the queue's reference, before the handle's.
    shared.direct.work(drop);
    drop(queue);
}

/// Handles what was handed over and then what is there. Gives whether there may be more, and whether sends were settled.
fn drain(
    shared: &Shared,
    client: &Client,
    handed: VecDeque<Event>,
    queue: &Queue,
    retries: &mut Retries,
) -> (bool, bool) {
    let mut settled = false;
    for event in handed {
        settled |= handle(shared, client, &event, retries);
    }
    for _ in 0..DRAIN {
        let Some(event) = queue.next() else { return (false, settled) };
        settled |= handle(shared, client, &event, retries);
    }
    (true, settled)
}

/// True: sends were settled.
fn handle(shared: &Shared, client: &Client, event: &Event, retries: &mut Retries) -> bool {
    // SAFETY: the event is alive.
    unsafe {
        match event.kind() {
            rdsys::RD_KAFKA_EVENT_DR => return settle(shared, client, event.as_ptr()),
            rdsys::RD_KAFKA_EVENT_STATS => {
                let json = CStr::from_ptr(rdsys::rd_kafka_event_stats(event.as_ptr())).to_bytes();
                let more = retries.more(json, shared.ledger.sent_once());
                shared.telemetry.produce_retries.fetch_add(more, Relaxed);
            }
            _ => client.serve(event.as_ptr()),
        }
    }
    false
}

/// # Safety
/// `event` must be a live delivery event of `client`.
pub(super) unsafe fn settle(shared: &Shared, client: &Client, event: *mut rdsys::rd_kafka_event_t) -> bool {
    let mut settling = shared.ledger.settle();
    let mut told = None;
    // First offset of the partition of this run, asked for once.
    let mut start = None;
    loop {
        let message = rdsys::rd_kafka_event_message_next(event);
        if message.is_null() {
            return settling.finish();
        }
        let record = &*message;
        let err = resp::read(&raw const record.err);
        let opaque = record._private as usize as u64;
        // SAFETY: every topic of a producer is made by `TopicTable`, which sets this opaque and keeps what it points to.
        let partitions = &*(rdsys::rd_kafka_topic_opaque(record.rkt) as *const Partitions);
        // The messages of an event are of one partition, mostly.
        let outcome = Some((partitions.topic, record.partition, err == RespErr::RD_KAFKA_RESP_ERR_NO_ERROR));
        if told != outcome {
            told = outcome;
            start = None;
            match err {
                RespErr::RD_KAFKA_RESP_ERR_NO_ERROR => shared.warmth.warm(partitions.topic, record.partition),
                _ => shared.warmth.cool(partitions.topic, record.partition),
            }
        }
        if err == RespErr::RD_KAFKA_RESP_ERR_NO_ERROR && record.offset < 0 && shared.needs_offset {
            // An implicit acknowledgement: a later request was accepted, whether this one was is not known.
            settling.failed(opaque, RespErr::RD_KAFKA_RESP_ERR_DUPLICATE_SEQUENCE_NUMBER, Persisted::Unknown);
            continue;
        }
        if err == RespErr::RD_KAFKA_RESP_ERR_NO_ERROR {
            let place = (partitions.topic, record.partition);
            let told = || (append_time(message), *start.get_or_insert_with(|| log_start(client, record)));
            settling.stored(opaque, place, record.offset, record.len + record.key_len, told);
            continue;
        }
        if is_missing(err) {
            partitions.forget();
        }
        let persisted = match rdsys::rd_kafka_message_status(message) {
            Status::RD_KAFKA_MSG_STATUS_NOT_PERSISTED => Persisted::NotStored,
            _ => Persisted::Unknown,
        };
        settling.failed(opaque, underlying(client.rk(), err), persisted);
    }
}

/// The broker's timestamp where the topic is set to it, else -1.
///
/// # Safety
/// `message` is of an event that is not destroyed yet.
unsafe fn append_time(message: *const rdsys::rd_kafka_message_t) -> i64 {
    use rdsys::rd_kafka_timestamp_type_t::*;
    let mut kind = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
    let timestamp = rdsys::rd_kafka_message_timestamp(message, &mut kind);
    if kind == RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME {
        timestamp
    } else {
        -1
    }
}

/// The first offset of a record's partition as the broker's answers tell it (a repair of librdkafka's keeps it), else -1.
///
/// # Safety
/// `record` is of an event of `client` that is not destroyed yet.
unsafe fn log_start(client: &Client, record: &rdsys::rd_kafka_message_t) -> i64 {
    let (mut low, mut high) = (-1, -1);
    let topic = rdsys::rd_kafka_topic_name(record.rkt);
    // What is cached, so it asks nobody. An error leaves -1.
    rdsys::rd_kafka_get_watermark_offsets(client.rk(), topic, record.partition, &mut low, &mut high);
    low.max(-1)
}

/// Errors after which the number of partitions must be asked for again.
pub fn is_missing(error: RespErr) -> bool {
    use RespErr::*;
    matches!(
        error,
        RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC
            | RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION
            | RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART
            | RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_ID
            | RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION
    )
}

#[derive(Deserialize)]
struct Statistics {
    /// Messages transmitted since the client began, each as often as it was.
    txmsgs: u64,
}

/// Messages that were transmitted more than once. librdkafka counts no retries of its Produce requests (`txretries`
/// leaves them out: they are taken apart and their messages queued again, rdkafka_partition.c `rd_kafka_retry_msgq`),
/// so they are what was transmitted beyond what was accepted. Records that wait in a queue hide as many retries.
#[derive(Default)]
pub(super) struct Retries {
    counted: u64,
}

impl Retries {
    /// Takes librdkafka's statistics; `sent_once`: at most so many messages were transmitted at all. Gives how many
    /// more retries are known.
    pub(super) fn more(&mut self, json: &[u8], sent_once: u64) -> u64 {
        let Ok(statistics) = serde_json::from_slice::<Statistics>(json) else { return 0 };
        let more = statistics.txmsgs.saturating_sub(sent_once).saturating_sub(self.counted);
        self.counted += more;
        more
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retries_are_what_was_transmitted_beyond_what_was_accepted() {
        let mut retries = Retries::default();
        assert_eq!(retries.more(br#"{"txmsgs":10,"brokers":{}}"#, 10), 0);
        assert_eq!(retries.more(br#"{"txmsgs":13}"#, 10), 3);
        assert_eq!(retries.more(br#"{"txmsgs":13}"#, 12), 0, "those in a queue hide some");
        assert_eq!(retries.more(br#"{"txmsgs":18}"#, 13), 2);
        assert_eq!(retries.more(b"not json", 0), 0);
    }
}
