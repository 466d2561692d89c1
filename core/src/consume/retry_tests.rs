use super::*;
use crate::records::Headers;

fn exact() -> RetryPolicy {
    RetryPolicy { jitter: 0.0, ..RetryPolicy::default() }
}

#[test]
fn waits_grow_to_their_bound_and_then_the_letter_is_dead() {
    let waits: Vec<_> = (1..=8).map(|attempt| decide(&exact(), attempt, &mut || 0.5)).collect();
    let retry = |after_ms| Decision::Retry { after_ms };
    let first = [300, 600, 1_200, 2_400, 4_800, 9_600, 19_200].map(retry);
    assert_eq!(waits[..7], first);
    assert_eq!(waits[7], Decision::DeadLetter);
    let long = RetryPolicy { attempts: 1_000_000, ..exact() };
    assert_eq!(decide(&long, 999_999, &mut || 0.5), retry(30_000));
}

#[test]
fn jitter_stays_in_its_share_and_below_the_bound() {
    let policy = RetryPolicy::default();
    let wait = |attempt, chance| match decide(&policy, attempt, &mut || chance) {
        Decision::Retry { after_ms } => after_ms,
        other => panic!("{other:?}"),
    };
    assert_eq!((wait(1, 0.0), wait(1, 0.5)), (240, 300));
    assert!((358..=360).contains(&wait(1, 0.999)));
    let long = RetryPolicy { attempts: 100, ..RetryPolicy::default() };
    assert!(matches!(decide(&long, 50, &mut || 0.999), Decision::Retry { after_ms: 30_000 }));
}

#[test]
fn what_happens_at_the_end_is_the_policys() {
    for (on_exhausted, wanted) in [(OnExhausted::Skip, Decision::Skip), (OnExhausted::Stop, Decision::Stop)] {
        let policy = RetryPolicy { attempts: 1, on_exhausted, ..RetryPolicy::default() };
        assert_eq!(decide(&policy, 1, &mut || 0.0), wanted);
    }
}

#[test]
fn numbers_are_checked_by_name() {
    let numbers = |change: fn(&mut PolicyNumbers)| {
        let mut numbers = PolicyNumbers::default();
        change(&mut numbers);
        RetryPolicy::from_numbers(&numbers, 3)
    };
    assert_eq!(numbers(|_| ()).unwrap(), RetryPolicy { attempts: 3, ..RetryPolicy::default() });
    assert_eq!(numbers(|n| n.dead_letter = Some(false)).unwrap().on_exhausted, OnExhausted::Skip);
    assert_eq!(numbers(|n| n.stop = Some(true)).unwrap().on_exhausted, OnExhausted::Stop);
    assert_eq!(numbers(|n| n.max_backoff_ms = Some(100.0)).unwrap().initial_backoff_ms, 100);
    assert_eq!(numbers(|n| n.initial_backoff_ms = Some(60_000.0)).unwrap().max_backoff_ms, 60_000);
    type Change = fn(&mut PolicyNumbers);
    let wrong: [(&str, Change); 8] = [
        ("attempts", |n| n.attempts = Some(0.0)),
        ("attempts", |n| n.attempts = Some(1.5)),
        ("attempts", |n| n.attempts = Some(f64::NAN)),
        ("initialBackoffMs", |n| n.initial_backoff_ms = Some(-1.0)),
        ("maxBackoffMs", |n| n.max_backoff_ms = Some(f64::INFINITY)),
        ("multiplier", |n| n.multiplier = Some(0.5)),
        ("jitter", |n| n.jitter = Some(1.1)),
        ("not both", |n| (n.stop, n.dead_letter) = (Some(true), Some(true))),
    ];
    for (name, change) in wrong {
        let error = numbers(change).unwrap_err();
        assert!(error.message.contains(name), "{error}");
    }
}

#[test]
fn a_dead_letter_tells_its_story_after_its_own_headers() {
    let mut headers = Vec::new();
    push_header(&mut headers, b"traceparent", Some(b"00-1-2-01"));
    push_header(&mut headers, b"empty", None);
    let origin = Origin {
        topic: "chat-events",
        partition: 3,
        offset: 77,
        timestamp: 1_790_000_000_000,
        group: "g",
        headers: &headers,
    };
    let message = "ü".repeat(2_000);
    let packed = dead_letter_headers(&origin, "TypeError", &message, 8);
    let read: Vec<(String, Option<String>)> = Headers::new(&packed)
        .map(|h| h.map(|(n, v)| (String::from_utf8_lossy(n).into(), v.map(|v| String::from_utf8(v.to_vec()).unwrap()))))
        .collect::<Result<_>>()
        .unwrap();
    assert_eq!(read[0].0, "traceparent");
    assert_eq!(read[1], ("empty".into(), None));
    let value = |name: &str| read.iter().find(|(n, _)| n == name).unwrap().1.clone().unwrap();
    assert_eq!(value("kafka4.dlq.topic"), "chat-events");
    assert_eq!(value("kafka4.dlq.partition"), "3");
    assert_eq!(value("kafka4.dlq.offset"), "77");
    assert_eq!(value("kafka4.dlq.attempts"), "8");
    assert_eq!(value("kafka4.dlq.error.name"), "TypeError");
    assert_eq!(value("kafka4.dlq.error.message"), "ü".repeat(500));
    assert!(value("kafka4.dlq.failed-at").ends_with('Z'));
}
