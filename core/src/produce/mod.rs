//! From a slab of records to acknowledged offsets. A send crosses five steps, one file each: `intake` checks it whole,
//! `ledger` opens an account for it, `partitioner` gives each record its partition, `enqueue` hands the records to
//! librdkafka (`pending` keeps those for which its queue is full, `late` those that it then gets late), `delivery` settles the
//! account from the reports that come back, on its thread or on the caller's (`direct`). `shared` holds it together, `closing` ends it; `producer` is the handle over all of it, `transaction` the
//! same with all-or-nothing (`stepwise`: taken step by step by the caller), `metadata` what brokers know of a topic.

mod accounts;
#[cfg(any(test, fuzzing))]
pub mod any_bytes;
mod closing;
mod delivery;
mod direct;
mod enqueue;
mod intake;
mod late;
mod ledger;
mod metadata;
mod partitioner;
mod pending;
mod producer;
mod refusal;
mod report;
mod reports_queue;
mod settling;
mod shared;
mod topic_table;
mod transaction;
mod warmth;

pub use metadata::{PartitionMetadata, TopicMetadata};
pub use partitioner::{murmur2, partition_for_key};
pub use producer::Producer;
pub use report::{Failure, PartitionResult, Persisted, SendReport};
pub use transaction::{GroupOffset, TransactionalProducer};
