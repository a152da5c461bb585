//! Arrays in memory, or mapped into it.

use std::ops::Range;

use dj_codecs::api::{Array, DType, Error, Result};

use super::Source;

/// An array in memory, or mapped into it.
pub(crate) struct Memory {
    array: Array,
    shape: Vec<u64>,
}

impl Memory {
    /// Reads from this array.
    pub(crate) fn new(array: Array) -> Self {
        let shape = array.shape().iter().map(|&length| length as u64).collect();
        Self { array, shape }
    }
}

impl Source for Memory {
    fn dtype(&self) -> &DType {
        self.array.dtype()
    }

    fn shape(&self) -> &[u64] {
        &self.shape
    }

    fn grain(&self) -> Option<Vec<u64>> {
        None
    }

    fn read(&self, region: &[Range<u64>]) -> Result<Array> {
        narrowed(&self.array, region)
    }
}

/// A region of an array, as a view.
pub(super) fn narrowed(array: &Array, region: &[Range<u64>]) -> Result<Array> {
    let outside = || Error::invalid_value(format!("the region {region:?} of {array:?}"));
    let (mut start, mut shape) = (array.start(), Vec::new());
    if region.len() != array.ndim() {
        return Err(outside());
    }
    for ((range, &length), &stride) in region.iter().zip(array.shape()).zip(array.strides()) {
        if range.start >= range.end || range.end > length as u64 {
            return Err(outside());
        }
        start = usize::try_from(range.start)
            .ok()
            .and_then(|first| isize::try_from(first).ok())
            .and_then(|first| stride.checked_mul(first))
            .and_then(|distance| start.checked_add_signed(distance))
            .ok_or_else(outside)?;
        shape.push(usize::try_from(range.end - range.start).map_err(|_| outside())?);
    }
    Array::with_strides(
        array.dtype().clone(),
        &shape,
        array.strides(),
        start,
        array.data().clone(),
    )
}

#[cfg(test)]
mod tests {
    use dj_codecs::api::Order;

    use super::*;

    #[test]
    fn a_region_is_a_view_of_any_order() {
        let array = Array::from_vec((0..24_u16).collect(), &[2, 3, 4]).unwrap();
        for array in [array.clone(), array.to_order(Order::Fortran)] {
            let part = narrowed(&array, &[1..2, 0..2, 1..3]).unwrap();
            assert_eq!(part.to_vec::<u16>().unwrap(), [13, 14, 17, 18]);
            assert_eq!(part.data().as_ptr(), array.data().as_ptr());
            for wrong in [&[0..1, 0..1][..], &[0..3, 0..1, 0..1], &[0..0, 0..1, 0..1]] {
                assert!(narrowed(&array, wrong).is_err());
            }
        }
    }
}
