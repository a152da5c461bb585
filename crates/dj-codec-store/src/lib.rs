#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

#[cfg(any(feature = "s3", feature = "gcs", feature = "azure"))]
mod cloud;
mod config;
mod credentials;
mod environment;
mod file;
#[cfg(feature = "object-store")]
mod object;
mod options;
mod path;
mod spec;
mod stores;

pub use config::{Config, Origin};
pub use credentials::Credentials;
pub use dj_codec_api::MemoryStore;
pub use environment::Environment;
pub use file::FileStore;
#[cfg(feature = "object-store")]
pub use object::ObjectStoreAdapter;
#[cfg(feature = "object-store")]
pub use object_store;
pub use options::StoreOptions;
pub use spec::{Protocol, StoreSpec};
pub use stores::{ConfiguredStores, StoreSummary};
