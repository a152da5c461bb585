//! From values to bytes.

mod array;
mod container;
mod matlab;
mod scalar;
mod transpose;

use dj_codec_api::{Error, Limits, Result, Value};

use crate::wire::code;

/// A blob that grows. The first four bytes are left for the magic, which is known at the end.
pub(crate) struct Writer<'a> {
    out: Vec<u8>,
    dj0: bool,
    matlab: bool,
    limits: &'a Limits,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(matlab: bool, limits: &'a Limits) -> Self {
        Self {
            out: vec![0; 4],
            dj0: false,
            matlab,
            limits,
        }
    }

    /// The bytes, and whether they need Python's format.
    pub(crate) fn finish(self) -> (Vec<u8>, bool) {
        (self.out, self.dj0)
    }

    /// Notes that a value is beyond mYm.
    fn needs_dj0(&mut self, value: &str) -> Result<()> {
        if self.matlab {
            return Err(
                Error::invalid_value(format!("MATLAB cannot read {value} from a blob"))
                    .advise("use arrays of numbers, MATLAB chars, cells, structs and sparse matrices"),
            );
        }
        self.dj0 = true;
        Ok(())
    }

    fn size(&mut self, size: usize) {
        self.out.extend_from_slice(&(size as u64).to_le_bytes());
    }

    fn shape(&mut self, shape: &[usize]) {
        self.size(shape.len());
        for &length in shape {
            self.size(length);
        }
    }

    /// A value with its length before it.
    fn sized_value(&mut self, value: &Value, depth: usize) -> Result<()> {
        let at = self.out.len();
        self.size(0);
        self.value(value, depth)?;
        let length = (self.out.len() - at - 8) as u64;
        if let Some(slot) = self.out.get_mut(at..at + 8) {
            slot.copy_from_slice(&length.to_le_bytes());
        }
        Ok(())
    }

    pub(crate) fn value(&mut self, value: &Value, depth: usize) -> Result<()> {
        self.limits.check_depth(depth)?;
        match value {
            // What MATLAB knows stands in mYm; the arrays say themselves where they need more.
            Value::Array(array) => return self.array(array),
            Value::Chars(chars) => return self.chars(chars),
            Value::Cell(cell) => return self.cell_array(cell, depth),
            Value::Struct(array) => return self.struct_array(array, depth),
            Value::Sparse(matrix) => return self.sparse_matrix(matrix),
            Value::Lazy(handle) => return self.value(&handle.load()?, depth),
            other => self.needs_dj0(other.type_name())?,
        }
        match value {
            Value::Null => self.out.push(code::NONE),
            Value::Bool(flag) => self.out.extend([code::BOOL, u8::from(*flag)]),
            Value::Int(number) => self.int(*number),
            Value::BigInt(number) => self.big_int(number)?,
            Value::Float(number) => self.float(*number),
            Value::Complex(real, imaginary) => self.complex(*real, *imaginary),
            Value::Str(text) => self.text(code::STR, text),
            Value::Bytes(bytes) => self.byte_string(bytes),
            Value::Decimal(text) => self.decimal(text)?,
            Value::Uuid(uuid) => self.uuid(*uuid),
            Value::Date(date) => self.datetime(Some(*date), None),
            Value::Time(time) => self.datetime(None, Some(*time)),
            Value::DateTime(both) => self.datetime(Some(both.date), Some(both.time)),
            Value::Tuple(items) => self.items(code::TUPLE, items, depth)?,
            Value::List(items) => self.items(code::LIST, items, depth)?,
            Value::Set(items) => self.items(code::SET, items, depth)?,
            Value::Dict(entries) => self.dict(entries, depth)?,
            Value::Objects(array) => self.objects(array, depth)?,
            Value::Record(array) => self.record_array(array, depth)?,
            other => {
                return Err(Error::invalid_value(format!(
                    "a blob cannot hold {}",
                    other.type_name()
                )));
            }
        }
        Ok(())
    }
}
