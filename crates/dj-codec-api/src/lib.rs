#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod array;
mod dtype;
mod error;
mod format_version;
pub mod layout;
mod lazy;
mod limits;
mod store;
mod stores;
pub mod value;

pub use array::{Array, Element, Order};
pub use dtype::{ByteOrder, DType, Field, Kind, StructType, TimeBase, TimeUnit};
pub use error::{Error, ErrorKind, Result};
pub use format_version::FormatVersion;
pub use lazy::Lazy;
pub use limits::Limits;
pub use store::{ObjectMeta, Read, Store};
pub use stores::{OpenStore, StoreLayout, StoreMap, Stores};
pub use value::Value;

pub use bytes::Bytes;
pub use num_bigint::BigInt;
pub use serde_json::Value as Json;
pub use uuid::Uuid;
