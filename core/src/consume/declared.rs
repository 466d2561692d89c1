//! Topics whose reading begins, where nothing is committed, at an end of their own: librdkafka takes
//! `auto.offset.reset` by topic, from the configuration with which a handle first hears of the topic.

use std::ffi::{c_char, CStr, CString};

use rdkafka_sys as rdsys;

use crate::client::Client;
use crate::error::{Error, Result};
use crate::runtime::Deadline;

use super::group::Group;
use super::lookup;

/// Declares where the reading of `name` begins, and asks the brokers for the topic (which makes it, where
/// `allow.auto.create.topics` says so). False: this handle has another beginning for it, and keeps that.
pub fn declare(group: &Group, name: &str, from_beginning: bool, deadline: Deadline) -> Result<bool> {
    let client = group.client()?;
    let fits = {
        let mut declared = group.declared.lock().expect("nothing panics under this lock");
        match declared.get(name) {
            Some(known) => *known == from_beginning,
            None => {
                make(&client, name, from_beginning)?;
                declared.insert(name.to_string(), from_beginning);
                true
            }
        }
    };
    let made = group.properties.get("allow.auto.create.topics").is_some_and(|made| made == "true");
    lookup::look_for(group, &client, name, deadline, if made { lookup::MAKING } else { lookup::PATIENCE })?;
    Ok(fits)
}

/// librdkafka keeps a topic, with its configuration, until its handle ends, whoever else names it.
fn make(client: &Client, name: &str, from_beginning: bool) -> Result<()> {
    let c_name = CString::new(name).map_err(|_| Error::invalid("a topic name with a NUL"))?;
    let reset: &CStr = if from_beginning { c"earliest" } else { c"latest" };
    let mut text = [0 as c_char; 256];
    // SAFETY: the handle is alive; the configuration is ours until the topic takes it over; the reference to the topic
    // is given back, and the handle has its own.
    unsafe {
        let conf = rdsys::rd_kafka_default_topic_conf_dup(client.rk());
        let set = rdsys::rd_kafka_topic_conf_set(
            conf,
            c"auto.offset.reset".as_ptr(),
            reset.as_ptr(),
            text.as_mut_ptr(),
            text.len(),
        );
        if set != rdsys::rd_kafka_conf_res_t::RD_KAFKA_CONF_OK {
            rdsys::rd_kafka_topic_conf_destroy(conf);
            return Err(Error::invalid(CStr::from_ptr(text.as_ptr()).to_string_lossy().into_owned()));
        }
        let topic = rdsys::rd_kafka_topic_new(client.rk(), c_name.as_ptr(), conf);
        if topic.is_null() {
            let error = Error::from_resp(rdsys::rd_kafka_last_error(), &format!("topic {name}"));
            rdsys::rd_kafka_topic_conf_destroy(conf);
            return Err(error);
        }
        rdsys::rd_kafka_topic_destroy(topic);
    }
    Ok(())
}

/// The topics that are declared are so with a new handle, too.
pub fn declare_again(group: &Group, client: &Client) {
    for (name, from_beginning) in group.declared.lock().expect("nothing panics under this lock").iter() {
        if let Err(error) = make(client, name, *from_beginning) {
            group.telemetry.log.warn(&group.name, &error.to_string());
        }
    }
}
