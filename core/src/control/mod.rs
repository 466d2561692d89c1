//! The control path: topics, groups, the cluster and its health, seen from outside of production and consumption.

pub mod admin;
#[cfg(any(test, fuzzing))]
pub mod any_bytes;
pub mod cluster;
pub mod grade;
pub mod groups;
pub mod health;
pub mod prometheus;
pub mod raw;
mod request;
mod topic_shapes;
pub mod topics;
mod versions;

pub use admin::Admin;
