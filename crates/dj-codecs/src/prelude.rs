//! The names that most programs need: `use dj_codecs::prelude::*;`.

#[cfg(feature = "blob")]
pub use dj_blob_codecs::BlobCodec;
pub use dj_codec_api::{
    Array, Codec, Column, Context, DType, Error, ErrorKind, FormatVersion, Lazy, Limits, Order, Record,
    Registry, Result, Store, StoreMap, Stored, Stores, TypeSpec, Value,
};
pub use dj_codec_store::{Config, Environment, FileStore, MemoryStore};
#[cfg(feature = "file")]
pub use dj_file_codecs::{AttachCodec, Attachment, FilepathCodec, ObjectCodec, ObjectRef};
#[cfg(feature = "hash")]
pub use dj_hash_codecs::HashCodec;
#[cfg(feature = "npy")]
pub use dj_npy_codecs::{NpyCodec, NpyRef};
#[cfg(feature = "photon")]
pub use dj_photon_codecs::{Movie, MovieWriter, PhotonCodec};
#[cfg(feature = "zarr")]
pub use dj_zarr_codecs::{ZarrArray, ZarrCodec};

pub use crate::{default_registry, register_enabled};
