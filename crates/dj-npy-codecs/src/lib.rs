#![doc = include_str!("../README.md")]

mod buffer;
mod codec;
mod descr;
mod header;
mod literal;
mod mapped;
mod read;
mod records;
mod reference;
mod version;
mod write;

pub use codec::NpyCodec;
pub use dj_codec_api::{self as api};
pub use header::Header;
pub use read::{decode_npy, load_npy, map_npy, read_npy};
pub use reference::NpyRef;
pub use version::NpyVersion;
pub use write::{NpySource, save_npy, write_npy};

/// The name of the codec in type specs.
pub const NAME: &str = "npy";
