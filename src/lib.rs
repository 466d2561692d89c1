//! The border of kafka4: N-API classes that translate and forward. No decision about Kafka is taken here.
//!
//! Everything that takes time is a request with an id; its completion lands in the [`mailbox::NativeMailbox`] of its
//! JavaScript environment, one weak wake-up tells JavaScript to look, promises live in JavaScript. There are no napi
//! futures: each of them would make a threadsafe function of its own, which costs and which a worker thread that ends
//! in flight turns into a crash.

#![deny(clippy::all)]
// Under test napi leaves its registrations out, and what only they call looks unused.
#![cfg_attr(test, allow(dead_code))]

mod admin;
mod bytes;
mod consumer_service;
mod context;
mod error;
mod initialization;
mod kafkajs_admin;
mod kafkajs_consumer;
mod mailbox;
mod producer_service;
mod transactions;
mod unread;
