//! From bytes to values.

mod array;
mod container;
mod cursor;
mod envelope;
mod matlab;
mod scalar;

use dj_codec_api::{Error, Limits, Result, Value};

use crate::wire::code;
use cursor::Cursor;
pub(crate) use cursor::Dims;
pub(crate) use envelope::{Envelope, open, peek};
pub(crate) use scalar::is_decimal;

/// Reads the value of a blob without its magic, all of it.
pub(crate) fn value(body: bytes::Bytes, dims: Dims, limits: &Limits) -> Result<Value> {
    let mut cursor = Cursor::new(body, dims, limits);
    let end = cursor.end();
    cursor.value(end, 0)
}

impl Cursor<'_> {
    /// Reads the value that ends at `end`.
    fn value(&mut self, end: usize, depth: usize) -> Result<Value> {
        let start = self.position();
        let value = self.open_value(depth)?;
        if self.position() == end {
            return Ok(value);
        }
        let (taken, said) = (self.position() - start, end.saturating_sub(start));
        Err(
            Error::corrupt(format!("a value takes {taken} bytes, its length says {said}"))
                .at(format!("byte {start}")),
        )
    }

    /// Reads a value that itself tells where it ends.
    fn open_value(&mut self, depth: usize) -> Result<Value> {
        self.limits().check_depth(depth)?;
        self.count_item()?;
        let at = self.position();
        match self.byte()? {
            code::ARRAY => self.array(depth),
            code::STRUCT => self.struct_array(depth),
            code::CELL => self.cell_array(depth),
            code::RECORD => self.record_array(depth),
            code::SPARSE => self.sparse_matrix(),
            code::NONE => Ok(Value::Null),
            code::TUPLE => self.items(depth).map(Value::Tuple),
            code::LIST => self.items(depth).map(Value::List),
            code::SET => self.items(depth).map(Value::Set),
            code::DICT => self.dict(depth),
            code::STR => self.text().map(Value::Str),
            code::BYTES => self.byte_string().map(Value::Bytes),
            code::INT => self.int(),
            code::BOOL => self.bool(),
            code::COMPLEX => Ok(Value::Complex(self.f64()?, self.f64()?)),
            code::FLOAT => Ok(Value::Float(self.f64()?)),
            code::DECIMAL => self.decimal(),
            code::DATETIME => self.datetime(),
            code::UUID => self.uuid(),
            unknown => Err(
                Error::corrupt(format!("there is no kind of value with the code {unknown:#04x}"))
                    .at(format!("byte {at}")),
            ),
        }
    }
}
