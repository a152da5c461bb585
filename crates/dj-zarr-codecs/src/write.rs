//! Writing arrays.

mod chunking;
mod encode;
#[cfg(feature = "ndarray")]
mod from_ndarray;
mod gather;
pub(crate) mod grid;
mod ledger;
mod metadata;
mod options;
mod plan;
mod pool;
mod shard;
mod sink;
mod stream;
mod unfinished;

pub use options::{BloscCompressor, Compressor, Sharding, Shuffle, ZarrOptions};
pub use stream::ZarrWriter;
