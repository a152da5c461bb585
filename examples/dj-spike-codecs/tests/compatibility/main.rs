//! What holds the formats of `<spike_train>`: conformance, golden fixtures, locks, properties, migration.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test asserts by panicking"
)]

mod conformance;
mod format_lock;
mod golden;
mod migration;
mod properties;
mod trains;
