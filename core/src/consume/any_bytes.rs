//! What must hold whatever librdkafka's statistics and the headers of a message that failed are (see crate::any_bytes).

use crate::any_bytes::Input;
use crate::records::Headers;

use super::retry::{dead_letter_headers, Origin};
use super::statistics::Statistics;

/// Whatever can be parsed can be asked.
pub fn statistics(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Some(statistics) = Statistics::parse(text) else { return };
    for (topic, report) in &statistics.topics {
        for (number, partition) in &report.partitions {
            statistics.is_up(partition.leader);
            let (committed, all) = (partition.end(true), partition.end(false));
            assert!(committed <= all, "readers of committed messages do not get further");
            let found = number.parse().ok().and_then(|number| statistics.partition(topic, number));
            assert!(
                found.is_none_or(|found| found.hi_offset == partition.hi_offset) || number.starts_with(['+', '0', '-'])
            );
        }
    }
    for broker in [i32::MIN, -1, 0, 1, i32::MAX] {
        assert!(broker >= 0 || !statistics.is_up(broker));
    }
}

/// A dead letter has the headers of its message, as they came, and then nine more that can be read.
pub fn dead_letter(data: &[u8]) {
    let mut input = Input(data);
    let (partition, attempts) = (input.int(), input.int() as u32);
    let offset = i64::from(input.int()) << 20;
    let text = String::from_utf8_lossy(input.0);
    let readable = Headers::new(input.0).all(|header| header.is_ok());
    let headers = if readable { input.0 } else { &[] };
    let origin = Origin { topic: "t", partition, offset, timestamp: -1, group: &text, headers };
    let made = dead_letter_headers(&origin, &text, &text, attempts);
    assert_eq!(&made[..headers.len()], headers);
    let own: Vec<_> = Headers::new(&made[headers.len()..]).collect::<Result<_, _>>().expect("they can be read");
    assert_eq!(own.len(), 9);
    let message = own.iter().find(|(name, _)| *name == b"kafka4.dlq.error.message").and_then(|(_, value)| *value);
    let message = std::str::from_utf8(message.expect("it is there")).expect("whole characters");
    assert!(message.len() <= 1_000 && text.starts_with(message));
}

#[cfg(test)]
mod tests {
    use crate::any_bytes::tests::over;

    #[test]
    fn statistics_of_any_bytes() {
        over("statistics", 300_000, super::statistics);
    }

    #[test]
    fn dead_letters_of_any_bytes() {
        over("dead_letter", 300_000, super::dead_letter);
    }
}
