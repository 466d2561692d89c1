//! The hand-over to librdkafka: records in runs of one topic and partition.
//!
//! Not with `RD_KAFKA_MSG_F_PARTITION`: there `rd_kafka_produce_batch` looks the partition up after it allocated and
//! counted the message, and where the lookup fails (topic deleted or refused) it `continue`s without freeing either:
//! no report ever comes and the queue's count stays up for good (rdkafka_msg.c of 2.12.1). With one partition for the
//! whole call it looks up first, once, which is faster, too. Unassigned records take its partitioner branch, which frees.

use std::ffi::c_void;

use rdkafka_sys as rdsys;
use rdkafka_sys::rd_kafka_resp_err_t as RespErr;

use crate::records::Headers;
use crate::resp;

use super::intake::Item;

/// Messages of one native call; bounds how long the topic's lock is held against metadata updates.
const RUN: usize = 1_024;

/// Reused between calls.
#[derive(Default)]
pub struct Enqueuer {
    messages: Vec<rdsys::rd_kafka_message_t>,
}

// SAFETY: between calls the vector is empty; the pointers in it live for one call only.
unsafe impl Send for Enqueuer {}

impl Enqueuer {
    /// Hands `items` over in order until librdkafka's queue is full; gives how many of them are dealt with. Records
    /// that were refused for good are told to `failed` with their opaque.
    ///
    /// # Safety
    /// `rk` and the topic handles must be alive.
    pub unsafe fn enqueue(
        &mut self,
        rk: *mut rdsys::rd_kafka_t,
        handle: impl Fn(u32) -> *mut rdsys::rd_kafka_topic_t,
        slab: &[u8],
        items: &[Item],
        failed: &mut Vec<(u64, RespErr)>,
    ) -> usize {
        let mut at = 0;
        while let Some(first) = items.get(at) {
            let rkt = handle(first.topic);
            if !first.is_plain() {
                match one(rk, rkt, slab, first) {
                    RespErr::RD_KAFKA_RESP_ERR_NO_ERROR => {}
                    RespErr::RD_KAFKA_RESP_ERR__QUEUE_FULL => return at,
                    error => failed.push((first.opaque, underlying(rk, error))),
                }
                at += 1;
                continue;
            }
            let alike =
                |item: &&Item| item.topic == first.topic && item.partition == first.partition && item.is_plain();
            let run = items[at..].iter().take(RUN).take_while(alike).count();
            let done = self.run(rk, rkt, slab, &items[at..at + run], failed);
            at += done;
            if done < run {
                return at;
            }
        }
        at
    }

    /// Records of one topic and partition without headers and timestamps; as many as are dealt with.
    ///
    /// # Safety
    /// `rk` and `rkt` must be alive; there is at least one item.
    unsafe fn run(
        &mut self,
        rk: *mut rdsys::rd_kafka_t,
        rkt: *mut rdsys::rd_kafka_topic_t,
        slab: &[u8],
        items: &[Item],
        failed: &mut Vec<(u64, RespErr)>,
    ) -> usize {
        self.messages.clear();
        self.messages.extend(items.iter().map(|item| message(slab, item)));
        // SAFETY: librdkafka copies key and value (F_COPY) and only writes `err` into the messages.
        let good = rdsys::rd_kafka_produce_batch(
            rkt,
            items[0].partition,
            rdsys::RD_KAFKA_MSG_F_COPY,
            self.messages.as_mut_ptr(),
            self.messages.len() as i32,
        );
        let mut done = items.len();
        if good as usize != items.len() {
            for (n, message) in self.messages.iter().enumerate() {
                match message.err {
                    RespErr::RD_KAFKA_RESP_ERR_NO_ERROR => {}
                    RespErr::RD_KAFKA_RESP_ERR__QUEUE_FULL => {
                        // Once full, librdkafka refuses the rest of the call as well: what is left is one piece.
                        done = n;
                        break;
                    }
                    error => failed.push((items[n].opaque, underlying(rk, error))),
                }
            }
        }
        self.messages.clear();
        done
    }
}

/// Null is a null pointer; what is empty but there has an address.
fn pointer(bytes: Option<&[u8]>) -> (*mut c_void, usize) {
    bytes.map_or((std::ptr::null_mut(), 0), |bytes| (bytes.as_ptr() as *mut c_void, bytes.len()))
}

fn message(slab: &[u8], item: &Item) -> rdsys::rd_kafka_message_t {
    let (payload, len) = pointer(item.value(slab));
    let (key, key_len) = pointer(item.key(slab));
    rdsys::rd_kafka_message_t {
        err: RespErr::RD_KAFKA_RESP_ERR_NO_ERROR,
        rkt: std::ptr::null_mut(),
        partition: item.partition,
        payload,
        len,
        key,
        key_len,
        offset: 0,
        _private: item.opaque as usize as *mut c_void,
    }
}

/// After a fatal error librdkafka refuses with a code that only says so; the reason stands elsewhere.
///
/// # Safety
/// `rk` must be alive.
pub unsafe fn underlying(rk: *mut rdsys::rd_kafka_t, error: RespErr) -> RespErr {
    if error != RespErr::RD_KAFKA_RESP_ERR__FATAL {
        return error;
    }
    match resp::of_fatal(rk, std::ptr::null_mut(), 0) {
        RespErr::RD_KAFKA_RESP_ERR_NO_ERROR => error,
        reason => reason,
    }
}

/// One record with headers or a timestamp.
///
/// # Safety
/// `rk` and `rkt` must be alive.
unsafe fn one(rk: *mut rdsys::rd_kafka_t, rkt: *mut rdsys::rd_kafka_topic_t, slab: &[u8], item: &Item) -> RespErr {
    use rdsys::rd_kafka_vtype_t::*;
    let mem = |bytes| {
        let (ptr, size) = pointer(bytes);
        rdsys::rd_kafka_vu_s__bindgen_ty_1 { mem: rdsys::rd_kafka_vu_s__bindgen_ty_1__bindgen_ty_1 { ptr, size } }
    };
    let headers = headers(item.headers(slab));
    type U = rdsys::rd_kafka_vu_s__bindgen_ty_1;
    let arguments = [
        (RD_KAFKA_VTYPE_RKT, U { rkt }),
        (RD_KAFKA_VTYPE_PARTITION, U { i32_: item.partition }),
        (RD_KAFKA_VTYPE_MSGFLAGS, U { i: rdsys::RD_KAFKA_MSG_F_COPY }),
        (RD_KAFKA_VTYPE_KEY, mem(item.key(slab))),
        (RD_KAFKA_VTYPE_VALUE, mem(item.value(slab))),
        (RD_KAFKA_VTYPE_OPAQUE, U { ptr: item.opaque as usize as *mut c_void }),
        (RD_KAFKA_VTYPE_TIMESTAMP, U { i64_: item.timestamp }),
        (RD_KAFKA_VTYPE_HEADERS, U { headers }),
    ]
    .map(|(vtype, u)| rdsys::rd_kafka_vu_t { vtype, u });
    // SAFETY: each argument carries the member that its type names; key and value are copied (F_COPY); the headers
    // belong to librdkafka when it took the message and to us when it did not.
    let error = rdsys::rd_kafka_produceva(rk, arguments.as_ptr(), arguments.len());
    if error.is_null() {
        return RespErr::RD_KAFKA_RESP_ERR_NO_ERROR;
    }
    let code = resp::of_error(error);
    let fatal = rdsys::rd_kafka_error_is_fatal(error) != 0;
    rdsys::rd_kafka_error_destroy(error);
    if !headers.is_null() {
        rdsys::rd_kafka_headers_destroy(headers);
    }
    if fatal {
        return RespErr::RD_KAFKA_RESP_ERR__FATAL;
    }
    code
}

/// librdkafka's list of headers: order, repeated names and null values are kept. Null: there are none.
///
/// # Safety
/// Whoever gets the list destroys it or hands it over.
unsafe fn headers(packed: &[u8]) -> *mut rdsys::rd_kafka_headers_t {
    if packed.is_empty() {
        return std::ptr::null_mut();
    }
    let list = rdsys::rd_kafka_headers_new(8);
    // What cannot be read was refused by `intake`.
    for (name, value) in Headers::new(packed).flatten() {
        let (at, len) = pointer(value);
        // SAFETY: librdkafka copies name and value; lengths are given.
        rdsys::rd_kafka_header_add(list, name.as_ptr() as *const _, name.len() as isize, at, len as isize);
    }
    list
}
