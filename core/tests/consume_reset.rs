//! An offset that is not in the log any more: reading goes on where `auto.offset.reset` says, it is told, and nothing of what
//! comes then is taken for what was read before.

mod consume_support;
mod real_broker;

use std::time::Duration;

use consume_support::{soon, App, Cluster};
use kafka4_core::config::{Bootstrap, Config};
use kafka4_core::consume::{GroupOptions, Note};
use kafka4_core::events::Event;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka_sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE as OUT_OF_RANGE;

const FETCH: i16 = 1;

fn resets(events: &[Event]) -> usize {
    events.iter().filter(|event| matches!(event, Event::Warning { code, .. } if code == "OFFSET_RESET")).count()
}

#[test]
fn what_follows_a_reset_is_handed_out_though_its_offsets_are_lower() {
    let cluster = Cluster::new(1);
    cluster.topic("reset", 1);
    cluster.produce("reset", 0, 0, 20);
    let app = App::start(&cluster.config(), "reset");
    app.consumer.add_topic("reset", soon()).unwrap();
    app.await_count(20);
    let lane = app.lane("reset", 0);
    cluster.partition_error("reset", 0, FETCH, OUT_OF_RANGE);
    app.await_count(40);
    assert_ne!(app.lane("reset", 0), lane, "a lane of its own");
    cluster.produce("reset", 0, 20, 5);
    app.await_count(45);
    let wanted: Vec<i64> = (0..20).chain(0..25).collect();
    assert_eq!(app.offsets("reset", 0), wanted);
    assert_eq!(app.closed_lanes(), [lane]);
    let (_, events) = app.close();
    assert_eq!(resets(&events), 1);
}

#[test]
fn what_was_handed_out_before_a_reset_is_handled_before_what_follows() {
    let cluster = Cluster::new(1);
    cluster.topic("order", 1);
    let app = App::start(&cluster.config(), "order");
    app.consumer.add_topic("order", soon()).unwrap();
    app.hold("order", 0);
    cluster.produce("order", 0, 0, 20);
    app.wait_for("a handler", || app.busy() == 1);
    cluster.partition_error("order", 0, FETCH, OUT_OF_RANGE);
    app.wait_for("the reset", || resets(&app.events()) == 1);
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!((app.count(), app.closed_lanes().len()), (0, 0), "nothing goes on while the handler runs");
    app.release("order", 0);
    app.await_count(40);
    let wanted: Vec<i64> = (0..20).chain(0..20).collect();
    assert_eq!(app.offsets("order", 0), wanted);
    app.close();
}

#[test]
fn a_floor_that_manages_offsets_is_told_of_the_new_lane_and_can_seek_it() {
    let cluster = Cluster::new(1);
    cluster.topic("told", 1);
    cluster.produce("told", 0, 0, 10);
    let app = App::start_with(&cluster.config(), "told", GroupOptions { manual: true, ..GroupOptions::default() });
    app.consumer.declare("told", true, soon()).unwrap();
    app.consumer.join(&["told".into()], soon()).unwrap();
    app.await_count(10);
    let lane = app.lane("told", 0);
    cluster.partition_error("told", 0, FETCH, OUT_OF_RANGE);
    app.await_count(20);
    let fresh = app.lane("told", 0);
    let told = |note: &Note| matches!(note, Note::Restarted { assigned } if assigned.lane == fresh);
    assert!(fresh != lane && app.consumer.take_notes().iter().any(told));
    app.consumer.seek(fresh, 7).unwrap();
    app.await_count(23);
    let wanted: Vec<i64> = (0..10).chain(0..10).chain(7..10).collect();
    assert_eq!(app.offsets("told", 0), wanted);
    app.close();
}

fn send(servers: &str, topic: &str, count: usize) {
    let producer: BaseProducer = ClientConfig::new().set("bootstrap.servers", servers).create().unwrap();
    for n in 0..count {
        let value = n.to_string();
        producer.send(BaseRecord::<[u8], str>::to(topic).partition(0).payload(value.as_str())).unwrap();
    }
    producer.flush(Duration::from_secs(20)).unwrap();
}

#[test]
fn a_topic_that_is_created_again_is_read_from_its_beginning_and_committed() {
    let Some(servers) = real_broker::address() else { return };
    let micros = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_micros();
    let topic = format!("again-{micros}");
    let admin: AdminClient<DefaultClientContext> =
        ClientConfig::new().set("bootstrap.servers", &servers).create().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let create = || {
        let topics = [NewTopic::new(&topic, 1, TopicReplication::Fixed(1))];
        let created = runtime.block_on(admin.create_topics(&topics, &AdminOptions::new())).unwrap();
        created.into_iter().all(|result| result.is_ok())
    };
    assert!(create());
    send(&servers, &topic, 20);
    let config = Config { bootstrap: Bootstrap::Servers(vec![servers.clone()]), ..Config::default() };
    let app = App::start(&config, &topic);
    app.consumer.add_topic(&topic, soon()).unwrap();
    app.await_count(20);
    app.consumer.commit(soon()).unwrap();
    runtime.block_on(admin.delete_topics(&[&topic], &AdminOptions::new())).unwrap();
    // It is deleted a moment after the answer.
    app.wait_for("the name", create);
    send(&servers, &topic, 2);
    app.await_count(22);
    let wanted: Vec<i64> = (0..20).chain(0..2).collect();
    assert_eq!(app.offsets(&topic, 0), wanted);
    app.close();
    // What was committed last is of the new log.
    send(&servers, &topic, 1);
    let next = App::start(&config, &topic);
    next.consumer.add_topic(&topic, soon()).unwrap();
    next.await_count(1);
    assert_eq!(next.offsets(&topic, 0), [2]);
    next.close();
}
