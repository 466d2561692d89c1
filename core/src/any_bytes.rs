//! What must hold whatever bytes the parsers of the core get. Each room has such a file beside its parsers; the targets of
//! core/fuzz/ give them to libFuzzer, and ordinary tests run them over the same seeds and over mutations of these that are
//! the same on every machine. Compiled for those two only.

use serde_json::Value;

use crate::config::{Bootstrap, Config, FIELDS};
use crate::properties;
use crate::records::{push_header, Headers};

/// Takes integers and bytes off the front of an input; what is missing is 0.
pub struct Input<'a>(pub &'a [u8]);

impl<'a> Input<'a> {
    pub fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    pub fn int(&mut self) -> i32 {
        let mut bytes = [0; 4];
        for byte in &mut bytes {
            *byte = self.byte();
        }
        i32::from_le_bytes(bytes)
    }

    pub fn ints(&mut self, count: usize) -> Vec<i32> {
        (0..count).map(|_| self.int()).collect()
    }
}

/// Packed headers: they end, and those that can be read are those that were written.
pub fn headers(data: &[u8]) {
    let mut read = Vec::new();
    let mut failed = false;
    for header in Headers::new(data) {
        assert!(!failed, "nothing comes after an error");
        match header {
            Ok(header) => read.push(header),
            Err(_) => failed = true,
        }
        assert!(read.len() <= data.len() / 8, "a header takes 8 bytes at least");
    }
    if !failed {
        let mut written = Vec::new();
        for (name, value) in &read {
            push_header(&mut written, name, *value);
        }
        assert_eq!(written, data, "headers that can be read are packed as they were");
    }
}

/// Settings, one a line: a name or a variable, `=`, the value. Whatever is accepted can be read, set again, and given to
/// librdkafka without a line break or a NUL in it; what is refused tells no secret.
pub fn settings(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let lines: Vec<(&str, &str)> = text.split('\x1e').filter_map(|line| line.split_once('=')).collect();
    let lookup = |name: &str| lines.iter().rev().find(|(given, _)| *given == name).map(|(_, value)| value.to_string());
    let _ = Config::from_vars(lookup);
    let mut config = Config::default();
    for (name, value) in &lines {
        match config.set(name, value, false) {
            Ok(()) => accepted(&mut config, name),
            Err(error) => {
                let secret = FIELDS.iter().any(|field| field.name == *name && field.secret);
                // A short one can stand in the words of the message by chance.
                let told = value.len() >= 12 && error.message.contains(*value);
                assert!(!(secret && told), "a refusal tells the secret: {}", error.message);
            }
        }
        // Clients that run keep what they were built with.
        let before = config.clone();
        if config.set(name, value, true).is_err() {
            assert!(config == before, "a refusal changes nothing");
        }
    }
    if matches!(config.bootstrap, Bootstrap::Servers(_)) {
        let made = [properties::producer(&config), properties::consumer(&config, "group"), properties::admin(&config)];
        for (name, value) in made.into_iter().flatten().flatten() {
            assert!(!value.contains(['\n', '\r', '\0']), "{name} has a line break or a NUL");
        }
    }
    for (name, _) in &lines {
        let _ = config.reset(name, false);
    }
}

fn accepted(config: &mut Config, name: &str) {
    let value = config.get(name);
    let again = match &value {
        Value::Array(servers) => servers.iter().map(|s| s.as_str().expect("text")).collect::<Vec<_>>().join(","),
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        other => panic!("{name} was set and is {other}"),
    };
    config.set(name, &again, false).expect("a value that was read can be set");
    assert_eq!(config.get(name), value, "{name} set to itself is itself");
}

#[cfg(test)]
pub mod tests {
    use std::path::PathBuf;

    /// Runs a property over the seeds of its target in core/fuzz/seeds/ and over mutations of them.
    pub fn over(target: &str, rounds: usize, property: impl Fn(&[u8])) {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target);
        let mut files: Vec<_> = std::fs::read_dir(&folder).expect("seeds").map(|file| file.unwrap().path()).collect();
        files.sort();
        let seeds: Vec<Vec<u8>> = files.iter().map(|file| std::fs::read(file).unwrap()).collect();
        assert!(seeds.len() >= 3, "{folder:?} has seeds");
        seeds.iter().for_each(|seed| property(seed));
        property(&[]);
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        for round in 0..rounds {
            let mut data = seeds[random.below(seeds.len())].clone();
            for _ in 0..=random.below(4) {
                mutate(&mut data, &seeds, &mut random);
            }
            let told = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| property(&data)));
            assert!(told.is_ok(), "{target}, round {round}: {data:?}");
        }
    }

    struct Random(u64);

    impl Random {
        fn next(&mut self) -> u64 {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            self.0
        }

        fn below(&mut self, n: usize) -> usize {
            (self.next() % n.max(1) as u64) as usize
        }
    }

    /// Lengths and counts at which parsers go wrong.
    const INTERESTING: [i32; 12] = [0, 1, -1, -2, 4, 127, 128, 255, 65_535, i32::MAX, i32::MIN, i32::MAX - 3];

    fn mutate(data: &mut Vec<u8>, seeds: &[Vec<u8>], random: &mut Random) {
        let at = random.below(data.len() + 1);
        match random.below(8) {
            0 if at < data.len() => data[at] ^= 1 << random.below(8),
            1 if at < data.len() => data[at] = random.next() as u8,
            2 => data.truncate(at),
            3 => data.insert(at, random.next() as u8),
            4 if at < data.len() => drop(data.remove(at)),
            5 | 6 if at + 4 <= data.len() => {
                let value = INTERESTING[random.below(INTERESTING.len())];
                let bytes = if random.below(2) == 0 { value.to_le_bytes() } else { value.to_be_bytes() };
                data[at..at + 4].copy_from_slice(&bytes);
            }
            7 => {
                let other = &seeds[random.below(seeds.len())];
                let from = random.below(other.len() + 1);
                data.truncate(at);
                data.extend_from_slice(&other[from..]);
            }
            _ => data.push(random.next() as u8),
        }
    }

    #[test]
    fn headers_of_any_bytes() {
        over("headers", 300_000, super::headers);
    }

    #[test]
    fn settings_of_any_bytes() {
        over("settings", 20_000, super::settings);
    }
}
