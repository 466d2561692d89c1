//! One admin request of librdkafka: options, a queue of its own for the answer, and the answer as an owned event.

use std::ffi::{c_char, CStr, CString};
use std::time::Duration;

use rdkafka_sys as rdsys;
use rdkafka_sys::rd_kafka_admin_op_t as AdminOp;
use rdkafka_sys::rd_kafka_resp_err_t as RespErr;

use crate::cancel;
use crate::client::Client;
use crate::control::admin::{closed, Stop};
use crate::error::{Error, ErrorClass, Result};
use crate::resp;
use crate::runtime::Deadline;

/// An answer; what is read from it lives as long.
pub(super) struct Answer(*mut rdsys::rd_kafka_event_t);

impl Answer {
    pub(super) fn event(&self) -> *mut rdsys::rd_kafka_event_t {
        self.0
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        // SAFETY: owned by this value alone.
        unsafe { rdsys::rd_kafka_event_destroy(self.0) }
    }
}

struct Queue(*mut rdsys::rd_kafka_queue_t);

impl Drop for Queue {
    fn drop(&mut self) {
        // SAFETY: owned by this value alone; a late answer is dropped by librdkafka with the queue's last reference.
        unsafe { rdsys::rd_kafka_queue_destroy(self.0) }
    }
}

struct Options(*mut rdsys::rd_kafka_AdminOptions_t);

impl Drop for Options {
    fn drop(&mut self) {
        // SAFETY: owned by this value alone; librdkafka copies options when a request is made.
        unsafe { rdsys::rd_kafka_AdminOptions_destroy(self.0) }
    }
}

/// What `send` gets: the handle, the options and the queue of the answer, valid during the call.
pub(super) struct Request {
    pub rk: *mut rdsys::rd_kafka_t,
    pub options: *mut rdsys::rd_kafka_AdminOptions_t,
    pub queue: *mut rdsys::rd_kafka_queue_t,
}

/// What one operation works with.
pub(super) struct Session<'a> {
    pub client: &'a Client,
    pub stop: &'a Stop,
    pub deadline: Deadline,
    /// The mock cluster names a controller that does not exist (id 0), for which librdkafka's admin requests wait in
    /// vain: only metadata can be asked.
    pub embedded: bool,
}

/// How long one wait for an answer lasts before a close is looked for.
const SLICE_MS: i32 = 100;

impl Session<'_> {
    pub(super) fn rk(&self) -> *mut rdsys::rd_kafka_t {
        self.client.rk()
    }

    /// Waits between looks at something that the cluster is still doing. Errors: closed, or the deadline passed.
    pub(super) fn pause(&self, time: Duration, what: &str) -> Result<()> {
        if self.stop.wait(time.min(self.deadline.left())) {
            return Err(closed());
        }
        cancel::check()?;
        if self.deadline.passed() {
            return Err(Error::timeout(what));
        }
        Ok(())
    }

    /// Sends a request and waits for its answer until the deadline. `what` names it in errors.
    pub(super) fn ask(&self, op: AdminOp, what: &str, send: impl FnOnce(&Request)) -> Result<Answer> {
        self.await_controller(what)?;
        let timeout = self.deadline.left_ms().max(1);
        // SAFETY: the handle lives as long as the client; queue and options are freed by their owners after the answer.
        unsafe {
            let options = Options(rdsys::rd_kafka_AdminOptions_new(self.rk(), op));
            let mut text = [0 as c_char; 256];
            rdsys::rd_kafka_AdminOptions_set_request_timeout(options.0, timeout, text.as_mut_ptr(), text.len());
            if matches!(op, AdminOp::RD_KAFKA_ADMIN_OP_CREATETOPICS | AdminOp::RD_KAFKA_ADMIN_OP_DELETETOPICS) {
                // The broker answers when the change has reached its peers.
                rdsys::rd_kafka_AdminOptions_set_operation_timeout(options.0, timeout, text.as_mut_ptr(), text.len());
            }
            let queue = Queue(rdsys::rd_kafka_queue_new(self.rk()));
            send(&Request { rk: self.rk(), options: options.0, queue: queue.0 });
            let answer = self.answer(&queue, what)?;
            match resp::of_event(answer.event()) {
                RespErr::RD_KAFKA_RESP_ERR_NO_ERROR => Ok(answer),
                err => Err(failure(err, what, &text_of(rdsys::rd_kafka_event_error_string(answer.event())))),
            }
        }
    }

    /// A cluster that has just come back may have told this client that it has no controller. librdkafka's requests wait
    /// for one to be told, but nothing asks for it again (before `topic.metadata.refresh.interval.ms`, minutes): asks here.
    fn await_controller(&self, what: &str) -> Result<()> {
        const LOOK: Duration = Duration::from_millis(100);
        // SAFETY: the handle is live; with 0 ms the call tells what the last metadata said.
        while !self.embedded && unsafe { rdsys::rd_kafka_controllerid(self.rk(), 0) } < 0 {
            Metadata::read(self, false)?;
            // SAFETY: as above.
            if unsafe { rdsys::rd_kafka_controllerid(self.rk(), 0) } < 0 {
                self.pause(LOOK, &format!("{what}: the cluster has no controller"))?;
            }
        }
        Ok(())
    }

    fn answer(&self, queue: &Queue, what: &str) -> Result<Answer> {
        loop {
            // SAFETY: the queue is live; the event is owned by the answer.
            let event = unsafe { rdsys::rd_kafka_queue_poll(queue.0, SLICE_MS) };
            if !event.is_null() {
                return Ok(Answer(event));
            }
            if self.stop.is_stopped() {
                return Err(closed());
            }
            cancel::check()?;
            // librdkafka answers with an error at the same deadline. This comes a slice later, and only where it does not.
            if self.deadline.passed() {
                return Err(Error::timeout(format!("{what}: no answer in time")));
            }
        }
    }
}

/// The answer of a metadata request.
pub(super) struct Metadata(*const rdsys::rd_kafka_metadata_t);

impl Metadata {
    /// Of all topics, or of brokers only.
    pub(super) fn read(session: &Session, all_topics: bool) -> Result<Metadata> {
        // librdkafka's call cannot be ended, so it is made in pieces: between two of them a close is looked for.
        let (mut slice, longest) = (Duration::from_secs(1), Duration::from_secs(2));
        loop {
            let mut metadata = std::ptr::null();
            let timeout = Deadline::after(slice).min(session.deadline).left_ms().max(1);
            let (rk, all) = (session.rk(), all_topics.into());
            // SAFETY: the handle is live; what is given is owned by the value returned.
            let err = unsafe { rdsys::rd_kafka_metadata(rk, all, std::ptr::null_mut(), &mut metadata, timeout) };
            match err {
                RespErr::RD_KAFKA_RESP_ERR_NO_ERROR => return Ok(Metadata(metadata)),
                // Both say that nobody answered in this time.
                RespErr::RD_KAFKA_RESP_ERR__TIMED_OUT | RespErr::RD_KAFKA_RESP_ERR__TRANSPORT
                    if !session.deadline.passed() => {}
                err => return Err(Error::from_resp(err, "read the cluster's metadata")),
            }
            session.pause(Duration::ZERO, "read the cluster's metadata: no answer in time")?;
            slice = (slice * 3 / 2).min(longest);
        }
    }

    pub(super) fn topics(&self) -> &[rdsys::rd_kafka_metadata_topic] {
        // SAFETY: the array lives as long as the metadata.
        unsafe { items((*self.0).topics, (*self.0).topic_cnt as usize) }
    }

    pub(super) fn brokers(&self) -> &[rdsys::rd_kafka_metadata_broker] {
        // SAFETY: the array lives as long as the metadata.
        unsafe { items((*self.0).brokers, (*self.0).broker_cnt as usize) }
    }
}

impl Drop for Metadata {
    fn drop(&mut self) {
        // SAFETY: owned by this value alone.
        unsafe { rdsys::rd_kafka_metadata_destroy(self.0) }
    }
}

/// An error of the broker, with its own sentence where that says more than the code.
pub(super) fn failure(err: RespErr, what: &str, reason: &str) -> Error {
    let mut error = Error::from_resp(err, what);
    if !reason.is_empty() && !error.message.contains(reason) {
        error.message = format!("{what}: {reason}");
    }
    error
}

/// The error of one part of an answer.
///
/// # Safety
/// `error` must be null or live.
pub(super) unsafe fn part_error(error: *const rdsys::rd_kafka_error_t, what: &str) -> Option<Error> {
    let code = resp::of_error(error);
    (code != RespErr::RD_KAFKA_RESP_ERR_NO_ERROR)
        .then(|| failure(code, what, &text_of(rdsys::rd_kafka_error_string(error))))
}

/// A C string, empty where null.
///
/// # Safety
/// `text` must be null or end with NUL.
pub(super) unsafe fn text_of(text: *const c_char) -> String {
    if text.is_null() {
        return String::new();
    }
    CStr::from_ptr(text).to_string_lossy().into_owned()
}

/// An array that librdkafka gave with its length.
///
/// # Safety
/// `array` must be null or hold `len` items for as long as the result is used.
pub(super) unsafe fn items<'a, T>(array: *const T, len: usize) -> &'a [T] {
    if array.is_null() || len == 0 {
        return &[];
    }
    std::slice::from_raw_parts(array, len)
}

/// Names for librdkafka. A NUL inside cannot be sent.
pub(super) fn c_name(name: &str) -> Result<CString> {
    CString::new(name).map_err(|_| Error::invalid(format!("{name:?} contains NUL")))
}

/// For answers that leave out what was asked for: silence must not look like success.
pub(super) fn unanswered(what: &str) -> Error {
    let message = format!("the broker left {what} out of its answer");
    Error::new(ErrorClass::KafkaProtocolError, "INCOMPLETE_ANSWER", message)
}
