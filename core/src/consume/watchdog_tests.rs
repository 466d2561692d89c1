//! What needs librdkafka's own test hooks. Stalls: core/tests/consume_watchdog.rs.

use std::ffi::CStr;

use rdkafka_sys as rdsys;
use rdkafka_sys::rd_kafka_resp_err_t as RespErr;

use super::*;
use crate::config::{Bootstrap, Config};
use crate::consume::{GroupConsumer, MemberState};
use crate::runtime::Deadline;
use crate::telemetry::Telemetry;
use crate::wake::{Wake, WakeOnce};

struct Deaf;

impl Wake for Deaf {
    fn wake(&self) {}
}

struct Mock(*mut rdsys::rd_kafka_t, *mut rdsys::rd_kafka_mock_cluster_t);

impl Mock {
    fn start() -> Mock {
        let mut text = [0; 512];
        // SAFETY: a handle and a cluster of our own, destroyed in drop.
        unsafe {
            let conf = rdsys::rd_kafka_conf_new();
            let kind = rdsys::rd_kafka_type_t::RD_KAFKA_PRODUCER;
            let rk = rdsys::rd_kafka_new(kind, conf, text.as_mut_ptr(), text.len());
            let mock = rdsys::rd_kafka_mock_cluster_new(rk, 1);
            rdsys::rd_kafka_mock_group_initial_rebalance_delay_ms(mock, 0);
            rdsys::rd_kafka_mock_topic_create(mock, c"t".as_ptr(), 2, 1);
            Mock(rk, mock)
        }
    }

    fn config(&self) -> Config {
        // SAFETY: a text that lives as long as the cluster.
        let servers = unsafe { CStr::from_ptr(rdsys::rd_kafka_mock_cluster_bootstraps(self.1)) };
        let servers = servers.to_string_lossy().into_owned();
        let mut config = Config { bootstrap: Bootstrap::Servers(vec![servers]), ..Config::default() };
        config.librdkafka.insert("session.timeout.ms".into(), "1500".into());
        config.librdkafka.insert("heartbeat.interval.ms".into(), "100".into());
        config
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        // SAFETY: made in start, used by nobody any more but clients that reconnect in vain.
        unsafe {
            rdsys::rd_kafka_mock_cluster_destroy(self.1);
            rdsys::rd_kafka_destroy(self.0);
        }
    }
}

fn fatal(consumer: &GroupConsumer, code: RespErr) {
    let client = consumer.group.client().unwrap();
    // SAFETY: librdkafka's hook for tests; the handle is alive.
    unsafe { rdsys::rd_kafka_test_fatal_error(client.rk(), code, c"made by a test".as_ptr()) };
}

fn wait_for(what: &str, condition: impl Fn() -> bool) {
    let deadline = Deadline::after_ms(15_000);
    while !condition() {
        assert!(!deadline.passed(), "waited in vain for {what}");
        std::thread::yield_now();
    }
}

fn open(mock: &Mock, group: &str) -> (Arc<GroupConsumer>, Arc<crate::events::Events>) {
    let telemetry = Arc::new(Telemetry::default());
    telemetry.log.set_level(0);
    let events = Arc::<crate::events::Events>::default();
    let wake = Arc::new(WakeOnce::new(Arc::new(Deaf)));
    let options = GroupOptions { stall_ms: 400, ..GroupOptions::default() };
    let consumer =
        GroupConsumer::open_with(&mock.config(), group, options, Arc::default(), telemetry, events.clone(), wake)
            .unwrap();
    consumer.add_topic("t", Deadline::after_ms(10_000)).unwrap();
    (consumer, events)
}

#[test]
fn a_fatal_error_is_answered_by_a_new_handle() {
    let mock = Mock::start();
    let (consumer, events) = open(&mock, "fatal");
    let lanes: Vec<u32> = consumer.status().partitions.iter().map(|p| p.lane).collect();
    fatal(&consumer, RespErr::RD_KAFKA_RESP_ERR_INVALID_CONFIG);
    wait_for("new lanes", || {
        let partitions = consumer.status().partitions;
        partitions.len() == 2 && partitions.iter().all(|p| !lanes.contains(&p.lane))
    });
    let lost =
        |e: &Event| matches!(e, Event::PartitionsRevoked { lost: true, partitions, .. } if partitions.len() == 2);
    let told = events.take();
    assert!(told.iter().any(lost), "{told:?}");
    assert!(told.iter().any(|e| matches!(e, Event::Fatal { .. })), "{told:?}");
    assert_eq!(consumer.take_closing().len(), 2);
    consumer.close(Deadline::after_ms(5_000));
    assert_eq!(consumer.status().member_state, MemberState::Closed);
}

#[test]
fn a_fenced_member_does_not_fight() {
    let mock = Mock::start();
    let (consumer, _events) = open(&mock, "fenced");
    fatal(&consumer, RespErr::RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID);
    wait_for("the end of the lanes", || consumer.status().partitions.is_empty());
    let error = consumer.add_topic("t2", Deadline::after_ms(2_000)).unwrap_err();
    assert!(!error.retriable || error.code.contains("UNKNOWN_TOPIC"), "{error}");
    consumer.close(Deadline::after_ms(2_000));
}
