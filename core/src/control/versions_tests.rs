use super::*;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::Instant;

fn feature(name: &str, first: i16, second: i16) -> Vec<u8> {
    let mut bytes = vec![name.len() as u8 + 1];
    bytes.extend(name.as_bytes());
    bytes.extend(first.to_be_bytes());
    bytes.extend(second.to_be_bytes());
    bytes.push(0);
    bytes
}

fn tag(id: u8, features: &[Vec<u8>]) -> Vec<u8> {
    let mut content = vec![features.len() as u8 + 1];
    content.extend(features.concat());
    let mut bytes = vec![id, content.len() as u8];
    bytes.extend(content);
    bytes
}

/// An answer as Kafka 4.1 gives it, with two APIs.
fn answer() -> Vec<u8> {
    let mut bytes = vec![0, 0, 0, 1, 0, 0, 3];
    for api in [0u8, 1] {
        bytes.extend([0, api, 0, 0, 0, 9, 0]);
    }
    bytes.extend([0, 0, 0, 0]);
    bytes.push(3);
    bytes.extend(tag(0, &[feature("group.version", 0, 1), feature("metadata.version", 7, 27)]));
    bytes.extend([1, 8, 0, 0, 0, 0, 0, 0, 0, 5]);
    bytes.extend(tag(2, &[feature("metadata.version", 25, 25)]));
    bytes
}

#[test]
fn releases_by_level() {
    for (level, name) in [(7, "3.3"), (9, "3.5"), (22, "4.0"), (25, "4.0"), (26, "4.1"), (30, "4.3"), (31, "4.3+")] {
        assert_eq!(release(level).as_deref(), Some(name), "level {level}");
    }
    assert_eq!(release(6), None);
    assert_eq!(release(-1), None);
}

#[test]
fn software_and_finalized_release_are_read() {
    let versions = parse(&answer()).unwrap();
    assert_eq!(versions.supported.as_deref(), Some("4.1"));
    assert_eq!(versions.finalized.as_deref(), Some("4.0"));
}

#[test]
fn every_cut_or_garbled_answer_is_refused_without_a_panic() {
    let whole = answer();
    for end in 0..whole.len() {
        assert_eq!(parse(&whole[..end]), None, "cut at {end}");
    }
    for at in 0..whole.len() {
        let mut garbled = whole.clone();
        garbled[at] = 0xff;
        let _ = parse(&garbled);
    }
    // Error 35 (UNSUPPORTED_VERSION) is how an old broker answers.
    assert_eq!(parse(&[0, 0, 0, 1, 0, 35, 0, 0, 0, 0]), None);
}

#[test]
fn a_broker_is_asked_over_tcp() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let broker = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut length = [0; 4];
        stream.read_exact(&mut length).unwrap();
        let mut request = vec![0; i32::from_be_bytes(length) as usize];
        stream.read_exact(&mut request).unwrap();
        let answer = answer();
        stream.write_all(&(answer.len() as i32).to_be_bytes()).unwrap();
        stream.write_all(&answer).unwrap();
        request
    });
    let versions = ask("127.0.0.1", port, Deadline::after_ms(5_000)).unwrap();
    assert_eq!(versions.supported.as_deref(), Some("4.1"));
    let request = broker.join().unwrap();
    assert_eq!(request[..4], [0, 18, 0, 3]);
    assert_eq!(request[8..17], *b"\0\x06kafka4\0");
}

#[test]
fn silence_ends_at_the_deadline() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let begun = Instant::now();
    assert_eq!(ask("127.0.0.1", port, Deadline::after_ms(150)), None);
    let took = begun.elapsed().as_millis();
    assert!((100..3_000).contains(&took), "{took} ms");
}

#[test]
fn an_answer_of_absurd_length_is_refused() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let broker = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
        let _ = stream.read(&mut [0; 256]);
    });
    assert_eq!(ask("127.0.0.1", port, Deadline::after_ms(5_000)), None);
    broker.join().unwrap();
}
