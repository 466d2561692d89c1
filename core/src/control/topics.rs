//! Topics: list, describe, create, delete, and [`Admin::ensure_topics`], which makes a cluster fit its declarations.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::control::request::Session;
use crate::control::Admin;
use crate::embedded;
use crate::error::{Error, Result};
use crate::runtime::Deadline;
use crate::topics::{is_valid_name, TopicSpec};

pub use super::topic_shapes::{
    differences, Difference, NewTopic, PartitionInfo, TopicDescription, TopicOutcome, TopicReport,
};

#[path = "topic_requests.rs"]
mod requests;

/// Looks at a new topic this often at first, then ever less.
const FIRST_LOOK: Duration = Duration::from_millis(10);
const LONGEST_LOOK: Duration = Duration::from_millis(250);

impl Admin {
    /// Names of all topics, sorted, without Kafka's internal ones (`__consumer_offsets`…).
    pub fn list_topics(&self, deadline: Deadline) -> Result<Vec<String>> {
        self.run(deadline, requests::list)
    }

    /// Partitions and configuration of these topics, or of all. Errors: `ERR_KAFKA_UNKNOWN_TOPIC_OR_PART` naming the first
    /// that does not exist.
    pub fn describe_topics(&self, names: Option<&[String]>, deadline: Deadline) -> Result<Vec<TopicDescription>> {
        self.run(deadline, |session| {
            let listed;
            let names = match names {
                Some(names) => names,
                None => {
                    listed = requests::list(session)?;
                    &listed
                }
            };
            let mut described = Vec::with_capacity(names.len());
            for (name, found) in requests::partitions(session, names)? {
                let Some(partitions) = found else { return Err(unknown(&name)) };
                described.push(TopicDescription { name, partitions, retention_ms: None, configs: BTreeMap::new() });
            }
            self.add_configs(session, &mut described)?;
            Ok(described)
        })
    }

    fn add_configs(&self, session: &Session, topics: &mut [TopicDescription]) -> Result<()> {
        if let Some(cluster) = &self.embedded {
            for topic in topics {
                topic.retention_ms = cluster.topic(&topic.name).map(|spec| spec.retention_ms);
            }
            return Ok(());
        }
        let names: Vec<String> = topics.iter().map(|topic| topic.name.clone()).collect();
        let mut configs = requests::configs(session, &names)?;
        for topic in topics {
            if let Some(found) = configs.remove(&topic.name) {
                topic.retention_ms = found.get("retention.ms").and_then(|entry| entry.value.parse().ok());
                let changed = found.into_iter().filter(|(_, entry)| !entry.is_default);
                topic.configs = changed.map(|(name, entry)| (name, entry.value)).collect();
            }
        }
        Ok(())
    }

    /// Creates topics as declared (replication min(3, brokers), `min.insync.replicas` to fit) and waits until every
    /// partition has a leader. One outcome a topic, in the order given; an error only where nothing could be asked.
    pub fn create_topics(&self, specs: &[TopicSpec], deadline: Deadline) -> Result<Vec<TopicOutcome>> {
        let topics: Vec<NewTopic> = specs.iter().map(NewTopic::from).collect();
        self.create(&topics, deadline)
    }

    /// As [`Admin::create_topics`], with everything chosen by the caller. A topic whose request was answered too late may
    /// be told as `Existed`, since the second attempt found it.
    pub fn create(&self, topics: &[NewTopic], deadline: Deadline) -> Result<Vec<TopicOutcome>> {
        let mut seen = BTreeSet::new();
        for topic in topics {
            check(topic)?;
            if !seen.insert(&topic.name) {
                return Err(Error::invalid(format!("topic {} is given twice", topic.name)));
            }
        }
        if topics.is_empty() {
            return Ok(Vec::new());
        }
        let mut outcomes = match &self.embedded {
            Some(cluster) => {
                let mut outcomes = BTreeMap::new();
                for topic in topics {
                    // Also so that an embedded cluster that was reset or stopped is an error here. A request between two
                    // creations makes the mock's thread look up: by themselves, every other one waits for its poll of 1 s.
                    self.run(deadline, |session| requests::partitions(session, std::slice::from_ref(&topic.name)))?;
                    outcomes.insert(topic.name.clone(), create_embedded(cluster, topic));
                }
                outcomes
            }
            None => self.create_on_broker(topics, deadline)?,
        };
        let created: Vec<&NewTopic> =
            topics.iter().filter(|topic| matches!(outcomes[&topic.name], TopicOutcome::Created)).collect();
        for (name, error) in self.await_leaders(&created, deadline)? {
            outcomes.insert(name, TopicOutcome::Failed(error));
        }
        Ok(topics.iter().map(|topic| outcomes.remove(&topic.name).expect("one outcome a topic")).collect())
    }

    fn create_on_broker(&self, topics: &[NewTopic], deadline: Deadline) -> Result<BTreeMap<String, TopicOutcome>> {
        let mut outcomes = BTreeMap::new();
        let result = self.run(deadline, |session| {
            let brokers = requests::broker_count(session)?;
            // Only what is open is asked again: what was made by the first attempt must stay "created".
            let open: Vec<&NewTopic> = topics
                .iter()
                .filter(|topic| match outcomes.get(&topic.name) {
                    None => true,
                    Some(TopicOutcome::Failed(error)) => error.retriable,
                    Some(_) => false,
                })
                .collect();
            outcomes.extend(requests::create(session, &open, brokers)?);
            let again = outcomes.values().find_map(|outcome| match outcome {
                TopicOutcome::Failed(error) if error.retriable => Some(error.clone()),
                _ => None,
            });
            again.map_or(Ok(()), Err)
        });
        match result {
            Err(error) if outcomes.len() < topics.len() => Err(error),
            _ => Ok(outcomes),
        }
    }

    /// Waits until every partition of these has a leader. What is not so in time is told by topic.
    fn await_leaders(&self, topics: &[&NewTopic], deadline: Deadline) -> Result<Vec<(String, Error)>> {
        if topics.is_empty() {
            return Ok(Vec::new());
        }
        let names: Vec<String> = topics.iter().map(|topic| topic.name.clone()).collect();
        let mut waiting: BTreeMap<String, usize> =
            topics.iter().map(|topic| (topic.name.clone(), topic.partitions.max(1) as usize)).collect();
        let result = self.run(deadline, |session| {
            let mut look = FIRST_LOOK;
            loop {
                for (name, found) in requests::partitions(session, &names)? {
                    let ready = found.map_or(0, |partitions| partitions.iter().filter(|p| p.leader >= 0).count());
                    if waiting.get(&name).is_some_and(|wanted| ready >= *wanted) {
                        waiting.remove(&name);
                    }
                }
                if waiting.is_empty() {
                    return Ok(());
                }
                session.pause(look, "waiting for the leaders of new topics")?;
                look = (look * 2).min(LONGEST_LOOK);
            }
        });
        let Err(error) = result else { return Ok(Vec::new()) };
        let late = |name: String| {
            let message = format!("topic {name} was created, but not all of its partitions have a leader yet");
            (name, Error::timeout(message).caused_by(error.clone()))
        };
        Ok(waiting.into_keys().map(late).collect())
    }

    /// Deletes topics with all their messages. By topic, in the order given: `None`, or why not.
    pub fn delete_topics(&self, names: &[String], deadline: Deadline) -> Result<Vec<(String, Option<Error>)>> {
        if self.embedded.is_some() {
            return Err(embedded::unsupported("delete topics", "use topics with names of their own for each test"));
        }
        if names.is_empty() {
            return Ok(Vec::new());
        }
        self.run(deadline, |session| requests::delete(session, names))
    }

    /// Creates what is missing, leaves what exists alone and tells where it differs. Returns when every partition of the
    /// new topics has a leader. Errors: the first topic that could not be created.
    pub fn ensure_topics(&self, specs: &[TopicSpec], deadline: Deadline) -> Result<Vec<TopicReport>> {
        let names: Vec<String> = specs.iter().map(|spec| spec.name.clone()).collect();
        specs.iter().try_for_each(|spec| check(&spec.into()))?;
        let there = self.run(deadline, |session| requests::partitions(session, &names))?;
        let missing: Vec<TopicSpec> = specs
            .iter()
            .filter(|spec| there.iter().any(|(name, found)| *name == spec.name && found.is_none()))
            .cloned()
            .collect();
        let mut created = BTreeSet::new();
        for (spec, outcome) in missing.iter().zip(self.create_topics(&missing, deadline)?) {
            match outcome {
                TopicOutcome::Created => drop(created.insert(spec.name.clone())),
                TopicOutcome::Existed => {}
                TopicOutcome::Failed(error) => return Err(error),
            }
        }
        let old: Vec<String> = names.iter().filter(|name| !created.contains(*name)).cloned().collect();
        let described = self.describe_topics(Some(&old), deadline)?;
        let report = |spec: &TopicSpec| TopicReport {
            name: spec.name.clone(),
            created: created.contains(&spec.name),
            differences: described
                .iter()
                .find(|topic| topic.name == spec.name)
                .map_or_else(Vec::new, |topic| differences(spec, topic)),
        };
        Ok(specs.iter().map(report).collect())
    }
}

fn check(topic: &NewTopic) -> Result<()> {
    if !is_valid_name(&topic.name) {
        let message =
            format!("{:?} is not a name for a topic: 1 to 249 of letters, digits, '.', '_' and '-'", topic.name);
        return Err(Error::invalid(message));
    }
    if topic.partitions < 1 {
        let message = format!("topic {} needs at least 1 partition, not {}", topic.name, topic.partitions);
        return Err(Error::invalid(message));
    }
    Ok(())
}

fn create_embedded(cluster: &embedded::Cluster, topic: &NewTopic) -> TopicOutcome {
    let retention_ms = topic.configs.get("retention.ms").and_then(|value| value.parse().ok()).unwrap_or(-1);
    let spec = TopicSpec { name: topic.name.clone(), partitions: topic.partitions, retention_ms };
    match cluster.create_topic(&spec) {
        Ok(true) => TopicOutcome::Created,
        Ok(false) => TopicOutcome::Existed,
        Err(error) => TopicOutcome::Failed(error),
    }
}

/// Not retriable, unlike the broker's own error: that is meant for clients whose view is old, and a describe has none.
fn unknown(name: &str) -> Error {
    let message = format!("topic {name} does not exist: create it with kafkaAdminService or initializeKafka4()");
    Error::new(crate::error::ErrorClass::KafkaProtocolError, "UNKNOWN_TOPIC_OR_PART", message)
}
