//! The admin service. Each request completes with JSON text.

use std::sync::Arc;

use kafka4_core::control::Admin;
use kafka4_core::error::{Error, Result};
use kafka4_core::runtime::Deadline;
use kafka4_core::services::context::Context;
use kafka4_core::topics::{is_valid_name, TopicSpec};
use napi_derive::napi;

use crate::context::NativeContext;
use crate::mailbox::{patience, Mailbox};

#[napi]
pub struct NativeAdminService {
    context: Arc<Context>,
    mailbox: Arc<Mailbox>,
}

/// A topic to create.
#[napi(object)]
pub struct NativeTopicSpec {
    pub name: String,
    pub partitions: i32,
    /// ms, -1: for ever.
    pub retention_ms: i64,
}

impl From<NativeTopicSpec> for TopicSpec {
    fn from(spec: NativeTopicSpec) -> Self {
        TopicSpec { name: spec.name, partitions: spec.partitions, retention_ms: spec.retention_ms }
    }
}

#[napi]
impl NativeAdminService {
    #[napi(constructor)]
    pub fn new(context: &NativeContext) -> Self {
        NativeAdminService { context: context.core.clone(), mailbox: context.mailbox.clone() }
    }

    fn answer<T: serde::Serialize>(&self, id: u32, work: impl FnOnce(&Admin, Deadline) -> Result<T> + Send + 'static) {
        let context = self.context.clone();
        // Taken now: a close that is asked for while this waits for a thread ends it.
        let (closings, deadline) = (context.admin_closings(), context.deadline());
        self.mailbox.answer(id, move || {
            let result = work(&*context.admin_since(closings, deadline)?, deadline)?;
            Ok(Some(serde_json::to_string(&result).expect("plain data")))
        });
    }

    #[napi]
    pub fn connect(&self, id: u32) {
        self.answer(id, |_, _| Ok(()));
    }

    #[napi]
    pub fn list_topics(&self, id: u32) {
        self.answer(id, |admin, deadline| admin.list_topics(deadline));
    }

    #[napi]
    pub fn describe_topics(&self, id: u32, names: Option<Vec<String>>) {
        self.answer(id, move |admin, deadline| admin.describe_topics(names.as_deref(), deadline));
    }

    #[napi]
    pub fn create_topics(&self, id: u32, topics: Vec<NativeTopicSpec>) {
        let specs: Vec<TopicSpec> = topics.into_iter().map(TopicSpec::from).collect();
        self.answer(id, move |admin, deadline| {
            if let Some(bad) = specs.iter().find(|spec| !is_valid_name(&spec.name) || spec.partitions < 1) {
                let message = format!(
                    "{bad:?} cannot be created: a name of a-z, A-Z, 0-9, '.', '_', '-' and 1 or more partitions"
                );
                return Err(Error::invalid(message));
            }
            admin.ensure_topics(&specs, deadline)
        });
    }

    #[napi]
    pub fn delete_topics(&self, id: u32, names: Vec<String>) {
        self.answer(id, move |admin, deadline| {
            let outcomes = admin.delete_topics(&names, deadline)?;
            match outcomes.into_iter().find_map(|(_, error)| error) {
                Some(error) => Err(error),
                None => Ok(()),
            }
        });
    }

    #[napi]
    pub fn describe_cluster(&self, id: u32) {
        self.answer(id, |admin, deadline| admin.describe_cluster(deadline));
    }

    #[napi]
    pub fn close(&self, id: u32, timeout_ms: u32, quiet_ms: u32) {
        let context = self.context.clone();
        let patience = patience(timeout_ms, quiet_ms);
        self.mailbox.answer_apart(id, move || {
            context.close_admin(patience);
            Ok(None)
        });
    }
}
