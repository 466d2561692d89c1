//! Which of the process's embedded clusters: the word behind `KAFKA_BROKER=embedded`.

use std::fmt;

use crate::config_values::digits;

/// Shared by all who name the same number of brokers, or one of its own (`own` > 0) beside it, as test files want it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClusterId {
    /// 1 to 9.
    pub brokers: u32,
    /// 0: the shared one.
    pub own: u32,
}

impl ClusterId {
    /// Reads `embedded`, `embedded:<brokers>` or `embedded:<brokers>/<own>`.
    pub fn parse(word: &str) -> Option<ClusterId> {
        if word == "embedded" {
            return Some(ClusterId::from(1));
        }
        let (brokers, own) = match word.strip_prefix("embedded:")?.split_once('/') {
            Some((brokers, own)) => (brokers, digits(own).filter(|own| *own > 0)?),
            None => (word.strip_prefix("embedded:")?, 0),
        };
        digits(brokers).filter(|count| (1..=9).contains(count)).map(|brokers| ClusterId { brokers, own })
    }
}

/// The shared cluster of this many brokers.
impl From<u32> for ClusterId {
    fn from(brokers: u32) -> ClusterId {
        ClusterId { brokers, own: 0 }
    }
}

/// The word that [`ClusterId::parse`] reads.
impl fmt::Display for ClusterId {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match (self.brokers, self.own) {
            (1, 0) => write!(f, "embedded"),
            (brokers, 0) => write!(f, "embedded:{brokers}"),
            (brokers, own) => write!(f, "embedded:{brokers}/{own}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_back() {
        for word in ["embedded", "embedded:3", "embedded:1/17", "embedded:9/4000000000"] {
            assert_eq!(ClusterId::parse(word).map(|id| id.to_string()).as_deref(), Some(word));
        }
        assert_eq!(ClusterId::parse("embedded:1"), Some(ClusterId::from(1)));
    }

    #[test]
    fn junk() {
        for word in [
            "",
            "embed",
            "embedded:",
            "embedded:0",
            "embedded:10",
            "embedded:1/",
            "embedded:1/0",
            "embedded:1/x",
            "embedded:/1",
            "embedded:1/2/3",
            "embedded:1/99999999999",
        ] {
            assert_eq!(ClusterId::parse(word), None, "{word}");
        }
    }
}
