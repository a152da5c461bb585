//! Writing blobs.

use bytes::Bytes;
use dj_codec_api::{Limits, Result, Value};

use crate::compress::{self, Compression};
use crate::wire::{DJ0, MYM};
use crate::write::Writer;

/// How to write a blob.
#[derive(Debug, Clone, Default)]
pub struct PackOptions {
    compression: Compression,
    matlab: bool,
    dj0: bool,
    limits: Limits,
}

impl PackOptions {
    /// The defaults: compressed as Python does, in the format that the value needs.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Says how to compress. Default: [`Compression::Zlib`].
    #[must_use]
    pub fn with_compression(mut self, compression: Compression) -> Self {
        self.compression = compression;
        self
    }

    /// Writes only what MATLAB's mYm reads: arrays of numbers, text, cells, structs, sparse matrices. Default: false.
    #[must_use]
    pub fn for_matlab(mut self, matlab: bool) -> Self {
        self.matlab = matlab;
        self
    }

    /// Writes dj0 also where mYm could hold the value: MATLAB's mYm does not read it then, Python does. Default: false.
    #[must_use]
    pub fn with_dj0(mut self, dj0: bool) -> Self {
        self.dj0 = dj0;
        self
    }

    /// Sets the limits.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Writes a blob. The format is mYm unless the value needs dj0, as in Python.
    ///
    /// # Errors
    /// Where the format cannot hold the value, or MATLAB could not read it and is to.
    pub fn pack(&self, value: &Value) -> Result<Bytes> {
        let mut writer = Writer::new(self.matlab, &self.limits);
        writer.value(value, 0)?;
        let (mut blob, dj0) = writer.finish();
        let magic = if dj0 || self.dj0 { DJ0 } else { MYM };
        if let Some(front) = blob.first_chunk_mut::<4>() {
            *front = *magic;
        }
        compress::blob(blob, self.compression)
    }
}

/// Writes a blob with the default options.
///
/// # Errors
/// As [`PackOptions::pack`].
pub fn pack(value: &Value) -> Result<Bytes> {
    PackOptions::default().pack(value)
}
