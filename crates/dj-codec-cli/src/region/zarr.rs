//! Zarr arrays.

use std::ops::Range;

use dj_codecs::api::{Array, DType, Result};
use dj_codecs::zarr::ZarrArray;

use super::Source;

/// A Zarr array, of which chunks are read.
pub(super) struct Zarr<'a> {
    array: &'a ZarrArray,
    dtype: &'a DType,
}

impl<'a> Zarr<'a> {
    /// Reads from this array; `None` where its elements are texts or bytes of any length, of which there are no regions.
    pub(super) fn new(array: &'a ZarrArray) -> Option<Self> {
        array.dtype().map(|dtype| Self { array, dtype })
    }
}

impl Source for Zarr<'_> {
    fn dtype(&self) -> &DType {
        self.dtype
    }

    fn shape(&self) -> &[u64] {
        self.array.shape()
    }

    fn grain(&self) -> Option<Vec<u64>> {
        Some(self.array.chunk_shape().to_vec())
    }

    fn read(&self, region: &[Range<u64>]) -> Result<Array> {
        self.array.read_region(region)
    }
}
