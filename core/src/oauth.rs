//! SASL OAUTHBEARER tokens: librdkafka asks on its own schedule, the application answers when it can.

use std::ffi::{CStr, CString};
use std::sync::{Mutex, Weak};

use crate::clock::now_ms;
use crate::error::{Error, Result};

/// A client that authenticates with tokens.
pub trait TakesToken: Send + Sync {
    fn take_token(&self, token: &Token) -> Result<()>;
    fn take_refusal(&self, reason: &CStr);
}

/// A token is handed to further clients only while this much of its life is left.
const MARGIN_MS: i64 = 10_000;

#[derive(Default)]
pub struct Tokens {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    current: Option<Token>,
    /// Clients that asked and were not answered yet.
    waiting: Vec<Weak<dyn TakesToken>>,
}

/// As librdkafka takes it; the time is in ms since the epoch.
#[derive(Clone)]
pub struct Token {
    pub value: CString,
    pub principal: CString,
    pub expires_ms: i64,
}

impl Tokens {
    /// A client needs a token. True: it got the one that is known; false: the application must be asked.
    pub fn wanted_by(&self, client: Weak<dyn TakesToken>) -> bool {
        let mut inner = self.inner.lock().expect("no panic while giving tokens");
        let known = inner.current.clone().filter(|token| token.expires_ms - now_ms() > MARGIN_MS);
        match (known, client.upgrade()) {
            (Some(token), Some(live)) if live.take_token(&token).is_ok() => {
                // The next request of this client is a refresh: it must not get the same token again.
                inner.current = None;
                true
            }
            _ => {
                inner.waiting.push(client);
                false
            }
        }
    }

    /// Gives a token to every client that waits. `expires_ms`: ms since the epoch.
    pub fn set(&self, value: &str, principal: &str, expires_ms: i64) -> Result<()> {
        let token = Token {
            value: CString::new(value).map_err(|_| Error::invalid("the OAuth token contains NUL"))?,
            principal: CString::new(principal).map_err(|_| Error::invalid("the principal contains NUL"))?,
            expires_ms,
        };
        let mut inner = self.inner.lock().expect("no panic while giving tokens");
        inner.current = Some(token.clone());
        let waiting = std::mem::take(&mut inner.waiting);
        waiting.iter().filter_map(Weak::upgrade).try_for_each(|client| client.take_token(&token))
    }

    /// Tells the clients that wait that there is no token; they ask again after a while.
    pub fn refuse(&self, reason: &str) {
        let waiting = std::mem::take(&mut self.inner.lock().expect("no panic while giving tokens").waiting);
        let reason = CString::new(reason.replace('\0', " ")).expect("NUL was replaced");
        for client in waiting.iter().filter_map(Weak::upgrade) {
            client.take_refusal(&reason);
        }
    }
}
