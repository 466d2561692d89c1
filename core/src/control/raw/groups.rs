//! Groups and their members, with the bytes that members gave and got.

use std::ffi::CString;
use std::ptr;

use rdkafka_sys as rdsys;
use rdkafka_sys::rd_kafka_admin_op_t as AdminOp;
use rdkafka_sys::rd_kafka_resp_err_t as RespErr;
use serde::Serialize;
use serde_json::{json as object, Value};

use super::native::{number, verdict};
use super::{json, Verdict};
use crate::control::request::{c_name, items, text_of, Metadata, Session};
use crate::error::{Error, Result};
use crate::runtime::Deadline;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Group {
    error_code: i32,
    group_id: String,
    state: String,
    protocol_type: String,
    protocol: String,
    members: Vec<Member>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Member {
    member_id: String,
    client_id: String,
    client_host: String,
    /// Hexadecimal.
    member_metadata: String,
    /// Hexadecimal.
    member_assignment: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Deleted {
    group_id: String,
    #[serde(flatten)]
    verdict: Verdict,
}

/// The answer of `rd_kafka_list_groups`.
struct GroupList(*const rdsys::rd_kafka_group_list);

impl GroupList {
    /// Of all brokers; of one group, if it is there, where `only` names it.
    fn read(session: &Session, only: Option<&CString>) -> Result<GroupList> {
        // The call asks the brokers that are known, all of them once metadata has come.
        Metadata::read(session, false)?;
        let name = only.map_or(ptr::null(), |name| name.as_ptr());
        let mut list = ptr::null();
        // The call cannot be ended; no broker of a healthy cluster is this slow.
        let timeout = session.deadline.min(Deadline::after_ms(LONGEST_MS)).left_ms().max(1);
        // SAFETY: the handle is live; what is given is owned by the value returned.
        let err = unsafe { rdsys::rd_kafka_list_groups(session.rk(), name, &mut list, timeout) };
        let list = GroupList(list);
        match err {
            RespErr::RD_KAFKA_RESP_ERR_NO_ERROR => Ok(list),
            err => Err(Error::from_resp(err, "list groups")),
        }
    }

    fn groups(&self) -> Vec<Group> {
        // SAFETY: the array lives as long as the list; codes are read as numbers.
        unsafe {
            let all = items((*self.0).groups, (*self.0).group_cnt as usize);
            all.iter().map(|group| read(group)).collect()
        }
    }
}

/// ms.
const LONGEST_MS: u64 = 30_000;

impl Drop for GroupList {
    fn drop(&mut self) {
        if !self.0.is_null() {
            // SAFETY: owned by this value alone.
            unsafe { rdsys::rd_kafka_group_list_destroy(self.0) }
        }
    }
}

/// # Safety
/// `group` must be one that librdkafka has written.
unsafe fn read(group: &rdsys::rd_kafka_group_info) -> Group {
    let read = |member: &rdsys::rd_kafka_group_member_info| Member {
        member_id: text_of(member.member_id),
        client_id: text_of(member.client_id),
        client_host: text_of(member.client_host),
        member_metadata: hex(items(member.member_metadata as *const u8, member.member_metadata_size as usize)),
        member_assignment: hex(items(member.member_assignment as *const u8, member.member_assignment_size as usize)),
    };
    Group {
        error_code: number(&raw const group.err),
        group_id: text_of(group.group),
        state: text_of(group.state),
        protocol_type: text_of(group.protocol_type),
        protocol: text_of(group.protocol),
        members: items(group.members, group.member_cnt as usize).iter().map(read).collect(),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(super) fn list(session: &Session) -> Result<Value> {
    let groups = GroupList::read(session, None)?.groups();
    let read = |group: &Group| object!({ "groupId": group.group_id, "protocolType": group.protocol_type });
    Ok(json(groups.iter().map(read).collect::<Vec<_>>()))
}

/// Groups that do not exist are left out.
pub(super) fn describe(session: &Session, group_ids: &[String]) -> Result<Value> {
    let mut groups = match group_ids {
        [] => Vec::new(),
        [one] => GroupList::read(session, Some(&c_name(one)?))?.groups(),
        _ => GroupList::read(session, None)?.groups(),
    };
    groups.retain(|group| group_ids.contains(&group.group_id));
    Ok(json(groups))
}

pub(super) fn delete(session: &Session, group_ids: &[String]) -> Result<Value> {
    if group_ids.is_empty() {
        return Ok(json(Vec::<Deleted>::new()));
    }
    let names = group_ids.iter().map(|name| c_name(name)).collect::<Result<Vec<CString>>>()?;
    // SAFETY: the groups are freed after the request copied them; what is read lives as long as the answer.
    unsafe {
        let answer = session.ask(AdminOp::RD_KAFKA_ADMIN_OP_DELETEGROUPS, "delete groups", |request| {
            let mut groups: Vec<_> = names.iter().map(|name| rdsys::rd_kafka_DeleteGroup_new(name.as_ptr())).collect();
            let (array, count) = (groups.as_mut_ptr(), groups.len());
            rdsys::rd_kafka_DeleteGroups(request.rk, array, count, request.options, request.queue);
            rdsys::rd_kafka_DeleteGroup_destroy_array(array, count);
        })?;
        let result = rdsys::rd_kafka_event_DeleteGroups_result(answer.event());
        let mut count = 0;
        let groups = rdsys::rd_kafka_DeleteGroups_result_groups(result, &mut count);
        let read = |group: &*const rdsys::rd_kafka_group_result_t| Deleted {
            group_id: text_of(rdsys::rd_kafka_group_result_name(*group)),
            verdict: verdict(rdsys::rd_kafka_group_result_error(*group)),
        };
        Ok(json(items(groups, count).iter().map(read).collect::<Vec<_>>()))
    }
}
