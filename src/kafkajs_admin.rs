//! The admin client of the KafkaJS surface: requests and answers cross as JSON text, see `control::raw`.

use std::sync::Arc;

use kafka4_core::control::raw::Call;
use kafka4_core::error::Error;
use kafka4_core::requests::Requests;
use kafka4_core::runtime::Deadline;
use kafka4_core::services::context::Context;
use napi_derive::napi;

use crate::context::NativeContext;
use crate::mailbox::{patience, Mailbox};

#[napi]
pub struct NativeKafkaJsAdmin {
    context: Arc<Context>,
    mailbox: Arc<Mailbox>,
    requests: Arc<Requests>,
}

#[napi]
impl NativeKafkaJsAdmin {
    /// For a context of its own, whose admin client it is.
    #[napi(constructor)]
    pub fn new(context: &NativeContext) -> Self {
        let requests = context.core.admin_requests.get_or_init(|| Requests::new(context.mailbox.clone())).clone();
        NativeKafkaJsAdmin { context: context.core.clone(), mailbox: context.mailbox.clone(), requests }
    }

    /// Runs one call, `{ call: 'listTopics', … }`; completes with its answer. Connects where it is not connected.
    #[napi]
    pub fn call(&self, id: u32, request: String, timeout_ms: u32) {
        let context = self.context.clone();
        let deadline = Deadline::after_ms(timeout_ms.into());
        // Taken now: a close that is asked for while this waits for a thread ends it.
        let closings = context.admin_closings();
        self.mailbox.answer(id, move || {
            let call: Call = serde_json::from_str(&request)
                .map_err(|error| Error::invalid(format!("this cannot be asked of a broker: {error}")))?;
            let admin = context.admin_since(closings, deadline)?;
            Ok(Some(admin.raw(&call, deadline)?.to_string()))
        });
    }

    /// Which requests are told: 0 none, 1 heartbeats, 2 fetches, 4 all (bits).
    #[napi]
    pub fn watch_requests(&self, kinds: u32) {
        self.requests.watch(kinds);
    }

    /// Requests that were sent and answers that came since the last call, as JSON text.
    #[napi]
    pub fn take_requests(&self) -> String {
        serde_json::to_string(&self.requests.take()).expect("plain data")
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
