//! The event envelope of the contract: JSON of fixed fields in a fixed order, and the headers that go with it.
//!
//! An event travels down as an entry of the records index (records.rs) whose first field is `-(kind + 1)`; the others are
//! the lengths of its parts, which lie in the slab without gaps:
//!
//! | field | 1 | 2 | 3 | 4 | 5 | 6 |
//! | --- | --- | --- | --- | --- | --- | --- |
//! | | event type | offset in the slab | routing id | data (JSON) | second id, -1: none | traceparent, -1: none |

use crate::clock::iso8601;
use crate::error::{Error, ErrorClass, Result};
use crate::records::{cut, push_header, Record, RecordsBuilder, STRIDE};

pub const VERSION: &str = "4.0";

/// What differs between the kinds of events.
pub struct Kind {
    pub topic: &'static str,
    /// Name of the id that is also the record's key.
    pub id: &'static str,
    /// Name of the second id.
    pub second_id: Option<&'static str>,
}

/// In the order of their numbers, which lib/kafka/envelopes.ts shares.
pub const KINDS: [Kind; 5] = [
    Kind { topic: "user-events", id: "userId", second_id: None },
    Kind { topic: "course-events", id: "courseId", second_id: Some("userId") },
    Kind { topic: "notification-events", id: "recipientId", second_id: None },
    Kind { topic: "chat-events", id: "roomId", second_id: Some("userId") },
    Kind { topic: "analytics-events", id: "entityId", second_id: None },
];

/// One event, borrowed from the slab.
pub struct Event<'a> {
    pub kind: &'static Kind,
    pub number: usize,
    pub event_type: &'a str,
    pub id: &'a str,
    pub second_id: Option<&'a str>,
    pub traceparent: Option<&'a str>,
    pub data: &'a str,
}

fn text<'a>(slab: &'a [u8], at: &mut usize, len: i32, what: &str) -> Result<Option<&'a str>> {
    let Some(bytes) = cut(slab, at, len)? else { return Ok(None) };
    let text = std::str::from_utf8(bytes).map_err(|_| Error::invalid(format!("{what} is no UTF-8")))?;
    Ok(Some(text))
}

/// Reads the event whose index entry is `entry`.
pub fn event<'a>(slab: &'a [u8], entry: &[i32]) -> Result<Event<'a>> {
    let [code, type_len, offset, id_len, data_len, second_len, trace_len, _]: [i32; STRIDE] =
        entry.try_into().map_err(|_| Error::invalid("an index entry of the wrong length"))?;
    let number = code.checked_neg().and_then(|n| usize::try_from(n - 1).ok()).filter(|n| *n < KINDS.len());
    let number = number.ok_or_else(|| Error::invalid(format!("{code} is no kind of event")))?;
    let kind = &KINDS[number];
    let mut at = usize::try_from(offset).map_err(|_| Error::invalid("a negative offset in a slab"))?;
    let event_type = named(text(slab, &mut at, type_len, "eventType")?, "eventType")?;
    let id = named(text(slab, &mut at, id_len, kind.id)?, kind.id)?;
    let second_id = match (kind.second_id, text(slab, &mut at, second_len, "the second id")?) {
        (Some(name), given) => Some(named(given, name)?),
        (None, _) => None,
    };
    let traceparent = text(slab, &mut at, trace_len, "traceparent")?;
    let data = text(slab, &mut at, data_len, "data")?.ok_or_else(|| Error::invalid("an event without data"))?;
    Ok(Event { kind, number, event_type, id, second_id, traceparent, data })
}

fn named<'a>(given: Option<&'a str>, name: &str) -> Result<&'a str> {
    given.filter(|text| !text.is_empty()).ok_or_else(|| {
        Error::new(ErrorClass::KafkaSerializationError, "SERIALIZATION", format!("{name} must be a non-empty string"))
    })
}

/// Makes the records of the events of one call, which have one time.
pub struct Envelopes {
    now_ms: i64,
    now: String,
    value: Vec<u8>,
    headers: Vec<u8>,
}

impl Envelopes {
    /// `now_ms`: ms since the epoch.
    pub fn at(now_ms: i64) -> Self {
        Envelopes { now_ms, now: iso8601(now_ms), value: Vec::new(), headers: Vec::with_capacity(128) }
    }

    /// Appends the event as a record of topic `topic`.
    pub fn push(&mut self, builder: &mut RecordsBuilder, event: &Event<'_>, topic: i32) -> Result<()> {
        self.value.clear();
        self.headers.clear();
        write_value(&mut self.value, event, &self.now);
        write_headers(&mut self.headers, event);
        builder.push(Record {
            topic,
            partition: -1,
            key: Some(event.id.as_bytes()),
            value: Some(&self.value),
            headers: &self.headers,
            timestamp: self.now_ms,
        })
    }
}

fn write_value(value: &mut Vec<u8>, event: &Event<'_>, now: &str) {
    value.extend_from_slice(b"{\"eventType\":");
    quote(value, event.event_type);
    field(value, event.kind.id);
    quote(value, event.id);
    if let (Some(name), Some(id)) = (event.kind.second_id, event.second_id) {
        field(value, name);
        quote(value, id);
    }
    field(value, "data");
    value.extend_from_slice(event.data.as_bytes());
    field(value, "timestamp");
    quote(value, now);
    field(value, "version");
    quote(value, VERSION);
    value.push(b'}');
}

fn write_headers(headers: &mut Vec<u8>, event: &Event<'_>) {
    push_header(headers, b"eventType", Some(event.event_type.as_bytes()));
    push_header(headers, b"version", Some(VERSION.as_bytes()));
    push_header(headers, b"content-type", Some(b"application/json"));
    if let Some(traceparent) = event.traceparent {
        push_header(headers, b"traceparent", Some(traceparent.as_bytes()));
    }
}

fn field(out: &mut Vec<u8>, name: &str) {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
}

fn quote(out: &mut Vec<u8>, text: &str) {
    serde_json::to_writer(out, text).expect("a string always becomes JSON, a Vec takes all bytes");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::{record, Headers};

    fn entry(parts: [Option<&str>; 5], code: i32) -> (Vec<u8>, [i32; STRIDE]) {
        let slab = parts.iter().flatten().flat_map(|p| p.bytes()).collect();
        let len = |p: Option<&str>| p.map_or(-1, |p| p.len() as i32);
        let [event_type, id, second, trace, data] = parts;
        (slab, [code, len(event_type), 0, len(id), len(data), len(second), len(trace), 0])
    }

    #[test]
    fn an_event_becomes_its_envelope() {
        let (slab, entry) =
            entry([Some("enrolled \"x\""), Some("c-1"), Some("u-1"), Some("00-ab-cd-01"), Some("{\"a\":1}")], -2);
        let event = event(&slab, &entry).unwrap();
        let mut builder = RecordsBuilder::default();
        Envelopes::at(1_790_000_000_123).push(&mut builder, &event, 7).unwrap();
        let record = record(&builder.slab, &builder.index).unwrap();
        assert_eq!(record.key, Some(b"c-1".as_slice()));
        assert_eq!(
            std::str::from_utf8(record.value.unwrap()).unwrap(),
            r#"{"eventType":"enrolled \"x\"","courseId":"c-1","userId":"u-1","data":{"a":1},"timestamp":"2026-09-21T14:13:20.123Z","version":"4.0"}"#
        );
        let names: Vec<_> = Headers::new(record.headers).map(|h| h.unwrap().0.to_vec()).collect();
        assert_eq!(
            names,
            [b"eventType".to_vec(), b"version".to_vec(), b"content-type".to_vec(), b"traceparent".to_vec()]
        );
    }

    #[test]
    fn empty_ids_and_strange_kinds_are_refused() {
        let check = |parts, code| {
            let (slab, entry) = entry(parts, code);
            event(&slab, &entry).err().map(|e| e.code)
        };
        let refused = Some("ERR_KAFKA_SERIALIZATION".to_string());
        assert_eq!(check([Some(""), Some("u"), None, None, Some("1")], -1), refused);
        assert_eq!(check([Some("e"), Some(""), None, None, Some("1")], -1), refused);
        assert_eq!(check([Some("e"), Some("c"), None, None, Some("1")], -2), refused);
        assert!(check([Some("e"), Some("u"), None, None, Some("1")], -6).is_some());
        assert!(check([Some("e"), Some("u"), None, None, Some("1")], i32::MIN).is_some());
        assert_eq!(check([Some("e"), Some("u"), None, None, Some("1")], -1), None);
    }
}
