#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod folder_store;
pub mod golden;
#[cfg(feature = "proptest")]
pub mod values;

pub use dj_codec_api::MemoryStore;
pub use folder_store::FolderStore;
pub use golden::assert_golden;
