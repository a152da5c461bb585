//! From the program's types to values.

use dj_codec_api::Value;
use serde::ser::{self, Serialize};

use super::TypedError;
use crate::native;

type Result<T, E = TypedError> = std::result::Result<T, E>;

/// Makes values of what is serialized.
pub(crate) struct ValueSerializer;

/// A sequence that grows, and what it becomes.
pub(crate) struct Items {
    items: Vec<Value>,
    into: fn(Vec<Value>) -> Value,
    variant: Option<&'static str>,
}

/// A dict that grows.
pub(crate) struct Entries {
    entries: Vec<(Value, Value)>,
    key: Option<Value>,
    variant: Option<&'static str>,
}

/// An enum's value with data: a dict of one entry.
fn variant(name: Option<&'static str>, value: Value) -> Value {
    match name {
        Some(name) => Value::Dict(vec![(name.into(), value)]),
        None => value,
    }
}

impl Items {
    fn new(length: usize, into: fn(Vec<Value>) -> Value, variant: Option<&'static str>) -> Self {
        // A length that is announced is no promise.
        Self {
            items: Vec::with_capacity(length.min(4096)),
            into,
            variant,
        }
    }

    fn push<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<()> {
        self.items.push(item.serialize(ValueSerializer)?);
        Ok(())
    }

    fn finish(self) -> Value {
        variant(self.variant, (self.into)(self.items))
    }
}

impl Entries {
    fn new(variant: Option<&'static str>) -> Self {
        Self {
            entries: Vec::new(),
            key: None,
            variant,
        }
    }

    fn push<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<()> {
        self.entries.push((key.into(), value.serialize(ValueSerializer)?));
        Ok(())
    }

    fn finish(self) -> Value {
        variant(self.variant, Value::Dict(self.entries))
    }
}

macro_rules! plain {
    ($($method:ident: $type:ty => $make:expr;)+) => {$(
        fn $method(self, value: $type) -> Result<Value> {
            Ok($make(value))
        }
    )+};
}

impl ser::Serializer for ValueSerializer {
    type Ok = Value;
    type Error = TypedError;
    type SerializeSeq = Items;
    type SerializeTuple = Items;
    type SerializeTupleStruct = Items;
    type SerializeTupleVariant = Items;
    type SerializeMap = Entries;
    type SerializeStruct = Entries;
    type SerializeStructVariant = Entries;

    plain! {
        serialize_bool: bool => Value::Bool;
        serialize_i8: i8 => |number| Value::Int(i64::from(number));
        serialize_i16: i16 => |number| Value::Int(i64::from(number));
        serialize_i32: i32 => |number| Value::Int(i64::from(number));
        serialize_i64: i64 => Value::Int;
        serialize_i128: i128 => Value::int;
        serialize_u8: u8 => |number| Value::Int(i64::from(number));
        serialize_u16: u16 => |number| Value::Int(i64::from(number));
        serialize_u32: u32 => |number| Value::Int(i64::from(number));
        serialize_u64: u64 => Value::from;
        serialize_u128: u128 => Value::int;
        serialize_f32: f32 => |number| Value::Float(f64::from(number));
        serialize_f64: f64 => Value::Float;
        serialize_char: char => |letter: char| Value::Str(letter.into());
        serialize_str: &str => Value::from;
        serialize_bytes: &[u8] => Value::from;
        serialize_unit_struct: &'static str => |_| Value::Null;
    }

    fn serialize_none(self) -> Result<Value> {
        Ok(Value::Null)
    }

    fn serialize_unit(self) -> Result<Value> {
        Ok(Value::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Value> {
        value.serialize(self)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, name: &'static str) -> Result<Value> {
        Ok(name.into())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Result<Value> {
        match native::take(name) {
            Some(value) => Ok(value),
            None => value.serialize(self),
        }
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        value: &T,
    ) -> Result<Value> {
        value.serialize(self).map(|value| variant(Some(name), value))
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Items> {
        Ok(Items::new(length.unwrap_or(0), Value::List, None))
    }

    fn serialize_tuple(self, length: usize) -> Result<Items> {
        Ok(Items::new(length, Value::Tuple, None))
    }

    fn serialize_tuple_struct(self, _: &'static str, length: usize) -> Result<Items> {
        Ok(Items::new(length, Value::Tuple, None))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        length: usize,
    ) -> Result<Items> {
        Ok(Items::new(length, Value::Tuple, Some(name)))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Entries> {
        Ok(Entries::new(None))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Entries> {
        Ok(Entries::new(None))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        _: usize,
    ) -> Result<Entries> {
        Ok(Entries::new(Some(name)))
    }
}

macro_rules! items {
    ($($trait:ident $method:ident),+) => {$(
        impl ser::$trait for Items {
            type Ok = Value;
            type Error = TypedError;

            fn $method<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<()> {
                self.push(item)
            }

            fn end(self) -> Result<Value> {
                Ok(self.finish())
            }
        }
    )+};
}

items!(
    SerializeSeq serialize_element,
    SerializeTuple serialize_element,
    SerializeTupleStruct serialize_field,
    SerializeTupleVariant serialize_field
);

macro_rules! fields {
    ($($trait:ident),+) => {$(
        impl ser::$trait for Entries {
            type Ok = Value;
            type Error = TypedError;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<()> {
                self.push(key, value)
            }

            fn end(self) -> Result<Value> {
                Ok(self.finish())
            }
        }
    )+};
}

fields!(SerializeStruct, SerializeStructVariant);

impl ser::SerializeMap for Entries {
    type Ok = Value;
    type Error = TypedError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<()> {
        self.key = Some(key.serialize(ValueSerializer)?);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        let key = self
            .key
            .take()
            .ok_or_else(|| <TypedError as ser::Error>::custom("a map gives a value before its key"))?;
        self.entries.push((key, value.serialize(ValueSerializer)?));
        Ok(())
    }

    fn end(self) -> Result<Value> {
        Ok(self.finish())
    }
}
