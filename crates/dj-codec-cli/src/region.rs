//! Arrays that are read region by region, with no more in memory than the region at hand.

mod memory;
mod npy;
mod parts;
#[cfg(feature = "photon")]
mod photon;
#[cfg(feature = "zarr")]
mod zarr;

use std::ops::Range;

use dj_codecs::api::{Array, DType, Result, Value};
use dj_codecs::npy::NpyRef;

use crate::view::View;

pub(crate) use memory::Memory;
pub(crate) use parts::{BYTES, Parts};

/// An array of which regions are read.
pub(crate) trait Source {
    /// The type of the elements.
    fn dtype(&self) -> &DType;

    /// The lengths of the dimensions.
    fn shape(&self) -> &[u64];

    /// What is read at once whatever is asked for: its length along each dimension, beginning at multiples of that. `None`
    /// where a region is a view that costs nothing.
    fn grain(&self) -> Option<Vec<u64>>;

    /// A region: a range for each dimension. All dimensions are kept.
    fn read(&self, region: &[Range<u64>]) -> Result<Array>;
}

/// The array that a lazy value is a handle on; `None` for other values.
pub(crate) fn of_lazy<'a>(value: &'a Value, view: View) -> Result<Option<Box<dyn Source + 'a>>> {
    let _ = view;
    if let Some(array) = value.downcast::<NpyRef>() {
        return npy::source(array).map(Some);
    }
    #[cfg(feature = "zarr")]
    if let Some(array) = value.downcast::<dj_codecs::zarr::ZarrArray>() {
        return Ok(zarr::Zarr::new(array).map(|source| Box::new(source) as Box<dyn Source>));
    }
    #[cfg(feature = "photon")]
    if let Some(movie) = value.downcast::<dj_codecs::photon::Movie>() {
        return Ok(Some(Box::new(photon::Photon::new(movie, view)?)));
    }
    Ok(None)
}

/// The rows of an array, from the first to the last, in parts of at most `budget` bytes where it can be read in such parts.
pub(crate) fn rows(source: &dyn Source, budget: u64) -> Parts {
    let whole: Vec<_> = source.shape().iter().map(|&length| 0..length).collect();
    // What is a view costs nothing, and is one part.
    let Some(grain) = source.grain() else {
        return Parts::new(&whole, source.shape(), 1, u64::MAX);
    };
    let first = grain.into_iter().take(1);
    let grain: Vec<u64> = first.chain(source.shape().iter().skip(1).copied()).collect();
    Parts::new(&whole, &grain, source.dtype().size() as u64, budget)
}
