//! A movie as counts or as stabilised values.

use std::ops::Range;

use bytemuck::Pod;
use dj_codec_api::{Array, DType, Element, Error, Result};
use dj_zarr_codecs::ZarrArray;

use crate::codec::named;
use crate::map::Map;

/// A movie's elements as counts or as stabilised values, read when asked; see [`Movie`](crate::Movie).
///
/// Regions are ranges of indices along the first axes, time first; axes that are not mentioned are read whole. Elements come in C
/// order and little-endian. Reading uses all threads of the current `rayon` pool, and beside the output no more memory than a
/// few chunks for each of them.
#[derive(Debug, Clone)]
pub struct MovieView {
    array: ZarrArray,
    dtype: DType,
    map: Option<Map>,
}

/// Frames that are worked on together, where chunks do not say otherwise.
const BLOCK_BYTES: u64 = 8 << 20;

impl MovieView {
    pub(crate) fn new(array: ZarrArray, dtype: DType, map: Option<Map>) -> Self {
        Self { array, dtype, map }
    }

    /// The lengths of the dimensions, time first.
    #[must_use]
    pub fn shape(&self) -> &[u64] {
        self.array.shape()
    }

    /// How many frames there are.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.shape().first().copied().unwrap_or(0)
    }

    /// Whether there are no frames.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The type of the elements, little-endian.
    #[must_use]
    pub fn dtype(&self) -> &DType {
        &self.dtype
    }

    /// Reads the whole movie.
    ///
    /// # Errors
    /// As [`region`](Self::region).
    pub fn read(&self) -> Result<Array> {
        self.region(&[])
    }

    /// Reads a region: a range for each of the first axes; the others are read whole. All dimensions are kept.
    ///
    /// # Errors
    /// Where the region is not within the movie or over a limit, a chunk is damaged, lost or cannot be read (the error names its
    /// coordinates), or a stored value has no exact count.
    pub fn region(&self, region: &[Range<u64>]) -> Result<Array> {
        match &self.map {
            None => self.array.read_region(region),
            Some(map) => self.array.read_region_mapped(region, map),
        }
    }

    /// Reads a region into elements that the caller has, in C order: the memory of one read serves the next.
    ///
    /// # Errors
    /// As [`region`](Self::region), and where the type is another or `out` has another length. `out` may have been written in
    /// part then.
    pub fn region_into<T: Element + Pod>(&self, region: &[Range<u64>], out: &mut [T]) -> Result<()> {
        match &self.map {
            None => self.array.read_region_into(region, out),
            Some(map) => self.array.read_region_mapped_into(region, map, out),
        }
    }

    /// Reads one frame; the dimension of time is left out.
    ///
    /// # Errors
    /// As [`region`](Self::region).
    pub fn frame(&self, index: u64) -> Result<Array> {
        let end = index.checked_add(1).filter(|&end| end <= self.len());
        let end = end.ok_or_else(|| {
            named(
                Error::invalid_value(format!(
                    "there is no frame {index} in a movie of {} frames",
                    self.len()
                ))
                .at(self.array.path()),
            )
        })?;
        let frame = self.frames(index..end)?;
        frame.reshape(frame.shape().get(1..).unwrap_or_default())
    }

    /// Reads some frames.
    ///
    /// # Errors
    /// As [`region`](Self::region).
    pub fn frames(&self, frames: Range<u64>) -> Result<Array> {
        self.region(std::slice::from_ref(&frames))
    }

    /// The frames in order, cut into ranges that are cheap to read one after the other: no chunk is decoded for two of them
    /// without need, and none takes much more memory than a chunk or 8 MiB, whichever is less, but for a larger frame.
    pub fn blocks(&self) -> impl Iterator<Item = Range<u64>> + use<> {
        let frame = self
            .shape()
            .iter()
            .skip(1)
            .fold(self.dtype.size() as u64, |bytes, &length| {
                bytes.saturating_mul(length.max(1))
            });
        let chunk = self.array.chunk_shape().first().copied().unwrap_or(1).max(1);
        let fitting = (BLOCK_BYTES / frame.max(1)).max(1);
        // Small chunks together, large ones in parts.
        let step = if fitting >= chunk {
            fitting / chunk * chunk
        } else {
            fitting
        };
        let length = self.len();
        (0..length.div_ceil(step)).map(move |number| number * step..((number + 1) * step).min(length))
    }
}
