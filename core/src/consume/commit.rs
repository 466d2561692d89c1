//! Offsets that the floor above wants committed: which ones and when is its decision.

use std::ffi::CString;
use std::time::Duration;

use rdkafka_sys as rdsys;
use rdkafka_sys::rd_kafka_resp_err_t as RespErr;

use crate::cancel;
use crate::client::Client;
use crate::error::{is_retriable, Error, Result};
use crate::patience::Patience;

use super::group::Group;
use super::lanes::Phase;
use super::native::PartitionList;
use super::offsets;

/// One offset to commit: the next message to handle.
#[derive(Debug, Clone)]
pub struct Offset {
    pub topic: String,
    pub partition: i32,
    pub offset: i64,
    pub metadata: Option<String>,
    /// The lane that handled the messages before it: the offset is left out once that is gone. `None`: committed in any
    /// case, as the coordinator allows.
    pub lane: Option<u32>,
}

/// Commits and waits for the broker's answer, as long as there is patience. What passes is tried again: a coordinator
/// that moves, a rebalance that keeps the partitions. Returns the indices of what was not left out.
pub fn commit(group: &Group, offsets: &[Offset], patience: &Patience) -> Result<Vec<usize>> {
    use RespErr::*;
    const PAUSE: Duration = Duration::from_millis(50);
    loop {
        cancel::check()?;
        let client = group.client()?;
        let (list, indices, owned) = list_of(group, &client, offsets)?;
        if indices.is_empty() {
            return Ok(indices);
        }
        let code = match offsets::request(&client, &list, patience)? {
            (RD_KAFKA_RESP_ERR_NO_ERROR, _) => return Ok(indices),
            (code, _) => code,
        };
        // Of another generation: tried again only for lanes, which tell whether the partition is still ours.
        let of_generation = matches!(code, RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION | RD_KAFKA_RESP_ERR_STALE_MEMBER_EPOCH);
        let passing =
            is_retriable(code) || code == RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT || (of_generation && owned);
        if !passing || patience.over(&client.peers) {
            return Err(Error::from_resp(code, "commit offsets"));
        }
        drop(group.wait_change(group.state(), PAUSE.min(patience.left())));
    }
}

/// The list, the indices of what it holds, and whether all of them belong to lanes.
fn list_of(group: &Group, client: &Client, offsets: &[Offset]) -> Result<(PartitionList, Vec<usize>, bool)> {
    let mut list = PartitionList::new();
    let (mut indices, mut owned) = (Vec::new(), true);
    for (index, offset) in offsets.iter().enumerate() {
        // The list leaves such a name out, and what follows counts on its elements.
        if offset.topic.contains('\0') {
            return Err(Error::invalid("a topic name with a NUL"));
        }
        let mut epoch = -1;
        if let Some(lane) = offset.lane {
            let Some(lane) = group.lane(lane) else { continue };
            let state = lane.state();
            if state.phase == Phase::Gone {
                continue;
            }
            if state.done.offset == offset.offset {
                epoch = state.done.epoch;
            }
        } else {
            owned = false;
        }
        list.add(&offset.topic, offset.partition, offset.offset, epoch);
        if let Some(metadata) = &offset.metadata {
            set_metadata(client, &list, indices.len(), metadata)?;
        }
        indices.push(index);
    }
    Ok((list, indices, owned))
}

fn set_metadata(client: &Client, list: &PartitionList, index: usize, metadata: &str) -> Result<()> {
    let text = CString::new(metadata).map_err(|_| Error::invalid("the metadata of an offset has a NUL"))?;
    let bytes = text.as_bytes();
    // SAFETY: the list is ours and has `index + 1` elements; the memory is librdkafka's, freed with the list.
    unsafe {
        let list = list.as_ptr();
        let element = (*list).elems.add(index);
        let memory = rdsys::rd_kafka_mem_malloc(client.rk(), bytes.len() + 1) as *mut u8;
        std::ptr::copy_nonoverlapping(text.as_ptr() as *const u8, memory, bytes.len() + 1);
        (*element).metadata = memory.cast();
        (*element).metadata_size = bytes.len();
    }
    Ok(())
}
