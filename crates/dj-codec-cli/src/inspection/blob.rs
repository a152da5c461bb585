//! What is known of a blob without its value.

use dj_codecs::api::{Bytes, Limits, Result};
use dj_codecs::blob::inspect;

use super::Inspection;

/// Adds what the blob's own beginning tells.
pub(super) fn add(blob: &Bytes, limits: &Limits, found: &mut Inspection) -> Result<()> {
    found.add("stored_bytes", blob.len() as u64);
    add_front(blob, Some(blob.len() as u64), limits, found)
}

/// The same for the first bytes of a blob of `size` bytes.
pub(super) fn add_front(
    front: &Bytes,
    size: Option<u64>,
    limits: &Limits,
    found: &mut Inspection,
) -> Result<()> {
    let info = inspect(front, limits)?;
    found.add("protocol", info.protocol.to_string());
    found.add("compression", if info.compressed { "zlib" } else { "none" });
    if let Some(size) = if info.compressed { Some(info.size) } else { size } {
        found.add("unpacked_bytes", size);
    }
    Ok(())
}
