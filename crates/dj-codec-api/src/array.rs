//! Arrays in memory: a dtype, a shape, strides, and bytes that may belong to somebody else.

mod element;
#[cfg(feature = "ndarray")]
mod ndarray;
mod numbers;
mod order;
mod rearrange;

use bytes::Bytes;

pub use element::Element;
pub use order::Order;

use crate::{DType, Error, Kind, Result};

/// An n-dimensional array over shared bytes.
///
/// The bytes are [`Bytes`]: a slice of a decoded buffer, a memory map, a vector. Strides are in bytes, so that
/// Fortran order, a range of rows or a reversed axis are views. Cloning copies no data.
///
/// ```
/// use dj_codec_api::{Array, DType, Kind, Order};
///
/// let array = Array::from_vec(vec![1_i16, 2, 3, 4, 5, 6], &[2, 3])?;
/// assert_eq!(array.dtype(), &DType::new(Kind::Int16));
/// assert_eq!(array.to_vec::<i16>()?, [1, 2, 3, 4, 5, 6]);
/// assert_eq!(array.rows(1..2)?.to_vec::<i16>()?, [4, 5, 6]);
///
/// let columns = Array::new(array.dtype().clone(), &[3, 2], Order::Fortran, array.data().clone())?;
/// assert_eq!(columns.to_vec::<i16>()?, [1, 4, 2, 5, 3, 6]);
/// # Ok::<(), dj_codec_api::Error>(())
/// ```
#[derive(Clone)]
pub struct Array {
    dtype: DType,
    shape: Vec<usize>,
    strides: Vec<isize>,
    // Where the element at index zero begins.
    start: usize,
    data: Bytes,
}

impl Array {
    /// An array over bytes that hold its elements one after the other in this order, and nothing else.
    ///
    /// # Errors
    /// Where the number of bytes is not what dtype and shape ask for.
    pub fn new(dtype: DType, shape: &[usize], order: Order, data: Bytes) -> Result<Self> {
        let size = byte_size(&dtype, shape)?;
        if size != data.len() {
            return Err(Error::corrupt(format!(
                "an array of shape {shape:?} and dtype {dtype} takes {size} bytes, there are {}",
                data.len()
            )));
        }
        let strides = order.strides(shape, dtype.size());
        Ok(Self {
            dtype,
            shape: shape.to_vec(),
            strides,
            start: 0,
            data,
        })
    }

    /// An array over bytes in any arrangement: `strides` in bytes, the first element at byte `start`.
    ///
    /// # Errors
    /// Where an element would lie outside of the bytes.
    pub fn with_strides(
        dtype: DType,
        shape: &[usize],
        strides: &[isize],
        start: usize,
        data: Bytes,
    ) -> Result<Self> {
        byte_size(&dtype, shape)?;
        if shape.len() != strides.len() {
            return Err(Error::invalid_value(format!(
                "{} strides for {} dimensions",
                strides.len(),
                shape.len()
            )));
        }
        if !shape.contains(&0) {
            let outside = || Error::invalid_value("strides lead outside of the array's bytes");
            let (mut low, mut high) = (start, start.checked_add(dtype.size()).ok_or_else(outside)?);
            for (&length, &stride) in shape.iter().zip(strides) {
                let reach = stride
                    .unsigned_abs()
                    .checked_mul(length - 1)
                    .ok_or_else(outside)?;
                if stride < 0 {
                    low = low.checked_sub(reach).ok_or_else(outside)?;
                } else {
                    high = high.checked_add(reach).ok_or_else(outside)?;
                }
            }
            let _ = low;
            if high > data.len() {
                return Err(outside());
            }
        }
        Ok(Self {
            dtype,
            shape: shape.to_vec(),
            strides: strides.to_vec(),
            start,
            data,
        })
    }

    /// The type of the elements.
    #[must_use]
    pub fn dtype(&self) -> &DType {
        &self.dtype
    }

    /// The lengths of the dimensions; empty for a scalar.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The distance in bytes from an element to the next along each dimension.
    #[must_use]
    pub fn strides(&self) -> &[isize] {
        &self.strides
    }

    /// The number of dimensions.
    #[must_use]
    pub fn ndim(&self) -> usize {
        self.shape.len()
    }

    /// The number of elements.
    #[must_use]
    pub fn len(&self) -> usize {
        if self.is_empty() {
            0
        } else {
            self.shape.iter().product()
        }
    }

    /// Whether there are no elements.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.shape.contains(&0)
    }

    /// The bytes of all elements together.
    #[must_use]
    pub fn nbytes(&self) -> usize {
        self.len() * self.dtype.size()
    }

    /// The bytes that the array is a view of. Elements begin at [`start`](Self::start).
    #[must_use]
    pub fn data(&self) -> &Bytes {
        &self.data
    }

    /// Where in [`data`](Self::data) the first element begins.
    #[must_use]
    pub fn start(&self) -> usize {
        self.start
    }

    /// Whether the elements stand one after the other in this order.
    #[must_use]
    pub fn is_contiguous(&self, order: Order) -> bool {
        order.fits(&self.shape, &self.strides, self.dtype.size())
    }

    /// The bytes of the elements in this order, without a copy, where they stand so.
    #[must_use]
    pub fn contiguous_bytes(&self, order: Order) -> Option<Bytes> {
        if !self.is_contiguous(order) {
            return None;
        }
        let end = self.start.checked_add(self.nbytes())?;
        (end <= self.data.len()).then(|| self.data.slice(self.start..end))
    }

    /// The rows `range` of the first dimension, as a view.
    ///
    /// # Errors
    /// Where there is no first dimension, or fewer rows.
    pub fn rows(&self, range: std::ops::Range<usize>) -> Result<Self> {
        let (Some(&length), Some(&stride)) = (self.shape.first(), self.strides.first()) else {
            return Err(Error::invalid_value("a scalar has no rows"));
        };
        if range.start > range.end || range.end > length {
            return Err(Error::invalid_value(format!(
                "rows {range:?} of an array with {length} rows"
            )));
        }
        let mut view = self.clone();
        if let Some(first) = view.shape.first_mut() {
            *first = range.len();
        }
        if !view.is_empty() {
            view.start = offset(self.start, stride, range.start)?;
        }
        Ok(view)
    }

    /// The same elements in another shape, as a view where they stand in C order, else as a copy in C order.
    ///
    /// # Errors
    /// Where the number of elements differs.
    pub fn reshape(&self, shape: &[usize]) -> Result<Self> {
        if byte_size(&self.dtype, shape)? != self.nbytes() {
            return Err(Error::invalid_value(format!(
                "shape {:?} has not the elements of {shape:?}",
                self.shape
            )));
        }
        Self::new(self.dtype.clone(), shape, Order::C, self.to_bytes(Order::C))
    }

    /// The element at this index as the bytes that it is; `None` outside of the array.
    #[must_use]
    pub fn element_bytes(&self, index: &[usize]) -> Option<&[u8]> {
        if index.len() != self.shape.len() || index.iter().zip(&self.shape).any(|(at, length)| at >= length) {
            return None;
        }
        let mut at = self.start;
        for (&step, &stride) in index.iter().zip(&self.strides) {
            at = offset(at, stride, step).ok()?;
        }
        self.data.get(at..at.checked_add(self.dtype.size())?)
    }
}

/// The bytes that an array takes, checked for overflow.
fn byte_size(dtype: &DType, shape: &[usize]) -> Result<usize> {
    if shape.contains(&0) {
        return Ok(0);
    }
    // Elements of no bytes are counted as if they had one, so that their number fits as well.
    shape
        .iter()
        .try_fold(dtype.size().max(1), |size, &length| size.checked_mul(length))
        .filter(|&size| isize::try_from(size).is_ok())
        .map(|size| if dtype.size() == 0 { 0 } else { size })
        .ok_or_else(|| Error::limit("array bytes", u64::MAX, isize::MAX as u64))
}

/// `start + stride * steps`, which the constructors have checked to stay within the bytes.
fn offset(start: usize, stride: isize, steps: usize) -> Result<usize> {
    isize::try_from(steps)
        .ok()
        .and_then(|steps| stride.checked_mul(steps))
        .and_then(|distance| start.checked_add_signed(distance))
        .ok_or_else(|| Error::invalid_value("an index leads outside of the array's bytes"))
}

impl std::fmt::Debug for Array {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Array({}, {:?}, {} bytes)",
            self.dtype,
            self.shape,
            self.nbytes()
        )
    }
}

impl PartialEq for Array {
    /// Same dtype (byte order apart), same shape, same bits of every element. The padding of structures does not
    /// count.
    fn eq(&self, other: &Self) -> bool {
        let little = self.dtype.to_little_endian();
        if self.shape != other.shape || little != other.dtype.to_little_endian() {
            return false;
        }
        let (a, b) = (
            self.to_little_endian().to_bytes(Order::C),
            other.to_little_endian().to_bytes(Order::C),
        );
        match little.kind() {
            Kind::Struct(_) if little.size() > 0 => a
                .chunks_exact(little.size())
                .zip(b.chunks_exact(little.size()))
                .all(|(a, b)| same_element(&little, a, b)),
            _ => a == b,
        }
    }
}

/// Whether two elements are the same, whatever stands between their fields.
fn same_element(dtype: &DType, a: &[u8], b: &[u8]) -> bool {
    let Kind::Struct(record) = dtype.kind() else {
        return a == b;
    };
    record.fields().iter().all(|field| {
        let range = field.offset..field.offset.saturating_add(field.size().unwrap_or(0));
        match (a.get(range.clone()), b.get(range)) {
            (Some(a), Some(b)) if field.dtype.size() > 0 => a
                .chunks_exact(field.dtype.size())
                .zip(b.chunks_exact(field.dtype.size()))
                .all(|(a, b)| same_element(&field.dtype, a, b)),
            (a, b) => a == b,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Field, StructType};

    #[test]
    fn padding_does_not_count() {
        let fields = vec![
            Field::new("a", DType::new(Kind::Int8), 0),
            Field::new("b", DType::with_order(Kind::Int16, crate::ByteOrder::Big), 2),
        ];
        let dtype = DType::new(Kind::Struct(StructType::new(fields, 4).unwrap()));
        let array = |bytes: &'static [u8]| {
            Array::new(dtype.clone(), &[1], Order::C, Bytes::from_static(bytes)).unwrap()
        };
        assert_eq!(array(&[1, 9, 0, 2]), array(&[1, 7, 0, 2]));
        assert_ne!(array(&[1, 9, 0, 2]), array(&[1, 9, 2, 0]));
        let little = array(&[1, 9, 0, 2]).to_little_endian();
        assert_eq!(little.data().as_ref(), [1, 9, 2, 0]);
        assert_eq!(little, array(&[1, 9, 0, 2]));
    }

    #[test]
    fn sizes_that_overflow_are_refused() {
        let dtype = DType::new(Kind::Float64);
        assert!(Array::new(dtype.clone(), &[usize::MAX, 2], Order::C, Bytes::new()).is_err());
        assert!(
            Array::with_strides(
                dtype.clone(),
                &[2, 2],
                &[isize::MAX, 8],
                0,
                Bytes::from(vec![0; 64])
            )
            .is_err()
        );
        assert_eq!(
            Array::new(dtype, &[usize::MAX, 0, 3], Order::C, Bytes::new())
                .unwrap()
                .len(),
            0
        );
        let nothing = DType::new(Kind::Bytes(0));
        assert!(Array::new(nothing.clone(), &[usize::MAX, 2], Order::C, Bytes::new()).is_err());
        assert_eq!(
            Array::new(nothing, &[1 << 20, 2], Order::C, Bytes::new())
                .unwrap()
                .nbytes(),
            0
        );
    }
}
