//! DescribeConfigs and AlterConfigs.

use rdkafka_sys as rdsys;
use rdkafka_sys::rd_kafka_admin_op_t as AdminOp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::native::numbers;
use super::{json, Verdict};
use crate::control::request::{c_name, items, text_of, Session};
use crate::error::{Error, Result};
use crate::resp;

/// One request about one resource.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Resource {
    /// 2: topic, 3: group, 4: broker, as librdkafka numbers them.
    kind: i32,
    name: String,
    /// To set; empty where the resource is read.
    #[serde(default)]
    configs: Vec<(String, String)>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResourceResult {
    #[serde(flatten)]
    verdict: Verdict,
    resource_type: i32,
    resource_name: String,
    config_entries: Vec<Entry>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    config_name: String,
    /// `None`: the broker keeps it secret, or it has none.
    config_value: Option<String>,
    read_only: bool,
    is_default: bool,
    config_source: i32,
    is_sensitive: bool,
    config_synonyms: Vec<Synonym>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Synonym {
    config_name: String,
    config_value: Option<String>,
    config_source: i32,
}

struct Resources(Vec<*mut rdsys::rd_kafka_ConfigResource_t>);

impl Drop for Resources {
    fn drop(&mut self) {
        // SAFETY: owned by this value alone; a request copies them.
        unsafe { rdsys::rd_kafka_ConfigResource_destroy_array(self.0.as_mut_ptr(), self.0.len()) }
    }
}

impl Resources {
    fn new(resources: &[Resource]) -> Result<Resources> {
        let mut made = Resources(Vec::with_capacity(resources.len()));
        for resource in resources {
            let name = c_name(&resource.name)?;
            // SAFETY: the name is copied; a kind that librdkafka does not know gives null.
            let new = unsafe { numbers::rd_kafka_ConfigResource_new(resource.kind, name.as_ptr()) };
            if new.is_null() {
                return Err(Error::invalid(format!("resource {:?} of type {}", resource.name, resource.kind)));
            }
            made.0.push(new);
            for (name, value) in &resource.configs {
                let (name, value) = (c_name(name)?, c_name(value)?);
                // SAFETY: the resource is live, both strings are copied.
                let err = unsafe { rdsys::rd_kafka_ConfigResource_set_config(new, name.as_ptr(), value.as_ptr()) };
                if err != resp::RespErr::RD_KAFKA_RESP_ERR_NO_ERROR {
                    return Err(Error::from_resp(err, &format!("set {name:?} of {:?}", resource.name)));
                }
            }
        }
        Ok(made)
    }
}

pub(super) fn describe(session: &Session, resources: &[Resource]) -> Result<Value> {
    if resources.is_empty() {
        return Ok(json(Vec::<ResourceResult>::new()));
    }
    let mut made = Resources::new(resources)?;
    // SAFETY: the resources outlive the request; what is read lives as long as the answer.
    unsafe {
        let answer = session.ask(AdminOp::RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, "read the configuration", |request| {
            let (array, count) = (made.0.as_mut_ptr(), made.0.len());
            rdsys::rd_kafka_DescribeConfigs(request.rk, array, count, request.options, request.queue);
        })?;
        let result = rdsys::rd_kafka_event_DescribeConfigs_result(answer.event());
        let mut count = 0;
        let resources = rdsys::rd_kafka_DescribeConfigs_result_resources(result, &mut count);
        Ok(json(items(resources, count).iter().map(|resource| read(*resource)).collect::<Vec<_>>()))
    }
}

/// Replaces what was set before, as the request does that KafkaJS makes.
pub(super) fn alter(session: &Session, resources: &[Resource], validate_only: bool) -> Result<Value> {
    if resources.is_empty() {
        return Ok(json(Vec::<ResourceResult>::new()));
    }
    let mut made = Resources::new(resources)?;
    // SAFETY: the resources outlive the request; what is read lives as long as the answer.
    unsafe {
        let answer = session.ask(AdminOp::RD_KAFKA_ADMIN_OP_ALTERCONFIGS, "alter the configuration", |request| {
            if validate_only {
                let mut text = [0; 256];
                rdsys::rd_kafka_AdminOptions_set_validate_only(request.options, 1, text.as_mut_ptr(), text.len());
            }
            let (array, count) = (made.0.as_mut_ptr(), made.0.len());
            rdsys::rd_kafka_AlterConfigs(request.rk, array, count, request.options, request.queue);
        })?;
        let result = rdsys::rd_kafka_event_AlterConfigs_result(answer.event());
        let mut count = 0;
        let resources = rdsys::rd_kafka_AlterConfigs_result_resources(result, &mut count);
        Ok(json(items(resources, count).iter().map(|resource| read(*resource)).collect::<Vec<_>>()))
    }
}

/// # Safety
/// `resource` must be live.
unsafe fn read(resource: *const rdsys::rd_kafka_ConfigResource_t) -> ResourceResult {
    let reason = rdsys::rd_kafka_ConfigResource_error_string(resource);
    let mut count = 0;
    let entries = rdsys::rd_kafka_ConfigResource_configs(resource, &mut count);
    ResourceResult {
        verdict: Verdict {
            error_code: numbers::rd_kafka_ConfigResource_error(resource),
            error_message: (!reason.is_null()).then(|| text_of(reason)),
        },
        resource_type: numbers::rd_kafka_ConfigResource_type(resource),
        resource_name: text_of(rdsys::rd_kafka_ConfigResource_name(resource)),
        config_entries: items(entries, count).iter().map(|entry| read_entry(*entry)).collect(),
    }
}

/// # Safety
/// `entry` must be live.
unsafe fn read_entry(entry: *const rdsys::rd_kafka_ConfigEntry_t) -> Entry {
    let mut count = 0;
    let synonyms = rdsys::rd_kafka_ConfigEntry_synonyms(entry, &mut count);
    let read = |synonym: &*const rdsys::rd_kafka_ConfigEntry_t| Synonym {
        config_name: text_of(rdsys::rd_kafka_ConfigEntry_name(*synonym)),
        config_value: value_of(*synonym),
        config_source: numbers::rd_kafka_ConfigEntry_source(*synonym),
    };
    Entry {
        config_name: text_of(rdsys::rd_kafka_ConfigEntry_name(entry)),
        config_value: value_of(entry),
        read_only: rdsys::rd_kafka_ConfigEntry_is_read_only(entry) == 1,
        is_default: rdsys::rd_kafka_ConfigEntry_is_default(entry) == 1,
        config_source: numbers::rd_kafka_ConfigEntry_source(entry),
        is_sensitive: rdsys::rd_kafka_ConfigEntry_is_sensitive(entry) == 1,
        config_synonyms: items(synonyms, count).iter().map(read).collect(),
    }
}

/// # Safety
/// `entry` must be live.
unsafe fn value_of(entry: *const rdsys::rd_kafka_ConfigEntry_t) -> Option<String> {
    let value = rdsys::rd_kafka_ConfigEntry_value(entry);
    (!value.is_null()).then(|| text_of(value))
}
