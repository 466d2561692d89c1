//! The topic table: what `initialize` creates and what checks compare with.

use serde::Serialize;

/// A topic as declared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TopicSpec {
    pub name: String,
    pub partitions: i32,
    /// ms, Kafka's topic config `retention.ms`; -1: for ever.
    pub retention_ms: i64,
}

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// The five topics of the event services: name, partitions, days of retention.
const BUILT_IN: [(&str, i32, i64); 5] = [
    ("user-events", 6, 7),
    ("course-events", 4, 30),
    ("notification-events", 3, 3),
    ("chat-events", 8, 1),
    ("analytics-events", 12, 30),
];

/// Days that a dead letter is kept: long enough for somebody to come back from a holiday.
const DEAD_LETTER_DAYS: i64 = 30;

pub fn built_in() -> Vec<TopicSpec> {
    BUILT_IN
        .iter()
        .map(|(name, partitions, days)| TopicSpec {
            name: name.to_string(),
            partitions: *partitions,
            retention_ms: days * DAY_MS,
        })
        .collect()
}

/// The dead-letter topic of `topic`: `<topic>.dlq`.
pub fn dead_letter(topic: &str) -> TopicSpec {
    TopicSpec { name: format!("{topic}.dlq"), partitions: 1, retention_ms: DEAD_LETTER_DAYS * DAY_MS }
}

/// Kafka's rule for topic names: 1 to 249 of `[a-zA-Z0-9._-]`, not `.` or `..`.
pub fn is_valid_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 249
        && name != "."
        && name != ".."
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_kafkas_rule() {
        for good in ["user-events", "a", "A.b_c-9", &"x".repeat(249)] {
            assert!(is_valid_name(good), "{good}");
        }
        for bad in ["", ".", "..", "a b", "a/b", "é", "a\0", "a\n", &"x".repeat(250)] {
            assert!(!is_valid_name(bad), "{bad:?}");
        }
    }
}
