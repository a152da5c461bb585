#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod folder_store;
pub mod golden;
mod memory_store;

pub use folder_store::FolderStore;
pub use golden::assert_golden;
pub use memory_store::MemoryStore;
