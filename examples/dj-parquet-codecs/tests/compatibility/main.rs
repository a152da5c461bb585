//! What holds the format of `<parquet@>`: conformance, golden fixtures, a lock, hostile files.
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
mod hostile;
mod tables;

use dj_codec_testkit::memory::CountingAllocator;

/// So that conformance and the hostile files see how much memory decoding takes.
#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;
