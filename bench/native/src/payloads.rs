//! Records that differ from one another, so that no side gains by repetition.

use crate::Options;

/// In this order, in every record that has headers, as bench/lib/payloads.mjs has them.
pub const HEADERS: [&str; 3] = ["event-type", "version", "trace"];

pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed | 1)
    }

    /// Xorshift64: the same values in every run.
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// Letters and digits, 6 bits of chance each, as bench/lib/payloads.mjs makes them.
    pub fn text(&mut self, size: usize) -> Vec<u8> {
        const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        (0..size).map(|_| ALPHABET[(self.next() >> 20) as usize % 64]).collect()
    }
}

pub struct Record {
    pub value: Vec<u8>,
    pub key: Option<Vec<u8>>,
    pub headers: Vec<(&'static str, Vec<u8>)>,
}

/// 64 sends' worth of records, or 64 of 100 where sends are small.
pub fn pool(options: &Options) -> Vec<Record> {
    let mut random = Random::new(0x9e37_79b9_7f4a_7c15);
    (0..64 * options.batch.max(100))
        .map(|_| {
            let value = random.text(options.size);
            let key = options.keys.then(|| format!("key-{}", random.next() % 100_000).into_bytes());
            let headers = match options.headers {
                true => {
                    let values = [b"lesson_completed".to_vec(), b"4.0".to_vec(), random.text(16)];
                    HEADERS.into_iter().zip(values).collect()
                }
                false => Vec::new(),
            };
            Record { value, key, headers }
        })
        .collect()
}

/// The records that `publishUserEvent` makes, ready-made: a key, three headers, an envelope as value.
pub fn events() -> Vec<Record> {
    let mut random = Random::new(0x2545_f491_4f6c_dd1d);
    (0..4_096)
        .map(|n| {
            let key = format!("user-{}", random.next() % 10_000);
            let text = String::from_utf8_lossy(&random.text(40)).into_owned();
            let data = format!("{{\"lessonId\":{n},\"score\":{},\"note\":\"{text}\"}}", random.next() % 100);
            let value = format!(
                "{{\"eventType\":\"lesson_completed\",\"userId\":\"{key}\",\"data\":{data},\
                 \"timestamp\":\"2026-01-01T00:00:00.000Z\",\"version\":\"4.0\"}}"
            );
            let headers = [("eventType", "lesson_completed"), ("version", "4.0"), ("content-type", "application/json")];
            Record {
                value: value.into_bytes(),
                key: Some(key.into_bytes()),
                headers: headers.map(|(name, value)| (name, value.as_bytes().to_vec())).into(),
            }
        })
        .collect()
}
