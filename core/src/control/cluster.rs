//! What the cluster is: its brokers, its controller, whether it runs on KRaft, which Kafka it is.

use std::collections::BTreeMap;
use std::ffi::CString;
use std::time::Duration;

use rdkafka_sys as rdsys;
use rdkafka_sys::rd_kafka_ResourceType_t as ResourceType;
use rdkafka_sys::rd_kafka_admin_op_t as AdminOp;
use serde::Serialize;

use crate::control::request::{c_name, items, text_of, Metadata, Session};
use crate::control::{versions, Admin};
use crate::error::Result;
use crate::runtime::Deadline;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BrokerInfo {
    pub id: i32,
    pub host: String,
    pub port: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ClusterInfo {
    pub cluster_id: Option<String>,
    /// A KRaft cluster names any live broker here, which forwards to the controller. `None`: the embedded broker has none.
    pub controller_id: Option<i32>,
    /// The brokers that are up, by id.
    pub brokers: Vec<BrokerInfo>,
    /// Without ZooKeeper; `None`: the broker's configuration may not be read, or the broker is the embedded one.
    pub kraft: Option<bool>,
    /// The release of the broker that was asked, `4.1`; `4.3+` is one newer than this client knows. `None` over TLS and for
    /// the embedded broker: the protocol has no such field, see versions.rs for where it is read.
    pub version: Option<String>,
    /// The release whose features the whole cluster has been finalized to, at most `version`.
    pub metadata_version: Option<String>,
}

/// One entry of a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ConfigEntry {
    pub value: String,
    pub is_default: bool,
}

/// kraft and version are extras of a status: they never cost more than this.
const EXTRAS: Duration = Duration::from_secs(2);

impl Admin {
    /// The cluster as its brokers describe it. kraft and version are `None` where they cannot be found out; only the
    /// description itself can fail.
    pub fn describe_cluster(&self, deadline: Deadline) -> Result<ClusterInfo> {
        self.run(deadline, |session| {
            if session.embedded {
                return describe_embedded(session);
            }
            let mut info = describe(session)?;
            let extras = Session { deadline: session.deadline.min(Deadline::after(EXTRAS)), ..*session };
            self.add_extras(&extras, &mut info);
            Ok(info)
        })
    }

    fn add_extras(&self, session: &Session, info: &mut ClusterInfo) {
        let Some(broker) = info.brokers.first() else { return };
        let protocol = self.config.librdkafka.get("security.protocol").unwrap_or(&self.config.security_protocol);
        if !protocol.to_lowercase().ends_with("ssl") {
            if let Some(versions) = versions::ask(&broker.host, broker.port, session.deadline) {
                info.version = versions.supported;
                info.metadata_version = versions.finalized;
            }
        }
        let id = broker.id.to_string();
        let Ok(mut configs) =
            describe_configs(session, ResourceType::RD_KAFKA_RESOURCE_BROKER, std::slice::from_ref(&id))
        else {
            return;
        };
        let Some(config) = configs.remove(&id) else { return };
        info.kraft = config.get("process.roles").map(|roles| !roles.value.is_empty());
        if info.version.is_none() {
            // Up to Kafka 3.9 the default of this setting is the broker's own release: `3.9-IV0`.
            let protocol = config.get("inter.broker.protocol.version").filter(|entry| entry.is_default);
            info.version = protocol.and_then(|entry| entry.value.split('-').next()).map(str::to_string);
        }
    }
}

fn describe_embedded(session: &Session) -> Result<ClusterInfo> {
    let metadata = Metadata::read(session, false)?;
    // SAFETY: the id is a C string of our own, freed as librdkafka wants it.
    let cluster_id = unsafe {
        let id = rdsys::rd_kafka_clusterid(session.rk(), session.deadline.left_ms());
        let text = text_of(id);
        rdsys::rd_kafka_mem_free(session.rk(), id.cast());
        text
    };
    let read = |broker: &rdsys::rd_kafka_metadata_broker| BrokerInfo {
        id: broker.id,
        // SAFETY: a C string of the metadata.
        host: unsafe { text_of(broker.host) },
        port: broker.port as u16,
    };
    Ok(ClusterInfo {
        cluster_id: (!cluster_id.is_empty()).then_some(cluster_id),
        controller_id: None,
        brokers: metadata.brokers().iter().map(read).collect(),
        kraft: None,
        version: None,
        metadata_version: None,
    })
}

fn describe(session: &Session) -> Result<ClusterInfo> {
    // SAFETY: what is read lives as long as the answer.
    unsafe {
        let answer = session.ask(AdminOp::RD_KAFKA_ADMIN_OP_DESCRIBECLUSTER, "describe the cluster", |request| {
            rdsys::rd_kafka_DescribeCluster(request.rk, request.options, request.queue)
        })?;
        let result = rdsys::rd_kafka_event_DescribeCluster_result(answer.event());
        let cluster_id = text_of(rdsys::rd_kafka_DescribeCluster_result_cluster_id(result));
        let controller = rdsys::rd_kafka_DescribeCluster_result_controller(result);
        let mut count = 0;
        let nodes = rdsys::rd_kafka_DescribeCluster_result_nodes(result, &mut count);
        let read = |node: &*const rdsys::rd_kafka_Node_t| BrokerInfo {
            id: rdsys::rd_kafka_Node_id(*node),
            host: text_of(rdsys::rd_kafka_Node_host(*node)),
            port: rdsys::rd_kafka_Node_port(*node),
        };
        let mut brokers: Vec<_> = items(nodes, count).iter().map(read).collect();
        brokers.sort_by_key(|broker| broker.id);
        Ok(ClusterInfo {
            cluster_id: (!cluster_id.is_empty()).then_some(cluster_id),
            controller_id: (!controller.is_null()).then(|| rdsys::rd_kafka_Node_id(controller)),
            brokers,
            kraft: None,
            version: None,
            metadata_version: None,
        })
    }
}

/// Configuration by resource. Resources that may not be read are left out, and so are secrets.
pub(super) fn describe_configs(
    session: &Session,
    resource: ResourceType,
    names: &[String],
) -> Result<BTreeMap<String, BTreeMap<String, ConfigEntry>>> {
    if names.is_empty() {
        return Ok(BTreeMap::new());
    }
    let c_names = names.iter().map(|name| c_name(name)).collect::<Result<Vec<CString>>>()?;
    // SAFETY: the resources are freed after the request copied them; what is read lives as long as the answer.
    unsafe {
        let answer = session.ask(AdminOp::RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, "read the configuration", |request| {
            let mut resources: Vec<_> =
                c_names.iter().map(|name| rdsys::rd_kafka_ConfigResource_new(resource, name.as_ptr())).collect();
            let (array, count) = (resources.as_mut_ptr(), resources.len());
            rdsys::rd_kafka_DescribeConfigs(request.rk, array, count, request.options, request.queue);
            rdsys::rd_kafka_ConfigResource_destroy_array(array, count);
        })?;
        let result = rdsys::rd_kafka_event_DescribeConfigs_result(answer.event());
        let mut count = 0;
        let resources = rdsys::rd_kafka_DescribeConfigs_result_resources(result, &mut count);
        let readable = |resource: &&*const rdsys::rd_kafka_ConfigResource_t| {
            rdsys::rd_kafka_ConfigResource_error(**resource) == rdsys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR
        };
        let read = |resource: &*const rdsys::rd_kafka_ConfigResource_t| {
            (text_of(rdsys::rd_kafka_ConfigResource_name(*resource)), entries(*resource))
        };
        Ok(items(resources, count).iter().filter(readable).map(read).collect())
    }
}

/// # Safety
/// `resource` must be live.
unsafe fn entries(resource: *const rdsys::rd_kafka_ConfigResource_t) -> BTreeMap<String, ConfigEntry> {
    let mut count = 0;
    let entries = rdsys::rd_kafka_ConfigResource_configs(resource, &mut count);
    let mut read = BTreeMap::new();
    for entry in items(entries, count) {
        if rdsys::rd_kafka_ConfigEntry_is_sensitive(*entry) == 1 {
            continue;
        }
        let value = text_of(rdsys::rd_kafka_ConfigEntry_value(*entry));
        let is_default = rdsys::rd_kafka_ConfigEntry_is_default(*entry) == 1;
        read.insert(text_of(rdsys::rd_kafka_ConfigEntry_name(*entry)), ConfigEntry { value, is_default });
    }
    read
}
