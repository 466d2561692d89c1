//! Counters and gauges as Prometheus text (exposition format 0.0.4,
//! https://prometheus.io/docs/instrumenting/exposition_formats/). Names are `kafka4_…`; times are seconds, sizes bytes.

use std::fmt::Write;

use crate::telemetry::histogram::Percentiles;
use crate::telemetry::Snapshot;

/// A value at this moment, from whoever knows it: lag by partition, queue depths, health.
#[derive(Debug, Clone, PartialEq)]
pub struct Gauge {
    /// Without the prefix: `consumer_lag` becomes `kafka4_consumer_lag`. Characters that Prometheus does not allow become `_`.
    pub name: String,
    pub help: String,
    /// Names and values, such as topic and partition.
    pub labels: Vec<(String, String)>,
    pub value: f64,
}

impl Gauge {
    pub fn new(name: &str, help: &str, labels: &[(&str, &str)], value: f64) -> Gauge {
        let labels = labels.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        Gauge { name: name.into(), help: help.into(), labels, value }
    }
}

/// Name without prefix and `_total`, meaning, value.
type Counter = (&'static str, &'static str, fn(&Snapshot) -> u64);

const COUNTERS: &[Counter] = &[
    ("produced_messages", "Messages that the brokers acknowledged.", |s| s.produced),
    ("produced_bytes", "Bytes of keys and values that the brokers acknowledged.", |s| s.produced_bytes),
    ("produce_errors", "Messages that were given up.", |s| s.produce_errors),
    ("produce_retries", "Messages that were sent again.", |s| s.produce_retries),
    ("transactions_committed", "Transactions committed.", |s| s.transactions_committed),
    ("transactions_aborted", "Transactions aborted.", |s| s.transactions_aborted),
    ("consumed_messages", "Messages handed to the queues of handlers.", |s| s.consumed),
    ("consumed_bytes", "Bytes of keys, values and headers consumed.", |s| s.consumed_bytes),
    ("handled_messages", "Messages whose handler finished.", |s| s.handled),
    ("handler_errors", "Handler calls that threw.", |s| s.handler_errors),
    ("handler_retries", "Messages given to their handler again.", |s| s.handler_retries),
    ("dead_letters", "Messages sent to a dead-letter topic.", |s| s.dead_letters),
    ("offset_commits", "Offset commits that the broker accepted.", |s| s.commits),
    ("offset_commit_errors", "Offset commits that failed.", |s| s.commit_errors),
    ("rebalances", "Changes of a group's assignment.", |s| s.rebalances),
    ("stalls", "Partitions found without progress by the watchdog.", |s| s.stalls),
    ("connection_errors", "Failed or lost connections to brokers.", |s| s.connection_errors),
];

type Summary = (&'static str, &'static str, fn(&Snapshot) -> Percentiles);

const SUMMARIES: &[Summary] = &[
    ("publish_latency_seconds", "From the call of a publish to its acknowledgement.", |s| s.publish_latency),
    ("handler_latency_seconds", "Time that a handler took for a message or a batch.", |s| s.handler_latency),
];

/// Rates are left out on purpose: Prometheus makes them from the counters. Gauges of one name are written together,
/// under the help of the first, as the format demands.
pub fn render(snapshot: &Snapshot, gauges: &[Gauge]) -> String {
    let mut out = String::with_capacity(4096 + gauges.len() * 96);
    for (name, help, value) in COUNTERS {
        let name = format!("kafka4_{name}_total");
        head(&mut out, &name, help, "counter");
        sample(&mut out, &name, &[], value(snapshot) as f64);
    }
    for (name, help, percentiles) in SUMMARIES {
        let name = format!("kafka4_{name}");
        let p = percentiles(snapshot);
        head(&mut out, &name, help, "summary");
        for (quantile, ms) in [("0.5", p.p50), ("0.95", p.p95), ("0.99", p.p99)] {
            sample(&mut out, &name, &[("quantile".into(), quantile.into())], ms / 1000.0);
        }
        sample(&mut out, &format!("{name}_sum"), &[], p.mean * p.count as f64 / 1000.0);
        sample(&mut out, &format!("{name}_count"), &[], p.count as f64);
    }
    let mut written: Vec<&str> = Vec::new();
    for gauge in gauges {
        if written.contains(&gauge.name.as_str()) {
            continue;
        }
        written.push(&gauge.name);
        let name = format!("kafka4_{}", allowed(&gauge.name));
        head(&mut out, &name, &gauge.help, "gauge");
        for same in gauges.iter().filter(|other| other.name == gauge.name) {
            sample(&mut out, &name, &same.labels, same.value);
        }
    }
    out
}

fn head(out: &mut String, name: &str, help: &str, kind: &str) {
    let help = help.replace('\\', "\\\\").replace('\n', "\\n");
    let _ = write!(out, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
}

fn sample(out: &mut String, name: &str, labels: &[(String, String)], value: f64) {
    out.push_str(name);
    if !labels.is_empty() {
        let pair = |(name, value): &(String, String)| format!("{}=\"{}\"", allowed(name), escaped(value));
        let _ = write!(out, "{{{}}}", labels.iter().map(pair).collect::<Vec<_>>().join(","));
    }
    // Rust writes `inf`, the format wants `+Inf`.
    let _ = match value {
        f64::INFINITY => writeln!(out, " +Inf"),
        f64::NEG_INFINITY => writeln!(out, " -Inf"),
        value => writeln!(out, " {value}"),
    };
}

/// `[a-zA-Z_][a-zA-Z0-9_]*`, which fits both names of metrics after their prefix and names of labels.
fn allowed(name: &str) -> String {
    let fit = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' };
    let name: String = name.chars().map(fit).collect();
    match name.chars().next() {
        Some(first) if !first.is_ascii_digit() => name,
        _ => format!("_{name}"),
    }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
#[path = "prometheus_tests.rs"]
mod tests;
