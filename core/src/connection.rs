//! Is a broker there, and if not, why not? Waits for the first answer of a cluster and explains its absence.

use std::collections::BTreeMap;
use std::ffi::CStr;
use std::time::Duration;

use rdkafka_sys as rdsys;
use rdkafka_sys::rd_kafka_resp_err_t as RespErr;
use serde_json::json;

use crate::callbacks::ClientState;
use crate::cancel;
use crate::client::Client;
use crate::diagnostics::Refusal;
use crate::error::{Error, ErrorClass, Result};
use crate::runtime::Deadline;

/// First wait for metadata; each further attempt waits half as long again, up to [`LONGEST_WAIT`]: the eight attempts of the
/// default take 3.9 s, so that a wrong address is told within 5 s.
const FIRST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_millis(550);
/// Past the attempts, for brokers that take connections and are slow to answer.
const PATIENT_WAIT: Duration = Duration::from_millis(1_000);

/// The addresses are looked at after this many attempts in vain (0.6 s): whoever answers does so before.
const LOOK_AFTER: u32 = 2;

/// Blocks until a broker answered a metadata request. Gives up when credentials, certificates or the security protocol are
/// refused, when every address failed and `attempts` are used up, when the call is cancelled, or at the deadline. The
/// client's queue must be polled meanwhile.
pub fn await_broker(client: &Client, servers: &[String], attempts: u32, deadline: Deadline) -> Result<()> {
    let mut wait = FIRST_WAIT;
    for attempt in 1.. {
        cancel::check()?;
        let slice = wait.min(deadline.left()).max(Duration::from_millis(1));
        let err = ask(client, slice);
        if err == RespErr::RD_KAFKA_RESP_ERR_NO_ERROR {
            client.state.diagnostics.clear();
            return Ok(());
        }
        let diagnostics = &client.state.diagnostics;
        let reasons = diagnostics.reasons();
        let all_failed = !servers.is_empty() && servers.iter().all(|s| reasons.contains_key(s));
        if let Some(refusal) = diagnostics.refusal() {
            return Err(unreachable(servers, &client.state, checked(client, refusal), attempt));
        }
        if deadline.passed() || (attempt >= attempts && all_failed) {
            return Err(unreachable(servers, &client.state, None, attempt));
        }
        // The embedded broker has no addresses, and no secrets.
        if attempt == LOOK_AFTER && !servers.is_empty() {
            look(client);
        }
        // A broker that answers with an error at once must not be asked in a tight loop.
        if !crate::error::is_retriable(err) {
            std::thread::sleep(slice.min(Duration::from_millis(100)));
        }
        wait = (wait * 3 / 2).min(if attempt < attempts.max(8) { LONGEST_WAIT } else { PATIENT_WAIT });
    }
    unreachable!("the loop ends by returning")
}

/// One metadata request; its answer also tells where the brokers are.
fn ask(client: &Client, within: Duration) -> RespErr {
    let mut metadata: *const rdsys::rd_kafka_metadata = std::ptr::null();
    // SAFETY: the handle lives as long as `client`; the metadata is read while it is ours and freed when it was given.
    unsafe {
        let err =
            rdsys::rd_kafka_metadata(client.rk(), 0, std::ptr::null_mut(), &mut metadata, within.as_millis() as i32);
        if !metadata.is_null() {
            let count = usize::try_from((*metadata).broker_cnt).unwrap_or(0);
            let brokers = (0..count).map(|i| &*(*metadata).brokers.add(i));
            let address = |b: &rdsys::rd_kafka_metadata_broker| {
                format!("{}:{}", CStr::from_ptr(b.host).to_string_lossy(), b.port)
            };
            client.peers.learn(brokers.map(address).collect());
            rdsys::rd_kafka_metadata_destroy(metadata);
        }
        err
    }
}

/// Has the addresses looked at, beside the attempts that go on.
fn look(client: &Client) {
    let (state, peers) = (client.state.clone(), client.peers.clone());
    let look = move || state.diagnostics.look(&peers);
    // Without a thread nothing is found out, which only makes the error poorer.
    let _ = std::thread::Builder::new().name("kafka4-look".into()).spawn(look);
}

/// A listener without SASL refuses the handshake of SASL, in words that blame the credentials.
fn checked(client: &Client, refusal: Refusal) -> Option<Refusal> {
    if matches!(&refusal, Refusal::Authentication(reason) if reason.contains("SASL state")) {
        client.state.diagnostics.look(&client.peers);
        return client.state.diagnostics.refusal();
    }
    Some(refusal)
}

fn unreachable(servers: &[String], state: &ClientState, refusal: Option<Refusal>, attempts: u32) -> Error {
    let reasons: BTreeMap<String, String> = state.diagnostics.reasons();
    let tried: Vec<_> = servers
        .iter()
        .map(|server| {
            let reason = reasons.get(server).cloned().or_else(|| state.diagnostics.hint(server));
            (server.as_str(), reason.unwrap_or_else(|| "no answer".to_string()))
        })
        .collect();
    let list = tried.iter().map(|(server, reason)| format!("{server} ({reason})")).collect::<Vec<_>>().join(", ");
    let details = json!({
        "attempts": attempts,
        "brokers": tried.iter().map(|(s, r)| json!({ "address": s, "reason": r })).collect::<Vec<_>>(),
    });
    let error = match refusal {
        Some(Refusal::Authentication(reason)) => Error::new(
            ErrorClass::KafkaAuthenticationError,
            "AUTHENTICATION",
            format!("the broker refused the credentials: {reason}. Check KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD"),
        ),
        Some(Refusal::Tls(reason)) => {
            // An alert after the handshake is the broker's word on the client's certificate.
            let settings = match reason.contains(" alert ") {
                true => "KAFKA_SSL_CERTIFICATE_LOCATION and KAFKA_SSL_KEY_LOCATION: the broker does not take the client's certificate, or misses it",
                false => "KAFKA_SSL_CA_LOCATION and the certificate settings",
            };
            let message = format!("no TLS connection to Kafka: {reason}. Check {settings}");
            Error::new(ErrorClass::KafkaConnectionError, "SSL", message)
        }
        Some(Refusal::Protocol(sentence)) => {
            let message = format!("no connection to Kafka: {sentence}");
            Error::new(ErrorClass::KafkaConnectionError, "SECURITY_PROTOCOL", message)
        }
        None => Error::new(
            ErrorClass::KafkaConnectionError,
            "CONNECTION_FAILED",
            format!("no Kafka broker could be reached; tried {list}. Check KAFKA_BROKER and that the brokers run (npm run kafka:status)"),
        )
        .retriable(true),
    };
    error.details(details)
}
