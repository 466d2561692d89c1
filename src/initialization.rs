//! Initialization, status, health and metrics.

use std::sync::Arc;

use kafka4_core::runtime::Deadline;
use kafka4_core::services::initialization::Initialization;
use napi_derive::napi;

use crate::consumer_service::NativeConsumerService;
use crate::context::NativeContext;
use crate::mailbox::{patience, Mailbox};
use crate::producer_service::NativeProducerService;

#[napi]
pub struct NativeInitializationService {
    core: Arc<Initialization>,
    mailbox: Arc<Mailbox>,
}

fn json<T: serde::Serialize>(value: &T) -> Option<String> {
    Some(serde_json::to_string(value).expect("plain data"))
}

#[napi]
impl NativeInitializationService {
    #[napi(constructor)]
    pub fn new(context: &NativeContext, producer: &NativeProducerService, consumers: &NativeConsumerService) -> Self {
        let core = Initialization::new(context.core.clone(), producer.core.clone(), consumers.core.clone());
        let mailbox = context.mailbox.clone();
        let shared = context.core.clone();
        mailbox.at_end(move || {
            kafka4_core::runtime::spawn_blocking(move || shared.close_admin(Deadline::after_ms(1_000)));
        });
        NativeInitializationService { core, mailbox }
    }

    /// Completes with the report on the topics.
    #[napi]
    pub fn initialize(&self, id: u32) {
        let core = self.core.clone();
        self.mailbox.answer(id, move || core.initialize().map(|report| json(&report)));
    }

    /// `timeoutMs`: bound of it all; `quietMs`: the bound where no broker answers.
    #[napi]
    pub fn cleanup(&self, id: u32, timeout_ms: u32, quiet_ms: u32) {
        let core = self.core.clone();
        let patience = patience(timeout_ms, quiet_ms);
        self.mailbox.answer_apart(id, move || {
            core.cleanup(patience);
            Ok(None)
        });
    }

    #[napi]
    pub fn is_initialized(&self) -> bool {
        self.core.is_initialized()
    }

    /// Completes with Kafka4Status.
    #[napi]
    pub fn status(&self, id: u32) {
        let core = self.core.clone();
        self.mailbox.answer(id, move || Ok(json(&core.status())));
    }

    /// Completes with true or false.
    #[napi]
    pub fn health(&self, id: u32) {
        let core = self.core.clone();
        self.mailbox.answer(id, move || Ok(json(&core.is_healthy())));
    }

    /// Kafka4Metrics as JSON text.
    #[napi]
    pub fn metrics(&self) -> String {
        json(&self.core.metrics()).expect("always some")
    }

    /// The same as Prometheus text.
    #[napi]
    pub fn prometheus(&self) -> String {
        self.core.prometheus()
    }
}
