use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering::Relaxed;

use super::*;
use crate::telemetry::Telemetry;

#[derive(Debug, Default)]
struct Family {
    kind: String,
    samples: Vec<(String, BTreeMap<String, String>, f64)>,
}

/// Reads the text format strictly: every sample under the HELP and TYPE of its own family, each family once.
fn parse(text: &str) -> BTreeMap<String, Family> {
    assert!(text.ends_with('\n'), "the last line ends too");
    let mut families: BTreeMap<String, Family> = BTreeMap::new();
    let mut current = String::new();
    let mut helped = BTreeSet::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            current = rest.split(' ').next().unwrap().to_string();
            assert!(helped.insert(current.clone()), "{current} appears twice");
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            assert_eq!(name, current);
            families.entry(name.into()).or_default().kind = kind.into();
        } else {
            let (name, labels, value) = parse_sample(line);
            assert!(name.starts_with(&current), "{name} under {current}");
            families.get_mut(&current).unwrap().samples.push((name, labels, value));
        }
    }
    families
}

fn parse_sample(line: &str) -> (String, BTreeMap<String, String>, f64) {
    let name_end = line.find(['{', ' ']).unwrap();
    let mut labels = BTreeMap::new();
    let mut rest = &line[name_end..];
    if let Some(inside) = rest.strip_prefix('{') {
        rest = inside;
        while !rest.starts_with('}') {
            let (name, tail) = rest.trim_start_matches(',').split_once("=\"").unwrap();
            let (mut value, mut chars) = (String::new(), tail.char_indices());
            let end = loop {
                match chars.next().expect("a closing quote") {
                    (at, '"') => break at,
                    (_, '\\') => match chars.next().unwrap().1 {
                        'n' => value.push('\n'),
                        c @ ('\\' | '"') => value.push(c),
                        c => panic!("escape \\{c}"),
                    },
                    (_, c) => value.push(c),
                }
            };
            labels.insert(name.to_string(), value);
            rest = &tail[end + 1..];
        }
        rest = &rest[1..];
    }
    let value = match rest.strip_prefix(' ').unwrap() {
        "+Inf" => f64::INFINITY,
        "-Inf" => f64::NEG_INFINITY,
        number => number.parse().unwrap(),
    };
    (line[..name_end].to_string(), labels, value)
}

#[test]
fn what_is_rendered_is_read_back() {
    let telemetry = Telemetry::default();
    telemetry.produced.store(42, Relaxed);
    telemetry.connection_errors.store(3, Relaxed);
    telemetry.publish_latency.record(2_000, 10);
    let strange = "a\"b\\c\nd{}=,";
    let gauges = [
        Gauge::new("consumer_lag", "Lag.", &[("topic", strange), ("partition", "0")], 7.0),
        Gauge::new("up", "Two\nlines \\", &[], 1.0),
        Gauge::new("consumer_lag", "Lag.", &[("topic", "t"), ("partition", "1")], f64::INFINITY),
        Gauge::new("queue-depth", "Names are made to fit.", &[("1st", "x")], 0.5),
    ];
    let families = parse(&render(&telemetry.snapshot(), &gauges));

    let produced = &families["kafka4_produced_messages_total"];
    assert_eq!((produced.kind.as_str(), produced.samples[0].2), ("counter", 42.0));
    assert_eq!(families["kafka4_connection_errors_total"].samples[0].2, 3.0);

    let latency = &families["kafka4_publish_latency_seconds"];
    assert_eq!(latency.kind, "summary");
    let quantiles: Vec<_> = latency.samples.iter().filter_map(|(_, labels, _)| labels.get("quantile")).collect();
    assert_eq!(quantiles, ["0.5", "0.95", "0.99"]);
    assert!((latency.samples[0].2 - 0.002).abs() < 0.0002, "{latency:?}");
    let last: Vec<_> = latency.samples[3..].iter().map(|(name, _, value)| (name.as_str(), *value)).collect();
    assert_eq!(last[0].0, "kafka4_publish_latency_seconds_sum");
    assert!((last[0].1 - 0.02).abs() < 1e-9, "{last:?}");
    assert_eq!(last[1], ("kafka4_publish_latency_seconds_count", 10.0));

    let lag = &families["kafka4_consumer_lag"];
    assert_eq!(lag.samples.len(), 2);
    assert_eq!((lag.samples[0].1["topic"].as_str(), lag.samples[0].2), (strange, 7.0));
    assert_eq!(lag.samples[1].2, f64::INFINITY);
    assert_eq!(families["kafka4_queue_depth"].samples[0].1["_1st"], "x");
    assert_eq!(families["kafka4_up"].kind, "gauge");
}

#[test]
fn every_number_of_a_snapshot_is_a_metric() {
    let snapshot = Telemetry::default().snapshot();
    let fields = serde_json::to_value(&snapshot).unwrap();
    // Rates are made by Prometheus itself.
    let wanted = fields.as_object().unwrap().keys().filter(|name| !name.ends_with("Rate")).count();
    assert_eq!(COUNTERS.len() + SUMMARIES.len(), wanted);
}
