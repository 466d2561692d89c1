//! What the watchdog and the status read of librdkafka's statistics (STATISTICS.md in its sources): where each
//! partition's fetcher stands.

use std::collections::HashMap;

use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub struct Statistics {
    #[serde(default)]
    brokers: HashMap<String, BrokerReport>,
    #[serde(default)]
    pub topics: HashMap<String, TopicReport>,
}

#[derive(Debug, Deserialize)]
struct BrokerReport {
    nodeid: i32,
    state: String,
}

#[derive(Debug, Deserialize)]
pub struct TopicReport {
    #[serde(default)]
    pub partitions: HashMap<String, PartitionReport>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct PartitionReport {
    /// Broker id, -1: none is known.
    pub leader: i32,
    /// `active`, `offset-query`, `stopped`…
    pub fetch_state: String,
    /// What the fetcher asks for next; counts everything that was skipped (control records, aborted messages).
    pub next_offset: i64,
    pub committed_offset: i64,
    /// High watermark.
    pub hi_offset: i64,
    /// Last stable offset: readers of committed messages do not get further.
    pub ls_offset: i64,
}

impl Statistics {
    /// `None`: not what librdkafka documents; there is nothing to watch then.
    pub fn parse(json: &str) -> Option<Statistics> {
        serde_json::from_str(json).ok()
    }

    /// Is there a connection to this broker?
    pub fn is_up(&self, broker: i32) -> bool {
        broker >= 0 && self.brokers.values().any(|b| b.nodeid == broker && b.state == "UP")
    }

    pub fn partition(&self, topic: &str, partition: i32) -> Option<&PartitionReport> {
        self.topics.get(topic)?.partitions.get(&partition.to_string())
    }
}

impl PartitionReport {
    /// The offset at which there is nothing more to read now; negative: not known.
    pub fn end(&self, read_committed: bool) -> i64 {
        if read_committed && self.ls_offset >= 0 {
            self.ls_offset.min(self.hi_offset)
        } else {
            self.hi_offset
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_needs_and_ignores_the_rest() {
        let json = r#"{"name":"x","brokers":{"h:1/1":{"nodeid":1,"state":"UP"},"h:2/2":{"nodeid":2,"state":"DOWN"}},
            "topics":{"t":{"topic":"t","partitions":{"0":{"partition":0,"leader":1,
            "fetch_state":"active","next_offset":5,"committed_offset":-1001,"hi_offset":9,"ls_offset":7,"txmsgs":0}}}},
            "cgrp":{"state":"up","join_state":"steady","rebalance_cnt":1}}"#;
        let statistics = Statistics::parse(json).unwrap();
        let partition = statistics.partition("t", 0).unwrap();
        assert_eq!((partition.end(true), partition.end(false)), (7, 9));
        assert!(statistics.is_up(1) && !statistics.is_up(2) && !statistics.is_up(-1));
        assert!(statistics.partition("t", 1).is_none());
        assert!(Statistics::parse("{\"topics\":3}").is_none());
    }
}
