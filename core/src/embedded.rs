//! The in-process broker behind `KAFKA_BROKER=embedded`: librdkafka's mock cluster, one per name ([`ClusterId`]), shared by
//! every client of the process. Nothing exists before the first client asks for it. What it cannot do is told in words
//! ([`LIMITS`]) and refused with [`unsupported`], never ignored.

use std::collections::BTreeMap;
use std::ffi::{c_int, CStr, CString};
use std::sync::{Arc, Mutex};

use rdkafka_sys as rdsys;
use rdkafka_sys::rd_kafka_resp_err_t as RespErr;

use crate::callbacks::ClientState;
use crate::client::Properties;
use crate::client::{Client, Kind};
use crate::cluster_id::ClusterId;
use crate::config::{Bootstrap, Config};
use crate::error::{Error, ErrorClass, Result};
use crate::topics::{is_valid_name, TopicSpec};

/// What the embedded broker does not do, one sentence each, for the documentation and for status.
/// Sources: rdkafka_mock.c (`max_size`, `max_cnt`) and the table of requests in rdkafka_mock_handlers.c.
pub const LIMITS: &[&str] = &[
    "It keeps the newest 5 MiB or 100,000 batches of a partition in memory; older messages are dropped, whatever the retention says.",
    "Everything is gone when the process ends; other processes on the same machine have embedded brokers of their own.",
    "Readers with isolation level read_committed also see the messages of aborted transactions.",
    "Topics are created by kafkaAdminService and initializeKafka4() only; a topic that was not created is an error, not created by use.",
    "A topic must exist before a consumer of it starts; one that is created later is not noticed.",
    "Topics cannot be deleted or altered, groups cannot be listed or deleted, offsets cannot be reset.",
    "It speaks plaintext on the loopback address: no TLS, no SASL, no ACLs.",
];

/// One in-process cluster.
pub struct Cluster {
    mock: *mut rdsys::rd_kafka_mock_cluster_t,
    /// librdkafka's cluster runs on a handle, which must outlive it. Dropped after the cluster, see [`Drop`].
    _client: Arc<Client>,
    brokers: u32,
    bootstrap_servers: String,
    /// What was declared at creation. The lock is also held while the mock creates a topic: two creators of one name
    /// must not both pass the check, since the mock's own answer does not tell a repetition from another failure.
    topics: Mutex<BTreeMap<String, TopicSpec>>,
}

// SAFETY: librdkafka's mock takes each call as a message to its own thread (rd_kafka_op_req) or under its own lock.
unsafe impl Send for Cluster {}
unsafe impl Sync for Cluster {}

/// Clusters by name. A plain lock: starting one takes milliseconds and everybody who asks needs it.
static CLUSTERS: Mutex<BTreeMap<ClusterId, Arc<Cluster>>> = Mutex::new(BTreeMap::new());

/// The cluster of that name, started at the first call; later calls give the same one.
pub fn cluster(id: impl Into<ClusterId>) -> Result<Arc<Cluster>> {
    let id = id.into();
    let mut clusters = CLUSTERS.lock().unwrap_or_else(|broken| broken.into_inner());
    if let Some(running) = clusters.get(&id) {
        return Ok(running.clone());
    }
    let started = Arc::new(Cluster::start(id.brokers)?);
    clusters.insert(id, started.clone());
    Ok(started)
}

/// Forgets all clusters, with their topics and messages, so that the next client starts on an empty one. For tests.
/// A cluster ends with its last user; clients that only know its address lose their connections then.
pub fn reset() {
    let gone = std::mem::take(&mut *CLUSTERS.lock().unwrap_or_else(|broken| broken.into_inner()));
    // Outside the lock: ending a cluster waits for its thread.
    drop(gone);
}

/// Forgets a cluster of one's own, which then ends with its last user. The shared ones stay.
pub fn end(id: ClusterId) {
    if id.own > 0 {
        let gone = CLUSTERS.lock().unwrap_or_else(|broken| broken.into_inner()).remove(&id);
        // Outside the lock, as in `reset`.
        drop(gone);
    }
}

/// Refuses settings that the embedded broker cannot honour.
pub fn check(config: &Config) -> Result<()> {
    if !matches!(config.bootstrap, Bootstrap::Embedded(_)) {
        return Ok(());
    }
    let passed = config.librdkafka.get("security.protocol").map(|protocol| ("security.protocol", protocol.as_str()));
    let (name, value) = passed.unwrap_or(("KAFKA_SECURITY_PROTOCOL", &config.security_protocol));
    if value.eq_ignore_ascii_case("plaintext") {
        return Ok(());
    }
    let message = format!(
        "{name}={value:?} cannot be used with KAFKA_BROKER=embedded, which speaks PLAINTEXT only: unset it, or use a real broker (npm run kafka:start)"
    );
    Err(Error::config(message).details(serde_json::json!({ "variable": name, "value": value, "allowed": "PLAINTEXT" })))
}

/// The error of everything that the embedded broker lacks. `alternative` completes "…; ".
pub fn unsupported(what: &str, alternative: &str) -> Error {
    let message = format!("the embedded broker cannot {what}; {alternative}");
    Error::new(ErrorClass::KafkaNotSupportedError, "EMBEDDED_UNSUPPORTED", message)
}

/// ms between heartbeats of members of the new group protocol (KIP-848), which consumers use here (see properties.rs): the
/// mock's 3 s would be the time that every step of a rebalance takes.
const GROUP_HEARTBEAT_MS: c_int = 100;

impl Cluster {
    fn start(brokers: u32) -> Result<Cluster> {
        if !(1..=9).contains(&brokers) {
            return Err(Error::config(format!("an embedded cluster has 1 to 9 brokers, not {brokers}")));
        }
        let state = ClientState::new("embedded broker", Default::default(), Default::default());
        let client = Client::create(Kind::Producer, &Properties::new(), 0, state)?;
        // SAFETY: the handle is live; the cluster is checked for null and owned by the value made here.
        unsafe {
            let mock = rdsys::rd_kafka_mock_cluster_new(client.rk(), brokers as c_int);
            if mock.is_null() {
                return Err(Error::new(
                    ErrorClass::KafkaConnectionError,
                    "EMBEDDED_START_FAILED",
                    "the embedded broker could not be started: no free port on the loopback address",
                ));
            }
            // The first member of a group would wait 3 s for others.
            rdsys::rd_kafka_mock_group_initial_rebalance_delay_ms(mock, 0);
            rdsys::rd_kafka_mock_set_group_consumer_heartbeat_interval_ms(mock, GROUP_HEARTBEAT_MS);
            let bootstrap = CStr::from_ptr(rdsys::rd_kafka_mock_cluster_bootstraps(mock));
            let bootstrap_servers = bootstrap.to_string_lossy().into_owned();
            Ok(Cluster { mock, _client: client, brokers, bootstrap_servers, topics: Mutex::default() })
        }
    }

    /// `host:port` addresses, comma separated.
    pub fn bootstrap_servers(&self) -> &str {
        &self.bootstrap_servers
    }

    pub fn brokers(&self) -> u32 {
        self.brokers
    }

    pub fn limits(&self) -> &'static [&'static str] {
        LIMITS
    }

    /// Creates a topic, replicated to min(3, brokers). False: it exists already and is left as it is.
    pub fn create_topic(&self, spec: &TopicSpec) -> Result<bool> {
        let name = CString::new(spec.name.as_str()).ok().filter(|_| is_valid_name(&spec.name));
        let Some(name) = name else {
            return Err(Error::invalid(format!("{:?} is not a name for a topic", spec.name)));
        };
        // The mock allocates every partition at once: an absurd number would take the process's memory.
        if !(1..=MOST_PARTITIONS).contains(&spec.partitions) {
            let message =
                format!("topic {} needs 1 to {MOST_PARTITIONS} partitions, not {}", spec.name, spec.partitions);
            return Err(Error::invalid(message));
        }
        let mut topics = self.topics.lock().unwrap_or_else(|broken| broken.into_inner());
        if topics.contains_key(&spec.name) {
            return Ok(false);
        }
        let replication = self.brokers.min(3) as c_int;
        // SAFETY: the cluster is live, the name is copied.
        let err = unsafe { rdsys::rd_kafka_mock_topic_create(self.mock, name.as_ptr(), spec.partitions, replication) };
        match err {
            RespErr::RD_KAFKA_RESP_ERR_NO_ERROR => {
                topics.insert(spec.name.clone(), spec.clone());
                Ok(true)
            }
            // Made by a client that was told to create topics by use.
            RespErr::RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS => Ok(false),
            err => Err(Error::from_resp(err, &format!("create topic {}", spec.name))),
        }
    }

    /// What was declared for a topic when it was created here.
    pub fn topic(&self, name: &str) -> Option<TopicSpec> {
        self.topics.lock().unwrap_or_else(|broken| broken.into_inner()).get(name).cloned()
    }

    /// Closes a broker's connections and accepts no new ones until [`Cluster::broker_up`]; 1 to the number of brokers.
    /// Its partitions keep it as their leader, as if it were about to come back. For tests of applications.
    pub fn broker_down(&self, broker: i32) -> Result<()> {
        self.known(broker)?;
        // SAFETY: the cluster is live and the broker exists.
        self.done(unsafe { rdsys::rd_kafka_mock_broker_set_down(self.mock, broker) }, "stop", broker)
    }

    pub fn broker_up(&self, broker: i32) -> Result<()> {
        self.known(broker)?;
        // SAFETY: the cluster is live and the broker exists.
        self.done(unsafe { rdsys::rd_kafka_mock_broker_set_up(self.mock, broker) }, "start", broker)
    }

    fn known(&self, broker: i32) -> Result<()> {
        if (1..=self.brokers as i32).contains(&broker) {
            return Ok(());
        }
        Err(Error::invalid(format!("the embedded cluster has brokers 1 to {}, not {broker}", self.brokers)))
    }

    fn done(&self, err: RespErr, what: &str, broker: i32) -> Result<()> {
        match err {
            RespErr::RD_KAFKA_RESP_ERR_NO_ERROR => Ok(()),
            err => Err(Error::from_resp(err, &format!("{what} embedded broker {broker}"))),
        }
    }
}

/// Partitions of one topic.
const MOST_PARTITIONS: i32 = 10_000;

impl Drop for Cluster {
    fn drop(&mut self) {
        if crate::ending::has_begun() {
            return;
        }
        // SAFETY: nobody else has the pointer; the handle it runs on is dropped after this.
        unsafe { rdsys::rd_kafka_mock_cluster_destroy(self.mock) }
    }
}

#[cfg(test)]
#[path = "embedded_tests.rs"]
mod tests;
