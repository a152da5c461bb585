//! A JSON object that keeps the order of its keys, which is the order in which settings take effect.

use std::collections::HashMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

/// The members of a JSON object in their order; of a repeated key the last value, in the place of the first.
pub(super) struct Document(pub(super) Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Document;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Document, A::Error> {
                let mut members: Vec<(String, Value)> = Vec::new();
                let mut places = HashMap::new();
                while let Some((key, value)) = map.next_entry::<String, Value>()? {
                    let place = *places.entry(key.clone()).or_insert(members.len());
                    match members.get_mut(place) {
                        Some((_, old)) => *old = value,
                        None => members.push((key, value)),
                    }
                }
                Ok(Document(members))
            }
        }

        deserializer.deserialize_map(Members)
    }
}

impl Document {
    /// Parses a document. The error says what is wrong without quoting the document, which may hold secrets.
    pub(super) fn parse(text: &[u8]) -> Result<Self, String> {
        serde_json::from_slice(text).map_err(|error| {
            if error.is_data() {
                "it is not a JSON object".into()
            } else {
                format!("it is not valid JSON: {error}")
            }
        })
    }

    /// The members of a parsed object, in the order that the parser kept.
    pub(super) fn of(value: &Value) -> Result<Self, String> {
        let object = value.as_object().ok_or("it is not a JSON object")?;
        Ok(Self(
            object
                .iter()
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect(),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_key_keeps_its_place_and_takes_the_last_value() {
        let document = Document::parse(br#"{"b": 1, "a": 2, "b": 3}"#).unwrap();
        assert_eq!(
            document.0,
            [("b".into(), Value::from(3)), ("a".into(), Value::from(2))]
        );
    }

    #[test]
    fn errors_do_not_quote_the_document() {
        for text in [
            "\"hunter2\"",
            "[\"hunter2\"]",
            "{\"k\": hunter2}",
            "",
            "{\"k\": \"hunter2",
        ] {
            let message = Document::parse(text.as_bytes()).err().unwrap();
            assert!(!message.contains("hunter2"), "{message}");
        }
    }
}
