//! What a caller can say about how an array is stored.

use std::collections::BTreeMap;
use std::sync::Arc;

use dj_codec_api::{Array, Error, Json, Result};

use crate::filter::{ArrayFilter, ElementMap};
use crate::owner::Owner;

/// How arrays are stored: chunks, compression, sharding, attributes.
///
/// What is not set is chosen: chunks of 1 to 8 MiB along the first axis first, Blosc with zstd 5 and bit shuffle, a
/// checksum on every chunk, shards where an array would otherwise make more than 10,000 objects. That opens in
/// zarr-python 3, tensorstore and zarrs.
///
/// Where data format 1.0 is asked for, what is not set is what zarr-python 3 chooses instead: its chunks, zstd at
/// level 0, no checksum, no shards.
///
/// ```
/// use dj_zarr_codecs::{BloscCompressor, Compressor, Shuffle, ZarrOptions};
///
/// let options = ZarrOptions::default()
///     .with_chunk_shape(&[100, 512, 512])
///     .with_compressor(Compressor::Blosc { codec: BloscCompressor::Lz4, level: 5, shuffle: Shuffle::Byte })
///     .with_attribute("rig", "two-photon 3");
/// assert!(options.compressor().is_some());
/// ```
#[derive(Debug, Clone, Default)]
pub struct ZarrOptions {
    pub(super) chunk_shape: Option<Vec<u64>>,
    pub(super) sharding: Sharding,
    pub(super) compressor: Option<Compressor>,
    pub(super) fill_value: Option<Array>,
    pub(super) attributes: BTreeMap<String, Json>,
    pub(super) checksum: Option<bool>,
    pub(super) wider: bool,
    pub(super) rows_per_chunk: Option<u64>,
    pub(super) owner: Option<Owner>,
    pub(super) map: Option<Arc<dyn ElementMap>>,
    pub(super) filter: Option<Arc<dyn ArrayFilter>>,
}

impl ZarrOptions {
    /// The length of a chunk along each dimension. Longer than the array is allowed: chunks are stored full.
    /// With sharding these are the chunks within a shard.
    #[must_use]
    pub fn with_chunk_shape(mut self, shape: &[u64]) -> Self {
        self.chunk_shape = Some(shape.to_vec());
        self
    }

    /// Chunks of this many whole rows of the first axis; of fewer where the array has fewer. A chunk shape that is set says
    /// otherwise.
    #[must_use]
    pub fn with_rows_per_chunk(mut self, rows: u64) -> Self {
        self.rows_per_chunk = Some(rows.max(1));
        self
    }

    /// Says that the array belongs to another codec, which keeps its values as Zarr arrays.
    #[must_use]
    pub fn with_owner(mut self, owner: Owner) -> Self {
        self.owner = Some(owner);
        self
    }

    /// Stores what a map makes of the elements. Rows come in with its source type; the array has its target type, and so has
    /// the fill value.
    #[must_use]
    pub fn with_element_map(mut self, map: Arc<dyn ElementMap>) -> Self {
        self.map = Some(map);
        self
    }

    /// Puts a codec from array to array before all others. Readers have to know it.
    #[must_use]
    pub fn with_filter(mut self, filter: Arc<dyn ArrayFilter>) -> Self {
        self.filter = Some(filter);
        self
    }

    /// Whether several chunks share an object.
    #[must_use]
    pub fn with_sharding(mut self, sharding: Sharding) -> Self {
        self.sharding = sharding;
        self
    }

    /// How chunks are compressed.
    #[must_use]
    pub fn with_compressor(mut self, compressor: Compressor) -> Self {
        self.compressor = Some(compressor);
        self
    }

    /// The value that stands for chunks that are not stored: an array of no dimensions and of the dtype of what is
    /// written, such as `Array::scalar(f32::NAN)`. Zero where it is not set, not-a-time for times.
    #[must_use]
    pub fn with_fill_value(mut self, scalar: Array) -> Self {
        self.fill_value = Some(scalar);
        self
    }

    /// Adds an attribute to the array's metadata. `codec_version`, `codec_name` and `feature_flags` are the codec's
    /// own, and refused when the array is written.
    #[must_use]
    pub fn with_attribute(mut self, name: &str, value: impl Into<Json>) -> Self {
        self.attributes.insert(name.into(), value.into());
        self
    }

    /// Whether each chunk ends in a CRC-32C, so that any reader notices a torn one. It costs four bytes a chunk.
    #[must_use]
    pub fn with_checksum(mut self, checksum: bool) -> Self {
        self.checksum = Some(checksum);
        self
    }

    /// With `false`, allows what only some Zarr libraries read: arrays of times, texts, fixed-length bytes and
    /// structures. By default they are refused by name.
    #[must_use]
    pub fn with_portable(mut self, portable: bool) -> Self {
        self.wider = !portable;
        self
    }

    /// The compressor, where one was set.
    #[must_use]
    pub fn compressor(&self) -> Option<&Compressor> {
        self.compressor.as_ref()
    }

    /// Whether only what zarr-python 3, tensorstore and zarrs all read is written. True unless said otherwise.
    #[must_use]
    pub fn is_portable(&self) -> bool {
        !self.wider
    }
}

/// Whether several chunks share an object, a shard.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Sharding {
    /// Shards where chunks alone would make more than 10,000 objects, and the length of the array is known when
    /// writing begins: as large as that takes, but not over 1 GiB before compression.
    #[default]
    Auto,
    /// An object for every chunk.
    Never,
    /// Shards of this shape, a multiple of the chunk shape in every dimension.
    Shape(Vec<u64>),
}

/// How chunks are compressed. All of these are read by zarr-python 3, tensorstore and zarrs.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Compressor {
    /// Blosc: a shuffle, then a fast compressor on blocks that fit a processor's cache.
    Blosc {
        /// The compressor inside.
        codec: BloscCompressor,
        /// 0 (none) to 9 (smallest). It says how large the blocks are and how hard the compressor tries. With zstd
        /// and bit shuffle, levels below 9 try less hard than in c-blosc: level 5 is zstd's 3 there, not its 9. On
        /// counts of photons that makes 0.2 % more bytes in a third of the time. The metadata has the level as it
        /// is given, and readers see no difference.
        level: u8,
        /// What is done to the bytes before.
        shuffle: Shuffle,
    },
    /// Zstandard.
    Zstd {
        /// -131072 (fastest) to 22 (smallest); 0 means 3.
        level: i32,
    },
    /// Gzip, slower and larger than the others; for readers that know nothing else.
    Gzip {
        /// 0 (none) to 9 (smallest).
        level: u8,
    },
    /// Chunks as they are.
    None,
}

/// A compressor inside Blosc.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BloscCompressor {
    /// Blosc's own, fast.
    BloscLz,
    /// LZ4, the fastest.
    Lz4,
    /// LZ4 that searches longer; reads as fast.
    Lz4Hc,
    /// Deflate.
    Zlib,
    /// Zstandard, the smallest.
    Zstd,
}

/// What Blosc does to the bytes before it compresses them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Shuffle {
    /// Nothing.
    None,
    /// Puts the first bytes of all elements together, then the second ones, and so on.
    Byte,
    /// The same with bits: smallest for counts and other numbers that do not use all their bits.
    Bit,
}

/// The largest buffer that Blosc 1 takes.
const BLOSC_MAX_BYTES: u64 = i32::MAX as u64 - 16;

impl Compressor {
    /// Blosc with zstd 5 and bit shuffle: the default.
    pub(crate) const DEFAULT: Self = Self::Blosc {
        codec: BloscCompressor::Zstd,
        level: 5,
        shuffle: Shuffle::Bit,
    };
    /// What zarr-python 3 uses unless told otherwise.
    pub(crate) const ZARR_PYTHON: Self = Self::Zstd { level: 0 };

    /// Refuses levels that there are not, and chunks that are too large.
    pub(super) fn check(&self, chunk_bytes: u64) -> Result<()> {
        let level = |name: &str, level: i32, least: i32, most: i32| {
            if (least..=most).contains(&level) {
                return Ok(());
            }
            Err(Error::invalid_value(format!("{name} has no level {level}"))
                .advise(format!("take one from {least} to {most}")))
        };
        match *self {
            Self::Blosc { level: asked, .. } => {
                level("Blosc", asked.into(), 0, 9)?;
                if chunk_bytes > BLOSC_MAX_BYTES {
                    return Err(Error::invalid_value(format!(
                        "a chunk of {chunk_bytes} bytes is more than Blosc takes, which is {BLOSC_MAX_BYTES}"
                    ))
                    .advise("choose a smaller chunk shape"));
                }
                Ok(())
            }
            Self::Zstd { level: asked } => level("zstd", asked, -131_072, 22),
            Self::Gzip { level: asked } => level("gzip", asked.into(), 0, 9),
            Self::None => Ok(()),
        }
    }
}

impl BloscCompressor {
    /// The name in metadata.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::BloscLz => "blosclz",
            Self::Lz4 => "lz4",
            Self::Lz4Hc => "lz4hc",
            Self::Zlib => "zlib",
            Self::Zstd => "zstd",
        }
    }
}

impl Shuffle {
    /// The name in metadata.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::None => "noshuffle",
            Self::Byte => "shuffle",
            Self::Bit => "bitshuffle",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_and_sizes_are_checked() {
        assert!(Compressor::DEFAULT.check(1 << 20).is_ok());
        assert!(
            Compressor::DEFAULT
                .check(1 << 31)
                .unwrap_err()
                .to_string()
                .contains("Blosc takes")
        );
        assert!(
            Compressor::Zstd { level: 23 }
                .check(1)
                .unwrap_err()
                .to_string()
                .contains("-131072 to 22")
        );
        assert!(Compressor::Gzip { level: 10 }.check(1).is_err());
        assert!(Compressor::None.check(u64::MAX).is_ok());
    }
}
