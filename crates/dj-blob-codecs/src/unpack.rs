//! Reading blobs: options, and which width of dimensions to believe.

use bytes::Bytes;
use dj_codec_api::{Error, Limits, Result, Value};

use crate::Protocol;
use crate::read::{self, Envelope};

/// How many bytes counts, dimensions and lengths take. Nothing in a blob says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Dims {
    /// Both are tried on mYm blobs, and the one that takes up the whole blob with consistent nested lengths is
    /// believed. A blob that reads as two different values is an error.
    #[default]
    Auto,
    /// Four bytes, as 32-bit versions of mYm wrote them.
    Bits32,
    /// Eight bytes, as everybody else does.
    Bits64,
}

/// How to read a blob.
#[derive(Debug, Clone, Default)]
pub struct UnpackOptions {
    dims: Dims,
    unwrap: bool,
    limits: Limits,
}

impl UnpackOptions {
    /// The defaults: either width of dimensions, no unwrapping, the default limits.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Says how wide dimensions are. Default: [`Dims::Auto`].
    #[must_use]
    pub fn with_dims(mut self, dims: Dims) -> Self {
        self.dims = dims;
        self
    }

    /// Reads a blob that is wrapped in another one, which is an error otherwise. Default: false.
    #[must_use]
    pub fn with_unwrap(mut self, unwrap: bool) -> Self {
        self.unwrap = unwrap;
        self
    }

    /// Sets the limits.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Reads a blob.
    ///
    /// # Errors
    /// Where the bytes are no blob, are damaged, are over a limit, or can be read in two ways.
    pub fn unpack(&self, blob: impl Into<Bytes>) -> Result<Value> {
        let Envelope {
            protocol,
            length,
            body,
        } = read::open(&blob.into(), self.unwrap, &self.limits)?;
        let with = |dims| read::value(body.clone(), dims, &self.limits);
        match (self.dims, protocol, length) {
            (Dims::Bits64, ..) => with(read::Dims::Bits64),
            // Python's own format has only ever had wide dimensions.
            (Dims::Auto, Protocol::Dj0, _) => with(read::Dims::Bits64),
            (Dims::Bits32, ..) | (Dims::Auto, _, Some(read::Dims::Bits32)) => with(read::Dims::Bits32),
            (Dims::Auto, Protocol::Mym, _) => match (with(read::Dims::Bits64), with(read::Dims::Bits32)) {
                (Ok(wide), Ok(narrow)) if wide != narrow => Err(Error::corrupt(
                    "the blob can be read with dimensions of 64 and of 32 bits, as different values",
                )
                .advise("say which: UnpackOptions::with_dims, or --blob-dims 32 or 64")),
                (Ok(value), _) | (Err(_), Ok(value)) => Ok(value),
                (Err(error), Err(_)) => Err(error),
            },
        }
    }
}

/// Reads a blob with the default options.
///
/// ```
/// use dj_blob_codecs::{Value, pack, unpack};
///
/// let value = Value::List(vec![Value::from(1_i64), Value::from("two")]);
/// assert_eq!(unpack(pack(&value)?)?, value);
/// # Ok::<(), dj_blob_codecs::api::Error>(())
/// ```
///
/// # Errors
/// As [`UnpackOptions::unpack`].
pub fn unpack(blob: impl Into<Bytes>) -> Result<Value> {
    UnpackOptions::default().unpack(blob)
}

/// What a blob is, without its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct BlobInfo {
    /// The format inside the compression.
    pub protocol: Protocol,
    /// Whether it is compressed.
    pub compressed: bool,
    /// The bytes of the blob when decompressed, magic included.
    pub size: u64,
}

/// Tells what a blob is, from its first bytes: of a compressed one only the front is decompressed, and its size is the one that it
/// announces.
///
/// ```
/// use dj_blob_codecs::api::Limits;
/// use dj_blob_codecs::{Protocol, Value, inspect, pack};
///
/// let info = inspect(&pack(&Value::Float(0.5))?, &Limits::default())?;
/// assert_eq!((info.protocol, info.compressed, info.size), (Protocol::Dj0, false, 13));
/// # Ok::<(), dj_blob_codecs::api::Error>(())
/// ```
///
/// # Errors
/// Where the bytes are no blob, their front cannot be decompressed, or the announced size is over the limit.
pub fn inspect(blob: &Bytes, limits: &Limits) -> Result<BlobInfo> {
    let (protocol, compressed, size) = read::peek(blob, limits)?;
    Ok(BlobInfo {
        protocol,
        compressed,
        size,
    })
}
