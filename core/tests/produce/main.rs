//! The produce path against librdkafka's mock cluster; `broker` against a real one.

mod broker;
mod closing;
mod delivery;
#[path = "../real_broker/mod.rs"]
mod real_broker;
mod refusals;
mod stepwise;
mod support;
mod transactions;
