//! Settings, events and metrics that the services of one JavaScript environment share.

use std::collections::HashMap;
use std::sync::Arc;

use kafka4_core::config::Bootstrap;
use kafka4_core::embedded;
use kafka4_core::requests::Requests;
use kafka4_core::services::context::Context;
use napi_derive::napi;

use crate::error::{outcome, NativeError};
use crate::mailbox::{Mailbox, NativeMailbox};

/// Either the context, or the reason why the settings cannot be used.
#[napi]
pub struct NativeContext {
    pub(crate) core: Arc<Context>,
    pub(crate) mailbox: Arc<Mailbox>,
    error: Option<kafka4_core::error::Error>,
}

#[napi]
impl NativeContext {
    /// `variables`: the environment variables of the contract that are set.
    #[napi(constructor)]
    pub fn new(mailbox: &NativeMailbox, variables: HashMap<String, String>) -> Self {
        let (core, error) = Context::new(|name| variables.get(name).cloned());
        let mailbox = mailbox.inner.clone();
        core.events.on_event(mailbox.clone());
        NativeContext { core, mailbox, error }
    }

    /// What was wrong with the variables; the settings are the defaults then.
    #[napi]
    pub fn error(&self) -> Option<NativeError> {
        self.error.clone().map(NativeError::from)
    }

    /// The value of one property of `kafkaConfig` as JSON text.
    #[napi]
    pub fn get(&self, name: String) -> String {
        self.core.config().get(&name).to_string()
    }

    /// Sets one property of `kafkaConfig` from its text; `None` (null): back to the default.
    #[napi]
    pub fn set(&self, name: String, value: Option<String>) -> Option<NativeError> {
        outcome(self.core.set(&name, value.as_deref()))
    }

    /// Ends the embedded cluster of one's own (`embedded:1/17`) when its clients are closed; nothing for any other broker.
    #[napi]
    pub fn end_embedded(&self) {
        if let Bootstrap::Embedded(id) = self.core.config().bootstrap {
            embedded::end(id);
        }
    }

    /// Replaces the librdkafka properties that win over everything else.
    #[napi]
    pub fn set_librdkafka(&self, properties: HashMap<String, String>) -> Option<NativeError> {
        outcome(self.core.set_librdkafka(properties.into_iter().collect()))
    }

    /// Adds a topic to the table that `initialize` creates, or changes its declaration.
    #[napi]
    pub fn declare_topic(&self, name: String, partitions: i32, retention_ms: i64) -> Option<NativeError> {
        outcome(self.core.declare_topic(&name, partitions, retention_ms))
    }

    /// Declared topics as JSON text: `[{ name, partitions, retentionMs }]`.
    #[napi]
    pub fn declared_topics(&self) -> String {
        serde_json::to_string(&self.core.declared_topics()).expect("plain data")
    }

    /// Events since the last call as JSON texts.
    #[napi]
    pub fn take_events(&self) -> Vec<String> {
        let events = self.core.events.take();
        let texts: Vec<String> = events.iter().map(|event| serde_json::to_string(event).expect("plain data")).collect();
        for text in &texts {
            self.core.telemetry.log.debug("event", text);
        }
        texts
    }

    /// Gives the SASL OAUTHBEARER token to all clients, those that run and those to come.
    #[napi]
    pub fn set_oauth_token(&self, token: String, principal: String, expires_ms: f64) -> Option<NativeError> {
        outcome(self.core.set_oauth_token(&token, &principal, expires_ms as i64))
    }

    /// Tells the clients that wait for a token that none can be had.
    #[napi]
    pub fn refuse_oauth_token(&self, reason: String) {
        self.core.refuse_oauth_token(&reason);
    }

    /// Which requests of producers are told, to whoever takes them: 0 none, 4 all. A producer that was made before the first
    /// call tells none.
    #[napi]
    pub fn watch_producer_requests(&self, kinds: u32) {
        self.core.producer_requests.get_or_init(|| Requests::new(self.mailbox.clone())).watch(kinds);
    }

    /// Writes a line to the log of kafka4, if the level (1 error to 4 debug) is on.
    #[napi]
    pub fn log(&self, level: u32, scope: String, message: String) {
        self.core.log(level, &scope, &message);
    }

    /// Metrics as JSON text.
    #[napi]
    pub fn metrics(&self) -> String {
        serde_json::to_string(&self.core.telemetry.snapshot()).expect("plain data")
    }

    /// Version of the linked librdkafka and its features.
    #[napi]
    pub fn librdkafka_version(&self) -> String {
        kafka4_core::client::librdkafka_version()
    }
}
