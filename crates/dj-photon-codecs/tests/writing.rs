//! Movies that are written: streamed, refused, failed half way.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test asserts by panicking"
)]

#[path = "writing/failures.rs"]
mod failures;
#[path = "writing/options.rs"]
mod options;
#[path = "writing/refusals.rs"]
mod refusals;
#[path = "writing/views.rs"]
mod views;

use std::sync::Arc;

use dj_codec_api::{Array, Context, Store, StoreMap};

/// A context whose default store is this one.
fn context(store: Arc<dyn Store>) -> Context {
    Context::new(StoreMap::new().with("main", store).with_default("main"))
        .with_field("lab", "recording", "movie")
        .with_key("recording_id", 1_i64)
}

/// A movie in which nearly every count is another.
fn movie(shape: &[usize]) -> Array {
    let elements = shape.iter().product::<usize>();
    Array::from_vec((0..elements).map(|at| (at % 32_749) as u16 + 1).collect(), shape).unwrap()
}
