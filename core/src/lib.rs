//! The client core of kafka4. See ARCHITECTURE.md at the root: three paths (produce, consume, control) that never import
//! one another, over config, error, telemetry, client and runtime; services wire them together.

#[cfg(any(test, fuzzing))]
pub mod any_bytes;
pub mod callbacks;
pub mod cancel;
pub mod client;
pub mod clock;
pub mod cluster_id;
pub mod config;
mod config_values;
pub mod connection;
pub mod consume;
pub mod control;
pub mod diagnostics;
pub mod embedded;
pub mod ending;
pub mod error;
pub mod events;
pub mod oauth;
pub mod patience;
pub mod probe;
pub mod produce;
pub mod properties;
pub mod records;
pub mod requests;
pub mod resp;
pub mod runtime;
pub mod services;
pub mod telemetry;
pub mod topics;
pub mod wake;
