//! Blobs as the program's own types, by way of `serde`.

mod deserialize;
mod elements;
mod error;
mod serialize;

use bytes::Bytes;
use dj_codec_api::{Result, Value};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub(crate) use deserialize::ValueDeserializer;
pub(crate) use error::TypedError;
pub(crate) use serialize::ValueSerializer;

/// Packs anything that `serde` serializes, with the default options of [`pack`](crate::pack).
///
/// Structs and maps become dicts, sequences lists, tuples and arrays of a fixed length tuples, enums their name or a dict of one
/// entry, `None` and `()` none. Arrays, UUIDs, dates and decimals keep their kind with [`native`](crate::native).
///
/// ```
/// use dj_blob_codecs::{from_slice, to_vec};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize, PartialEq, Debug)]
/// struct Unit {
///     id: u32,
///     quality: Option<String>,
///     position: (f64, f64),
/// }
///
/// let unit = Unit { id: 7, quality: None, position: (0.5, 1.5) };
/// assert_eq!(from_slice::<Unit>(&to_vec(&unit)?)?, unit);
/// # Ok::<(), dj_blob_codecs::api::Error>(())
/// ```
///
/// # Errors
/// Where the value's own `Serialize` fails, or the format cannot hold the value.
pub fn to_vec<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>> {
    crate::pack(&to_value(value)?).map(Vec::from)
}

/// Unpacks a blob as a type that `serde` deserializes, with the default options of [`unpack`](crate::unpack).
///
/// Arrays are read as sequences of their rows too, MATLAB text as a string, MATLAB structs as maps, and a scalar from an array of one
/// element. The blob is copied once; [`unpack`](crate::unpack) with [`from_value`] does without.
///
/// # Errors
/// Where the blob is damaged, or its value is none of this type.
pub fn from_slice<T: DeserializeOwned>(blob: &[u8]) -> Result<T> {
    from_value(crate::unpack(Bytes::copy_from_slice(blob))?)
}

/// What [`to_vec`] packs.
///
/// # Errors
/// Where the value's own `Serialize` fails.
pub fn to_value<T: Serialize + ?Sized>(value: &T) -> Result<Value> {
    value.serialize(ValueSerializer).map_err(TypedError::into_inner)
}

/// A value as a type that `serde` deserializes; see [`from_slice`].
///
/// # Errors
/// Where the value is none of this type.
pub fn from_value<T: DeserializeOwned>(value: Value) -> Result<T> {
    T::deserialize(ValueDeserializer(value)).map_err(TypedError::into_inner)
}
