//! The compression around a blob.

use std::io::Write;

use bytes::Bytes;
use dj_codec_api::{Error, Result};
use flate2::write::ZlibEncoder;

use crate::wire::ZLIB;

/// How a blob is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Compression {
    /// Not at all.
    None,
    /// With zlib at level 6, where the blob is over 1000 bytes and becomes smaller: as Python does.
    #[default]
    Zlib,
}

/// Blobs up to this size are left as they are, as in Python.
const THRESHOLD: usize = 1000;

pub(crate) fn blob(blob: Vec<u8>, compression: Compression) -> Result<Bytes> {
    if compression == Compression::None || blob.len() <= THRESHOLD {
        return Ok(blob.into());
    }
    let mut packed = Vec::with_capacity(blob.len() / 2);
    packed.extend_from_slice(ZLIB);
    packed.extend_from_slice(&(blob.len() as u64).to_le_bytes());
    let mut encoder = ZlibEncoder::new(packed, flate2::Compression::new(6));
    let packed = encoder
        .write_all(&blob)
        .and_then(|()| encoder.finish())
        .map_err(|error| Error::store("a blob could not be compressed").caused_by(error))?;
    Ok(if packed.len() < blob.len() { packed.into() } else { blob.into() })
}
