//! What must hold whatever comes down as an event (see crate::any_bytes).

use serde_json::Value;

use crate::any_bytes::Input;
use crate::records::{record, Headers, RecordsBuilder, STRIDE};

use super::envelope;

/// An index entry, then the slab. An event that is accepted becomes a record with its id as key, its headers, and JSON
/// wherever its data are JSON.
pub fn event(data: &[u8]) {
    let mut input = Input(data);
    let entry = input.ints(STRIDE);
    let slab = input.0;
    let Ok(event) = envelope::event(slab, &entry) else { return };
    let mut built = RecordsBuilder::default();
    envelope::Envelopes::at(1_790_000_000_123).push(&mut built, &event, 0).expect("small enough");
    let record = record(&built.slab, &built.index).expect("what is built can be read");
    assert_eq!(record.key, Some(event.id.as_bytes()));
    let headers: Vec<_> = Headers::new(record.headers).collect::<Result<_, _>>().expect("they can be read");
    assert_eq!(headers.len(), 3 + usize::from(event.traceparent.is_some()));
    assert_eq!(headers[0], (b"eventType".as_slice(), Some(event.event_type.as_bytes())));
    let value = record.value.expect("an event has a value");
    // Inside of an object, as there is a bound for nesting.
    let alone = [br#"{"data":"#, event.data.as_bytes(), b"}"].concat();
    let Ok(Value::Object(alone)) = serde_json::from_slice(&alone) else { return };
    // `1,"eventType":2` is none, although an object around it is.
    if serde_json::from_str::<Value>(event.data).is_err() {
        return;
    }
    let whole: Value = serde_json::from_slice(value).expect("an envelope is JSON");
    assert_eq!(whole["eventType"], event.event_type);
    assert_eq!(whole[event.kind.id], event.id);
    assert_eq!(whole["data"], alone["data"]);
    assert_eq!(whole["version"], "4.0");
}

#[cfg(test)]
mod tests {
    use crate::any_bytes::tests::over;

    #[test]
    fn events_of_any_bytes() {
        over("event", 500_000, super::event);
    }
}
