//! The objects inside of `$array` and its like.

use std::fmt;

use bytes::Bytes;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};

use super::read::{Items, Noted, State};
use crate::{Error, Result, Value};

/// The parts of a body, each there or not.
#[derive(Default)]
pub(super) struct Body {
    pub(super) dtype: Option<String>,
    pub(super) shape: Option<Vec<u64>>,
    pub(super) data: Option<Bytes>,
    pub(super) items: Option<Vec<Value>>,
    pub(super) fields: Option<Vec<Value>>,
    pub(super) indptr: Option<Vec<u64>>,
    pub(super) indices: Option<Vec<u64>>,
    pub(super) name: Option<String>,
    pub(super) size: Option<u64>,
    pub(super) sha256: Option<String>,
    pub(super) files: Option<Vec<Value>>,
}

/// A part that has to be there.
pub(super) fn need<T>(part: Option<T>, what: &str) -> Result<T> {
    part.ok_or_else(|| Error::invalid_value(format!("{what:?} is missing")))
}

/// The shape in the machine's own numbers.
pub(super) fn shape(part: Option<Vec<u64>>) -> Result<Vec<usize>> {
    need(part, "shape")?
        .into_iter()
        .map(|length| {
            usize::try_from(length)
                .map_err(|_| Error::limit("length of a dimension", length, usize::MAX as u64))
        })
        .collect()
}

/// Reads a body that may have the keys `allowed`.
pub(super) struct BodySeed<'s, 'l> {
    pub(super) noted: Noted<'s, 'l>,
    pub(super) tag: &'static str,
    pub(super) allowed: &'static [&'static str],
}

impl<'de> DeserializeSeed<'de> for BodySeed<'_, '_> {
    // Boxed, because it passes through several frames of every level.
    type Value = Box<Body>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Box<Body>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for BodySeed<'_, '_> {
    type Value = Box<Body>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object with {} for {}", self.allowed.join(", "), self.tag)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Box<Body>, A::Error> {
        let mut body = Box::<Body>::default();
        while let Some(key) = map.next_key::<String>()? {
            self.check_key(&key)?;
            // The recursion is in the first arm; the others have frames of their own.
            let twice = match key.as_str() {
                "items" | "fields" | "files" => {
                    let items = map.next_value_seed(Items(self.noted))?;
                    body.list(&key).replace(items).is_some()
                }
                _ => self.leaf(&key, &mut body, &mut map)?,
            };
            self.check_once(twice, &key)?;
        }
        Ok(body)
    }
}

impl Body {
    fn list(&mut self, key: &str) -> &mut Option<Vec<Value>> {
        match key {
            "items" => &mut self.items,
            "fields" => &mut self.fields,
            _ => &mut self.files,
        }
    }
}

impl BodySeed<'_, '_> {
    fn check_key<E: serde::de::Error>(&self, key: &str) -> Result<(), E> {
        if self.allowed.contains(&key) {
            return Ok(());
        }
        let error = Error::invalid_value(format!("{} has no {key:?}", self.tag));
        Err(self
            .noted
            .state
            .fail(error.advise(format!("it has {}", self.allowed.join(", ")))))
    }

    fn check_once<E: serde::de::Error>(&self, twice: bool, key: &str) -> Result<(), E> {
        if twice {
            return Err(self
                .noted
                .state
                .wrong(format!("{key:?} stands twice in one {}", self.tag)));
        }
        Ok(())
    }

    /// Reads a part that holds no values; whether it was there already.
    #[inline(never)]
    fn leaf<'de, A: MapAccess<'de>>(
        &self,
        key: &str,
        body: &mut Body,
        map: &mut A,
    ) -> Result<bool, A::Error> {
        Ok(match key {
            "dtype" => body.dtype.replace(map.next_value()?).is_some(),
            "shape" => body.shape.replace(map.next_value()?).is_some(),
            "data" => body
                .data
                .replace(map.next_value_seed(Base64(self.noted.state))?)
                .is_some(),
            "indptr" => body.indptr.replace(map.next_value()?).is_some(),
            "indices" => body.indices.replace(map.next_value()?).is_some(),
            "name" => body.name.replace(map.next_value()?).is_some(),
            "size" => body.size.replace(map.next_value()?).is_some(),
            _ => body.sha256.replace(map.next_value()?).is_some(),
        })
    }
}

/// Reads bytes from base64.
pub(super) struct Base64<'s, 'l>(pub(super) &'s State<'l>);

impl<'de> DeserializeSeed<'de> for Base64<'_, '_> {
    type Value = Bytes;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Bytes, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Base64<'_, '_> {
    type Value = Bytes;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bytes in base64")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Bytes, E> {
        let padding = text.bytes().rev().take(2).filter(|&byte| byte == b'=').count();
        let size = (text.len() / 4 * 3).saturating_sub(padding);
        self.0.check(self.0.limits.check_array_bytes(size as u64))?;
        data_encoding::BASE64
            .decode(text.as_bytes())
            .map(Bytes::from)
            .map_err(|error| {
                self.0.fail(
                    Error::invalid_value(format!("the data is no base64: {error}"))
                        .advise("use the standard alphabet with padding"),
                )
            })
    }
}
