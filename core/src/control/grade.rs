//! From what is known to one word and its reasons. A pure function: whoever asks (status, health, metrics) gets the same
//! judgement from the same facts.

use serde::Serialize;

use crate::control::topics::Difference;
use crate::error::Error;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Healthy,
    /// It works, but something needs attention.
    Degraded,
    /// Messages are not sent or not handled.
    Unhealthy,
}

/// A partition whose consumer holds messages or lag and makes no progress.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StalledLane {
    pub group_id: String,
    pub topic: String,
    pub partition: i32,
    pub stalled_ms: u64,
}

/// What a judgement rests on. The default is a cluster that answers and needs nothing.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    pub initialized: bool,
    /// Why the cluster cannot be reached; `None`: it answers.
    pub unreachable: Option<Error>,
    /// Declared topics that are not there.
    pub missing_topics: Vec<String>,
    /// Existing topics that differ from their declaration.
    pub differences: Vec<(String, Vec<Difference>)>,
    /// Partitions without a leader: neither written nor read at the moment.
    pub leaderless: Vec<(String, i32)>,
    /// Replicas that the topics have, at most, and brokers that are up.
    pub replication: Option<Replication>,
    /// An error after which the producer cannot go on; it is replaced at the next publish.
    pub fatal_producer: Option<Error>,
    /// Consumers that ended, by group.
    pub fatal_consumers: Vec<(String, Error)>,
    pub stalled: Vec<StalledLane>,
    /// Topics whose consumption a policy or an error stopped.
    pub stopped_topics: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replication {
    pub factor: usize,
    pub brokers: usize,
}

/// A judgement and why; no reasons where healthy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Grade {
    pub status: Status,
    pub reasons: Vec<String>,
}

/// Lists of names in a reason end here: a reason is read by people.
const MOST_NAMES: usize = 10;

fn names(all: &[String]) -> String {
    let shown = all.iter().take(MOST_NAMES).cloned().collect::<Vec<_>>().join(", ");
    match all.len().saturating_sub(MOST_NAMES) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// The worst finding decides; every finding is a reason, the worst first.
pub fn grade(facts: &Facts) -> Grade {
    use Status::{Degraded, Unhealthy};
    let mut found: Vec<(Status, String)> = Vec::new();
    if let Some(error) = &facts.unreachable {
        found.push((Unhealthy, format!("the cluster does not answer: {}", error.message)));
    }
    if let Some(error) = &facts.fatal_producer {
        found.push((Unhealthy, format!("the producer cannot go on: {}", error.message)));
    }
    for (group, error) in &facts.fatal_consumers {
        found.push((Unhealthy, format!("the consumer of group {group} cannot go on: {}", error.message)));
    }
    for lane in &facts.stalled {
        let seconds = lane.stalled_ms as f64 / 1000.0;
        let (topic, partition, group) = (&lane.topic, lane.partition, &lane.group_id);
        found.push((Unhealthy, format!("{topic}[{partition}] of group {group} made no progress for {seconds:.0} s")));
    }
    if !facts.leaderless.is_empty() {
        let list: Vec<_> = facts.leaderless.iter().map(|(topic, partition)| format!("{topic}[{partition}]")).collect();
        found.push((Unhealthy, format!("partitions without a leader: {}", names(&list))));
    }
    // Without an answer nothing is known of topics; without initialization nothing is missing yet.
    if !facts.missing_topics.is_empty() {
        let list = names(&facts.missing_topics);
        let level = if facts.initialized { Unhealthy } else { Degraded };
        found.push((level, format!("missing topics: {list} (initializeKafka4() creates them)")));
    }
    if !facts.stopped_topics.is_empty() {
        found.push((Degraded, format!("consumption was stopped for: {}", names(&facts.stopped_topics))));
    }
    if let Some(Replication { factor, brokers }) = facts.replication.filter(|r| r.brokers < r.factor) {
        found.push((Degraded, format!("{brokers} brokers are up, fewer than the {factor} replicas of the topics")));
    }
    for (topic, differences) in &facts.differences {
        for d in differences {
            let text = format!("topic {topic} has {}={}, declared is {}", d.what, d.actual, d.declared);
            found.push((Degraded, text));
        }
    }
    if !facts.initialized {
        found.push((Degraded, "not initialized: call initializeKafka4()".to_string()));
    }
    // Stable: within one level the order above remains.
    found.sort_by_key(|(level, _)| std::cmp::Reverse(*level));
    let status = found.first().map_or(Status::Healthy, |(level, _)| *level);
    Grade { status, reasons: found.into_iter().map(|(_, reason)| reason).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn running() -> Facts {
        Facts { initialized: true, ..Facts::default() }
    }

    #[test]
    fn nothing_found_is_healthy() {
        let replication = Some(Replication { factor: 3, brokers: 3 });
        let grade = grade(&Facts { replication, ..running() });
        assert_eq!(grade, Grade { status: Status::Healthy, reasons: vec![] });
        assert_eq!(serde_json::to_string(&grade.status).unwrap(), "\"healthy\"");
    }

    #[test]
    fn each_fact_has_its_level_and_its_reason() {
        let error = || Some(Error::timeout("nobody there"));
        let difference = Difference { what: "partitions", declared: 6, actual: 3 };
        let lane = StalledLane { group_id: "g".into(), topic: "t".into(), partition: 4, stalled_ms: 61_000 };
        let cases = [
            (Facts { unreachable: error(), ..running() }, Status::Unhealthy, "nobody there"),
            (Facts { fatal_producer: error(), ..running() }, Status::Unhealthy, "producer cannot go on"),
            (
                Facts { fatal_consumers: vec![("g".into(), error().unwrap())], ..running() },
                Status::Unhealthy,
                "group g cannot go on",
            ),
            (
                Facts { stalled: vec![lane], ..running() },
                Status::Unhealthy,
                "t[4] of group g made no progress for 61 s",
            ),
            (Facts { leaderless: vec![("t".into(), 2)], ..running() }, Status::Unhealthy, "t[2]"),
            (Facts { missing_topics: vec!["t".into()], ..running() }, Status::Unhealthy, "missing topics: t"),
            (Facts { missing_topics: vec!["t".into()], ..Facts::default() }, Status::Degraded, "missing topics: t"),
            (Facts { stopped_topics: vec!["t".into()], ..running() }, Status::Degraded, "stopped for: t"),
            (
                Facts { replication: Some(Replication { factor: 3, brokers: 2 }), ..running() },
                Status::Degraded,
                "2 brokers are up",
            ),
            (
                Facts { differences: vec![("t".into(), vec![difference])], ..running() },
                Status::Degraded,
                "topic t has partitions=3, declared is 6",
            ),
            (Facts::default(), Status::Degraded, "not initialized"),
        ];
        for (facts, status, reason) in cases {
            let grade = grade(&facts);
            assert_eq!(grade.status, status, "{facts:?}");
            assert!(grade.reasons.iter().any(|r| r.contains(reason)), "{:?} lacks {reason:?}", grade.reasons);
        }
    }

    #[test]
    fn the_worst_comes_first_and_long_lists_are_cut() {
        let stopped_topics = (0..25).map(|n| format!("topic-{n}")).collect();
        let facts = Facts { stopped_topics, fatal_producer: Some(Error::timeout("gone")), ..Facts::default() };
        let grade = grade(&facts);
        assert_eq!(grade.status, Status::Unhealthy);
        assert!(grade.reasons[0].contains("producer"));
        assert!(grade.reasons[1].ends_with("topic-9 and 15 more"));
        assert_eq!(grade.reasons.len(), 3);
    }
}
