//! Owned forms of the librdkafka objects that this path handles.

use std::ffi::{c_char, CStr, CString};

use rdkafka_sys as rdsys;
use rdkafka_sys::rd_kafka_resp_err_t as RespErr;

use crate::error::{Error, Result};
use crate::resp;

/// No offset known; librdkafka's own "invalid" (-1001) and the other logical offsets are negative too.
pub const NONE: i64 = -1;

/// One entry of a partition list.
#[derive(Debug, Clone)]
pub struct Entry {
    pub topic: String,
    pub partition: i32,
    pub offset: i64,
    pub err: RespErr,
}

impl Entry {
    /// # Safety
    /// `element` points to a live element.
    pub unsafe fn read(element: *const rdsys::rd_kafka_topic_partition_t) -> Entry {
        let element = &*element;
        Entry {
            topic: CStr::from_ptr(element.topic).to_string_lossy().into_owned(),
            partition: element.partition,
            offset: element.offset,
            // SAFETY: a field of the live element.
            err: resp::read(&raw const element.err),
        }
    }
}

/// An owned `rd_kafka_topic_partition_list_t`.
pub struct PartitionList(*mut rdsys::rd_kafka_topic_partition_list_t);

impl PartitionList {
    pub fn new() -> Self {
        // SAFETY: allocates; librdkafka aborts where memory is out.
        PartitionList(unsafe { rdsys::rd_kafka_topic_partition_list_new(8) })
    }

    /// Takes over a list that librdkafka gave away; null is an empty one.
    ///
    /// # Safety
    /// `list` is null or owned by the caller.
    pub unsafe fn from_raw(list: *mut rdsys::rd_kafka_topic_partition_list_t) -> Self {
        if list.is_null() {
            Self::new()
        } else {
            PartitionList(list)
        }
    }

    /// `offset` below 0: left as librdkafka's "invalid". `epoch` below 0: not known.
    pub fn add(&mut self, topic: &str, partition: i32, offset: i64, epoch: i32) {
        // Names come from librdkafka or were checked; one with a NUL cannot exist in Kafka and is left out.
        let Ok(name) = CString::new(topic) else { return };
        // SAFETY: the list is ours, the name is copied by librdkafka, the element lives as long as the list.
        unsafe {
            let element = rdsys::rd_kafka_topic_partition_list_add(self.0, name.as_ptr(), partition);
            if offset >= 0 {
                (*element).offset = offset;
                rdsys::rd_kafka_topic_partition_set_leader_epoch(element, epoch.max(-1));
            }
        }
    }

    /// As `add`, at one of librdkafka's logical offsets.
    pub fn add_logical(&mut self, topic: &str, partition: i32, offset: i64) {
        let Ok(name) = CString::new(topic) else { return };
        // SAFETY: as above.
        unsafe { (*rdsys::rd_kafka_topic_partition_list_add(self.0, name.as_ptr(), partition)).offset = offset };
    }

    pub fn as_ptr(&self) -> *mut rdsys::rd_kafka_topic_partition_list_t {
        self.0
    }

    pub fn entries(&self) -> Vec<Entry> {
        // SAFETY: the list is ours and alive.
        unsafe { entries(self.0) }
    }
}

impl Drop for PartitionList {
    fn drop(&mut self) {
        // SAFETY: owned, destroyed once.
        unsafe { rdsys::rd_kafka_topic_partition_list_destroy(self.0) }
    }
}

/// Copies what a list holds.
///
/// # Safety
/// `list` is null or a live list.
pub unsafe fn entries(list: *const rdsys::rd_kafka_topic_partition_list_t) -> Vec<Entry> {
    if list.is_null() {
        return Vec::new();
    }
    let count = usize::try_from((*list).cnt).unwrap_or(0);
    (0..count).map(|i| Entry::read((*list).elems.add(i))).collect()
}

/// An owned reference to an `rd_kafka_queue_t`. Must be dropped before its client.
pub struct Queue(*mut rdsys::rd_kafka_queue_t);

// SAFETY: librdkafka's queues are locked inside and may be used and destroyed from any thread.
unsafe impl Send for Queue {}

impl Queue {
    /// # Safety
    /// `queue` is null or a reference that the caller gives away.
    pub unsafe fn from_raw(queue: *mut rdsys::rd_kafka_queue_t) -> Option<Self> {
        (!queue.is_null()).then(|| Queue(queue))
    }

    pub fn as_ptr(&self) -> *mut rdsys::rd_kafka_queue_t {
        self.0
    }

    pub fn len(&self) -> usize {
        // SAFETY: the reference is alive.
        unsafe { rdsys::rd_kafka_queue_length(self.0) }
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        // SAFETY: one reference, given back once.
        unsafe { rdsys::rd_kafka_queue_destroy(self.0) }
    }
}

/// An owned message; its bytes are librdkafka's.
pub struct Message(*mut rdsys::rd_kafka_message_t);

impl Message {
    /// # Safety
    /// `message` is null or owned by the caller.
    pub unsafe fn from_raw(message: *mut rdsys::rd_kafka_message_t) -> Option<Self> {
        (!message.is_null()).then(|| Message(message))
    }

    pub fn raw(&self) -> &rdsys::rd_kafka_message_t {
        // SAFETY: alive until drop.
        unsafe { &*self.0 }
    }

    pub fn err(&self) -> RespErr {
        // SAFETY: a field of the live message.
        unsafe { resp::read(&raw const (*self.0).err) }
    }

    pub fn leader_epoch(&self) -> i32 {
        // SAFETY: as above.
        unsafe { rdsys::rd_kafka_message_leader_epoch(self.0) }
    }

    /// What an error message (`err` is set) says.
    pub fn error_text(&self) -> String {
        // SAFETY: a text that lives as long as the message.
        unsafe { text(rdsys::rd_kafka_message_errstr(self.0)) }
    }

    pub fn topic(&self) -> Option<String> {
        let rkt = self.raw().rkt;
        // SAFETY: the message holds a reference to its topic.
        (!rkt.is_null()).then(|| unsafe { text(rdsys::rd_kafka_topic_name(rkt)) })
    }
}

impl Drop for Message {
    fn drop(&mut self) {
        // SAFETY: owned, destroyed once.
        unsafe { rdsys::rd_kafka_message_destroy(self.0) }
    }
}

/// # Safety
/// `text` is null or ends with NUL.
pub unsafe fn text(text: *const c_char) -> String {
    if text.is_null() {
        String::new()
    } else {
        CStr::from_ptr(text).to_string_lossy().into_owned()
    }
}

/// Turns librdkafka's error object (null: none) into a result, and frees it.
///
/// # Safety
/// `error` is null or owned by the caller.
pub unsafe fn check(error: *mut rdsys::rd_kafka_error_t, context: &str) -> Result<()> {
    if error.is_null() {
        return Ok(());
    }
    let code = resp::of_error(error);
    let fatal = rdsys::rd_kafka_error_is_fatal(error) != 0;
    let reason = text(rdsys::rd_kafka_error_string(error));
    rdsys::rd_kafka_error_destroy(error);
    let mut made = Error::from_resp(code, context);
    made.message = format!("{context}: {reason}");
    made.fatal |= fatal;
    Err(made)
}

/// Turns a code into a result.
pub fn check_code(code: RespErr, context: &str) -> Result<()> {
    if code == RespErr::RD_KAFKA_RESP_ERR_NO_ERROR {
        Ok(())
    } else {
        Err(Error::from_resp(code, context))
    }
}
