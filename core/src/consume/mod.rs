//! The consume path: librdkafka → fetch thread → lanes (one for each partition: order inside, concurrency across) →
//! packed slabs that the floor above pulls → progress → stored offsets → commits.
//!
//! | file | its one job |
//! | --- | --- |
//! | `consumer` | [`GroupConsumer`], the handle of one group member: subscription, progress, close |
//! | `group` | what the handle and the fetch thread share |
//! | `fetch` | the fetch thread |
//! | `draw` | one partition's queue → slab |
//! | `connection` | one librdkafka handle with its queues; what it posts for the fetch thread |
//! | `signal` | how the fetch thread sleeps and is woken |
//! | `lanes` | a partition's credit, progress and phase |
//! | `slab` | packing of messages |
//! | `rebalance`, `seek` | assignment and revocation; a partition goes on at another offset |
//! | `beginning` | where an assignment begins that has partitions without a commit, read from their end |
//! | `member` | what librdkafka's consumer is asked as a member of its group |
//! | `subscription`, `lookup` | topics come and go; does one exist, and may it be read? |
//! | `offsets`, `commit` | storing and committing; offsets that the floor above wants committed |
//! | `joining`, `declared`, `notes` | for floors that manage offsets themselves: a whole subscription, where topics begin, what the group tells |
//! | `status`, `statistics` | what a group looks like from outside; what librdkafka reports each second |
//! | `watchdog` | stalls: found, told, healed |
//! | `retry` | the policy for messages whose handler fails |

#[cfg(any(test, fuzzing))]
pub mod any_bytes;
mod beginning;
mod commit;
mod connection;
mod consumer;
mod declared;
mod draw;
mod fetch;
mod group;
mod joining;
mod lanes;
mod lookup;
mod member;
mod native;
mod notes;
mod offsets;
mod rebalance;
pub mod retry;
mod seek;
mod signal;
mod slab;
mod statistics;
mod status;
mod subscription;
mod watchdog;

pub use commit::Offset;
pub use consumer::{GroupConsumer, GroupOptions};
pub use lanes::{LaneIds, LaneInfo};
pub use notes::{Assigned, Note};
pub use slab::Slab;
pub use status::{GroupStatus, LaneStatus, MemberState};
