//! A producer's main queue and its events, as far as the produce path needs them.

use std::ffi::c_void;

use rdkafka_sys as rdsys;

use crate::client::Client;

/// A reference to a producer's main queue. Must go before the client does.
pub struct Queue(*mut rdsys::rd_kafka_queue_t);

// SAFETY: librdkafka's queues may be used from any thread.
unsafe impl Send for Queue {}

impl Queue {
    pub fn of(client: &Client) -> Queue {
        // SAFETY: the handle is alive; the reference is given back on drop.
        Queue(unsafe { rdsys::rd_kafka_queue_get_main(client.rk()) })
    }

    /// The next event, if there is one.
    pub fn next(&self) -> Option<Event> {
        // SAFETY: the reference is held; the event is ours.
        let event = unsafe { rdsys::rd_kafka_queue_poll(self.0, 0) };
        (!event.is_null()).then_some(Event(event))
    }

    /// `ring` is called with `opaque` when the first event comes into the empty queue, from a thread of librdkafka's that
    /// holds the queue's lock.
    ///
    /// # Safety
    /// `ring` calls nothing of librdkafka's, and `opaque` is good for it until [`Queue::silence`].
    pub unsafe fn ring(&self, ring: unsafe extern "C" fn(*mut rdsys::rd_kafka_t, *mut c_void), opaque: *mut c_void) {
        rdsys::rd_kafka_queue_cb_event_enable(self.0, Some(ring), opaque);
    }

    /// After this nothing rings any more.
    pub fn silence(&self) {
        // SAFETY: the reference is held; librdkafka takes the lock under which it rings.
        unsafe { rdsys::rd_kafka_queue_cb_event_enable(self.0, None, std::ptr::null_mut()) }
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        // SAFETY: the reference taken by `of`.
        unsafe { rdsys::rd_kafka_queue_destroy(self.0) }
    }
}

/// An event, with its messages. Must go before the client does.
pub struct Event(*mut rdsys::rd_kafka_event_t);

// SAFETY: an event belongs to whoever took it from the queue, on any thread.
unsafe impl Send for Event {}

impl Event {
    pub fn as_ptr(&self) -> *mut rdsys::rd_kafka_event_t {
        self.0
    }

    pub fn kind(&self) -> i32 {
        // SAFETY: the event is alive.
        unsafe { rdsys::rd_kafka_event_type(self.0) }
    }

    /// Messages of a delivery event.
    pub fn messages(&self) -> usize {
        // SAFETY: the event is alive.
        unsafe { rdsys::rd_kafka_event_message_count(self.0) }
    }
}

impl Drop for Event {
    fn drop(&mut self) {
        // SAFETY: the event is ours.
        unsafe { rdsys::rd_kafka_event_destroy(self.0) }
    }
}
