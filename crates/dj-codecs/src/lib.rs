#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod register;

pub mod prelude;

#[cfg(feature = "blob")]
pub use dj_blob_codecs as blob;
pub use dj_codec_api as api;
pub use dj_codec_store as store;
#[cfg(feature = "file")]
pub use dj_file_codecs as file;
#[cfg(feature = "hash")]
pub use dj_hash_codecs as hash;
#[cfg(feature = "npy")]
pub use dj_npy_codecs as npy;
#[cfg(feature = "photon")]
pub use dj_photon_codecs as photon;
#[cfg(feature = "zarr")]
pub use dj_zarr_codecs as zarr;

pub use register::{default_registry, register_enabled};
