use super::intercept::address;
use super::noted::LIMIT;
use super::*;

struct Silent;
impl Wake for Silent {
    fn wake(&self) {}
}

#[test]
fn only_what_is_watched_is_noted() {
    let requests = Requests::new(Arc::new(Silent));
    requests.sent("a:1", 1, FETCH, 5, || None);
    assert!(requests.take().is_empty(), "nobody watches");
    requests.watch(FETCHES);
    requests.sent("a:1", 1, FETCH, 5, || None);
    requests.sent("a:1", 1, HEARTBEAT, 5, || None);
    let note = RequestNote::Sent { broker: "a:1".into(), broker_id: 1, api_key: FETCH, queue_size: 1 };
    assert_eq!(requests.take(), [note]);
    requests.watch(HEARTBEATS);
    assert!(!requests.wanted(FETCH) && requests.wanted(CONSUMER_GROUP_HEARTBEAT));
    requests.watch(ALL);
    assert!(requests.wanted(3));
}

fn brokers(requests: &Requests) -> Vec<String> {
    let told = |note: &RequestNote| match note {
        RequestNote::Sent { broker, .. } | RequestNote::Answered { broker, .. } => broker.clone(),
    };
    requests.take().iter().map(told).collect()
}

#[test]
fn a_coordinator_is_told_by_its_address() {
    let requests = Requests::new(Arc::new(Silent));
    let peer = || Some("10.0.0.1:9092".parse().unwrap());
    requests.watch(HEARTBEATS);
    requests.sent("GroupCoordinator", -1, HEARTBEAT, 1, || None);
    requests.sent("GroupCoordinator", -1, HEARTBEAT, 2, peer);
    requests.sent("kafka.example:9092", 7, FETCH, 3, || None);
    requests.sent("GroupCoordinator", -1, HEARTBEAT, 4, peer);
    assert_eq!(brokers(&requests), ["GroupCoordinator", "10.0.0.1:9092", "kafka.example:9092"]);
}

#[test]
fn an_answer_is_told_once_with_the_number_of_its_request() {
    let requests = Requests::new(Arc::new(Silent));
    requests.watch(ALL);
    requests.sent("a:1", 1, 3, 41, || None);
    requests.sent("a:1", 1, 3, 42, || None);
    let answer = |rtt_us| Answer {
        broker_id: 1,
        api_key: 3,
        api_version: 9,
        size: 10,
        rtt_us,
        err: RespErr::RD_KAFKA_RESP_ERR_NO_ERROR,
    };
    for rtt_us in [1500, 1500, 1700, 1700] {
        requests.answered("a:1", answer(rtt_us));
    }
    let told: Vec<_> = requests
        .take()
        .into_iter()
        .filter_map(|note| match note {
            RequestNote::Answered { correlation_id, queue_size, duration, .. } => {
                Some((correlation_id, queue_size, duration))
            }
            RequestNote::Sent { .. } => None,
        })
        .collect();
    assert_eq!(told, [(41, 1, 1.5), (42, 0, 1.7)]);
}

#[test]
fn notes_that_nobody_takes_are_bounded() {
    let requests = Requests::new(Arc::new(Silent));
    requests.watch(ALL);
    for _ in 0..LIMIT + 10 {
        requests.sent("a:1", 1, 3, 5, || None);
    }
    assert_eq!(requests.take().len(), LIMIT);
}

#[test]
fn addresses_of_brokers() {
    assert_eq!(address("localhost:9092/1"), "localhost:9092");
    assert_eq!(address("sasl_ssl://[::1]:9093/bootstrap"), "[::1]:9093");
    assert_eq!(address("GroupCoordinator"), "GroupCoordinator");
}
