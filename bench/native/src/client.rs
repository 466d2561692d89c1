//! One librdkafka handle made of a property table.

use std::ffi::{c_char, c_int, CStr, CString};

use kafka4_core::properties::Properties;
use rdkafka_sys as rdsys;

use crate::Result;

pub struct Client {
    pub rk: *mut rdsys::rd_kafka_t,
}

impl Client {
    /// `events`: `RD_KAFKA_EVENT_…` bits that come as events.
    pub fn new(kind: rdsys::rd_kafka_type_t, properties: &Properties, events: c_int) -> Result<Client> {
        let mut text = [0 as c_char; 512];
        // SAFETY: the configuration is ours until rd_kafka_new takes it; a failure ends the process, which frees it.
        unsafe {
            let conf = rdsys::rd_kafka_conf_new();
            for (name, value) in properties {
                let (name, value) = (c_string(name)?, c_string(value)?);
                let set = rdsys::rd_kafka_conf_set(conf, name.as_ptr(), value.as_ptr(), text.as_mut_ptr(), text.len());
                if set != rdsys::rd_kafka_conf_res_t::RD_KAFKA_CONF_OK {
                    return Err(CStr::from_ptr(text.as_ptr()).to_string_lossy().into_owned());
                }
            }
            rdsys::rd_kafka_conf_set_events(conf, events);
            let rk = rdsys::rd_kafka_new(kind, conf, text.as_mut_ptr(), text.len());
            if rk.is_null() {
                return Err(CStr::from_ptr(text.as_ptr()).to_string_lossy().into_owned());
            }
            Ok(Client { rk })
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // SAFETY: queues, topics and messages of this handle are given back before it.
        unsafe { rdsys::rd_kafka_destroy(self.rk) }
    }
}

pub fn c_string(text: &str) -> Result<CString> {
    CString::new(text).map_err(|_| format!("{text:?} contains NUL"))
}

pub fn describe(error: rdsys::rd_kafka_resp_err_t) -> String {
    // SAFETY: a static string.
    unsafe { CStr::from_ptr(rdsys::rd_kafka_err2str(error)) }.to_string_lossy().into_owned()
}
