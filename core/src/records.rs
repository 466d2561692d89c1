//! The shape in which records travel down: one slab of bytes and one index of 32-bit integers, whatever their number.
//! JavaScript writes it (lib/kafka/records.ts), the produce path reads it; every reader checks every bound.
//!
//! Index, eight integers a record:
//!
//! | field | meaning |
//! | --- | --- |
//! | 0 | topic id (`Producer::topic_id`); negative: an event, see `services::envelope` |
//! | 1 | partition, -1: chosen here |
//! | 2 | offset of the record's bytes in the slab |
//! | 3 | key length, -1: null |
//! | 4 | value length, -1: null (a tombstone) |
//! | 5 | length of the packed headers, 0: none |
//! | 6, 7 | timestamp in ms since the epoch, low and high 32 bits; both 0: none given |
//!
//! Bytes of a record: key, value, headers, without gaps. A packed header: name length (i32, little-endian), name,
//! value length (i32, -1: null), value. Order and repeated names are kept.

use crate::error::{Error, Result};

pub const STRIDE: usize = 8;

/// One record, borrowed from the slab.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record<'a> {
    pub topic: i32,
    /// -1: not given.
    pub partition: i32,
    pub key: Option<&'a [u8]>,
    pub value: Option<&'a [u8]>,
    /// Packed, to be read with [`Headers`]; empty: none.
    pub headers: &'a [u8],
    /// ms since the epoch, 0: not given.
    pub timestamp: i64,
}

/// Cuts `len` bytes off the front; -1 is null. A length outside the slab is the writer's defect and an error here.
pub fn cut<'a>(slab: &'a [u8], at: &mut usize, len: i32) -> Result<Option<&'a [u8]>> {
    if len == -1 {
        return Ok(None);
    }
    let bytes = usize::try_from(len).ok().and_then(|len| slab.get(*at..at.checked_add(len)?));
    match bytes {
        Some(bytes) => {
            *at += bytes.len();
            Ok(Some(bytes))
        }
        None => Err(Error::invalid(format!("a record of {len} bytes at {at} lies outside its slab of {}", slab.len()))),
    }
}

/// Reads the record whose index entry is `entry` (exactly [`STRIDE`] integers).
pub fn record<'a>(slab: &'a [u8], entry: &[i32]) -> Result<Record<'a>> {
    let [topic, partition, offset, key_len, value_len, headers_len, low, high]: [i32; STRIDE] = entry
        .try_into()
        .map_err(|_| Error::invalid(format!("an index entry has {STRIDE} integers, not {}", entry.len())))?;
    let mut at = usize::try_from(offset).map_err(|_| Error::invalid(format!("negative offset {offset} in a slab")))?;
    let key = cut(slab, &mut at, key_len)?;
    let value = cut(slab, &mut at, value_len)?;
    let headers = cut(slab, &mut at, headers_len)?.unwrap_or(&[]);
    let timestamp = (i64::from(high) << 32) | i64::from(low as u32);
    Ok(Record { topic, partition, key, value, headers, timestamp })
}

/// Iterates over packed headers: name and value (`None`: null).
pub struct Headers<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Headers<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Headers { bytes, at: 0 }
    }

    fn length(&mut self) -> Result<i32> {
        let end = self.at + 4;
        let bytes = self.bytes.get(self.at..end).ok_or_else(|| Error::invalid("packed headers end too early"))?;
        self.at = end;
        Ok(i32::from_le_bytes(bytes.try_into().expect("four bytes")))
    }

    fn read(&mut self) -> Result<(&'a [u8], Option<&'a [u8]>)> {
        let name_len = self.length()?;
        let name = cut(self.bytes, &mut self.at, name_len)?.ok_or_else(|| Error::invalid("a header without a name"))?;
        let value_len = self.length()?;
        let value = cut(self.bytes, &mut self.at, value_len)?;
        Ok((name, value))
    }
}

impl<'a> Iterator for Headers<'a> {
    type Item = Result<(&'a [u8], Option<&'a [u8]>)>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.bytes.len() {
            return None;
        }
        let item = self.read();
        if item.is_err() {
            self.at = self.bytes.len();
        }
        Some(item)
    }
}

/// Appends one header in packed form.
pub fn push_header(out: &mut Vec<u8>, name: &[u8], value: Option<&[u8]>) {
    out.extend_from_slice(&(name.len() as i32).to_le_bytes());
    out.extend_from_slice(name);
    out.extend_from_slice(&value.map_or(-1, |v| v.len() as i32).to_le_bytes());
    out.extend_from_slice(value.unwrap_or(&[]));
}

/// A slab under construction on this side of the border, for records that the core makes itself (events, dead letters).
#[derive(Default)]
pub struct RecordsBuilder {
    pub slab: Vec<u8>,
    pub index: Vec<i32>,
}

impl RecordsBuilder {
    pub fn push(&mut self, record: Record<'_>) -> Result<()> {
        let offset = i32::try_from(self.slab.len()).map_err(|_| Error::invalid("more than 2 GiB in one slab"))?;
        let len = |bytes: Option<&[u8]>| bytes.map_or(-1, |b| b.len() as i32);
        self.index.extend_from_slice(&[
            record.topic,
            record.partition,
            offset,
            len(record.key),
            len(record.value),
            record.headers.len() as i32,
            record.timestamp as i32,
            (record.timestamp >> 32) as i32,
        ]);
        for part in [record.key.unwrap_or(&[]), record.value.unwrap_or(&[]), record.headers] {
            self.slab.extend_from_slice(part);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_built_is_read_back() {
        let mut headers = Vec::new();
        push_header(&mut headers, b"a", Some(b"1"));
        push_header(&mut headers, b"a", None);
        let given = Record {
            topic: 3,
            partition: -1,
            key: None,
            value: Some(b""),
            headers: &headers,
            timestamp: 1_790_000_000_123,
        };
        let mut builder = RecordsBuilder::default();
        builder.push(given).unwrap();
        assert_eq!(record(&builder.slab, &builder.index).unwrap(), given);
        let read: Vec<_> = Headers::new(&headers).collect::<Result<_>>().unwrap();
        assert_eq!(read, vec![(b"a".as_slice(), Some(b"1".as_slice())), (b"a".as_slice(), None)]);
    }

    #[test]
    fn lengths_outside_the_slab_are_refused() {
        for entry in [
            [0, -1, 0, 5, 0, 0, 0, 0],
            [0, -1, -4, 0, 0, 0, 0, 0],
            [0, -1, 0, -2, 0, 0, 0, 0],
            [0, -1, i32::MAX, 1, i32::MAX, i32::MAX, 0, 0],
        ] {
            assert!(record(b"abc", &entry).is_err(), "{entry:?}");
        }
        assert!(record(b"abc", &[0; 3]).is_err());
        assert!(Headers::new(&[1, 0, 0, 0]).next().unwrap().is_err());
        assert!(Headers::new(&[255, 255, 255, 127, 0]).next().unwrap().is_err());
    }
}
