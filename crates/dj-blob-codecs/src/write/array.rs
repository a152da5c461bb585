//! Arrays of numbers, dates, characters and values.

use dj_codec_api::value::{CharArray, ObjectArray};
use dj_codec_api::{Array, Error, Field, Kind, Order, Result, Value};

use super::{Writer, transpose};
use crate::order::c_positions;
use crate::wire::{self, CHAR, OBJECT, code};

impl Writer<'_> {
    pub(super) fn array(&mut self, array: &Array) -> Result<()> {
        match array.dtype().kind() {
            Kind::Unicode(_) => return self.texts(array),
            Kind::Bytes(1) => return self.chars(&chars(array)?),
            Kind::Struct(record) => {
                self.needs_dj0("a structured array")?;
                if record.fields().is_empty() {
                    return Err(Error::invalid_value(
                        "a structured array has no fields; its shape would be lost",
                    ));
                }
                self.out.push(code::RECORD);
                self.field_names(record.fields().iter().map(|field| field.name.as_str()))?;
                return record
                    .fields()
                    .iter()
                    .try_for_each(|field| self.array(&column(array, field)?));
            }
            _ => {}
        }
        let (class, complex) = wire::class_of(array.dtype().kind()).ok_or_else(|| {
            Error::invalid_value(format!("a blob cannot hold an array of dtype {}", array.dtype()))
                .advise("convert it, or keep it in an <npy@> or <zarr@> column")
        })?;
        if matches!(array.dtype().kind(), Kind::DateTime64(_)) {
            self.needs_dj0("an array of dates")?;
        }
        if array.ndim() == 0 {
            self.needs_dj0("an array without dimensions")?;
        }
        self.array_header(array.shape(), class, complex);
        let array = array.to_little_endian();
        if !complex && let Some(bytes) = array.contiguous_bytes(Order::C) {
            self.out.reserve_exact(bytes.len());
            if transpose::append(&mut self.out, &bytes, array.shape(), array.dtype().size()) {
                return Ok(());
            }
        }
        let bytes = array.to_bytes(Order::Fortran);
        if complex {
            let half = array.dtype().size() / 2;
            self.out.reserve(bytes.len());
            for part in [0, half] {
                match half {
                    4 => self.every_second::<4>(bytes.get(part..).unwrap_or_default()),
                    _ => self.every_second::<8>(bytes.get(part..).unwrap_or_default()),
                }
            }
        } else {
            self.out.extend_from_slice(&bytes);
        }
        Ok(())
    }

    /// The parts of `N` bytes that begin every `2 * N` bytes.
    pub(super) fn every_second<const N: usize>(&mut self, bytes: &[u8]) {
        self.out.extend(
            bytes
                .chunks(2 * N)
                .filter_map(|pair| pair.first_chunk::<N>())
                .flatten(),
        );
    }

    fn array_header(&mut self, shape: &[usize], class: u32, complex: bool) {
        self.out.push(code::ARRAY);
        self.shape(shape);
        self.out.extend_from_slice(&class.to_le_bytes());
        self.out.extend_from_slice(&u32::from(complex).to_le_bytes());
    }

    pub(super) fn chars(&mut self, chars: &CharArray) -> Result<()> {
        if chars.shape.is_empty() && self.matlab {
            self.needs_dj0("a char array without dimensions")?;
        }
        self.array_header(&chars.shape, CHAR, false);
        for at in c_positions(&chars.shape) {
            let unit = chars
                .units
                .get(at)
                .ok_or_else(|| Error::invalid_value("a char array has fewer units than its shape"))?;
            self.out.extend_from_slice(&unit.to_le_bytes());
        }
        Ok(())
    }

    pub(super) fn objects(&mut self, array: &ObjectArray, depth: usize) -> Result<()> {
        self.array_header(&array.shape, OBJECT, false);
        self.elements(&array.shape, &array.items, 1, depth)
    }

    /// The values of each element, elements in Fortran order, each value with its length.
    pub(super) fn elements(
        &mut self,
        shape: &[usize],
        items: &[Value],
        each: usize,
        depth: usize,
    ) -> Result<()> {
        for at in c_positions(shape) {
            let values = items
                .get(at * each..(at + 1) * each)
                .ok_or_else(|| Error::invalid_value("an array has fewer values than its shape"))?;
            values
                .iter()
                .try_for_each(|value| self.sized_value(value, depth + 1))?;
        }
        Ok(())
    }

    /// Texts of fixed width are stored as values, as Python does.
    fn texts(&mut self, array: &Array) -> Result<()> {
        self.needs_dj0("an array of texts")?;
        self.array_header(array.shape(), OBJECT, false);
        let bytes = array.to_little_endian().to_bytes(Order::Fortran);
        for element in bytes.chunks_exact(array.dtype().size().max(1)) {
            self.sized_value(&Value::Str(text(element)?), 1)?;
        }
        if array.dtype().size() == 0 {
            (0..array.len()).try_for_each(|_| self.sized_value(&Value::Str(String::new()), 1))?;
        }
        Ok(())
    }
}

/// A text of fixed width: code points up to the NULs that pad it.
fn text(element: &[u8]) -> Result<String> {
    let points: Vec<u32> = element
        .as_chunks::<4>()
        .0
        .iter()
        .map(|unit| u32::from_le_bytes(*unit))
        .collect();
    let length = points
        .iter()
        .rposition(|&point| point != 0)
        .map_or(0, |last| last + 1);
    let points = points.get(..length).unwrap_or_default();
    points
        .iter()
        .map(|&point| {
            char::from_u32(point).ok_or_else(|| Error::invalid_value(format!("{point:#x} is no character")))
        })
        .collect()
}

/// Single bytes are MATLAB chars.
fn chars(array: &Array) -> Result<CharArray> {
    let units = array
        .to_bytes(Order::C)
        .iter()
        .map(|&byte| u16::from(byte))
        .collect();
    CharArray::new(array.shape().to_vec(), units)
}

/// One field of a structured array, as a view.
fn column(array: &Array, field: &Field) -> Result<Array> {
    let inner = Order::C.strides(&field.shape, field.dtype.size());
    let shape: Vec<usize> = array.shape().iter().chain(&field.shape).copied().collect();
    let strides: Vec<isize> = array.strides().iter().copied().chain(inner).collect();
    Array::with_strides(
        field.dtype.clone(),
        &shape,
        &strides,
        array.start() + field.offset,
        array.data().clone(),
    )
}
