//! How long a stop waits for brokers: until its deadline (KAFKA_TIMEOUT) while they answer, and much shorter where nobody
//! does. An application that is told to end must not be held for half a minute by a cluster that is gone.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use crate::probe::{self, Found, Question};
use crate::runtime::Deadline;

/// A stop gives up after this long without a sign of life of any broker.
pub const QUIET: Duration = Duration::from_millis(7_000);

/// The brokers are looked for after this long without a sign of them, and again at this interval.
const FIRST_LOOK: Duration = Duration::from_secs(1);
const EACH: Duration = Duration::from_secs(2);
/// How long one look waits for an answer.
const LOOK: Duration = Duration::from_millis(1_500);

/// Where a client's brokers are, and what it speaks to them.
#[derive(Debug)]
pub struct Peers {
    /// From the settings.
    bootstrap: Vec<String>,
    /// From the cluster's metadata.
    learned: Mutex<Vec<String>>,
    /// `security.protocol`, in capitals.
    protocol: String,
}

impl Peers {
    pub fn new(bootstrap: Vec<String>, security_protocol: &str) -> Self {
        Peers { bootstrap, learned: Mutex::default(), protocol: security_protocol.to_ascii_uppercase() }
    }

    pub fn learn(&self, addresses: Vec<String>) {
        *self.learned.lock().expect("no panic while learning") = addresses;
    }

    pub fn bootstrap(&self) -> &[String] {
        &self.bootstrap
    }

    pub fn protocol(&self) -> &str {
        &self.protocol
    }

    pub fn speaks_tls(&self) -> bool {
        self.protocol.ends_with("SSL")
    }

    pub fn speaks_sasl(&self) -> bool {
        self.protocol.starts_with("SASL")
    }

    fn all(&self) -> Vec<String> {
        // The cluster's own come first: the addresses of the settings may stand for a part of it only.
        let mut all = self.learned.lock().expect("no panic while learning").clone();
        all.extend(self.bootstrap.iter().filter(|address| !all.contains(address)).cloned().collect::<Vec<_>>());
        all
    }

    /// Does anybody answer, now?
    fn anybody(&self) -> bool {
        let question = if self.speaks_tls() { Question::Tls } else { Question::Kafka };
        let found = probe::ask_all(&self.all(), question, Deadline::after(LOOK), Found::is_answer);
        found.iter().any(|(_, found)| found.is_answer())
    }
}

/// The patience of one stop, shared by all of its steps: what one of them finds out about the brokers counts for all.
#[derive(Clone)]
pub struct Patience {
    deadline: Deadline,
    /// `None`: only the deadline counts.
    silence: Option<Arc<Silence>>,
}

struct Silence {
    longest: Duration,
    state: Mutex<State>,
}

struct State {
    /// The last sign of a broker, or the beginning.
    since: Instant,
    looked: Option<Instant>,
    looking: bool,
    /// A look since the last sign found nobody.
    in_vain: bool,
}

impl From<Deadline> for Patience {
    fn from(deadline: Deadline) -> Self {
        Patience { deadline, silence: None }
    }
}

impl Patience {
    /// `quiet`: how long nobody may answer.
    pub fn new(deadline: Deadline, quiet: Duration) -> Self {
        let state = State { since: Instant::now(), looked: None, looking: false, in_vain: false };
        Patience { deadline, silence: Some(Arc::new(Silence { longest: quiet, state: Mutex::new(state) })) }
    }

    pub fn deadline(&self) -> Deadline {
        self.deadline
    }

    pub fn left(&self) -> Duration {
        self.deadline.left()
    }

    /// For a step that has to end earlier.
    pub fn until(&self, deadline: Deadline) -> Self {
        Patience { deadline: self.deadline.min(deadline), silence: self.silence.clone() }
    }

    /// A broker answered.
    pub fn heard(&self) {
        if let Some(silence) = &self.silence {
            silence.heard();
        }
    }

    /// The deadline has passed, or nobody has answered for too long. To be asked again and again while waiting; never
    /// blocks.
    pub fn over(&self, peers: &Arc<Peers>) -> bool {
        self.deadline.passed() || self.silence.as_ref().is_some_and(|silence| silence.over(peers))
    }
}

impl Silence {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic while waiting")
    }

    fn heard(&self) {
        let mut state = self.state();
        state.since = Instant::now();
        state.in_vain = false;
    }

    fn over(self: &Arc<Self>, peers: &Arc<Peers>) -> bool {
        let mut state = self.state();
        let silent = state.since.elapsed();
        let due = state.looked.is_none_or(|looked| looked.elapsed() >= EACH);
        if silent >= FIRST_LOOK.min(self.longest) && due && !state.looking {
            state.looking = true;
            state.looked = Some(Instant::now());
            let (silence, peers) = (self.clone(), peers.clone());
            let look = move || {
                let answered = peers.anybody();
                silence.state().looking = false;
                match answered {
                    true => silence.heard(),
                    false => silence.state().in_vain = true,
                }
            };
            if std::thread::Builder::new().name("kafka4-look".into()).spawn(look).is_err() {
                // No thread to be had: time alone decides.
                state.looking = false;
                state.in_vain = true;
            }
        }
        silent >= self.longest && state.in_vain
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::net::TcpListener;

    fn peers(address: &str) -> Arc<Peers> {
        Arc::new(Peers::new(vec![address.to_string()], "sasl_ssl"))
    }

    fn over_after(patience: &Patience, peers: &Arc<Peers>, most: Duration) -> Option<Duration> {
        let begun = Instant::now();
        while begun.elapsed() < most {
            if patience.over(peers) {
                return Some(begun.elapsed());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        None
    }

    #[test]
    fn where_nothing_listens_it_is_over_after_the_quiet_time_for_every_step() {
        let nobody = peers(&TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string());
        let patience = Patience::new(Deadline::after_ms(20_000), Duration::from_millis(300));
        let step = patience.clone();
        let after = over_after(&patience, &nobody, Duration::from_secs(10)).expect("given up");
        assert!(after >= Duration::from_millis(300), "{after:?}");
        assert!(step.over(&nobody) && step.until(Deadline::after_ms(60_000)).over(&nobody));
        step.heard();
        assert!(!patience.over(&nobody));
    }

    #[test]
    fn while_somebody_answers_only_the_deadline_counts() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let answering = peers(&listener.local_addr().unwrap().to_string());
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let _ = stream.read(&mut [0; 512]);
                let _ = stream.write_all(&[0x16, 3, 3, 0, 2, 2, 40]);
            }
        });
        let patience = Patience::new(Deadline::after_ms(3_000), Duration::from_millis(1_000));
        let after = over_after(&patience, &answering, Duration::from_secs(10)).expect("the deadline");
        assert!(after >= Duration::from_millis(2_900), "{after:?}");
    }

    #[test]
    fn a_deadline_alone_never_looks() {
        let nobody = peers("127.0.0.1:1");
        assert!(!Patience::from(Deadline::after_ms(60_000)).over(&nobody));
        assert!(Patience::from(Deadline::after_ms(0)).over(&nobody));
    }
}
