//! Why connections failed: collected from what librdkafka logs and reports, and, where it tells nothing, found out by a
//! probe of the addresses.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use rdkafka_sys::rd_kafka_resp_err_t as RespErr;

use crate::patience::Peers;
use crate::probe::{self, Found, Question};
use crate::runtime::Deadline;
use crate::telemetry::log::Logger;

/// What librdkafka said about failed connections, by broker address.
#[derive(Default)]
pub struct Diagnostics {
    inner: Mutex<Reasons>,
}

/// What no retry cures, with the sentence that tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// Credentials.
    Authentication(String),
    /// Certificates.
    Tls(String),
    /// The listener speaks another security protocol than this client.
    Protocol(String),
}

#[derive(Default)]
struct Reasons {
    by_broker: BTreeMap<String, String>,
    /// Found by a look, where librdkafka tells nothing; it may still come to an answer.
    hints: BTreeMap<String, String>,
    refusal: Option<Refusal>,
}

/// How long one round of a look waits for the addresses.
const LOOK: Duration = Duration::from_millis(1_000);

impl Diagnostics {
    /// Takes a line of librdkafka's log with the facility FAIL. Logs come at once; errors only when the queue is polled.
    pub fn note(&self, line: &str, log: &Logger) {
        let line = log.mask(line.split_once("]: ").map_or(line, |(_, rest)| rest));
        if let Some(broker) = broker_of(&line) {
            let reason = line[broker.len()..].trim_start_matches(|c| c != ':').trim_start_matches(": ").to_string();
            let mut inner = self.inner.lock().expect("no panic while noting");
            // Handshakes that fail, and alerts that come after them, are only logged.
            if inner.refusal.is_none() && is_refusal_by_tls(&reason) {
                inner.refusal = Some(Refusal::Tls(format!("{}: {reason}", address(broker))));
            }
            inner.by_broker.insert(address(broker), reason);
        }
    }

    pub fn note_error(&self, err: RespErr, reason: &str) {
        let refusal = match err {
            RespErr::RD_KAFKA_RESP_ERR__AUTHENTICATION => Refusal::Authentication(reason.to_string()),
            RespErr::RD_KAFKA_RESP_ERR__SSL => Refusal::Tls(reason.to_string()),
            _ => return,
        };
        let mut inner = self.inner.lock().expect("no panic while noting");
        // What a look found out tells more.
        if !matches!(inner.refusal, Some(Refusal::Protocol(_))) {
            inner.refusal = Some(refusal);
        }
    }

    /// Addresses and the last reason of each.
    pub fn reasons(&self) -> BTreeMap<String, String> {
        self.inner.lock().expect("no panic while noting").by_broker.clone()
    }

    /// What else is known of an address that gave no reason.
    pub fn hint(&self, address: &str) -> Option<String> {
        self.inner.lock().expect("no panic while noting").hints.get(address).cloned()
    }

    /// The refusal that no retry cures, if there was one.
    pub fn refusal(&self) -> Option<Refusal> {
        self.inner.lock().expect("no panic while noting").refusal.clone()
    }

    /// Forgets: a connection stands.
    pub fn clear(&self) {
        *self.inner.lock().expect("no panic while noting") = Reasons::default();
    }

    /// Finds out what is at the addresses of the settings, and notes what explains that nobody answers. Blocks for twice
    /// [`LOOK`] at most.
    pub fn look(&self, peers: &Peers) {
        let questions = match peers.speaks_tls() {
            true => [Question::KafkaAndSasl, Question::Tls],
            false => [Question::Tls, Question::KafkaAndSasl],
        };
        let mut addresses = peers.bootstrap().to_vec();
        // First in the language that this client does not speak: an answer to it explains everything.
        for question in questions {
            for (address, found) in probe::ask_all(&addresses, question, Deadline::after(LOOK), |_| false) {
                let mut inner = self.inner.lock().expect("no panic while noting");
                if let Some(sentence) = mismatch(&address, &found, peers) {
                    inner.refusal = Some(Refusal::Protocol(sentence));
                    return;
                }
                match found {
                    Found::Stranger(bytes) => {
                        let hint = format!("answers, but not as Kafka does: \"{bytes}\"");
                        inner.hints.insert(address.clone(), hint);
                        addresses.retain(|other| *other != address);
                    }
                    Found::Silence => {
                        let hint = "takes connections and does not answer";
                        inner.hints.entry(address).or_insert_with(|| hint.to_string());
                    }
                    Found::Nothing(_) => addresses.retain(|other| *other != address),
                    Found::Closed | Found::Tls | Found::Kafka { .. } => {}
                }
            }
        }
    }
}

/// Where a listener and the client differ in the security protocol, in a sentence that tells what to set.
fn mismatch(address: &str, found: &Found, peers: &Peers) -> Option<String> {
    let set = |fact: &str, right: &str| {
        Some(format!("{address} {fact}, and KAFKA_SECURITY_PROTOCOL is {}: set it to {right}", peers.protocol()))
    };
    match (found, peers.speaks_tls(), peers.speaks_sasl()) {
        (Found::Tls, false, _) => set("speaks TLS", "SSL or SASL_SSL"),
        (Found::Kafka { sasl: Some(_) }, true, _) => set("speaks SASL without TLS", "SASL_PLAINTEXT"),
        (Found::Kafka { sasl: None }, true, _) => set("does not speak TLS", "PLAINTEXT"),
        (Found::Kafka { sasl: Some(mechanisms) }, false, false) => {
            set(&format!("asks for SASL ({mechanisms})"), "SASL_PLAINTEXT")
        }
        (Found::Kafka { sasl: None }, false, true) => set("takes no SASL", "PLAINTEXT"),
        _ => None,
    }
}

/// A handshake that failed for what the other side said, or an alert after it (TLS 1.3 tells only then that it wants
/// another certificate of the client). A handshake that was merely cut off may be a broker that restarts.
fn is_refusal_by_tls(reason: &str) -> bool {
    let handshake = reason.contains("SSL handshake failed") && !reason.contains("PLAINTEXT broker listener");
    handshake || (reason.contains("SSL routines") && reason.contains(" alert "))
}

/// The broker that a line of librdkafka names: `sasl_ssl://host:port/bootstrap: …` or `host:port/1: …`.
pub fn broker_of(line: &str) -> Option<&str> {
    let end = line.find(": ")?;
    let name = &line[..end];
    (name.contains('/') && name.contains(':') && !name.contains(' ')).then_some(name)
}

/// `sasl_ssl://host:port/bootstrap` → `host:port`.
fn address(broker: &str) -> String {
    let bare = broker.split_once("://").map_or(broker, |(_, rest)| rest);
    bare.split('/').next().unwrap_or(bare).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_kept_by_address() {
        let diagnostics = Diagnostics::default();
        let log = Logger::default();
        diagnostics.note(
            "[thrd:localhost:9/bootstrap]: localhost:9/bootstrap: Connect to ipv4#127.0.0.1:9 failed: Connection refused",
            &log,
        );
        diagnostics.note("sasl_ssl://h:1/1: SSL handshake failed", &log);
        let reasons = diagnostics.reasons();
        assert_eq!(reasons["localhost:9"], "Connect to ipv4#127.0.0.1:9 failed: Connection refused");
        assert_eq!(reasons["h:1"], "SSL handshake failed");
        assert_eq!(broker_of("nothing here"), None);
    }

    #[test]
    fn what_tls_refuses_is_told_from_what_was_cut_off() {
        let refusal = |line: &str| {
            let diagnostics = Diagnostics::default();
            diagnostics.note(line, &Logger::default());
            diagnostics.refusal()
        };
        let refused = [
            "ssl://h:1/bootstrap: SSL handshake failed: error:0A000086:SSL routines::certificate verify failed: broker certificate could not be verified",
            "ssl://h:1/bootstrap: error:0A00045C:SSL routines::tlsv13 alert certificate required: SSL alert number 116 (after 2ms in state UP)",
        ];
        for line in refused {
            assert!(matches!(refusal(line), Some(Refusal::Tls(reason)) if reason.starts_with("h:1: ")), "{line}");
        }
        let cut = [
            "ssl://h:1/bootstrap: SSL handshake failed: Disconnected: connecting to a PLAINTEXT broker listener? (after 4ms)",
            "h:1/bootstrap: Disconnected: verify that security.protocol is correctly configured",
        ];
        cut.iter().for_each(|line| assert_eq!(refusal(line), None, "{line}"));
    }

    #[test]
    fn a_mismatch_tells_what_to_set() {
        let told = |protocol: &str, found: Found| mismatch("h:1", &found, &Peers::new(Vec::new(), protocol));
        let sasl = || Found::Kafka { sasl: Some("PLAIN".into()) };
        let none = || Found::Kafka { sasl: None };
        let expected = [
            (
                "plaintext",
                Found::Tls,
                "h:1 speaks TLS, and KAFKA_SECURITY_PROTOCOL is PLAINTEXT: set it to SSL or SASL_SSL",
            ),
            (
                "plaintext",
                sasl(),
                "h:1 asks for SASL (PLAIN), and KAFKA_SECURITY_PROTOCOL is PLAINTEXT: set it to SASL_PLAINTEXT",
            ),
            (
                "sasl_plaintext",
                none(),
                "h:1 takes no SASL, and KAFKA_SECURITY_PROTOCOL is SASL_PLAINTEXT: set it to PLAINTEXT",
            ),
            ("ssl", none(), "h:1 does not speak TLS, and KAFKA_SECURITY_PROTOCOL is SSL: set it to PLAINTEXT"),
            (
                "sasl_ssl",
                sasl(),
                "h:1 speaks SASL without TLS, and KAFKA_SECURITY_PROTOCOL is SASL_SSL: set it to SASL_PLAINTEXT",
            ),
        ];
        for (protocol, found, sentence) in expected {
            assert_eq!(told(protocol, found).as_deref(), Some(sentence));
        }
        for (protocol, found) in
            [("plaintext", none()), ("sasl_plaintext", sasl()), ("ssl", Found::Tls), ("ssl", Found::Silence)]
        {
            assert_eq!(told(protocol, found), None);
        }
    }
}
