//! One member of a group for applications that manage offsets themselves (KafkaJS's consumer): a [`GroupConsumer`] with
//! the settings of its context and properties of its own.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::consume::{GroupConsumer, GroupOptions, LaneIds, Slab};
use crate::error::Result;
use crate::requests::Requests;
use crate::runtime::Deadline;
use crate::services::context::{Context, Running};
use crate::wake::{Wake, WakeOnce};

pub struct GroupMember {
    pub consumer: Arc<GroupConsumer>,
    pub requests: Arc<Requests>,
    context: Arc<Context>,
    wake: Arc<WakeOnce>,
    /// While the member is open most settings of the context are frozen.
    _running: Running,
}

impl GroupMember {
    /// Opens the handle; waits for nothing. `properties` win over those of the settings.
    pub fn open(
        context: Arc<Context>,
        wake: Arc<dyn Wake>,
        group_id: &str,
        properties: BTreeMap<String, String>,
    ) -> Result<Self> {
        let running = context.run();
        let mut config = context.config();
        config.librdkafka.extend(properties);
        let requests = Requests::new(wake.clone());
        let wake = Arc::new(WakeOnce::new(wake));
        let options = GroupOptions { manual: true, requests: Some(requests.clone()), ..GroupOptions::default() };
        let consumer = GroupConsumer::open_with(
            &config,
            group_id,
            options,
            Arc::new(LaneIds::default()),
            context.telemetry.clone(),
            context.events.clone(),
            wake.clone(),
        )?;
        Ok(GroupMember { consumer, requests, context, wake, _running: running })
    }

    /// Waits until a broker answers.
    pub fn await_broker(&self, deadline: Deadline) -> Result<()> {
        self.consumer.await_broker(&self.context.servers(), self.context.config().retry_attempts, deadline)
    }

    /// The next slab.
    pub fn take(&self) -> Option<Slab> {
        // First: a slab that comes while this looks raises a new nudge.
        self.wake.rearm();
        self.consumer.take()
    }
}
