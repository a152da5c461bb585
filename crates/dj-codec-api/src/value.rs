//! What codecs take and give: DataJoint's value model.

mod access;
mod containers;
mod same;
mod temporal;

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use num_bigint::BigInt;
use uuid::Uuid;

pub use containers::{CellArray, CharArray, FileDigest, ObjectArray, RecordArray, SparseMatrix, StructArray};
pub use temporal::{Date, DateTime, Time};

use crate::{Array, Error, Lazy, Result};

/// A value as an application holds it, or as one codec hands it to the next.
///
/// The model keeps what the stored bytes say: an int is not a float, a tuple not a list, a dict keeps the order of
/// its entries and keys that are no text, a decimal its digits, a scalar of an array its dtype.
///
/// `==` compares floats by their bits, except that every NaN equals every other, sets and JSON objects without regard to
/// order, arrays without regard to byte order and strides. A lazy handle equals only itself.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Value {
    /// Nothing: Python's `None`, SQL's NULL.
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number that fits in 64 bits. Larger ones are [`BigInt`](Self::BigInt); [`Value::int`] chooses.
    Int(i64),
    /// A whole number beyond 64 bits.
    BigInt(Box<BigInt>),
    /// A floating-point number.
    Float(f64),
    /// A complex number: real part, imaginary part.
    Complex(f64, f64),
    /// Text.
    Str(String),
    /// Bytes.
    Bytes(Bytes),
    /// A list.
    List(Vec<Value>),
    /// A tuple.
    Tuple(Vec<Value>),
    /// A set, in the order of the wire.
    Set(Vec<Value>),
    /// A dict, in the order of the wire.
    Dict(Vec<(Value, Value)>),
    /// A UUID.
    Uuid(Uuid),
    /// A decimal number, as the text that it is stored as.
    Decimal(String),
    /// A date.
    Date(Date),
    /// A time of day.
    Time(Time),
    /// A date with a time of day.
    DateTime(DateTime),
    /// An array of numbers, dates, fixed-length texts or structures; also a scalar of such a type.
    Array(Box<Array>),
    /// An array of values of any kind.
    Objects(Box<ObjectArray>),
    /// A structured array, field by field.
    Record(Box<RecordArray>),
    /// MATLAB text.
    Chars(Box<CharArray>),
    /// A MATLAB cell array.
    Cell(Box<CellArray>),
    /// A MATLAB struct array.
    Struct(Box<StructArray>),
    /// A MATLAB sparse matrix.
    Sparse(Box<SparseMatrix>),
    /// A JSON document: what travels between a codec and a column of type json.
    // Boxed: some cargo features of `serde_json` make a document three times as large as any other value.
    Json(Box<serde_json::Value>),
    /// A file or folder of the local machine, to be stored.
    Path(PathBuf),
    /// A stored file, as it is reported: name, size and digest.
    File(Box<FileDigest>),
    /// A stored folder, as it is reported: its files.
    Folder(Vec<FileDigest>),
    /// A handle on a stored value that is read when asked.
    Lazy(Arc<dyn Lazy>),
}

impl Value {
    /// A whole number of any size.
    #[must_use]
    pub fn int(number: impl Into<BigInt>) -> Self {
        let number = number.into();
        match i64::try_from(&number) {
            Ok(small) => Self::Int(small),
            Err(_) => Self::BigInt(Box::new(number)),
        }
    }

    /// A lazy handle.
    #[must_use]
    pub fn lazy(handle: impl Lazy) -> Self {
        Self::Lazy(Arc::new(handle))
    }

    /// The handle of this type, where the value is one.
    ///
    /// A codec's own crate names the types that its values downcast to.
    #[must_use]
    pub fn downcast<T: Lazy>(&self) -> Option<&T> {
        match self {
            Self::Lazy(handle) => (handle.as_ref() as &dyn std::any::Any).downcast_ref(),
            _ => None,
        }
    }

    /// The value itself, loaded where it is a lazy handle.
    ///
    /// # Errors
    /// Where the stored value cannot be read.
    pub fn load(self) -> Result<Self> {
        match self {
            Self::Lazy(handle) => handle.load(),
            other => Ok(other),
        }
    }

    /// The array that the value is, loaded where it is a lazy handle.
    ///
    /// # Errors
    /// Where the value is none, or cannot be read.
    pub fn into_array(self) -> Result<Array> {
        match self.load()? {
            Self::Array(array) => Ok(*array),
            other => Err(Error::invalid_value(format!(
                "an array was expected, this is {}",
                other.type_name()
            ))),
        }
    }

    /// What kind of value it is, in words for messages.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a bool",
            Self::Int(_) | Self::BigInt(_) => "an int",
            Self::Float(_) => "a float",
            Self::Complex(..) => "a complex number",
            Self::Str(_) => "a str",
            Self::Bytes(_) => "bytes",
            Self::List(_) => "a list",
            Self::Tuple(_) => "a tuple",
            Self::Set(_) => "a set",
            Self::Dict(_) => "a dict",
            Self::Uuid(_) => "a UUID",
            Self::Decimal(_) => "a decimal",
            Self::Date(_) => "a date",
            Self::Time(_) => "a time",
            Self::DateTime(_) => "a datetime",
            Self::Array(_) => "an array",
            Self::Objects(_) => "an array of objects",
            Self::Record(_) => "a structured array",
            Self::Chars(_) => "a MATLAB char array",
            Self::Cell(_) => "a MATLAB cell array",
            Self::Struct(_) => "a MATLAB struct array",
            Self::Sparse(_) => "a MATLAB sparse matrix",
            Self::Json(_) => "a JSON document",
            Self::Path(_) => "a path",
            Self::File(_) => "a file",
            Self::Folder(_) => "a folder",
            Self::Lazy(handle) => handle.type_name(),
        }
    }
}

macro_rules! from {
    ($($type:ty => $make:expr;)+) => {$(
        impl From<$type> for Value {
            fn from(value: $type) -> Self {
                $make(value)
            }
        }
    )+};
}

from! {
    bool => Value::Bool;
    i32 => |number| Value::Int(i64::from(number));
    i64 => Value::Int;
    u32 => |number| Value::Int(i64::from(number));
    u64 => |number: u64| Value::int(number);
    f64 => Value::Float;
    &str => |text: &str| Value::Str(text.to_owned());
    String => Value::Str;
    Bytes => Value::Bytes;
    Uuid => Value::Uuid;
    Date => Value::Date;
    Time => Value::Time;
    DateTime => Value::DateTime;
    Array => |array| Value::Array(Box::new(array));
    PathBuf => Value::Path;
    serde_json::Value => |json| Value::Json(Box::new(json));
}

impl From<&std::path::Path> for Value {
    fn from(path: &std::path::Path) -> Self {
        Self::Path(path.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_small() {
        assert!(size_of::<Value>() <= 40, "{}", size_of::<Value>());
    }

    #[test]
    fn ints_take_the_small_form_where_they_can() {
        assert!(matches!(Value::int(i64::MIN), Value::Int(i64::MIN)));
        assert!(matches!(Value::from(u64::MAX), Value::BigInt(_)));
    }
}
