//! The value notation: every value of DataJoint's model as JSON, without loss.
//!
//! What JSON can say without loss is plain JSON. Everything else is an object with exactly one key, which begins with
//! `$`:
//!
//! | value | notation |
//! | --- | --- |
//! | null, bool, str, list | `null`, `true`, `"text"`, `[1, 2]` |
//! | int | `42` below 2^53, else `{"$int": "18446744073709551615"}` |
//! | float | `7.0`, `1e-07`, always with a point or an exponent; `{"$float": "nan"}`, `"inf"`, `"-inf"` |
//! | complex | `{"$complex": [1.0, -2.0]}` |
//! | bytes | `{"$bytes": "aGVsbG8="}` |
//! | tuple, set | `{"$tuple": [1, 2]}`, `{"$set": [1, 2]}` |
//! | dict | `{"a": 1}` where each key is a str that does not begin with `$`, else `{"$dict": [[key, value], ...]}` |
//! | UUID, decimal | `{"$uuid": "8d6e7a3c-..."}`, `{"$decimal": "1.50"}` |
//! | date, time, datetime | `{"$date": "2024-01-31"}`, `{"$time": "23:59:59.000001"}`, `{"$datetime": "2024-01-31T23:59:59"}` |
//! | array or NumPy scalar | `{"$array": {"dtype": "<i2", "shape": [2, 3], "data": BASE64}}`, the elements in C order |
//! | array of texts or objects | `{"$array": {"dtype": "<U5", "shape": [2], "items": [...]}}`, `"dtype": "\|O"` |
//! | structured array | `{"$record": {"shape": [2], "fields": [["x", ARRAY], ...]}}`, padding left out |
//! | MATLAB cell, struct array | `{"$cell": {"shape", "items"}}`, `{"$struct": {"shape", "fields", "items"}}` |
//! | MATLAB sparse matrix | `{"$sparse": {"dtype", "shape", "indptr", "indices", "data"}}` |
//! | stored file, folder | `{"$file": {"name", "size", "sha256"}}`, `{"$folder": {"files": [[path, size, sha256], ...]}}` |
//!
//! Three things are printed as what they are read as in Python: MATLAB text as an array of str, a structured [`Array`] as
//! `$record`, a lazy handle as the value that it loads.
//!
//! ```
//! use dj_codec_api::{Array, Limits, Value, notation};
//!
//! let value = Value::Tuple(vec![Value::Float(1e-7), Array::from_vec(vec![1_i16, -1], &[2])?.into()]);
//! let text = notation::to_string(&value)?;
//! assert_eq!(text, r#"{"$tuple":[1e-07,{"$array":{"dtype":"<i2","shape":[2],"data":"AQD//w=="}}]}"#);
//! assert_eq!(notation::from_str(&text, &Limits::default())?, value);
//! # Ok::<(), dj_codec_api::Error>(())
//! ```
//!
//! [`Array`]: crate::Array

mod body;
mod formatter;
mod integers;
mod read;
mod read_array;
mod read_tagged;
mod write;
mod write_array;

use std::io::Write;

use serde::Serialize as _;
use serde::de::DeserializeSeed as _;

use crate::{Error, Json, Limits, Result, Value};

/// Writes a value as one line of JSON. Writes are small, so a file wants a `BufWriter`; the data of arrays goes
/// through in blocks and is never held as text.
///
/// # Errors
/// Where the writer fails, a lazy handle cannot be loaded, the value nests deeper than the default of
/// [`Limits`], or it has no notation (a path of this machine).
pub fn to_writer(value: &Value, writer: impl Write) -> Result<()> {
    let state = write::State::new(true);
    let mut serializer = serde_json::Serializer::with_formatter(writer, formatter::NotationFormatter);
    write::Noted::new(value, &state)
        .serialize(&mut serializer)
        .map_err(|error| state.into_error(error))
}

/// A value as one line of JSON.
///
/// # Errors
/// As [`to_writer`].
pub fn to_string(value: &Value) -> Result<String> {
    // A large array would otherwise be copied each time that the text grows. A view may be larger than its bytes.
    let size = if let Value::Array(array) = value {
        array.nbytes().min(array.data().len()) / 3 * 4
    } else {
        0
    };
    let mut text = Vec::with_capacity(size.saturating_add(128));
    to_writer(value, &mut text)?;
    String::from_utf8(text).map_err(|error| Error::corrupt("the notation is no UTF-8").caused_by(error))
}

/// A value as a JSON value. The order of a dict is kept only where serde_json keeps that of its objects (its feature
/// `preserve_order`); [`to_string`] always keeps it.
///
/// # Errors
/// As [`to_writer`].
pub fn to_json(value: &Value) -> Result<Json> {
    let state = write::State::new(false);
    serde_json::to_value(write::Noted::new(value, &state)).map_err(|error| state.into_error(error))
}

/// Reads a value from JSON text.
///
/// Ints of any size that JSON can hold are accepted below 2^64; larger ones need `$int`, as they would else be read as
/// floats. The zone of a `$datetime` or `$time` (`+02:00`) is dropped, as DataJoint drops it.
///
/// # Errors
/// [`ErrorKind::InvalidValue`](crate::ErrorKind::InvalidValue) where the text is no JSON or no notation, saying where;
/// [`ErrorKind::Limit`](crate::ErrorKind::Limit) where it is over a limit.
pub fn from_str(text: &str, limits: &Limits) -> Result<Value> {
    integers::check(text)?;
    let state = read::State::new(limits);
    let mut deserializer = serde_json::Deserializer::from_str(text);
    // The limits bound the depth.
    deserializer.disable_recursion_limit();
    read::Noted::new(&state)
        .deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value))
        .map_err(|error| state.into_error(error))
}

/// Reads a value from a JSON value.
///
/// # Errors
/// As [`from_str`].
pub fn from_json(json: &Json, limits: &Limits) -> Result<Value> {
    let state = read::State::new(limits);
    read::Noted::new(&state)
        .deserialize(json)
        .map_err(|error| state.into_error(error))
}
