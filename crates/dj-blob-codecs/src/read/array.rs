//! Arrays of numbers, dates, characters and values.

use bytes::Bytes;
use dj_codec_api::value::{CharArray, ObjectArray};
use dj_codec_api::{Array, DType, Error, Kind, Order, Result, Value};

use super::cursor::{Cursor, element_count};
use crate::order::{fortran_to_c, fortran_to_c_values};
use crate::wire::{self, CHAR, OBJECT};

impl Cursor<'_> {
    pub(super) fn array(&mut self, depth: usize) -> Result<Value> {
        let at = self.position();
        let shape = self.shape()?;
        let (class, complex) = (self.u32()?, self.u32()?);
        if complex > 1 {
            return Err(
                Error::corrupt(format!("an array's complexity is {complex}")).at(format!("byte {at}"))
            );
        }
        match class {
            CHAR if complex == 0 => self.chars(shape, at),
            OBJECT if complex == 0 => self.objects(shape, depth, at),
            _ => {
                let kind = wire::kind_of(class).ok_or_else(|| {
                    Error::corrupt(format!("there is no class of arrays with the number {class}"))
                        .at(format!("byte {at}"))
                })?;
                if complex == 0 {
                    self.numbers(&shape, kind)
                } else {
                    self.complex(&shape, &kind, at)
                }
            }
        }
    }

    /// The elements as they stand in the blob, in Fortran order: a view.
    pub(super) fn elements(&mut self, shape: &[usize], kind: Kind) -> Result<Array> {
        let dtype = DType::new(kind);
        let lengths: Vec<u64> = shape.iter().map(|&length| length as u64).collect();
        let size = self.limits().array_size(&lengths, dtype.size() as u64)?;
        let at = self.position();
        let data = self.bytes(size)?;
        if *dtype.kind() == Kind::Bool && data.iter().any(|&byte| byte > 1) {
            return Err(
                Error::corrupt("an array of bools holds other bytes than 0 and 1").at(format!("byte {at}"))
            );
        }
        Array::new(dtype, shape, Order::Fortran, data)
    }

    fn numbers(&mut self, shape: &[usize], kind: Kind) -> Result<Value> {
        self.elements(shape, kind).map(Value::from)
    }

    /// All real parts, then all imaginary parts.
    fn complex(&mut self, shape: &[usize], kind: &Kind, at: usize) -> Result<Value> {
        let real = self.elements(shape, kind.clone())?;
        let imaginary = self.elements(shape, kind.clone())?;
        let lengths: Vec<u64> = shape.iter().map(|&length| length as u64).collect();
        let (kind, data) = match kind {
            Kind::Float32 => (Kind::Complex64, interleave::<4>(real.data(), imaginary.data())),
            Kind::Float64 => (Kind::Complex128, interleave::<8>(real.data(), imaginary.data())),
            Kind::Bool | Kind::DateTime64(_) => {
                return Err(
                    Error::corrupt(format!("an array of {} is marked complex", real.dtype()))
                        .at(format!("byte {at}")),
                );
            }
            // MATLAB has complex integers, NumPy has not: Python reads them as complex128.
            _ => {
                self.limits().array_size(&lengths, 16)?;
                (
                    Kind::Complex128,
                    interleave::<8>(&as_floats(&real)?, &as_floats(&imaginary)?),
                )
            }
        };
        Ok(Array::new(DType::new(kind), shape, Order::Fortran, data)?.into())
    }

    /// UTF-16 code units.
    fn chars(&mut self, shape: Vec<usize>, at: usize) -> Result<Value> {
        let lengths: Vec<u64> = shape.iter().map(|&length| length as u64).collect();
        let size = self.limits().array_size(&lengths, 2)?;
        let data = self.bytes(size)?;
        let units = data
            .as_chunks::<2>()
            .0
            .iter()
            .map(|unit| u16::from_le_bytes(*unit))
            .collect();
        let units = fortran_to_c(units, &shape);
        CharArray::new(shape, units)
            .map(Value::from)
            .map_err(|error| error.at(format!("byte {at}")))
    }

    /// A value for each element, in Fortran order.
    fn objects(&mut self, shape: Vec<usize>, depth: usize, at: usize) -> Result<Value> {
        let items = self.elements_of(&shape, 1, depth, at)?;
        Ok(ObjectArray::new(shape.clone(), fortran_to_c_values(items, &shape))?.into())
    }

    /// `each` values for every element of a shape, in the order of the wire.
    pub(super) fn elements_of(
        &mut self,
        shape: &[usize],
        each: usize,
        depth: usize,
        at: usize,
    ) -> Result<Vec<Value>> {
        let count = element_count(shape)
            .and_then(|count| count.checked_mul(each as u64))
            .unwrap_or(u64::MAX);
        let count = self.check_room(count, self.size_width() + 1, at)?;
        self.sized_values(count, depth)
    }
}

fn interleave<const N: usize>(real: &[u8], imaginary: &[u8]) -> Bytes {
    let mut out = Vec::with_capacity(real.len() * 2);
    let (real, imaginary) = (real.as_chunks::<N>().0, imaginary.as_chunks::<N>().0);
    out.extend(
        real.iter()
            .zip(imaginary)
            .flat_map(|(real, imaginary)| [*real, *imaginary])
            .flatten(),
    );
    out.into()
}

/// Integers as the little-endian bytes of `f64`.
fn as_floats(array: &Array) -> Result<Vec<u8>> {
    macro_rules! exact {
        ($type:ty, $wide:ty) => {
            array
                .contiguous_bytes(Order::Fortran)
                .unwrap_or_default()
                .as_chunks::<{ size_of::<$type>() }>()
                .0
                .iter()
                .map(|bytes| {
                    let number = <$type>::from_le_bytes(*bytes);
                    let float = number as f64;
                    // An integer beyond 2^53 may have no float of its own.
                    if float as $wide == number as $wide {
                        Ok(float.to_le_bytes())
                    } else {
                        Err(inexact(number.to_string()))
                    }
                })
                .collect::<Result<Vec<_>>>()
        };
    }
    let parts = match array.dtype().kind() {
        Kind::Int8 => exact!(i8, i128),
        Kind::Int16 => exact!(i16, i128),
        Kind::Int32 => exact!(i32, i128),
        Kind::Int64 => exact!(i64, i128),
        Kind::UInt8 => exact!(u8, i128),
        Kind::UInt16 => exact!(u16, i128),
        Kind::UInt32 => exact!(u32, i128),
        _ => exact!(u64, i128),
    }?;
    Ok(parts.into_flattened())
}

fn inexact(number: String) -> Error {
    Error::unsupported(format!(
        "a complex integer has the part {number}, which no complex number of 64-bit floats can hold"
    ))
}
