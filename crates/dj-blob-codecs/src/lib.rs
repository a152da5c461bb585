#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod codec;
mod compress;
pub mod native;
mod order;
mod pack;
mod read;
mod typed;
mod unpack;
mod wire;
mod write;

pub use codec::BlobCodec;
pub use compress::Compression;
pub use dj_codec_api::{self as api, Codec, Value};
pub use pack::{PackOptions, pack};
pub use typed::{from_slice, from_value, to_value, to_vec};
pub use unpack::{BlobInfo, Dims, UnpackOptions, inspect, unpack};

use std::fmt;

/// The two formats that a blob can have inside its compression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// What MATLAB's mYm reads and writes: arrays, cells, structs, sparse matrices. Data format 1.
    Mym,
    /// Python's extension of it: every kind of value. Data format 2.
    Dj0,
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Mym => "mYm",
            Self::Dj0 => "dj0",
        })
    }
}
