//! Servers that say one thing each.

use std::io::{Read, Write};
use std::net::TcpListener;

use super::*;

/// A server that reads something and answers with each of these in turn; `None`: it keeps silent.
fn server(answers: Vec<Option<Vec<u8>>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut bytes = [0; 4096];
        for answer in answers {
            if stream.read(&mut bytes).unwrap_or(0) == 0 {
                return;
            }
            match answer {
                Some(answer) => stream.write_all(&answer).unwrap(),
                None => drop(stream.read(&mut bytes)),
            }
        }
    });
    address
}

/// Where somebody answers the time does not count.
fn found(answers: Vec<Option<Vec<u8>>>) -> Found {
    let most = if answers.iter().all(Option::is_some) { 10_000 } else { 500 };
    ask(&server(answers), Question::KafkaAndSasl, Deadline::after_ms(most))
}

fn framed(correlation: &[u8; 4], body: &[u8]) -> Option<Vec<u8>> {
    let mut out = (body.len() as i32 + 4).to_be_bytes().to_vec();
    out.extend(correlation);
    out.extend(body);
    Some(out)
}

#[test]
fn each_kind_of_server_is_told_from_the_others() {
    let versions = || framed(&CORRELATION, &[0; 300]);
    let illegal_state = framed(b"k4sa", &[0, 34, 0, 0, 0, 0]);
    let unsupported = framed(b"k4sa", &[0, 33, 0, 0, 0, 2, 0, 5, b'P', b'L', b'A', b'I', b'N', 0, 1, b'X']);
    assert_eq!(found(vec![versions(), illegal_state]), Found::Kafka { sasl: None });
    assert_eq!(found(vec![versions(), unsupported]), Found::Kafka { sasl: Some("PLAIN, X".into()) });
    assert_eq!(found(vec![versions()]), Found::Kafka { sasl: None }, "it hangs up on the second question");
    assert_eq!(found(vec![Some(b"HTTP/1.1 400 Bad\r\n".to_vec())]), Found::Stranger("HTTP/1.1 400 Bad..".into()));
    assert_eq!(found(vec![Some(vec![0x15, 3, 3, 0, 2, 2, 40])]), Found::Tls);
    assert_eq!(found(vec![]), Found::Closed);
    assert_eq!(found(vec![None]), Found::Silence);
    assert!(!Found::Silence.is_answer() && !Found::Closed.is_answer() && Found::Tls.is_answer());
}

#[test]
fn nothing_listens() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let Found::Nothing(reason) = ask(&address, Question::Tls, Deadline::after_ms(500)) else { panic!("something") };
    assert!(reason.contains("refused"), "{reason}");
}

#[test]
fn hostile_answers_are_only_bytes() {
    // A length that lies, an array that promises more than it has, a name that is cut short.
    for body in
        [&[0, 33, 0x7f, 0xff, 0xff, 0xff][..], &[0, 33, 0, 0, 0, 1, 0, 9, b'P'], &[0, 33, 0, 0, 0, 1, 0xff, 0xff]]
    {
        let sasl = found(vec![framed(&CORRELATION, &[0; 20]), framed(b"k4sa", body)]);
        assert_eq!(sasl, Found::Kafka { sasl: Some(String::new()) }, "{body:?}");
    }
    assert_eq!(found(vec![Some(vec![0xff; 8])]), Found::Stranger("........".into()));
}

#[test]
fn the_first_answer_of_many_is_enough() {
    let silent = server(vec![None]);
    let answers = server(vec![Some(vec![0x16, 3, 3, 0, 2, 2, 40])]);
    let begun = std::time::Instant::now();
    let all = ask_all(&[silent, answers.clone()], Question::Tls, Deadline::after_ms(5_000), Found::is_answer);
    assert_eq!(all, [(answers, Found::Tls)]);
    assert!(begun.elapsed() < Duration::from_secs(4));
}

#[test]
fn a_client_hello_has_the_lengths_that_it_claims() {
    let hello = client_hello();
    let length = |at: usize| usize::from(u16::from_be_bytes([hello[at], hello[at + 1]]));
    assert_eq!(length(3), hello.len() - 5);
    assert_eq!(length(7), hello.len() - 9);
}
