//! One logger for the core and for librdkafka: live level, secrets masked, one line to standard error.

use std::collections::VecDeque;
use std::io::Write;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};
use std::sync::RwLock;

use crate::config::MASK;

/// `KAFKA_LOG_LEVEL`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Level {
    Error = 1,
    Warn = 2,
    Info = 3,
    Debug = 4,
}

impl Level {
    /// From syslog's 0 (emergency) to 7 (debug), as librdkafka gives it.
    pub fn from_syslog(level: i32) -> Level {
        match level {
            ..=3 => Level::Error,
            4 => Level::Warn,
            5 | 6 => Level::Info,
            _ => Level::Debug,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Level::Error => "ERROR",
            Level::Warn => "WARN",
            Level::Info => "INFO",
            Level::Debug => "DEBUG",
        }
    }
}

pub struct Logger {
    level: AtomicU8,
    hidden: RwLock<Hidden>,
}

/// What must never appear in a line.
#[derive(Default)]
struct Hidden {
    /// Of the settings.
    secrets: Vec<String>,
    /// Of SASL OAUTHBEARER, the newest last.
    tokens: VecDeque<String>,
    /// All of them as texts may hold them, the longest first: one that is part of another must not uncover the rest of it.
    forms: Vec<String>,
}

/// Tokens that are remembered: the one in use, and some that it has replaced while lines about them may still come.
const TOKENS: usize = 8;

impl Hidden {
    fn refresh(&mut self) {
        let all = self.secrets.iter().chain(&self.tokens).filter(|secret| !secret.is_empty());
        self.forms = all.flat_map(|secret| forms(secret)).collect();
        self.forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
        self.forms.dedup();
    }
}

/// A text as it is, and within JSON.
fn forms(secret: &str) -> Vec<String> {
    let json = serde_json::Value::from(secret).to_string();
    vec![secret.to_string(), json[1..json.len() - 1].to_string()]
}

impl Default for Logger {
    fn default() -> Self {
        Logger { level: AtomicU8::new(Level::Warn as u8), hidden: RwLock::default() }
    }
}

impl Logger {
    /// 0 nothing … 4 debug; takes effect at once on clients that run.
    pub fn set_level(&self, level: u8) {
        self.level.store(level, Relaxed);
    }

    pub fn enabled(&self, level: Level) -> bool {
        level as u8 <= self.level.load(Relaxed)
    }

    /// Values that must never appear in a line.
    pub fn set_secrets(&self, secrets: Vec<String>) {
        let mut hidden = self.hidden.write().expect("no panic while logging");
        hidden.secrets = secrets;
        hidden.refresh();
    }

    /// A token, which comes while clients run.
    pub fn hide_token(&self, token: &str) {
        let mut hidden = self.hidden.write().expect("no panic while logging");
        hidden.tokens.push_back(token.to_string());
        if hidden.tokens.len() > TOKENS {
            hidden.tokens.pop_front();
        }
        hidden.refresh();
    }

    /// Replaces every known secret by asterisks.
    pub fn mask(&self, text: &str) -> String {
        let hidden = self.hidden.read().expect("no panic while logging");
        hidden.forms.iter().fold(text.to_string(), |text, secret| text.replace(secret.as_str(), MASK))
    }

    pub fn log(&self, level: Level, scope: &str, message: &str) {
        if !self.enabled(level) {
            return;
        }
        let line = self.mask(&format!("[kafka4] {} {scope}: {message}\n", level.word()));
        // A closed standard error must not take the client down: eprintln! would panic.
        let _ = std::io::stderr().write_all(line.as_bytes());
    }

    pub fn error(&self, scope: &str, message: &str) {
        self.log(Level::Error, scope, message);
    }

    pub fn warn(&self, scope: &str, message: &str) {
        self.log(Level::Warn, scope, message);
    }

    pub fn info(&self, scope: &str, message: &str) {
        self.log(Level::Info, scope, message);
    }

    pub fn debug(&self, scope: &str, message: &str) {
        self.log(Level::Debug, scope, message);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_and_masks() {
        let logger = Logger::default();
        assert!(logger.enabled(Level::Warn) && !logger.enabled(Level::Info));
        logger.set_level(4);
        assert!(logger.enabled(Level::Debug));
        logger.set_level(0);
        assert!(!logger.enabled(Level::Error));
        logger.set_secrets(vec!["hunter2".into()]);
        assert_eq!(logger.mask("password=hunter2;"), "password=********;");
        logger.set_secrets(vec!["ab".into(), "abc\"d".into()]);
        assert_eq!(logger.mask(r#"ab abc"d {"x":"abc\"d"}"#), r#"******** ******** {"x":"********"}"#);
        (0..20).for_each(|n| logger.hide_token(&format!("token-{n}")));
        assert_eq!(logger.mask("token-19, token-12, token-1"), "********, ********, token-1");
    }
}
