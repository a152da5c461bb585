//! `.npy` files.

use std::ops::Range;

use dj_codecs::api::{Array, DType, Error, Order, Result};
use dj_codecs::npy::NpyRef;

use super::Source;
use super::memory::{Memory, narrowed};

/// Up to this much of a file in Fortran order is read at once where it cannot be mapped.
const TOGETHER: usize = 1 << 30;

/// A `.npy` file, of which rows are read.
struct Npy<'a> {
    array: &'a NpyRef,
    dtype: DType,
    shape: Vec<u64>,
    /// Whether all of it is read at once, since ranges of rows would be all over the file.
    together: bool,
}

/// The best way to read parts of this file.
pub(super) fn source<'a>(array: &'a NpyRef) -> Result<Box<dyn Source + 'a>> {
    let header = array.header()?;
    // The rows of an array in Fortran order are all over the file. A map lets them be read in the file's own order.
    if header.order() == Order::Fortran
        && let Ok(mapped) = array.mmap()
    {
        return Ok(Box::new(Memory::new(mapped)));
    }
    Ok(Box::new(Npy {
        together: header.order() == Order::Fortran && header.nbytes() <= TOGETHER,
        array,
        dtype: header.dtype().clone(),
        shape: header.shape().iter().map(|&length| length as u64).collect(),
    }))
}

impl Source for Npy<'_> {
    fn dtype(&self) -> &DType {
        &self.dtype
    }

    fn shape(&self) -> &[u64] {
        &self.shape
    }

    fn grain(&self) -> Option<Vec<u64>> {
        let mut grain = self.shape.clone();
        if self.together {
            return Some(grain);
        }
        if let Some(rows) = grain.first_mut() {
            *rows = 1;
        }
        Some(grain)
    }

    fn read(&self, region: &[Range<u64>]) -> Result<Array> {
        let (Some(rows), Some(others)) = (region.first(), region.get(1..)) else {
            return Err(Error::invalid_value("an array without dimensions has no rows"));
        };
        let read = self.array.rows(rows.clone())?;
        let whole = 0..rows.end.saturating_sub(rows.start);
        let within: Vec<_> = std::iter::once(whole).chain(others.iter().cloned()).collect();
        narrowed(&read, &within)
    }
}
