//! What applications call, wired from the three paths: the envelope, the topic table, retries and dead letters, health.
//! Here, so that they behave the same whoever calls; the border only translates.

#[cfg(any(test, fuzzing))]
pub mod any_bytes;
pub mod busy;
pub mod consumer_service;
pub mod context;
pub mod dead_letters;
pub mod envelope;
pub mod group_member;
pub mod groups;
pub mod initialization;
pub mod producer_service;
pub mod status;
pub mod topic_names;
pub mod transactions;
