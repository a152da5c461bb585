//! From values to the program's types.

use dj_codec_api::{Result as ApiResult, Value};
use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{
    self, DeserializeSeed, Deserializer, Error as _, IntoDeserializer, Unexpected, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::{TypedError, elements};
use crate::native;

type Result<T, E = TypedError> = std::result::Result<T, E>;

/// Gives a value to what is deserialized.
pub(crate) struct ValueDeserializer(pub(crate) Value);

/// Whatever is made of other values, as one of the kinds that `serde` knows.
fn simple(value: Value) -> ApiResult<Value> {
    Ok(match value {
        Value::Array(array) => elements::array(&array)?,
        Value::Objects(array) => elements::nested(&array.shape, array.items)?,
        Value::Cell(cell) => elements::nested(&cell.shape, cell.items)?,
        Value::Struct(array) => elements::structs(*array)?,
        Value::Record(record) => elements::records(*record)?,
        Value::Lazy(handle) => simple(handle.load()?)?,
        other => other,
    })
}

/// The one element of an array that has one, which is how MATLAB keeps scalars.
fn scalar(value: Value) -> ApiResult<Value> {
    let mut value = match value {
        Value::Array(array) if array.len() == 1 => elements::array(&array.reshape(&[])?)?,
        other => other,
    };
    if let Value::Objects(array) = &mut value
        && array.items.len() == 1
        && let Some(one) = array.items.pop()
    {
        value = one;
    }
    Ok(value)
}

impl<'de> IntoDeserializer<'de, TypedError> for ValueDeserializer {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

macro_rules! scalars {
    ($($method:ident),+) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            Self(scalar(self.0)?).deserialize_any(visitor)
        }
    )+};
}

impl<'de> Deserializer<'de> for ValueDeserializer {
    type Error = TypedError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match simple(self.0)? {
            Value::Null => visitor.visit_unit(),
            Value::Bool(flag) => visitor.visit_bool(flag),
            Value::Int(number) => visitor.visit_i64(number),
            Value::BigInt(number) => {
                if let Ok(number) = u64::try_from(&*number) {
                    visitor.visit_u64(number)
                } else if let Ok(number) = i128::try_from(&*number) {
                    visitor.visit_i128(number)
                } else if let Ok(number) = u128::try_from(&*number) {
                    visitor.visit_u128(number)
                } else {
                    Err(TypedError::custom(
                        "an int is beyond 128 bits; keep it with dj_blob_codecs::native",
                    ))
                }
            }
            Value::Float(number) => visitor.visit_f64(number),
            Value::Complex(real, imaginary) => {
                visitor.visit_seq(SeqDeserializer::new([real, imaginary].into_iter()))
            }
            Value::Str(text) | Value::Decimal(text) => visitor.visit_string(text),
            Value::Bytes(bytes) => visitor.visit_byte_buf(bytes.into()),
            Value::List(items) | Value::Tuple(items) | Value::Set(items) => {
                let mut items = SeqDeserializer::new(items.into_iter().map(Self));
                let value = visitor.visit_seq(&mut items)?;
                items.end()?;
                Ok(value)
            }
            Value::Dict(entries) => {
                let entries = entries.into_iter().map(|(key, value)| (Self(key), Self(value)));
                let mut entries = MapDeserializer::new(entries);
                let value = visitor.visit_map(&mut entries)?;
                entries.end()?;
                Ok(value)
            }
            Value::Uuid(uuid) => visitor.visit_string(uuid.to_string()),
            Value::Date(date) => visitor.visit_string(date.to_string()),
            Value::Time(time) => visitor.visit_string(time.to_string()),
            Value::DateTime(both) => visitor.visit_string(both.to_string()),
            Value::Chars(chars) => {
                let text = chars
                    .to_text()
                    .ok_or_else(|| TypedError::custom("a MATLAB char array is no single line of text"))?;
                visitor.visit_string(text)
            }
            other => Err(TypedError::custom(format!(
                "serde has no word for {}; keep it with dj_blob_codecs::native",
                other.type_name()
            ))),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.0 {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value> {
        if native::give(name, &self.0) {
            return visitor.visit_unit();
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        let (name, data) = match simple(self.0)? {
            Value::Dict(mut entries) if entries.len() == 1 => match entries.pop() {
                Some((name, data)) => (name, Some(data)),
                None => (Value::Null, None),
            },
            name @ (Value::Str(_) | Value::Chars(_)) => (name, None),
            other => {
                let found = other.type_name();
                return Err(TypedError::invalid_type(
                    Unexpected::Other(found),
                    &"the name of a variant, or a dict of one",
                ));
            }
        };
        visitor.visit_enum(Variant { name, data })
    }

    scalars!(
        deserialize_bool,
        deserialize_i8,
        deserialize_i16,
        deserialize_i32,
        deserialize_i64,
        deserialize_i128,
        deserialize_u8,
        deserialize_u16,
        deserialize_u32,
        deserialize_u64,
        deserialize_u128,
        deserialize_f32,
        deserialize_f64,
        deserialize_char,
        deserialize_str,
        deserialize_string
    );

    forward_to_deserialize_any! {
        bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

/// A variant of an enum.
struct Variant {
    name: Value,
    data: Option<Value>,
}

impl<'de> de::EnumAccess<'de> for Variant {
    type Error = TypedError;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(mut self, seed: V) -> Result<(V::Value, Self)> {
        let name = std::mem::replace(&mut self.name, Value::Null);
        Ok((seed.deserialize(ValueDeserializer(name))?, self))
    }
}

impl Variant {
    fn data(self) -> Result<ValueDeserializer> {
        self.data
            .map(ValueDeserializer)
            .ok_or_else(|| TypedError::custom("the data of a variant is missing"))
    }
}

impl<'de> VariantAccess<'de> for Variant {
    type Error = TypedError;

    fn unit_variant(self) -> Result<()> {
        match self.data {
            None | Some(Value::Null) => Ok(()),
            Some(other) => Err(TypedError::custom(format!(
                "a variant without data has {}",
                other.type_name()
            ))),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value> {
        seed.deserialize(self.data()?)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value> {
        self.data()?.deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value> {
        self.data()?.deserialize_any(visitor)
    }
}
