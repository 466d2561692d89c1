//! What happens to a message whose handler fails: tried again after a back-off, then given to the dead-letter topic,
//! skipped, or the topic stops. Decisions only; who runs handlers carries them out.

use crate::clock;
use crate::error::{Error, Result};
use crate::records::push_header;

/// What to do when the attempts are used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnExhausted {
    /// The message goes to `<topic>.dlq`, its offset counts as handled.
    DeadLetter,
    /// Its offset counts as handled, the message is given up.
    Skip,
    /// Consumption of the topic stops before the message.
    Stop,
}

#[derive(Debug, Clone, PartialEq)]
pub struct RetryPolicy {
    /// Calls of the handler for one message, the first included. Default: `KAFKA_RETRY_ATTEMPTS`.
    pub attempts: u32,
    /// ms before the second attempt.
    pub initial_backoff_ms: u64,
    /// ms, the longest wait between two attempts.
    pub max_backoff_ms: u64,
    /// Each wait is this many times the one before.
    pub multiplier: f64,
    /// Share of a wait that is left to chance: 0.2 is ±20 %.
    pub jitter: f64,
    pub on_exhausted: OnExhausted,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        RetryPolicy {
            attempts: 8,
            initial_backoff_ms: 300,
            max_backoff_ms: 30_000,
            multiplier: 2.0,
            jitter: 0.2,
            on_exhausted: OnExhausted::DeadLetter,
        }
    }
}

/// Where a policy is given in numbers; what is absent is the default's.
#[derive(Debug, Clone, Default)]
pub struct PolicyNumbers {
    pub attempts: Option<f64>,
    pub initial_backoff_ms: Option<f64>,
    pub max_backoff_ms: Option<f64>,
    pub multiplier: Option<f64>,
    pub jitter: Option<f64>,
    /// `false`: exhausted messages are skipped, unless `stop`.
    pub dead_letter: Option<bool>,
    pub stop: Option<bool>,
}

/// A day: a back-off that is longer is a mistake in the unit.
const LONGEST_MS: f64 = 86_400_000.0;

impl RetryPolicy {
    /// Checks numbers that come from outside. `attempts`: the configured default.
    pub fn from_numbers(numbers: &PolicyNumbers, attempts: u32) -> Result<RetryPolicy> {
        let base = RetryPolicy { attempts, ..RetryPolicy::default() };
        let whole = |name: &str, value: Option<f64>, default: f64, min: f64, max: f64| match value {
            None => Ok(default),
            Some(value) if value.fract() == 0.0 && (min..=max).contains(&value) => Ok(value),
            Some(value) => {
                Err(Error::invalid(format!("retry {name} is a whole number from {min} to {max}, not {value}")))
            }
        };
        let share = |name: &str, value: Option<f64>, default: f64, min: f64, max: f64| match value {
            None => Ok(default),
            Some(value) if (min..=max).contains(&value) => Ok(value),
            Some(value) => Err(Error::invalid(format!("retry {name} is a number from {min} to {max}, not {value}"))),
        };
        let max = whole("maxBackoffMs", numbers.max_backoff_ms, base.max_backoff_ms as f64, 0.0, LONGEST_MS)?;
        // A lower maximum alone also lowers the beginning.
        let initial_default = (base.initial_backoff_ms as f64).min(max);
        let initial = whole("initialBackoffMs", numbers.initial_backoff_ms, initial_default, 0.0, LONGEST_MS)?;
        let max = if numbers.max_backoff_ms.is_none() { max.max(initial) } else { max };
        if initial > max {
            return Err(Error::invalid(format!("retry initialBackoffMs ({initial}) is above maxBackoffMs ({max})")));
        }
        let stop = numbers.stop.unwrap_or(false);
        if stop && numbers.dead_letter == Some(true) {
            return Err(Error::invalid("retry: a topic can stop or use its dead-letter topic, not both"));
        }
        Ok(RetryPolicy {
            attempts: whole("attempts", numbers.attempts, f64::from(attempts), 1.0, 1_000_000.0)? as u32,
            initial_backoff_ms: initial as u64,
            max_backoff_ms: max as u64,
            multiplier: share("multiplier", numbers.multiplier, base.multiplier, 1.0, 100.0)?,
            jitter: share("jitter", numbers.jitter, base.jitter, 0.0, 1.0)?,
            on_exhausted: match (stop, numbers.dead_letter) {
                (true, _) => OnExhausted::Stop,
                (false, Some(false)) => OnExhausted::Skip,
                (false, _) => OnExhausted::DeadLetter,
            },
        })
    }

    /// ms to wait after attempt `attempt` (from 1) failed. `chance`: from 0 to below 1.
    fn backoff_ms(&self, attempt: u32, chance: f64) -> u64 {
        let exponent = attempt.saturating_sub(1).min(1_000) as i32;
        let plain = (self.initial_backoff_ms as f64 * self.multiplier.powi(exponent)).min(self.max_backoff_ms as f64);
        let spread = 1.0 + self.jitter * (2.0 * chance.clamp(0.0, 1.0) - 1.0);
        ((plain * spread) as u64).min(self.max_backoff_ms)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    Retry { after_ms: u64 },
    DeadLetter,
    Skip,
    Stop,
}

/// What to do after attempt `attempt` (from 1) failed. `random` gives numbers from 0 to below 1.
pub fn decide(policy: &RetryPolicy, attempt: u32, random: &mut dyn FnMut() -> f64) -> Decision {
    if attempt < policy.attempts {
        return Decision::Retry { after_ms: policy.backoff_ms(attempt.max(1), random()) };
    }
    match policy.on_exhausted {
        OnExhausted::DeadLetter => Decision::DeadLetter,
        OnExhausted::Skip => Decision::Skip,
        OnExhausted::Stop => Decision::Stop,
    }
}

/// Where a dead letter comes from.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a> {
    pub topic: &'a str,
    pub partition: i32,
    pub offset: i64,
    /// ms since the epoch, -1: none.
    pub timestamp: i64,
    pub group: &'a str,
    /// Packed headers of the message.
    pub headers: &'a [u8],
}

/// Bytes of an error's message that a dead letter carries: enough to find the cause, never the reason why the letter
/// itself is too large.
const MESSAGE_LIMIT: usize = 1_000;
const NAME_LIMIT: usize = 200;

/// The packed headers of a dead letter: those of the message first, unchanged, then what happened to it.
pub fn dead_letter_headers(origin: &Origin, error_name: &str, error_message: &str, attempts: u32) -> Vec<u8> {
    let mut out = origin.headers.to_vec();
    let mut push = |name: &str, value: &str| push_header(&mut out, name.as_bytes(), Some(value.as_bytes()));
    push("kafka4.dlq.topic", origin.topic);
    push("kafka4.dlq.partition", &origin.partition.to_string());
    push("kafka4.dlq.offset", &origin.offset.to_string());
    push("kafka4.dlq.timestamp", &origin.timestamp.to_string());
    push("kafka4.dlq.group", origin.group);
    push("kafka4.dlq.attempts", &attempts.to_string());
    push("kafka4.dlq.error.name", cut(error_name, NAME_LIMIT));
    push("kafka4.dlq.error.message", cut(error_message, MESSAGE_LIMIT));
    push("kafka4.dlq.failed-at", &clock::iso8601(clock::now_ms()));
    out
}

/// At most `limit` bytes, whole characters.
fn cut(text: &str, limit: usize) -> &str {
    let mut end = text.len().min(limit);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
#[path = "retry_tests.rs"]
mod tests;
