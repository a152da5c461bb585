//! The one place that maps files into memory.
#![expect(
    unsafe_code,
    reason = "a file that is mapped is memory that the compiler cannot vouch for"
)]

use std::fs::File;

use bytes::Bytes;
use dj_codec_api::Result;
use memmap2::Mmap;

use crate::header::unreadable;

/// The whole file as bytes that are read from disk when they are looked at.
///
/// As long as they are in use nobody may change or truncate the file. Objects in DataJoint's stores are written once, under
/// a name that appears when they are complete, and are never written again; deleting one is harmless, since the system
/// keeps the contents while they are mapped.
pub(crate) fn map(file: &File) -> Result<Bytes> {
    // SAFETY: the map is read-only and private to this process's address space, is owned by the `Bytes` and lives as long
    // as any slice of it, and `Mmap` is Send and Sync. What remains is that another program truncates the file (a look at
    // the lost pages ends this program with SIGBUS) or writes to it (the bytes change behind a shared reference). Both are
    // outside of what a program can prevent, contradict the contract of a store, and stand in the documentation of every
    // public function that maps. The bytes are only handed out as integers and floats of which every pattern is valid, or
    // are checked when they are read.
    let map = unsafe { Mmap::map(file) }.map_err(|error| unreadable(&error))?;
    Ok(Bytes::from_owner(map))
}
