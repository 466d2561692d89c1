//! librdkafka driven from Rust alone, by its fastest documented calls: the limit that the benchmarks compare with.
//!
//! `kafka4-bench-native <mode> <options as JSON>` prints one line of JSON. Brokers and settings come from the same
//! environment variables and the same property tables as kafka4's own.

mod client;
mod consume;
mod handler;
mod measure;
mod payloads;
mod produce;

use kafka4_core::{client::librdkafka_version, config::Config, properties};
use serde::Deserialize;
use serde_json::json;

pub type Result<T> = std::result::Result<T, String>;

/// What the modes take; each uses its part.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Options {
    pub topics: Vec<String>,
    pub group: String,
    /// Of each topic.
    pub partitions: i32,
    /// Messages in all, the warm-up included.
    pub total: u64,
    /// Messages before the measured part.
    pub warmup: u64,
    /// Messages of one send.
    pub batch: usize,
    /// Sends in flight.
    pub inflight: usize,
    /// Bytes of a value.
    pub size: usize,
    /// Whether records have a key, and headers.
    pub keys: bool,
    pub headers: bool,
    /// What a consumer reads of a record: `value` or `record`.
    pub read: String,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            topics: Vec::new(),
            group: "kafka4-bench-native".into(),
            partitions: 1,
            total: 100_000,
            warmup: 0,
            batch: 1_000,
            inflight: 16,
            size: 100,
            keys: false,
            headers: false,
            read: "value".into(),
        }
    }
}

fn run() -> Result<serde_json::Value> {
    let mut arguments = std::env::args().skip(1);
    let mode = arguments.next().unwrap_or_default();
    let options: Options =
        serde_json::from_str(&arguments.next().unwrap_or_else(|| "{}".into())).map_err(|e| format!("options: {e}"))?;
    let config = Config::from_vars(|name| std::env::var(name).ok()).map_err(|e| e.to_string())?;
    match mode.as_str() {
        "consume" => consume::consume(&config, &options),
        "produce" => produce::produce(&config, &options),
        "latency" => produce::latency(&config, &options),
        "handler" => handler::handler(&config, &options),
        "flood" => produce::flood(&config, &options),
        "describe" => Ok(json!({
            "librdkafka": librdkafka_version(),
            "producer": properties::producer(&config).map_err(|e| e.to_string())?,
            "consumer": properties::consumer(&config, &options.group).map_err(|e| e.to_string())?,
        })),
        other => Err(format!("unknown mode {other:?}: consume, produce, latency, handler, flood or describe")),
    }
}

fn main() {
    match run() {
        Ok(result) => println!("{result}"),
        Err(error) => {
            eprintln!("kafka4-bench-native: {error}");
            std::process::exit(1);
        }
    }
}
