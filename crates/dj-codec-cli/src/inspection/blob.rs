//! What is known of a blob without its value.

use dj_codecs::api::{Bytes, Limits, Result};
use dj_codecs::blob::inspect;

use super::Inspection;

/// Adds what the blob's own beginning tells.
pub(super) fn add(blob: &Bytes, limits: &Limits, found: &mut Inspection) -> Result<()> {
    let info = inspect(blob, limits)?;
    found.add("protocol", info.protocol.to_string());
    found.add("compression", if info.compressed { "zlib" } else { "none" });
    found.add("stored_bytes", blob.len() as u64);
    found.add("unpacked_bytes", info.size);
    Ok(())
}
