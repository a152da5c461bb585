#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod array;
mod check;
mod codec;
mod column;
mod context;
mod dispatch;
mod dtype;
mod error;
mod format_version;
pub mod layout;
mod lazy;
mod limits;
mod memory_store;
mod new_object;
pub mod notation;
mod one_object;
mod outdated;
mod record;
mod registry;
mod store;
mod stored;
mod stores;
mod type_spec;
pub mod value;
mod warning;

pub use array::{Array, Element, Order};
pub use check::CheckLevel;
pub use codec::{Codec, CodecInfo, Mode, Reference};
pub use column::Column;
pub use context::{Context, Tokens};
pub use dispatch::{FormatInfo, FormatStatus, Reader, VersionDispatch};
pub use dtype::{ByteOrder, DType, Field, Kind, StructType, TimeBase, TimeUnit};
pub use error::{Error, ErrorKind, Result};
pub use format_version::FormatVersion;
pub use lazy::Lazy;
pub use limits::Limits;
pub use memory_store::MemoryStore;
pub use new_object::NewObject;
pub use outdated::Outdated;
pub use record::Record;
#[doc(hidden)]
pub use registry::LinkedCodec;
pub use registry::Registry;
pub use store::{ObjectMeta, Read, Store};
pub use stored::Stored;
pub use stores::{OpenStore, StoreLayout, StoreMap, Stores};
pub use type_spec::TypeSpec;
pub use value::Value;
pub use warning::{Warning, WarningKind, WarningLog, Warnings};

pub use bytes::Bytes;
#[doc(hidden)]
pub use inventory;
pub use num_bigint::BigInt;
pub use serde_json::Value as Json;
pub use uuid::Uuid;
