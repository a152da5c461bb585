//! From JSON to values.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::read_tagged::tagged;
use crate::{BigInt, Error, ErrorKind, Limits, Result, Value};

/// The limits, what is used of them, and our own error on its way through serde, which knows only texts.
pub(super) struct State<'l> {
    pub(super) limits: &'l Limits,
    items: Cell<u64>,
    error: RefCell<Option<Error>>,
}

impl<'l> State<'l> {
    pub(super) fn new(limits: &'l Limits) -> Self {
        Self {
            limits,
            items: Cell::new(0),
            error: RefCell::new(None),
        }
    }

    pub(super) fn into_error(self, error: serde_json::Error) -> Error {
        let Some(own) = self.error.into_inner() else {
            return Error::invalid_value(format!("this is no value in the notation: {error}"));
        };
        // What a constructor calls damaged was written here by whoever made the text.
        let own = match own.kind() {
            ErrorKind::Corrupt => {
                let plain = Error::invalid_value(own.message());
                match own.advice() {
                    Some(advice) => plain.advise(advice),
                    None => plain,
                }
            }
            _ => own,
        };
        if error.line() == 0 {
            own
        } else {
            own.at(format!("line {} column {}", error.line(), error.column()))
        }
    }

    pub(super) fn fail<E: serde::de::Error>(&self, error: Error) -> E {
        let text = error.to_string();
        self.error.borrow_mut().get_or_insert(error);
        E::custom(text)
    }

    pub(super) fn wrong<E: serde::de::Error>(&self, message: impl Into<String>) -> E {
        self.fail(Error::invalid_value(message))
    }

    pub(super) fn check<T, E: serde::de::Error>(&self, result: Result<T>) -> Result<T, E> {
        result.map_err(|error| self.fail(error))
    }

    fn count_item<E: serde::de::Error>(&self) -> Result<(), E> {
        self.items.set(self.items.get().saturating_add(1));
        self.check(self.limits.check_items(self.items.get()))
    }
}

/// Reads one value that stands so deep.
#[derive(Clone, Copy)]
pub(super) struct Noted<'s, 'l> {
    pub(super) state: &'s State<'l>,
    depth: usize,
}

impl<'s, 'l> Noted<'s, 'l> {
    pub(super) fn new(state: &'s State<'l>) -> Self {
        Self { state, depth: 0 }
    }

    pub(super) fn inner(self) -> Self {
        Self {
            depth: self.depth + 1,
            ..self
        }
    }
}

impl<'de> DeserializeSeed<'de> for Noted<'_, '_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.state.check(self.state.limits.check_depth(self.depth))?;
        self.state.count_item()?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Noted<'_, '_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value in the notation")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Bool(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Int(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::from(number))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Float(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Str(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::Str(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Value, A::Error> {
        Items(self).visit_seq(items).map(Value::List)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        match map.next_key::<String>()? {
            Some(key) if key == ARBITRARY_PRECISION => self.number(&mut map),
            Some(key) if key.starts_with('$') => {
                let value = tagged(self, &key, &mut map)?;
                match map.next_key::<String>()? {
                    None => Ok(value),
                    Some(_) => Err(self.state.fail(dollar(&key))),
                }
            }
            first => self.dict(first, &mut map),
        }
    }
}

impl Noted<'_, '_> {
    fn dict<'de, A: MapAccess<'de>>(self, first: Option<String>, map: &mut A) -> Result<Value, A::Error> {
        let mut entries = Vec::new();
        let mut known = HashSet::new();
        let mut next = first;
        while let Some(key) = next {
            self.check_key(&key, &mut known)?;
            let value = map.next_value_seed(self.inner())?;
            entries.push((Value::Str(key), value));
            next = map.next_key()?;
        }
        Ok(Value::Dict(entries))
    }

    fn check_key<E: serde::de::Error>(self, key: &str, known: &mut HashSet<String>) -> Result<(), E> {
        if key.starts_with('$') {
            return Err(self.state.fail(dollar(key)));
        }
        if !known.insert(key.to_owned()) {
            return Err(self
                .state
                .wrong(format!("the key {key:?} stands twice in one dict")));
        }
        Ok(())
    }

    fn number<'de, A: MapAccess<'de>>(self, map: &mut A) -> Result<Value, A::Error> {
        let text: String = map.next_value()?;
        self.state.check(number(&text))
    }
}

fn dollar(key: &str) -> Error {
    Error::invalid_value(format!("the key {key:?} stands beside other keys"))
        .advise("a dict with a key that begins with $ is written as {\"$dict\": [[key, value], ...]}")
}

/// What serde_json calls a number where some crate of the program turns on its feature `arbitrary_precision`.
const ARBITRARY_PRECISION: &str = "$serde_json::private::Number";

/// A number of JSON by its text.
fn number(text: &str) -> Result<Value> {
    if text.contains(['.', 'e', 'E']) {
        let float: Option<f64> = text.parse().ok();
        return float
            .filter(|float| float.is_finite())
            .map(Value::Float)
            .ok_or_else(|| Error::invalid_value(format!("{text} is beyond what a float holds")));
    }
    int(text)
}

/// How many digits an int may have: reading more takes seconds.
const INT_DIGITS: usize = 1 << 20;

pub(super) fn int(text: &str) -> Result<Value> {
    if text.len() > INT_DIGITS {
        return Err(Error::limit(
            "digits of an int",
            text.len() as u64,
            INT_DIGITS as u64,
        ));
    }
    let digits = text.strip_prefix('-').unwrap_or(text);
    let number: Option<BigInt> = (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| text.parse().ok())
        .flatten();
    number.map(Value::int).ok_or_else(|| {
        let shown: String = text.chars().take(60).collect();
        Error::invalid_value(format!("{shown:?} is no int"))
    })
}

/// Reads a list of values, which stand one deeper.
#[derive(Clone, Copy)]
pub(super) struct Items<'s, 'l>(pub(super) Noted<'s, 'l>);

impl<'de> DeserializeSeed<'de> for Items<'_, '_> {
    type Value = Vec<Value>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<Value>, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Items<'_, '_> {
    type Value = Vec<Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of values")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<Value>, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = items.next_element_seed(self.0.inner())? {
            values.push(value);
        }
        Ok(values)
    }
}

#[cfg(test)]
mod tests {
    use serde::de::value::{Error as AnyError, MapDeserializer};

    use super::*;

    #[test]
    fn numbers_of_arbitrary_precision_are_read() {
        let read = |text: &str| {
            let limits = Limits::default();
            let state = State::new(&limits);
            let map = MapDeserializer::<_, AnyError>::new([(ARBITRARY_PRECISION, text)].into_iter());
            Noted::new(&state).deserialize(map).ok()
        };
        assert_eq!(read("42"), Some(Value::Int(42)));
        assert_eq!(
            read("18446744073709551616"),
            Some(Value::int(BigInt::from(u64::MAX) + 1))
        );
        assert_eq!(read("1e-7"), Some(Value::Float(1e-7)));
        assert_eq!(read("1e999"), None);
    }
}
