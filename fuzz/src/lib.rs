//! What each fuzz target does with the bytes it is given, apart from the fuzzer, so that tests can do it too.

pub mod attach;
pub mod blob;
pub mod blob_typed;
pub mod hash;
pub mod manifest;
pub mod notation;
pub mod npy;
pub mod record;
pub mod seeds;
pub mod spec;
mod store;
pub mod zarr_chunk;
pub mod zarr_metadata;

use dj_codec_api::Limits;

/// A target: what it does with bytes.
pub type Target = fn(&[u8]);

/// All targets by name.
pub const TARGETS: [(&str, Target); 11] = [
    ("attach", attach::run),
    ("blob", blob::run),
    ("blob_typed", blob_typed::run),
    ("hash", hash::run),
    ("manifest", manifest::run),
    ("notation", notation::run),
    ("npy", npy::run),
    ("record", record::run),
    ("spec", spec::run),
    ("zarr_chunk", zarr_chunk::run),
    ("zarr_metadata", zarr_metadata::run),
];

/// Limits far below what the bytes can ask for, so that whatever gets past them is seen, and soon.
fn limits() -> Limits {
    Limits::default()
        .with_array_bytes(1 << 16)
        .with_decompressed_bytes(1 << 16)
        .with_chunk_bytes(1 << 16)
        .with_metadata_bytes(1 << 16)
        .with_items(1 << 12)
        .with_depth(64)
        .with_dimensions(4)
}

/// The part of `data` up to the first zero, and the part after it: for targets that need two things.
fn halves(data: &[u8]) -> (&[u8], &[u8]) {
    match data.iter().position(|&byte| byte == 0) {
        Some(at) => (&data[..at], &data[at + 1..]),
        None => (data, &[]),
    }
}

/// Makes the fuzzer's own thread the only one of the pool, so that no run waits for another thread.
#[cfg(feature = "fuzzer")]
pub fn on_one_thread() {
    rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .use_current_thread()
        .build_global()
        .expect("nothing has used the pool yet");
}
