//! An offset that is not in the log any more: reading goes on where `auto.offset.reset` says, it is told, and nothing of what
//! comes then is taken for what was read before. On real Apache Kafka (real_broker/mod.rs).

mod consume_support;
mod real_broker;

use consume_support::{soon, App};
use kafka4_core::config::{Bootstrap, Config};
use kafka4_core::consume::{GroupOptions, Note};
use kafka4_core::events::Event;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};

/// A topic of one partition, with a name of its own.
struct Topic {
    name: String,
    servers: String,
    admin: AdminClient<DefaultClientContext>,
    runtime: tokio::runtime::Runtime,
}

impl Topic {
    fn new(name: &str, servers: String) -> Topic {
        let micros = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_micros();
        let admin = ClientConfig::new().set("bootstrap.servers", &servers).create().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let topic = Topic { name: format!("{name}-{micros}"), servers, admin, runtime };
        assert!(topic.create());
        topic
    }

    fn create(&self) -> bool {
        let topics = [NewTopic::new(&self.name, 1, TopicReplication::Fixed(1))];
        let created = self.runtime.block_on(self.admin.create_topics(&topics, &AdminOptions::new())).unwrap();
        created.into_iter().all(|result| result.is_ok())
    }

    /// Deleted and created again: an empty log.
    fn renew(&self, app: &App) {
        self.runtime.block_on(self.admin.delete_topics(&[&self.name], &AdminOptions::new())).unwrap();
        // It is deleted a moment after the answer.
        app.wait_for("the name", || self.create());
    }

    fn send(&self, count: usize) {
        let producer: BaseProducer = ClientConfig::new().set("bootstrap.servers", &self.servers).create().unwrap();
        for n in 0..count {
            let value = n.to_string();
            producer.send(BaseRecord::<[u8], str>::to(&self.name).partition(0).payload(value.as_str())).unwrap();
        }
        producer.flush(std::time::Duration::from_secs(20)).unwrap();
    }

    fn config(&self) -> Config {
        Config { bootstrap: Bootstrap::Servers(vec![self.servers.clone()]), ..Config::default() }
    }
}

fn resets(events: &[Event]) -> usize {
    events.iter().filter(|event| matches!(event, Event::Warning { code, .. } if code == "OFFSET_RESET")).count()
}

#[test]
fn a_topic_that_is_created_again_is_read_from_its_beginning_and_committed() {
    let Some(servers) = real_broker::address() else { return };
    let topic = Topic::new("again", servers);
    topic.send(20);
    let app = App::start(&topic.config(), &topic.name);
    app.consumer.add_topic(&topic.name, soon()).unwrap();
    app.await_count(20);
    app.consumer.commit(soon()).unwrap();
    let lane = app.lane(&topic.name, 0);
    topic.renew(&app);
    topic.send(2);
    app.await_count(22);
    let wanted: Vec<i64> = (0..20).chain(0..2).collect();
    assert_eq!(app.offsets(&topic.name, 0), wanted);
    assert_ne!(app.lane(&topic.name, 0), lane, "a lane of its own");
    let (_, events) = app.close();
    assert!(resets(&events) > 0);
    // What was committed last is of the new log.
    topic.send(1);
    let next = App::start(&topic.config(), &topic.name);
    next.consumer.add_topic(&topic.name, soon()).unwrap();
    next.await_count(1);
    assert_eq!(next.offsets(&topic.name, 0), [2]);
    next.close();
}

#[test]
fn what_was_handed_out_before_a_reset_is_handled_before_what_follows() {
    let Some(servers) = real_broker::address() else { return };
    let topic = Topic::new("order", servers);
    let app = App::start(&topic.config(), &topic.name);
    app.consumer.add_topic(&topic.name, soon()).unwrap();
    app.hold(&topic.name, 0);
    topic.send(20);
    app.wait_for("a handler", || app.busy() == 1);
    topic.renew(&app);
    topic.send(2);
    app.wait_for("the reset", || resets(&app.events()) > 0);
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert_eq!((app.count(), app.closed_lanes().len()), (0, 0), "nothing goes on while the handler runs");
    app.release(&topic.name, 0);
    app.await_count(22);
    let wanted: Vec<i64> = (0..20).chain(0..2).collect();
    assert_eq!(app.offsets(&topic.name, 0), wanted);
    app.close();
}

#[test]
fn a_floor_that_manages_offsets_is_told_of_the_new_lane_and_can_seek_it() {
    let Some(servers) = real_broker::address() else { return };
    let topic = Topic::new("told", servers);
    topic.send(10);
    let options = GroupOptions { manual: true, ..GroupOptions::default() };
    let app = App::start_with(&topic.config(), &topic.name, options);
    app.consumer.declare(&topic.name, true, soon()).unwrap();
    app.consumer.join(std::slice::from_ref(&topic.name), soon()).unwrap();
    app.await_count(10);
    // Beyond the end of the log.
    let lost = app.consumer.seek(app.lane(&topic.name, 0), 1_000).unwrap();
    app.await_count(20);
    let fresh = app.lane(&topic.name, 0);
    let told = |note: &Note| matches!(note, Note::Restarted { assigned } if assigned.lane == fresh);
    assert!(fresh != lost && app.consumer.take_notes().iter().any(told));
    app.consumer.seek(fresh, 7).unwrap();
    app.await_count(23);
    let wanted: Vec<i64> = (0..10).chain(0..10).chain(7..10).collect();
    assert_eq!(app.offsets(&topic.name, 0), wanted);
    app.close();
}
