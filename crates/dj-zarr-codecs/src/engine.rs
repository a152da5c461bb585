//! Reads chunks: whole arrays or regions, with as little memory and copying as the chunks allow.

mod bitshuffle;
mod blosc;
mod bytes_codec;
mod chain;
mod decode;
mod filter;
mod output;
mod part;
mod read;
mod shard;
mod source;
mod swap;
mod turn;
mod variable;

pub(crate) use chain::{Chain, Codecs, Known};
pub(crate) use output::{Buffer, prepared};
pub(crate) use read::{Coordinates, Reader, in_chunk};
pub(crate) use shard::ShardCache;
pub(crate) use swap::to_little_endian;
pub(crate) use variable::parse as parse_variable;
