//! What the writer writes, read back by `zarrs`, which has no code in common with it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test asserts by panicking"
)]

#[path = "writing/failures.rs"]
mod failures;
#[path = "writing/peer.rs"]
mod peer;
#[path = "writing/python_1_0.rs"]
mod python_1_0;
#[path = "writing/round_trips.rs"]
mod round_trips;
#[path = "writing/streams.rs"]
mod streams;
#[path = "writing/verified.rs"]
mod verified;

use std::sync::Arc;

use dj_codec_api::{Context, Store, StoreMap};

/// A context whose default store is this one.
fn context(store: Arc<dyn Store>) -> Context {
    Context::new(StoreMap::new().with("main", store).with_default("main"))
        .with_field("lab", "recording", "movie")
        .with_key("recording_id", 1_i64)
}

/// A movie in which every element is another, and none zero.
fn movie(shape: &[usize]) -> dj_codec_api::Array {
    let elements = shape.iter().product::<usize>();
    dj_codec_api::Array::from_vec((0..elements).map(|at| (at % 65_535) as u16 + 1).collect(), shape).unwrap()
}
