//! Does the cluster answer, and how fast? And the shapes of the control path's part of `getKafka4Status()`.

use std::time::{Duration, Instant};

use serde::Serialize;

use crate::control::cluster::ClusterInfo;
use crate::control::grade::Status;
use crate::control::Admin;
use crate::error::Error;
use crate::runtime::Deadline;

/// The longest a check takes, whatever deadline it is given.
pub const LONGEST_CHECK: Duration = Duration::from_secs(5);

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Health {
    pub ok: bool,
    /// ms of the round trip, or until it was given up.
    pub response_time_ms: f64,
    pub error: Option<Error>,
}

/// One metadata round trip over the client that stands; bounded by the deadline and by [`LONGEST_CHECK`].
pub fn check(admin: &Admin, deadline: Deadline) -> Health {
    let begun = Instant::now();
    let result = admin.await_broker(deadline.min(Deadline::after(LONGEST_CHECK)));
    let response_time_ms = begun.elapsed().as_secs_f64() * 1000.0;
    Health { ok: result.is_ok(), response_time_ms, error: result.err() }
}

/// Topics of the cluster, without Kafka's internal ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TopicsStatus {
    pub total: usize,
    pub names: Vec<String>,
}

impl From<Vec<String>> for TopicsStatus {
    fn from(names: Vec<String>) -> Self {
        TopicsStatus { total: names.len(), names }
    }
}

/// What the control path knows of a status; the services add producer and consumers.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ControlStatus {
    pub initialized: bool,
    pub status: Status,
    /// Why it is not healthy; empty where it is.
    pub reasons: Vec<String>,
    /// ms of a metadata round trip; `None`: nobody answered.
    pub response_time: Option<f64>,
    pub cluster: Option<ClusterInfo>,
    pub topics: Option<TopicsStatus>,
    /// What this broker does not do (the embedded one), in sentences.
    pub limits: Vec<&'static str>,
}

/// Asks the cluster for its part of a status. Never fails: what could not be found out is `None`.
pub struct Findings {
    pub health: Health,
    pub cluster: Option<ClusterInfo>,
    pub topics: Option<TopicsStatus>,
    pub limits: &'static [&'static str],
}

/// Bounded by the deadline and by [`LONGEST_CHECK`] for all steps together. A cluster that does not answer the first
/// question is not asked the others.
pub fn find(admin: &Admin, deadline: Deadline) -> Findings {
    let deadline = deadline.min(Deadline::after(LONGEST_CHECK));
    let health = check(admin, deadline);
    let (cluster, topics) = match health.ok {
        true => (admin.describe_cluster(deadline).ok(), admin.list_topics(deadline).ok().map(TopicsStatus::from)),
        false => (None, None),
    };
    Findings { health, cluster, topics, limits: admin.limits() }
}
