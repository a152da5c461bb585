//! The compression around a blob.

mod method;
mod reference;
mod stream;

use bytes::Bytes;
use dj_codec_api::Result;

use crate::wire::ZLIB;

/// How a blob is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Compression {
    /// Not at all.
    None,
    /// With zlib, where the blob is over 1000 bytes and becomes smaller: as Python does, to about the size of Python's
    /// level 6, on all cores.
    #[default]
    Zlib,
}

/// Blobs up to this size are left as they are, as in Python.
const THRESHOLD: usize = 1000;

pub(crate) fn blob(blob: Vec<u8>, compression: Compression) -> Result<Bytes> {
    if compression == Compression::None || blob.len() <= THRESHOLD {
        return Ok(blob.into());
    }
    let mut front = ZLIB.to_vec();
    front.extend_from_slice(&(blob.len() as u64).to_le_bytes());
    let packed = stream::zlib(&blob, front)?;
    Ok(if packed.len() < blob.len() {
        packed.into()
    } else {
        blob.into()
    })
}
