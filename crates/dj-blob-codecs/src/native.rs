//! Fields that keep their kind in a blob: arrays, UUIDs, dates, decimals, whole [`Value`]s.
//!
//! `serde` has no word for these, so that a UUID would become text and an array a list. With this module they go through as what they
//! are:
//!
//! ```
//! use dj_blob_codecs::api::{Array, Uuid, Value};
//! use dj_blob_codecs::{from_value, to_value};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Serialize, Deserialize)]
//! struct Recording {
//!     #[serde(with = "dj_blob_codecs::native")]
//!     id: Uuid,
//!     #[serde(with = "dj_blob_codecs::native")]
//!     trace: Array,
//! }
//!
//! let trace = Array::from_vec(vec![0.5, 1.5], &[2])?;
//! let value = to_value(&Recording { id: Uuid::nil(), trace: trace.clone() })?;
//! assert_eq!(value, Value::Dict(vec![
//!     ("id".into(), Uuid::nil().into()),
//!     ("trace".into(), trace.into()),
//! ]));
//! assert_eq!(from_value::<Recording>(value)?.id, Uuid::nil());
//! # Ok::<(), dj_blob_codecs::api::Error>(())
//! ```
//!
//! With another format than ours, such as `serde_json`, the field is written and read in the value notation.

#[cfg(feature = "chrono")]
mod chrono;
#[cfg(feature = "ndarray")]
mod ndarray;
#[cfg(feature = "time")]
mod time;

use std::cell::RefCell;
use std::fmt;
use std::marker::PhantomData;

use dj_codec_api::value::{Date, DateTime, Time};
use dj_codec_api::{Array, BigInt, Error, Json, Limits, Result, Uuid, Value, notation};
use serde::de::{Error as _, Visitor};
use serde::ser::Error as _;
use serde::{Deserialize as _, Deserializer, Serializer};

/// A type that is one kind of [`Value`].
///
/// With the features `ndarray`, `chrono` and `time` also those crates' arrays, dates and times are.
pub trait Native: Sized {
    /// The value.
    ///
    /// # Errors
    /// Where there is none for it.
    fn to_value(&self) -> Result<Value>;

    /// This type again.
    ///
    /// # Errors
    /// Where the value is of another kind.
    fn from_value(value: Value) -> Result<Self>;
}

/// The name under which a value goes through `serde` in [`SLOT`].
const NAME: &str = "$dj_blob_codecs::native";

thread_local! {
    /// The value between one call of `serde` and the next, on the way from a field to our serializer or back.
    static SLOT: RefCell<Option<Value>> = const { RefCell::new(None) };
}

fn put(value: Value) {
    SLOT.with(|slot| *slot.borrow_mut() = Some(value));
}

/// The value that a field has put, where this is the name of one.
pub(crate) fn take(name: &str) -> Option<Value> {
    (name == NAME)
        .then(|| SLOT.with(|slot| slot.borrow_mut().take()))
        .flatten()
}

/// Puts the value for a field, where this is the name of one.
pub(crate) fn give(name: &str, value: &Value) -> bool {
    let asked = name == NAME;
    if asked {
        put(value.clone());
    }
    asked
}

/// For `#[serde(with = "dj_blob_codecs::native")]`.
///
/// # Errors
/// Where there is no value for it.
pub fn serialize<T: Native, S: Serializer>(field: &T, serializer: S) -> Result<S::Ok, S::Error> {
    let value = field.to_value().map_err(S::Error::custom)?;
    put(value.clone());
    let result = serializer.serialize_newtype_struct(NAME, &InNotation(value));
    // Another serializer has left it there.
    take(NAME);
    result
}

/// For `#[serde(with = "dj_blob_codecs::native")]`.
///
/// # Errors
/// Where the value is of another kind.
pub fn deserialize<'de, T: Native, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    deserializer.deserialize_newtype_struct(NAME, FieldVisitor(PhantomData))
}

/// What other serializers write.
struct InNotation(Value);

impl serde::Serialize for InNotation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        notation::to_json(&self.0)
            .map_err(S::Error::custom)?
            .serialize(serializer)
    }
}

struct FieldVisitor<T>(PhantomData<T>);

impl<'de, T: Native> Visitor<'de> for FieldVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value that is kept as it is")
    }

    /// Our own deserializer.
    fn visit_unit<E: serde::de::Error>(self) -> Result<T, E> {
        T::from_value(take(NAME).unwrap_or(Value::Null)).map_err(E::custom)
    }

    /// Any other.
    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        let json = Json::deserialize(deserializer)?;
        notation::from_json(&json, &Limits::default())
            .and_then(T::from_value)
            .map_err(D::Error::custom)
    }
}

/// An error that says what was found.
pub(crate) fn mismatch(wanted: &str, found: &Value) -> Error {
    Error::corrupt(format!("{wanted} was expected, this is {}", found.type_name()))
}

impl Native for Value {
    fn to_value(&self) -> Result<Value> {
        Ok(self.clone())
    }

    fn from_value(value: Value) -> Result<Self> {
        Ok(value)
    }
}

impl<T: Native> Native for Option<T> {
    fn to_value(&self) -> Result<Value> {
        self.as_ref().map_or(Ok(Value::Null), T::to_value)
    }

    fn from_value(value: Value) -> Result<Self> {
        match value {
            Value::Null => Ok(None),
            value => T::from_value(value).map(Some),
        }
    }
}

impl<T: Native> Native for Vec<T> {
    fn to_value(&self) -> Result<Value> {
        self.iter()
            .map(T::to_value)
            .collect::<Result<_>>()
            .map(Value::List)
    }

    fn from_value(value: Value) -> Result<Self> {
        match value {
            Value::List(items) | Value::Tuple(items) => items.into_iter().map(T::from_value).collect(),
            other => Err(mismatch("a list", &other)),
        }
    }
}

impl Native for Array {
    fn to_value(&self) -> Result<Value> {
        Ok(self.clone().into())
    }

    fn from_value(value: Value) -> Result<Self> {
        value.into_array()
    }
}

impl Native for BigInt {
    fn to_value(&self) -> Result<Value> {
        Ok(Value::int(self.clone()))
    }

    fn from_value(value: Value) -> Result<Self> {
        match value {
            Value::Int(number) => Ok(number.into()),
            Value::BigInt(number) => Ok(*number),
            other => Err(mismatch("an int", &other)),
        }
    }
}

macro_rules! native {
    ($($type:ty: $variant:ident, $what:literal;)+) => {$(
        impl Native for $type {
            fn to_value(&self) -> Result<Value> {
                Ok(Value::$variant(*self))
            }

            fn from_value(value: Value) -> Result<Self> {
                match value {
                    Value::$variant(found) => Ok(found),
                    other => Err(mismatch($what, &other)),
                }
            }
        }
    )+};
}

native! {
    Uuid: Uuid, "a UUID";
    Date: Date, "a date";
    Time: Time, "a time";
    DateTime: DateTime, "a datetime";
}
