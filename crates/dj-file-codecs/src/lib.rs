#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod attach;
mod attachment;
mod digest;
mod download;
mod filepath;
mod local;
mod manifest;
mod name;
mod object;
mod object_ref;
mod reader;
mod stored_file;
mod timestamp;
mod verification;
mod version;

pub use attach::AttachCodec;
pub use attachment::Attachment;
pub use dj_codec_api::{self as api, Codec};
pub use download::Progress;
pub use filepath::FilepathCodec;
pub use manifest::{FileEntry, Manifest};
pub use object::{ObjectCodec, StagedFolder};
pub use object_ref::ObjectRef;
pub use reader::FileReader;
pub use stored_file::StoredFile;
pub use verification::{Finding, Verification};
