#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod error;
mod format_version;
mod limits;
mod store;
mod stores;

pub use error::{Error, ErrorKind, Result};
pub use format_version::FormatVersion;
pub use limits::Limits;
pub use store::{ObjectMeta, Read, Store};
pub use stores::{OpenStore, StoreLayout, StoreMap, Stores};
