//! Arrays to be shown, read region by region.

mod memory;
mod npy;
#[cfg(feature = "photon")]
mod photon;
#[cfg(feature = "zarr")]
mod zarr;

use std::ops::Range;

use dj_codecs::api::{Array, DType, Result, Value};
use dj_codecs::npy::NpyRef;

use super::super::decode::View;
use super::within;
use crate::failure::{Failure, Outcome};
use crate::summary::shape_text;

pub(super) use memory::Memory;

/// An array of which regions are read.
pub(super) trait Source {
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

/// The array that a decoded value is, or has within itself at `at`.
pub(super) fn of_value<'a>(value: &'a Value, at: Option<&str>, view: View) -> Outcome<Box<dyn Source + 'a>> {
    let Value::Lazy(handle) = value else {
        return Ok(Box::new(Memory::new(within::find(value, at)?)));
    };
    if let Some(at) = at {
        return Err(Failure::usage(format!(
            "--at {at}: this is {}, which has nothing within it; leave --at out",
            value.type_name()
        )));
    }
    if let Some(array) = value.downcast::<NpyRef>() {
        return Ok(npy::source(array)?);
    }
    #[cfg(feature = "zarr")]
    if let Some(array) = value.downcast::<dj_codecs::zarr::ZarrArray>() {
        return Ok(Box::new(zarr::Zarr::new(array)?));
    }
    #[cfg(feature = "photon")]
    if let Some(movie) = value.downcast::<dj_codecs::photon::Movie>() {
        return Ok(Box::new(photon::Photon::new(movie, view)?));
    }
    let _ = view;
    Ok(Box::new(Memory::new(within::find(&handle.load()?, None)?)))
}

/// The array in words: dtype and shape.
pub(super) fn words(source: &dyn Source) -> String {
    format!("{} {}", source.dtype(), shape_text(source.shape()))
}
