#![doc = include_str!("../README.md")]
// The one unsafe block is an allocator that counts, in memory.rs.

pub mod conformance;
mod difference;
mod faulty;
mod folder_store;
pub mod golden;
mod guard;
mod lock;
pub mod memory;
#[cfg(feature = "proptest")]
pub mod values;

pub use conformance::Conformance;
pub use difference::{Difference, difference};
pub use dj_codec_api::MemoryStore;
pub use faulty::{Fault, FaultyStore, Operation, OperationKind};
pub use folder_store::FolderStore;
pub use golden::assert_golden;
pub use lock::{FormatLock, LockReport};
