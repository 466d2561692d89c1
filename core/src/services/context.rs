//! Settings, telemetry, events and the admin client that the services of one application share.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, RwLock};
use std::time::Duration;

use crate::cancel::{self, Cancel};
use crate::config::{Bootstrap, Config};
use crate::control::Admin;
use crate::error::{Error, Result};
use crate::events::Events;
use crate::patience::Patience;
use crate::requests::Requests;
use crate::runtime::Deadline;
use crate::telemetry::log::Level;
use crate::telemetry::Telemetry;
use crate::topics::{self, TopicSpec};

pub struct Context {
    config: RwLock<Config>,
    topics: RwLock<Vec<TopicSpec>>,
    pub telemetry: Arc<Telemetry>,
    pub events: Arc<Events>,
    /// Clients that were built from the settings and still run: while there are some, most settings are frozen.
    running: Arc<AtomicUsize>,
    /// Opened with the first request for it; one for all services.
    admin: Mutex<AdminSlot>,
    /// A connect ended: those who wait for it, each by a deadline of its own, look again.
    admin_changed: Condvar,
    /// How often the admin client was closed: a call that was made before a close must not connect again after it.
    admin_closings: AtomicU64,
    /// Set before the first connect, where the admin client's requests are to be told.
    pub admin_requests: OnceLock<Arc<Requests>>,
    /// As above, of producers.
    pub producer_requests: OnceLock<Arc<Requests>>,
}

#[derive(Default)]
struct AdminSlot {
    open: Option<(Arc<Admin>, Running)>,
    /// Somebody connects, without holding the lock: a connect may take KAFKA_TIMEOUT, a health check must not, and a close
    /// ends it.
    connecting: Option<Cancel>,
}

/// Held by whoever keeps a client open.
pub struct Running(Arc<AtomicUsize>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Context {
    /// Reads the variables. Junk leaves the defaults and is returned, so that importing never throws: the first call
    /// that needs the settings does.
    pub fn new<'a>(lookup: impl Fn(&str) -> Option<String> + 'a) -> (Arc<Context>, Option<Error>) {
        let (config, error) = match Config::from_vars(lookup) {
            Ok(config) => (config, None),
            Err(error) => (Config::default(), Some(error)),
        };
        let context = Context {
            config: RwLock::new(Config::default()),
            topics: RwLock::new(topics::built_in()),
            telemetry: Arc::default(),
            events: Arc::default(),
            running: Arc::default(),
            admin: Mutex::default(),
            admin_changed: Condvar::new(),
            admin_closings: AtomicU64::new(0),
            admin_requests: OnceLock::new(),
            producer_requests: OnceLock::new(),
        };
        context.apply(config);
        (Arc::new(context), error)
    }

    fn apply(&self, config: Config) {
        self.telemetry.log.set_level(config.log_level);
        self.telemetry.log.set_secrets(config.secrets());
        *self.config.write().expect("no panic while writing settings") = config;
    }

    /// A copy of the settings as they are now.
    pub fn config(&self) -> Config {
        self.config.read().expect("no panic while writing settings").clone()
    }

    /// Sets one property of `kafkaConfig`; `None`: its default.
    pub fn set(&self, name: &str, value: Option<&str>) -> Result<()> {
        let mut config = self.config();
        let running = self.running.load(Ordering::Acquire) > 0;
        match value {
            Some(value) => config.set(name, value, running)?,
            None => config.reset(name, running)?,
        }
        self.apply(config);
        Ok(())
    }

    /// Replaces the librdkafka properties. Clients that run were built with the old ones, so there must be none.
    pub fn set_librdkafka(&self, properties: BTreeMap<String, String>) -> Result<()> {
        if self.running.load(Ordering::Acquire) > 0 {
            return Err(Config::not_live("librdkafka", "librdkafka"));
        }
        let mut config = self.config();
        config.librdkafka = properties;
        self.apply(config);
        Ok(())
    }

    /// To be held while a client is open.
    pub fn run(&self) -> Running {
        self.running.fetch_add(1, Ordering::AcqRel);
        Running(self.running.clone())
    }

    pub fn declared_topics(&self) -> Vec<TopicSpec> {
        self.topics.read().expect("no panic while declaring").clone()
    }

    /// Adds a topic of the application to the table, or changes its declaration.
    pub fn declare_topic(&self, name: &str, partitions: i32, retention_ms: i64) -> Result<()> {
        if !topics::is_valid_name(name) {
            return Err(Error::invalid(format!(
                "{name:?} is no topic name: 1 to 249 of a-z, A-Z, 0-9, '.', '_' and '-'"
            )));
        }
        if !(1..=100_000).contains(&partitions) || retention_ms < -1 {
            let message = format!("topic {name}: partitions must be 1 to 100000 and retentionMs -1 (for ever) or more");
            return Err(Error::invalid(message));
        }
        let mut topics = self.topics.write().expect("no panic while declaring");
        topics.retain(|topic| topic.name != name);
        topics.push(TopicSpec { name: name.to_string(), partitions, retention_ms });
        Ok(())
    }

    /// A deadline of KAFKA_TIMEOUT from now.
    pub fn deadline(&self) -> Deadline {
        Deadline::after_ms(u64::from(self.config().timeout_ms))
    }

    /// The admin client, connected. Blocks until the deadline; one connect at a time, the others wait for it and share it.
    pub fn admin(&self, deadline: Deadline) -> Result<Arc<Admin>> {
        self.admin_since(self.admin_closings(), deadline)
    }

    pub fn admin_closings(&self) -> u64 {
        self.admin_closings.load(Ordering::Acquire)
    }

    /// As `admin`, for a call that was made when there had been so many closings.
    pub fn admin_since(&self, closings: u64, deadline: Deadline) -> Result<Arc<Admin>> {
        let mut slot = self.admin_slot(deadline);
        cancel::check()?;
        if self.admin_closings() != closings {
            return Err(Error::state("CLOSED", "the admin client was closed before it had an answer: call again"));
        }
        if slot.connecting.is_some() {
            return Err(Error::timeout("no Kafka broker has answered yet; a connect is under way"));
        }
        if let Some((admin, _)) = slot.open.as_ref() {
            return Ok(admin.clone());
        }
        let cancel = Cancel::default();
        slot.connecting = Some(cancel.clone());
        drop(slot);
        let connected = cancel.scope(|| self.connect_admin(deadline));
        let mut slot = self.admin.lock().expect("no panic under this lock");
        slot.connecting = None;
        let result = connected.map(|(admin, running)| {
            slot.open = Some((admin.clone(), running));
            admin
        });
        self.admin_changed.notify_all();
        result
    }

    fn connect_admin(&self, deadline: Deadline) -> Result<(Arc<Admin>, Running)> {
        let running = self.run();
        let (telemetry, events) = (self.telemetry.clone(), self.events.clone());
        let admin = Admin::open_noted(&self.config(), telemetry, events, self.admin_requests.get())?;
        // A cancellation that came with the answer: nothing is to be left open.
        if let Err(error) = admin.await_broker(deadline).and_then(|()| cancel::check()) {
            admin.close(Deadline::after_ms(0));
            return Err(error);
        }
        Ok((admin, running))
    }

    /// The slot once nobody connects any more, or at the deadline, or when the call is cancelled.
    fn admin_slot(&self, deadline: Deadline) -> MutexGuard<'_, AdminSlot> {
        /// Between two looks at whether the call is still wanted.
        const LOOK: Duration = Duration::from_millis(50);
        let mut slot = self.admin.lock().expect("no panic under this lock");
        while slot.connecting.is_some() && !deadline.passed() && !cancel::cancelled() {
            let waited = self.admin_changed.wait_timeout(slot, LOOK.min(deadline.left()));
            slot = waited.expect("no panic under this lock").0;
        }
        slot
    }

    pub fn has_admin(&self) -> bool {
        self.admin.lock().expect("no panic under this lock").open.is_some()
    }

    /// Ends a connect that is under way, and the calls that run.
    pub fn close_admin(&self, patience: impl Into<Patience>) {
        let patience = patience.into();
        {
            let slot = self.admin.lock().expect("no panic under this lock");
            self.admin_closings.fetch_add(1, Ordering::AcqRel);
            if let Some(connecting) = &slot.connecting {
                connecting.cancel();
            }
        }
        let taken = self.admin_slot(patience.deadline()).open.take();
        if let Some((admin, _running)) = taken {
            admin.close(patience);
        }
    }

    /// The addresses that a failed connect names; empty for the embedded broker.
    pub fn servers(&self) -> Vec<String> {
        match self.config().bootstrap {
            Bootstrap::Servers(servers) => servers,
            Bootstrap::Embedded(_) => Vec::new(),
        }
    }

    pub fn set_oauth_token(&self, token: &str, principal: &str, expires_ms: i64) -> Result<()> {
        self.telemetry.log.hide_token(token);
        self.events.tokens.set(token, principal, expires_ms)
    }

    pub fn refuse_oauth_token(&self, reason: &str) {
        // The words of the application's provider, which may quote what it holds.
        self.events.tokens.refuse(&self.telemetry.log.mask(reason));
    }

    pub fn log(&self, level: u32, scope: &str, message: &str) {
        let level = match level {
            1 => Level::Error,
            2 => Level::Warn,
            3 => Level::Info,
            _ => Level::Debug,
        };
        self.telemetry.log.log(level, scope, message);
    }
}
