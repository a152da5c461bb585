#![doc = include_str!("../README.md")]
#![deny(unsafe_code)]

mod adapter;
mod array;
mod codec;
mod dtype;
mod engine;
mod fill;
mod filter;
mod inventory;
mod open;
mod owner;
mod record;
mod verify;
mod version;
mod write;

pub use array::ZarrArray;
pub use codec::ZarrCodec;
#[doc(hidden)]
pub use filter::LinkedArrayFilter;
pub use filter::{ArrayFilter, ArrayFilterKind, ArrayFilters, ElementMap};
pub use inventory::Inventory;
pub use owner::Owner;
pub use record::ZarrRecord;
pub use verify::{Verification, VerifyLevel};
pub use write::{BloscCompressor, Compressor, Sharding, Shuffle, ZarrOptions, ZarrWriter};

/// The name of the codec in type specs.
const NAME: &str = "zarr";
