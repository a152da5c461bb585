//! Rust types that arrays can be read as.

use bytes::Bytes;

use super::{Array, Order};
use crate::{ByteOrder, DType, Error, Kind, Result};

/// A Rust type with the memory layout of an array element.
///
/// Complex numbers are `[f32; 2]` and `[f64; 2]`, real part first. Dates and durations are read as `i64`.
pub trait Element:
    bytemuck::NoUninit + bytemuck::CheckedBitPattern + PartialEq + Send + Sync + 'static
{
    /// What it is as an array element.
    const KIND: Kind;

    /// Whether elements of this kind can be read as this type.
    #[must_use]
    fn reads(kind: &Kind) -> bool {
        *kind == Self::KIND
    }
}

macro_rules! elements {
    ($($type:ty => $kind:ident),+ $(,)?) => {$(
        impl Element for $type {
            const KIND: Kind = Kind::$kind;
        }
    )+};
}

elements! {
    bool => Bool,
    i8 => Int8,
    i16 => Int16,
    i32 => Int32,
    u8 => UInt8,
    u16 => UInt16,
    u32 => UInt32,
    u64 => UInt64,
    f32 => Float32,
    f64 => Float64,
    [f32; 2] => Complex64,
    [f64; 2] => Complex128,
}

impl Element for i64 {
    const KIND: Kind = Kind::Int64;

    fn reads(kind: &Kind) -> bool {
        matches!(kind, Kind::Int64 | Kind::DateTime64(_) | Kind::TimeDelta64(_))
    }
}

/// Lets [`Bytes`] own a vector of numbers without a copy.
struct Owned<T>(Vec<T>);

impl<T: Element> AsRef<[u8]> for Owned<T> {
    fn as_ref(&self) -> &[u8] {
        bytemuck::cast_slice(&self.0)
    }
}

impl Array {
    /// An array that owns these elements, which stand in C order. Nothing is copied.
    ///
    /// # Errors
    /// Where the shape asks for another number of elements.
    pub fn from_vec<T: Element>(elements: Vec<T>, shape: &[usize]) -> Result<Self> {
        let dtype = DType::with_order(T::KIND, ByteOrder::NATIVE);
        Self::new(dtype, shape, Order::C, Bytes::from_owner(Owned(elements)))
    }

    /// A scalar: an array of no dimensions.
    #[must_use]
    pub fn scalar<T: Element>(value: T) -> Self {
        Self {
            dtype: DType::with_order(T::KIND, ByteOrder::NATIVE),
            shape: Vec::new(),
            strides: Vec::new(),
            start: 0,
            data: Bytes::copy_from_slice(bytemuck::bytes_of(&value)),
        }
    }

    /// The elements in C order, without a copy.
    ///
    /// # Errors
    /// Where the dtype is another, or a copy would be needed because of byte order, order or alignment; use
    /// [`to_vec`](Self::to_vec) then.
    pub fn as_slice<T: Element>(&self) -> Result<&[T]> {
        self.check_element::<T>()?;
        if self.dtype.byte_order() != ByteOrder::NATIVE && self.dtype.swap_unit() != Some(1) {
            return Err(Error::unsupported(format!(
                "elements of dtype {} need their bytes swapped",
                self.dtype
            )));
        }
        if !self.is_contiguous(Order::C) {
            return Err(Error::unsupported("the elements do not stand in C order"));
        }
        let bytes = self
            .data
            .get(self.start..self.start + self.nbytes())
            .unwrap_or_default();
        cast(bytes)
    }

    /// A copy of the elements in C order and in the machine's byte order.
    ///
    /// # Errors
    /// Where the dtype is another.
    pub fn to_vec<T: Element>(&self) -> Result<Vec<T>> {
        self.check_element::<T>()?;
        if let Ok(elements) = self.as_slice() {
            return Ok(elements.to_vec());
        }
        let mut array = self.to_little_endian();
        if ByteOrder::NATIVE == ByteOrder::Big {
            array.dtype = DType::with_order(array.dtype.kind().clone(), ByteOrder::Big);
            array = array.to_little_endian();
        }
        let bytes = array.to_bytes(Order::C);
        bytes
            .chunks_exact(size_of::<T>())
            .map(|one| bytemuck::checked::try_pod_read_unaligned(one).map_err(|error| refuse::<T>(error)))
            .collect()
    }

    pub(super) fn check_element<T: Element>(&self) -> Result<()> {
        if T::reads(self.dtype.kind()) {
            return Ok(());
        }
        Err(Error::unsupported(format!(
            "an array of dtype {} was read as {}",
            self.dtype,
            std::any::type_name::<T>()
        )))
    }
}

pub(super) fn cast<T: Element>(bytes: &[u8]) -> Result<&[T]> {
    bytemuck::checked::try_cast_slice(bytes).map_err(refuse::<T>)
}

fn refuse<T>(error: bytemuck::checked::CheckedCastError) -> Error {
    use bytemuck::checked::CheckedCastError::InvalidBitPattern;
    let name = std::any::type_name::<T>();
    if error == InvalidBitPattern {
        return Error::corrupt(format!("an element is no valid {name}"));
    }
    Error::unsupported(format!("the bytes are not aligned for {name}")).advise("read a copy of them")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_are_owned_without_a_copy() {
        let numbers = vec![1.5_f64, -2.0];
        let address = numbers.as_ptr() as usize;
        let array = Array::from_vec(numbers, &[2]).unwrap();
        assert_eq!(array.data().as_ptr() as usize, address);
        assert_eq!(array.as_slice::<f64>().unwrap(), [1.5, -2.0]);
        assert!(array.as_slice::<i64>().is_err());
        assert!(Array::from_vec(vec![1_u8], &[2]).is_err());
    }

    #[test]
    fn big_endian_and_unaligned_elements_are_copied_right() {
        let data = Bytes::from_static(&[9, 1, 2, 3, 4]).slice(1..);
        let big = Array::new(">u2".parse().unwrap(), &[2], Order::C, data.clone()).unwrap();
        assert_eq!(big.to_vec::<u16>().unwrap(), [0x0102, 0x0304]);
        let little = Array::new("<u2".parse().unwrap(), &[2], Order::C, data).unwrap();
        assert_eq!(little.to_vec::<u16>().unwrap(), [0x0201, 0x0403]);
    }

    #[test]
    fn a_byte_that_is_no_bool_is_refused() {
        let array = Array::new("|b1".parse().unwrap(), &[1], Order::C, Bytes::from_static(&[2])).unwrap();
        assert!(array.as_slice::<bool>().is_err());
        assert!(array.to_vec::<bool>().is_err());
    }

    #[test]
    fn dates_are_read_as_integers() {
        let array = Array::new(
            "<M8[us]".parse().unwrap(),
            &[1],
            Order::C,
            Bytes::from_static(&[7, 0, 0, 0, 0, 0, 0, 0]),
        )
        .unwrap();
        assert_eq!(array.to_vec::<i64>().unwrap(), [7]);
    }
}
