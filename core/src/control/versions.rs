//! Which Kafka a broker is. The protocol has no such field, but since 3.3 an ApiVersions answer tells which levels of the
//! feature `metadata.version` the broker supports, and each release brings its own. librdkafka reads past that part of
//! the answer, so this asks once more, over a plain connection. Brokers answer ApiVersions before authentication
//! (SASL_PLAINTEXT); a TLS listener is not asked.

use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};

use crate::runtime::Deadline;

/// The highest level of `metadata.version` of each release. Source: org.apache.kafka.server.common.MetadataVersion in
/// kafka-server-common 4.3.0 (`IBP_3_3_IV3(7, …)` to `IBP_4_3_IV0(30, …)`); levels below 7 are older than KRaft's release.
const RELEASES: &[(i16, &str)] = &[
    (7, "3.3"),
    (8, "3.4"),
    (11, "3.5"),
    (14, "3.6"),
    (19, "3.7"),
    (20, "3.8"),
    (21, "3.9"),
    (25, "4.0"),
    (27, "4.1"),
    (29, "4.2"),
    (30, "4.3"),
];

/// Releases by what the broker says of itself.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Versions {
    /// Of the broker's software.
    pub supported: Option<String>,
    /// Of the features in use in the whole cluster.
    pub finalized: Option<String>,
}

fn release(level: i16) -> Option<String> {
    let (oldest, newest) = (RELEASES.first()?, RELEASES.last()?);
    if level < oldest.0 {
        return None;
    }
    let known = RELEASES.iter().find(|(highest, _)| level <= *highest);
    Some(known.map_or_else(|| format!("{}+", newest.1), |(_, name)| name.to_string()))
}

const API_VERSIONS: i16 = 18;
/// The first version that tells features.
const VERSION: i16 = 3;
/// A real answer has about 1 KiB; more than this is not Kafka.
const LONGEST_ANSWER: usize = 64 * 1024;

/// Asks one broker; `None` where it does not answer in time, or not as Kafka does.
pub(super) fn ask(host: &str, port: u16, deadline: Deadline) -> Option<Versions> {
    // A name may have several addresses, of which only one answers: `localhost` often does.
    let addresses = (host, port).to_socket_addrs().ok()?;
    let mut stream = addresses.into_iter().find_map(|address| {
        let left = deadline.left();
        (!left.is_zero()).then(|| TcpStream::connect_timeout(&address, left).ok())?
    })?;
    stream.write_all(&request()).ok()?;
    let mut length = [0; 4];
    read_exact(&mut stream, &mut length, deadline)?;
    let length = usize::try_from(i32::from_be_bytes(length)).ok().filter(|length| *length <= LONGEST_ANSWER)?;
    let mut answer = vec![0; length];
    read_exact(&mut stream, &mut answer, deadline)?;
    parse(&answer)
}

/// `Read::read_exact` with one deadline for the whole, however slowly the bytes drip.
fn read_exact(stream: &mut TcpStream, mut buffer: &mut [u8], deadline: Deadline) -> Option<()> {
    while !buffer.is_empty() {
        let left = deadline.left();
        if left.is_zero() {
            return None;
        }
        stream.set_read_timeout(Some(left)).ok()?;
        let read = stream.read(buffer).ok().filter(|read| *read > 0)?;
        buffer = &mut buffer[read..];
    }
    Some(())
}

/// Header version 2 (key, version, correlation id, client id, tags), then two compact strings and tags.
fn request() -> Vec<u8> {
    let mut body = Vec::new();
    body.extend(API_VERSIONS.to_be_bytes());
    body.extend(VERSION.to_be_bytes());
    body.extend(1i32.to_be_bytes());
    body.extend(6i16.to_be_bytes());
    body.extend(b"kafka4");
    body.push(0);
    for text in ["kafka4", env!("CARGO_PKG_VERSION")] {
        body.push(text.len() as u8 + 1);
        body.extend(text.as_bytes());
    }
    body.push(0);
    let mut request = (body.len() as i32).to_be_bytes().to_vec();
    request.extend(body);
    request
}

/// Reads a Kafka answer; every read checks its bounds.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken)
    }

    fn i16(&mut self) -> Option<i16> {
        Some(i16::from_be_bytes(self.take(2)?.try_into().ok()?))
    }

    fn uvarint(&mut self) -> Option<usize> {
        let mut value = 0usize;
        for shift in [0, 7, 14, 21, 28] {
            let byte = self.take(1)?[0];
            value |= usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    /// The length of a compact array: one more than it has, 0 for null.
    fn count(&mut self) -> Option<usize> {
        Some(self.uvarint()?.saturating_sub(1))
    }

    fn tags(&mut self) -> Option<Vec<(usize, &'a [u8])>> {
        let count = self.uvarint()?;
        (0..count)
            .map(|_| {
                let tag = self.uvarint()?;
                let len = self.uvarint()?;
                Some((tag, self.take(len)?))
            })
            .collect()
    }
}

/// Tagged fields of the answer (ApiVersionsResponse.json).
const SUPPORTED_FEATURES: usize = 0;
const FINALIZED_FEATURES: usize = 2;

/// Correlation id, error, compact array of APIs, throttle time, tagged fields.
pub(super) fn parse(answer: &[u8]) -> Option<Versions> {
    let mut reader = Reader(answer);
    reader.take(4)?;
    if reader.i16()? != 0 {
        return None;
    }
    for _ in 0..reader.count()? {
        reader.take(6)?;
        reader.tags()?;
    }
    reader.take(4)?;
    let mut versions = Versions::default();
    for (tag, bytes) in reader.tags()? {
        match tag {
            // Lowest level, then highest.
            SUPPORTED_FEATURES => versions.supported = metadata_level(bytes, 1).and_then(release),
            // Highest, then lowest, which are equal.
            FINALIZED_FEATURES => versions.finalized = metadata_level(bytes, 0).and_then(release),
            _ => {}
        }
    }
    Some(versions)
}

/// One of the two levels of the feature `metadata.version`.
fn metadata_level(features: &[u8], which: usize) -> Option<i16> {
    let mut reader = Reader(features);
    for _ in 0..reader.count()? {
        let name_len = reader.count()?;
        let name = reader.take(name_len)?;
        let levels = [reader.i16()?, reader.i16()?];
        reader.tags()?;
        if name == b"metadata.version" {
            return Some(levels[which]);
        }
    }
    None
}

#[cfg(test)]
#[path = "versions_tests.rs"]
mod tests;
