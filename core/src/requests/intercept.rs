//! librdkafka's interceptors, which tell [`Requests`] of each request and answer.

use std::ffi::{c_char, c_int, c_void, CStr};
use std::mem::ManuallyDrop;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use rdkafka_sys as rdsys;
use rdkafka_sys::rd_kafka_resp_err_t as RespErr;

use crate::resp;

use super::{Answer, Requests};

/// Where a socket of librdkafka's is connected to.
///
/// # Safety
/// `socket` stays open during the call.
unsafe fn peer_of(socket: c_int) -> Option<SocketAddr> {
    #[cfg(unix)]
    let stream = <TcpStream as std::os::fd::FromRawFd>::from_raw_fd(socket);
    #[cfg(windows)]
    let stream = <TcpStream as std::os::windows::io::FromRawSocket>::from_raw_socket(socket as _);
    // It is librdkafka's to close.
    ManuallyDrop::new(stream).peer_addr().ok()
}

/// librdkafka's name of a broker is `host:port/id`.
pub(super) fn address(name: &str) -> &str {
    let name = name.rsplit_once("://").map_or(name, |(_, rest)| rest);
    name.split_once('/').map_or(name, |(address, _)| address)
}

type OnResponse<Code> = unsafe extern "C" fn(
    *mut rdsys::rd_kafka_t,
    c_int,
    *const c_char,
    i32,
    i16,
    i16,
    i32,
    usize,
    i64,
    Code,
    *mut c_void,
) -> RespErr;

/// Hangs the interceptors of a client that is about to be made.
///
/// # Safety
/// `conf` is a live configuration; `requests` outlives the handle that is made of it.
pub unsafe fn intercept(conf: *mut rdsys::rd_kafka_conf_t, requests: &Arc<Requests>) {
    let opaque = Arc::as_ptr(requests) as *mut c_void;
    rdsys::rd_kafka_conf_interceptor_add_on_new(conf, c"kafka4-requests".as_ptr(), Some(on_new), opaque);
}

// SAFETY: librdkafka calls it once for the handle, with the opaque of `intercept`.
unsafe extern "C" fn on_new(
    rk: *mut rdsys::rd_kafka_t,
    _conf: *const rdsys::rd_kafka_conf_t,
    opaque: *mut c_void,
    _text: *mut c_char,
    _size: usize,
) -> RespErr {
    let name = c"kafka4-requests".as_ptr();
    rdsys::rd_kafka_interceptor_add_on_request_sent(rk, name, Some(on_sent), opaque);
    // The code may be one that the bindings' enum does not have (resp.rs).
    // SAFETY: the enum is `repr(i32)`, so both types are passed in the same way.
    let answered = std::mem::transmute::<OnResponse<c_int>, OnResponse<RespErr>>(on_answered);
    rdsys::rd_kafka_interceptor_add_on_response_received(rk, name, Some(answered), opaque);
    RespErr::RD_KAFKA_RESP_ERR_NO_ERROR
}

/// # Safety
/// `name` is null or ends with NUL.
unsafe fn broker_name(name: *const c_char) -> String {
    if name.is_null() {
        return String::new();
    }
    address(&CStr::from_ptr(name).to_string_lossy()).to_string()
}

// SAFETY: called with the opaque of `intercept`, whose requests outlive the handle, a text that ends with NUL, and the
// socket that the request was just written to.
unsafe extern "C" fn on_sent(
    _rk: *mut rdsys::rd_kafka_t,
    socket: c_int,
    broker: *const c_char,
    broker_id: i32,
    api_key: i16,
    _version: i16,
    correlation_id: i32,
    _size: usize,
    opaque: *mut c_void,
) -> RespErr {
    let requests = &*(opaque as *const Requests);
    let peer = || if socket >= 0 { peer_of(socket) } else { None };
    requests.sent(&broker_name(broker), broker_id, api_key, correlation_id, peer);
    RespErr::RD_KAFKA_RESP_ERR_NO_ERROR
}

// SAFETY: as above, without a socket.
unsafe extern "C" fn on_answered(
    _rk: *mut rdsys::rd_kafka_t,
    _socket: c_int,
    broker: *const c_char,
    broker_id: i32,
    api_key: i16,
    api_version: i16,
    // Always 0: librdkafka reads it from the request's buffer.
    _correlation_id: i32,
    size: usize,
    rtt_us: i64,
    err: c_int,
    opaque: *mut c_void,
) -> RespErr {
    let requests = &*(opaque as *const Requests);
    let err = resp::code(err);
    // An answer that nobody waits for any more has no key; what is destroyed with its client was not answered.
    if api_key >= 0 && err != RespErr::RD_KAFKA_RESP_ERR__DESTROY && requests.wanted(api_key) {
        let answer = Answer { broker_id, api_key, api_version, size, rtt_us, err };
        requests.answered(&broker_name(broker), answer);
    }
    RespErr::RD_KAFKA_RESP_ERR_NO_ERROR
}
