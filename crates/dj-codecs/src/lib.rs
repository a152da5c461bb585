#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod register;

pub mod prelude;

pub use dj_codec_api as api;
pub use dj_codec_store as store;
#[cfg(feature = "npy")]
pub use dj_npy_codecs as npy;
#[cfg(feature = "zarr")]
pub use dj_zarr_codecs as zarr;

pub use register::{default_registry, register_enabled};
