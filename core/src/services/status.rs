//! getKafka4Status, checkKafkaHealth and the gauges of the metrics: facts from the three paths, graded.

use serde::Serialize;

use crate::consume::GroupStatus;
use crate::control::cluster::ClusterInfo;
use crate::control::grade::{self, Facts, Replication, StalledLane};
use crate::control::health;
use crate::control::prometheus::{self, Gauge};
use crate::control::topics::{TopicDescription, TopicReport};
use crate::control::Admin;
use crate::error::Error;
use crate::runtime::Deadline;
use crate::services::initialization::Initialization;
use crate::telemetry::Snapshot;

/// Bound of a health check, however long KAFKA_TIMEOUT is.
const HEALTH_MS: u64 = 5_000;

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    pub initialized: bool,
    pub status: grade::Status,
    /// One sentence for each thing that is not as it should be.
    pub reasons: Vec<String>,
    /// ms of the round trip to the cluster; absent when there was no answer.
    pub response_time: Option<f64>,
    pub cluster: Option<ClusterInfo>,
    pub topics: TopicsStatus,
    pub producer: ProducerStatus,
    pub consumers: ConsumersStatus,
    /// What this broker cannot do (the embedded one), in sentences.
    pub limits: Vec<&'static str>,
}

#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TopicsStatus {
    pub total: usize,
    pub names: Vec<String>,
    /// Declared topics that differ on the broker.
    pub differences: Vec<TopicReport>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProducerStatus {
    pub connected: bool,
    /// Messages that are not acknowledged yet.
    pub in_flight: usize,
    pub error: Option<Error>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConsumersStatus {
    /// Topics that are consumed.
    pub active: Vec<String>,
    pub groups: Vec<GroupStatus>,
}

impl Initialization {
    /// Everything that is known about this client and its cluster. Never fails: what cannot be had is a reason.
    pub fn status(&self) -> Status {
        let (context, producer, consumers) = self.parts();
        let deadline = self.check_deadline();
        let (connected, in_flight, fatal) = producer.status();
        let groups = consumers.status();
        let differences = self.report().map_or_else(Vec::new, |report| {
            report.topics.into_iter().filter(|topic| !topic.differences.is_empty()).collect()
        });
        let mut facts = Facts {
            initialized: self.is_initialized(),
            fatal_producer: fatal.clone(),
            fatal_consumers: groups.iter().filter_map(|g| Some((g.group_id.clone(), g.error.clone()?))).collect(),
            stopped_topics: consumers.stopped_topics(),
            stalled: stalled(&groups),
            differences: differences.iter().map(|topic| (topic.name.clone(), topic.differences.clone())).collect(),
            ..Facts::default()
        };
        let mut status = Status {
            initialized: facts.initialized,
            status: grade::Status::Healthy,
            reasons: Vec::new(),
            response_time: None,
            cluster: None,
            topics: TopicsStatus { differences, ..TopicsStatus::default() },
            producer: ProducerStatus { connected, in_flight, error: fatal },
            consumers: ConsumersStatus { active: consumers.active_topics(), groups },
            limits: Vec::new(),
        };
        match context.admin(deadline) {
            Err(error) => facts.unreachable = Some(error),
            Ok(admin) => {
                let found = health::find(&admin, deadline);
                status.response_time = found.health.ok.then_some(found.health.response_time_ms);
                facts.unreachable = found.health.error;
                if let Some(topics) = found.topics {
                    self.look_at_topics(&admin, &topics.names, found.cluster.as_ref(), deadline, &mut facts);
                    status.topics.total = topics.total;
                    status.topics.names = topics.names;
                }
                status.cluster = found.cluster;
                status.limits = found.limits.to_vec();
            }
        }
        let judged = grade::grade(&facts);
        status.status = judged.status;
        status.reasons = judged.reasons;
        status
    }

    fn look_at_topics(
        &self,
        admin: &Admin,
        names: &[String],
        cluster: Option<&ClusterInfo>,
        deadline: Deadline,
        facts: &mut Facts,
    ) {
        let (context, ..) = self.parts();
        let declared = context.declared_topics().into_iter().map(|topic| topic.name);
        let (present, missing): (Vec<String>, Vec<String>) = declared.partition(|name| names.contains(name));
        facts.missing_topics = missing;
        let described: Vec<TopicDescription> = admin.describe_topics(Some(&present), deadline).unwrap_or_default();
        let partitions = || described.iter().flat_map(|topic| topic.partitions.iter().map(move |p| (topic, p)));
        facts.leaderless =
            partitions().filter(|(_, p)| p.leader < 0).map(|(topic, p)| (topic.name.clone(), p.id)).collect();
        let factor = partitions().map(|(_, p)| p.replicas.len()).max();
        facts.replication = factor.zip(cluster).map(|(factor, c)| Replication { factor, brokers: c.brokers.len() });
    }

    fn check_deadline(&self) -> Deadline {
        let (context, ..) = self.parts();
        Deadline::after_ms(HEALTH_MS.min(u64::from(context.config().timeout_ms)))
    }

    /// A round trip to the cluster within 5 s, nothing stalled, nothing fatal.
    pub fn is_healthy(&self) -> bool {
        let (context, producer, consumers) = self.parts();
        let deadline = self.check_deadline();
        let stalled = !stalled(&consumers.status()).is_empty();
        let fatal = producer.status().2.is_some();
        !stalled && !fatal && context.admin(deadline).is_ok_and(|admin| health::check(&admin, deadline).ok)
    }

    pub fn metrics(&self) -> Metrics {
        let (context, producer, consumers) = self.parts();
        let groups = consumers.status();
        let lanes = || groups.iter().flat_map(|group| &group.partitions);
        Metrics {
            snapshot: context.telemetry.snapshot(),
            producer_in_flight: producer.status().1,
            consumer_queued: lanes().map(|lane| lane.queued).sum(),
            consumer_in_handlers: lanes().map(|lane| lane.in_handler as u64).sum(),
            consumer_lag: lanes().filter_map(|lane| lane.lag).map(|lag| lag.max(0) as u64).sum(),
            consumers: groups,
        }
    }

    /// The metrics as Prometheus text, format 0.0.4.
    pub fn prometheus(&self) -> String {
        let metrics = self.metrics();
        let mut gauges = vec![
            Gauge::new("producer_in_flight", "Messages not acknowledged yet.", &[], metrics.producer_in_flight as f64),
            Gauge::new("consumer_queued", "Messages waiting for a handler.", &[], metrics.consumer_queued as f64),
            Gauge::new(
                "consumer_in_handlers",
                "Messages handed out whose handler has not finished.",
                &[],
                metrics.consumer_in_handlers as f64,
            ),
        ];
        for group in &metrics.consumers {
            for lane in &group.partitions {
                let partition = lane.partition.to_string();
                let labels =
                    [("group", group.group_id.as_str()), ("topic", lane.topic.as_str()), ("partition", &partition)];
                let lag = lane.lag.unwrap_or(0) as f64;
                gauges.push(Gauge::new("consumer_lag", "Messages behind the end of the partition.", &labels, lag));
                let stalled = f64::from(u8::from(lane.stalled));
                gauges.push(Gauge::new("consumer_stalled", "1 while the watchdog sees no progress.", &labels, stalled));
            }
        }
        prometheus::render(&metrics.snapshot, &gauges)
    }
}

fn stalled(groups: &[GroupStatus]) -> Vec<StalledLane> {
    let lanes = groups.iter().flat_map(|group| group.partitions.iter().map(move |lane| (group, lane)));
    lanes
        .filter(|(_, lane)| lane.stalled)
        .map(|(group, lane)| StalledLane {
            group_id: group.group_id.clone(),
            topic: lane.topic.clone(),
            partition: lane.partition,
            stalled_ms: lane.last_progress_ms,
        })
        .collect()
}

/// getKafkaMetrics.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Metrics {
    #[serde(flatten)]
    pub snapshot: Snapshot,
    pub producer_in_flight: usize,
    pub consumer_queued: u64,
    pub consumer_in_handlers: u64,
    pub consumer_lag: u64,
    pub consumers: Vec<GroupStatus>,
}
