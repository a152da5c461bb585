//! Cuts chunks out of arrays.

use bytes::Bytes;
use dj_codec_api::{Array, Error, Order, Result};

use crate::filter::ElementMap;

/// One chunk's elements as they are stored: in C order, little-endian, filled up where the chunk reaches over the
/// array. `None` where all of them equal the fill value.
///
/// `band` holds the rows of the chunk, `chunk` is its shape, `at` its position in chunks along the axes after the
/// first; `map` makes the elements of the array of those of `band`, and `fill` is one of the array. Where the elements stand in
/// `band` as they should, nothing is copied.
///
/// # Errors
/// Where there is no memory for the chunk, or an element cannot be mapped.
pub(super) fn gather(
    band: &Array,
    chunk: &[u64],
    at: &[u64],
    fill: &[u8],
    map: Option<&dyn ElementMap>,
) -> Result<Option<Bytes>> {
    let part = part_of(band, chunk, at)?;
    let bytes = part.to_little_endian().to_bytes(Order::C);
    let bytes = match map {
        None => bytes,
        Some(map) => mapped(&bytes, map)?,
    };
    if is_fill(&bytes, fill) {
        return Ok(None);
    }
    let whole: Vec<usize> = lengths(chunk)?;
    if part.shape() == whole {
        return Ok(Some(bytes));
    }
    fill_up(&bytes, part.shape(), &whole, fill).map(|bytes| Some(bytes.into()))
}

/// The view of `band` that lies in a chunk.
fn part_of(band: &Array, chunk: &[u64], at: &[u64]) -> Result<Array> {
    let mut shape = band.shape().to_vec();
    let mut start = band.start();
    let axes = shape.iter_mut().zip(band.strides()).skip(1);
    for ((length, &stride), (&chunk, &at)) in axes.zip(chunk.iter().skip(1).zip(at)) {
        let begin = chunk
            .checked_mul(at)
            .and_then(|begin| usize::try_from(begin).ok())
            .ok_or_else(too_large)?;
        let chunk = usize::try_from(chunk).unwrap_or(usize::MAX);
        *length = length.saturating_sub(begin).min(chunk);
        let steps = isize::try_from(begin).map_err(|_| too_large())?;
        start = stride
            .checked_mul(steps)
            .and_then(|distance| start.checked_add_signed(distance))
            .ok_or_else(too_large)?;
    }
    Array::with_strides(
        band.dtype().clone(),
        &shape,
        band.strides(),
        start,
        band.data().clone(),
    )
}

/// What a map makes of elements.
fn mapped(bytes: &[u8], map: &dyn ElementMap) -> Result<Bytes> {
    let count = bytes.len() / map.source().size().max(1);
    let mut out = zeroed(count.checked_mul(map.target().size()).ok_or_else(too_large)?)?;
    map.apply(bytes, &mut out)?;
    Ok(out.into())
}

/// Memory for a chunk.
///
/// # Errors
/// Where there is none.
pub(super) fn zeroed(size: usize) -> Result<Vec<u8>> {
    bytemuck::allocation::try_zeroed_vec(size)
        .map_err(|()| Error::store(format!("there is no memory for a chunk of {size} bytes")))
}

/// Whether the bytes are copies of one element.
fn is_fill(bytes: &[u8], fill: &[u8]) -> bool {
    // All equal to the first, and the first equal to the fill value. The comparison of a slice with itself shifted
    // by an element is one `memcmp`, and ends at the first difference.
    bytes.get(..fill.len()).is_none_or(|first| first == fill)
        && bytes
            .get(fill.len()..)
            .is_none_or(|later| bytes.get(..later.len()) == Some(later))
}

/// Puts the elements of `shape` at the beginning of an array of shape `whole` of the fill value.
fn fill_up(bytes: &[u8], shape: &[usize], whole: &[usize], fill: &[u8]) -> Result<Vec<u8>> {
    let size = whole
        .iter()
        .try_fold(fill.len(), |size, &length| size.checked_mul(length))
        .ok_or_else(too_large)?;
    let mut out = Vec::new();
    out.try_reserve_exact(size).map_err(|error| {
        Error::store(format!("there is no memory for a chunk of {size} bytes")).caused_by(error)
    })?;
    if fill.iter().all(|&byte| byte == 0) {
        out.resize(size, 0);
    } else {
        while out.len() < size {
            out.extend_from_slice(fill);
        }
    }
    // Runs that stand together in both: the last axis, and with it those before it as long as the part is whole
    // along the axis after.
    let mut run = fill.len();
    let mut outer = shape.len();
    let mut covered = true;
    while covered && outer > 0 {
        outer -= 1;
        let (here, there) = (
            shape.get(outer).copied().unwrap_or(1),
            whole.get(outer).copied().unwrap_or(1),
        );
        run = run.saturating_mul(here);
        covered = here == there;
    }
    let steps = Order::C.strides(whole, fill.len());
    let mut index = vec![0usize; outer];
    for piece in bytes.chunks_exact(run.max(1)) {
        let begin: usize = index
            .iter()
            .zip(&steps)
            .map(|(&at, &step)| at.saturating_mul(step.unsigned_abs()))
            .sum();
        if let Some(place) = out.get_mut(begin..begin.saturating_add(piece.len())) {
            place.copy_from_slice(piece);
        }
        // Counts up: the last of the outer axes turns fastest.
        for (at, &length) in index.iter_mut().zip(shape).rev() {
            *at += 1;
            if *at < length {
                break;
            }
            *at = 0;
        }
    }
    Ok(out)
}

fn lengths(shape: &[u64]) -> Result<Vec<usize>> {
    shape
        .iter()
        .map(|&length| usize::try_from(length).map_err(|_| too_large()))
        .collect()
}

fn too_large() -> Error {
    Error::invalid_value("a chunk is larger than the memory of this machine can be")
        .advise("choose smaller chunks")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(band: &Array, shape: &[u64], at: &[u64]) -> Option<Vec<i16>> {
        let bytes = gather(band, shape, at, &0i16.to_le_bytes(), None).unwrap()?;
        Some(
            bytes
                .chunks_exact(2)
                .map(|pair| i16::from_le_bytes([pair[0], pair[1]]))
                .collect(),
        )
    }

    #[test]
    fn chunks_are_cut_and_filled_up() {
        let band = Array::from_vec((1..=15_i16).collect(), &[3, 5]).unwrap();
        assert_eq!(chunk(&band, &[3, 2], &[0]).unwrap(), [1, 2, 6, 7, 11, 12]);
        assert_eq!(chunk(&band, &[3, 2], &[2]).unwrap(), [5, 0, 10, 0, 15, 0]);
        assert_eq!(
            chunk(&band, &[4, 3], &[1]).unwrap(),
            [4, 5, 0, 9, 10, 0, 14, 15, 0, 0, 0, 0]
        );
        assert_eq!(chunk(&band, &[4, 5], &[0]).unwrap()[14..], [15, 0, 0, 0, 0, 0]);
        assert_eq!(chunk(&band, &[3, 5], &[0]).unwrap(), (1..=15).collect::<Vec<_>>());
    }

    #[test]
    fn any_arrangement_is_read() {
        let band = Array::from_vec((1..=24_i16).collect(), &[2, 3, 4]).unwrap();
        let fortran = band.to_order(Order::Fortran);
        for at in [[0, 0], [1, 0], [0, 1], [1, 1]] {
            let expected = chunk(&band, &[2, 2, 3], &at);
            assert!(expected.is_some());
            assert_eq!(chunk(&fortran, &[2, 2, 3], &at), expected);
        }
        let big = Array::new(
            ">i2".parse().unwrap(),
            &[2],
            Order::C,
            Bytes::from_static(&[1, 2, 3, 4]),
        )
        .unwrap();
        assert_eq!(chunk(&big, &[2], &[]).unwrap(), [0x0102, 0x0304]);
    }

    #[test]
    fn a_chunk_of_the_fill_value_is_none() {
        let band = Array::from_vec(vec![0_i16, 0, 0, 7], &[2, 2]).unwrap();
        assert_eq!(chunk(&band, &[2, 1], &[0]), None);
        assert_eq!(chunk(&band, &[2, 1], &[1]).unwrap(), [0, 7]);
        // Zero and minus zero are not the same bits.
        let floats = Array::from_vec(vec![-0.0_f64], &[1]).unwrap();
        assert!(
            gather(&floats, &[1], &[], &0f64.to_le_bytes(), None)
                .unwrap()
                .is_some()
        );
        assert!(
            gather(&floats, &[1], &[], &(-0f64).to_le_bytes(), None)
                .unwrap()
                .is_none()
        );
    }

    #[test]
    fn a_whole_chunk_is_not_copied() {
        let band = Array::from_vec((1..=6_i16).collect(), &[2, 3]).unwrap();
        let bytes = gather(&band, &[2, 3], &[0], &[0, 0], None).unwrap().unwrap();
        assert_eq!(bytes.as_ptr(), band.data().as_ptr());
    }
}
