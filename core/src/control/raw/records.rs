//! DeleteRecords.

use rdkafka_sys as rdsys;
use rdkafka_sys::rd_kafka_admin_op_t as AdminOp;
use serde_json::Value;

use super::offsets::{found_list, positions, Position};
use crate::control::request::Session;
use crate::error::Result;

/// Deletes what is older than the offsets; -1: all there is. Answers with the first offset that is left.
pub(super) fn delete(session: &Session, topic: &str, partitions: &[Position]) -> Result<Value> {
    let list = positions(topic, partitions)?;
    let what = format!("delete records of {topic}");
    // SAFETY: the request copies what is given; what is read lives as long as the answer.
    unsafe {
        let answer = session.ask(AdminOp::RD_KAFKA_ADMIN_OP_DELETERECORDS, &what, |request| {
            let mut change = rdsys::rd_kafka_DeleteRecords_new(list.0);
            let (rk, options, queue) = (request.rk, request.options, request.queue);
            rdsys::rd_kafka_DeleteRecords(rk, &mut change, 1, options, queue);
            rdsys::rd_kafka_DeleteRecords_destroy(change);
        })?;
        let result = rdsys::rd_kafka_event_DeleteRecords_result(answer.event());
        Ok(found_list(rdsys::rd_kafka_DeleteRecords_result_offsets(result)))
    }
}
