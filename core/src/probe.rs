//! What is at an address? Asked over a connection of its own: when librdkafka gets no answer and cannot tell why, and when
//! a stop must know whether anybody answers at all. Nothing is sent that needs permission, and no secret.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::mpsc;
use std::time::Duration;

use crate::runtime::Deadline;

/// What is asked. Servers take the wrong language for noise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// ApiVersions, which Kafka answers before anybody has authenticated.
    Kafka,
    /// And then, which mechanisms of SASL there are.
    KafkaAndSasl,
    /// A ClientHello of TLS.
    Tls,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// No connection; what the system says.
    Nothing(String),
    /// The connection stands, no byte comes.
    Silence,
    /// The connection was closed without a byte.
    Closed,
    Tls,
    /// `sasl`: the mechanisms it offers; `None`: none, or it was not asked.
    Kafka {
        sasl: Option<String>,
    },
    /// Something else; its first bytes, printable.
    Stranger(String),
}

impl Found {
    /// There is somebody who answers.
    pub fn is_answer(&self) -> bool {
        matches!(self, Found::Tls | Found::Kafka { .. } | Found::Stranger(_))
    }
}

/// Addresses that are asked at the same time at most; the first of a long list tell enough.
const MOST: usize = 16;

/// Asks all addresses at once; gives what came until the deadline, in the order of the answers. Ends with the first for
/// which `enough` holds.
pub fn ask_all(
    addresses: &[String],
    question: Question,
    deadline: Deadline,
    enough: impl Fn(&Found) -> bool,
) -> Vec<(String, Found)> {
    let (answer, answers) = mpsc::channel();
    for address in addresses.iter().take(MOST).cloned() {
        let answer = answer.clone();
        // A name that does not resolve blocks for longer than any deadline: the thread ends by itself then.
        let ask = move || {
            let found = ask(&address, question, deadline);
            let _ = answer.send((address, found));
        };
        let _ = std::thread::Builder::new().name("kafka4-probe".into()).spawn(ask);
    }
    drop(answer);
    let mut all = Vec::new();
    while let Ok((address, found)) = answers.recv_timeout(deadline.left()) {
        let last = enough(&found);
        all.push((address, found));
        if last {
            break;
        }
    }
    all
}

/// Asks one address.
pub fn ask(address: &str, question: Question, deadline: Deadline) -> Found {
    let mut stream = match connect(address, deadline) {
        Ok(stream) => stream,
        Err(reason) => return Found::Nothing(reason),
    };
    let hello = match question {
        Question::Kafka | Question::KafkaAndSasl => api_versions(),
        Question::Tls => client_hello(),
    };
    let Some(first) = exchange(&mut stream, &hello, deadline) else { return Found::Silence };
    match first.as_slice() {
        [] => Found::Closed,
        // A record of a handshake, or an alert, of any version since SSL 3.
        [0x15 | 0x16, 0x03, ..] => Found::Tls,
        [_, _, _, _, rest @ ..] if rest.starts_with(&CORRELATION) => {
            let asked = question == Question::KafkaAndSasl;
            Found::Kafka { sasl: asked.then(|| mechanisms(&mut stream, deadline)).flatten() }
        }
        other => Found::Stranger(printable(other)),
    }
}

fn connect(address: &str, deadline: Deadline) -> Result<TcpStream, String> {
    let with_port = match address.rsplit_once(':') {
        Some((_, port)) if port.parse::<u16>().is_ok() => address.to_string(),
        _ => format!("{address}:9092"),
    };
    let resolved = with_port.to_socket_addrs().map_err(|error| error.to_string())?;
    let mut reason = "the name has no address".to_string();
    for resolved in resolved {
        let left = deadline.left();
        if left.is_zero() {
            break;
        }
        match TcpStream::connect_timeout(&resolved, left) {
            Ok(stream) => return Ok(stream),
            Err(error) => reason = error.to_string(),
        }
    }
    Err(reason)
}

/// Sends, and gives the first bytes that come (some tens); none: closed; `None`: silence.
fn exchange(stream: &mut TcpStream, request: &[u8], deadline: Deadline) -> Option<Vec<u8>> {
    stream.set_write_timeout(Some(deadline.left().max(Duration::from_millis(1)))).ok()?;
    // Refused bytes mean a closed connection, which the read tells.
    let _ = stream.write_all(request);
    let mut bytes = [0; 64];
    let mut have = 0;
    // Enough of a Kafka answer for its length and our correlation id; an alert of TLS is shorter.
    while have < 8 && !matches!(bytes[..have], [0x15 | 0x16, _, _, ..]) {
        let left = deadline.left();
        if left.is_zero() {
            break;
        }
        stream.set_read_timeout(Some(left)).ok()?;
        match stream.read(&mut bytes[have..]) {
            Ok(0) => return Some(bytes[..have].to_vec()),
            Ok(read) => have += read,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => break,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return Some(bytes[..have].to_vec()),
        }
    }
    (have > 0).then(|| bytes[..have].to_vec())
}

const CORRELATION: [u8; 4] = *b"k4pr";
const CLIENT: &[u8] = b"kafka4-probe";

/// Header version 1: key, version, correlation id, client id.
fn request(key: i16, version: i16, body: &[u8]) -> Vec<u8> {
    let mut request = Vec::new();
    request.extend(key.to_be_bytes());
    request.extend(version.to_be_bytes());
    request.extend(CORRELATION);
    request.extend((CLIENT.len() as i16).to_be_bytes());
    request.extend(CLIENT);
    request.extend(body);
    let mut framed = (request.len() as i32).to_be_bytes().to_vec();
    framed.extend(request);
    framed
}

/// Version 0: no body, answered by every broker.
fn api_versions() -> Vec<u8> {
    request(18, 0, &[])
}

/// Asks for a mechanism: a listener without SASL answers that this is no time for it (ILLEGAL_SASL_STATE), one with SASL
/// by the mechanisms that it has.
fn mechanisms(stream: &mut TcpStream, deadline: Deadline) -> Option<String> {
    const LONGEST: usize = 64 * 1024;
    const UNSUPPORTED_MECHANISM: i16 = 33;
    // Behind the answer to ApiVersions, of which some bytes were read, the rest is skipped by searching for our mark.
    let name = b"KAFKA4-PROBE";
    let mut body = (name.len() as i16).to_be_bytes().to_vec();
    body.extend(name);
    let mut sent = request(17, 1, &body);
    sent[8..12].copy_from_slice(b"k4sa");
    stream.write_all(&sent).ok()?;
    let mut answer = Vec::new();
    let mut chunk = [0; 4096];
    while answer.len() < LONGEST {
        let left = deadline.left();
        if left.is_zero() {
            return None;
        }
        stream.set_read_timeout(Some(left)).ok()?;
        let read = stream.read(&mut chunk).ok().filter(|read| *read > 0)?;
        answer.extend_from_slice(&chunk[..read]);
        let Some(at) = answer.windows(4).position(|four| four == b"k4sa") else { continue };
        let rest = &answer[at + 4..];
        // Error code, then an array of strings.
        let Some((code, rest)) = rest.split_at_checked(2) else { continue };
        if i16::from_be_bytes([code[0], code[1]]) != UNSUPPORTED_MECHANISM {
            return None;
        }
        return Some(strings(rest).unwrap_or_default().join(", "));
    }
    None
}

fn strings(bytes: &[u8]) -> Option<Vec<String>> {
    let (count, mut rest) = bytes.split_at_checked(4)?;
    let count = i32::from_be_bytes(count.try_into().ok()?);
    (0..count.clamp(0, 32))
        .map(|_| {
            let (len, after) = rest.split_at_checked(2)?;
            let len = usize::try_from(i16::from_be_bytes([len[0], len[1]])).ok()?;
            let (text, after) = after.split_at_checked(len)?;
            rest = after;
            Some(printable(text))
        })
        .collect()
}

fn printable(bytes: &[u8]) -> String {
    const SHOWN: usize = 24;
    bytes.iter().take(SHOWN).map(|b| if b.is_ascii_graphic() || *b == b' ' { *b as char } else { '.' }).collect()
}

/// TLS 1.2 with the extensions of 1.3: whoever speaks any of them answers by a ServerHello or an alert.
fn client_hello() -> Vec<u8> {
    fn sized16(bytes: &[u8]) -> Vec<u8> {
        let mut out = (bytes.len() as u16).to_be_bytes().to_vec();
        out.extend(bytes);
        out
    }
    fn extension(kind: u16, body: &[u8]) -> Vec<u8> {
        let mut out = kind.to_be_bytes().to_vec();
        out.extend(sized16(body));
        out
    }
    // Nothing is ever encrypted with it: the conversation ends with the first answer.
    let random = [0x4b; 32];
    let suites = [0x1301u16, 0x1302, 0x1303, 0xc02f, 0xc030, 0xc02b, 0xc02c, 0x009c, 0x009d, 0x002f];
    let suites: Vec<u8> = suites.iter().flat_map(|suite| suite.to_be_bytes()).collect();
    let groups = [0x00, 0x1d, 0x00, 0x17, 0x00, 0x18];
    let algorithms = [0x04, 0x03, 0x08, 0x04, 0x04, 0x01, 0x05, 0x03, 0x08, 0x05, 0x05, 0x01, 0x08, 0x06, 0x06, 0x01];
    let mut share = vec![0x00, 0x1d, 0x00, 0x20];
    share.extend(random);
    let extensions = [
        extension(0x000a, &sized16(&groups)),
        extension(0x000b, &[1, 0]),
        extension(0x000d, &sized16(&algorithms)),
        extension(0x002b, &[4, 0x03, 0x04, 0x03, 0x03]),
        extension(0x0033, &sized16(&share)),
    ]
    .concat();
    let mut hello = vec![0x03, 0x03];
    hello.extend(random);
    hello.push(0);
    hello.extend(sized16(&suites));
    hello.extend([1, 0]);
    hello.extend(sized16(&extensions));
    let mut handshake = vec![0x01, 0];
    handshake.extend(sized16(&hello));
    let mut record = vec![0x16, 0x03, 0x01];
    record.extend(sized16(&handshake));
    record
}

#[cfg(test)]
#[path = "probe_tests.rs"]
mod tests;
