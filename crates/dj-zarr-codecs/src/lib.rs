#![doc = include_str!("../README.md")]
#![deny(unsafe_code)]

mod adapter;
mod dtype;
mod engine;
#[allow(dead_code, reason = "the writer uses the rest")]
mod fill;
mod inventory;
mod record;
mod version;
mod write;

pub use inventory::Inventory;
pub use record::ZarrRecord;
pub use write::{BloscCompressor, Compressor, Sharding, Shuffle, ZarrOptions, ZarrWriter};

/// The name of the codec in type specs.
const NAME: &str = "zarr";
