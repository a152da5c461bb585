//! The JSON object that a column holds for a value in a store.

use crate::{Error, Json, Result, Value};

type Members = serde_json::Map<String, Json>;

/// A stored record: where a value is, and what is known of it without reading it.
///
/// Keys that a codec does not know are kept, so that a record that is read and written again loses nothing.
///
/// ```
/// use dj_codec_api::{Json, Record};
///
/// let json = serde_json::json!({"path": "_schema/lab/t/id=1/x_Tok12345.npy", "store": null, "shape": [3, 4], "note": 1});
/// let record = Record::from_json(json)?;
/// assert_eq!(record.path()?, "_schema/lab/t/id=1/x_Tok12345.npy");
/// assert_eq!(record.store()?, None);
/// assert_eq!(record.shape("shape")?, Some(vec![3, 4]));
/// assert_eq!(record.get("note"), Some(&Json::from(1)));
/// # Ok::<(), dj_codec_api::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Record(Members);

impl Record {
    /// An empty record.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The record that a JSON document is. A text that holds a JSON object counts as that object: some databases and
    /// clients hand JSON out as text, or encode it twice.
    ///
    /// # Errors
    /// Where it is no object.
    pub fn from_json(json: Json) -> Result<Self> {
        let mut json = json;
        // Once for a column of text, once more for a value that was encoded twice.
        for _ in 0..2 {
            if let Json::String(text) = &json {
                json = serde_json::from_str(text).map_err(|error| {
                    let shown: String = text.chars().take(40).collect();
                    Error::corrupt(format!("the text {shown:?} is no stored record")).caused_by(error)
                })?;
            }
        }
        match json {
            Json::Object(members) => Ok(Self(members)),
            other => Err(Error::corrupt(format!(
                "a stored record is a JSON object, this is {}",
                kind(&other)
            ))),
        }
    }

    /// The record that a stored value is.
    ///
    /// # Errors
    /// Where it is no JSON object.
    pub fn from_value(stored: Value) -> Result<Self> {
        match stored {
            Value::Json(json) => Self::from_json(*json),
            Value::Str(text) => Self::from_json(Json::String(text)),
            other => Err(Error::corrupt(format!(
                "a stored record is a JSON object, this is {}",
                other.type_name()
            ))),
        }
    }

    /// The record as a JSON document.
    #[must_use]
    pub fn into_json(self) -> Json {
        Json::Object(self.0)
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Json> {
        self.0.get(key)
    }

    /// Sets a key.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Json>) -> Self {
        self.0.insert(key.into(), value.into());
        self
    }

    /// Adds the keys of an older record that this one does not have, other than those in `outdated`: what somebody
    /// else has noted there survives a rewrite.
    #[must_use]
    pub fn keeping(mut self, older: &Self, outdated: &[&str]) -> Self {
        for (key, value) in &older.0 {
            if !outdated.contains(&key.as_str()) && !self.0.contains_key(key) {
                self.0.insert(key.clone(), value.clone());
            }
        }
        self
    }

    /// The keys and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Json)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// The path of the object, relative to its store.
    ///
    /// # Errors
    /// Where the record has none.
    pub fn path(&self) -> Result<&str> {
        self.text("path")?
            .ok_or_else(|| Error::corrupt("the stored record has no path"))
    }

    /// The name of the store; `None` for the default store.
    ///
    /// # Errors
    /// Where it is neither text nor null.
    pub fn store(&self) -> Result<Option<&str>> {
        Ok(self.text("store")?.filter(|name| !name.is_empty()))
    }

    /// The text of a key; `None` where it is absent or null.
    ///
    /// # Errors
    /// Where it is something else.
    pub fn text(&self, key: &str) -> Result<Option<&str>> {
        match self.get(key) {
            None | Some(Json::Null) => Ok(None),
            Some(Json::String(text)) => Ok(Some(text)),
            Some(other) => Err(wrong(key, "a text", other)),
        }
    }

    /// The whole number of a key; `None` where it is absent or null.
    ///
    /// # Errors
    /// Where it is something else.
    pub fn number(&self, key: &str) -> Result<Option<u64>> {
        match self.get(key) {
            None | Some(Json::Null) => Ok(None),
            Some(value) => value
                .as_u64()
                .map(Some)
                .ok_or_else(|| wrong(key, "a whole number", value)),
        }
    }

    /// The truth value of a key; `None` where it is absent or null.
    ///
    /// # Errors
    /// Where it is something else.
    pub fn flag(&self, key: &str) -> Result<Option<bool>> {
        match self.get(key) {
            None | Some(Json::Null) => Ok(None),
            Some(Json::Bool(flag)) => Ok(Some(*flag)),
            Some(other) => Err(wrong(key, "true or false", other)),
        }
    }

    /// The lengths in a key; `None` where it is absent or null.
    ///
    /// # Errors
    /// Where it is no list of whole numbers.
    pub fn shape(&self, key: &str) -> Result<Option<Vec<u64>>> {
        match self.get(key) {
            None | Some(Json::Null) => Ok(None),
            Some(Json::Array(items)) => items
                .iter()
                .map(|item| {
                    item.as_u64()
                        .ok_or_else(|| wrong(key, "a list of whole numbers", item))
                })
                .collect::<Result<_>>()
                .map(Some),
            Some(other) => Err(wrong(key, "a list of whole numbers", other)),
        }
    }
}

impl From<Members> for Record {
    fn from(members: Members) -> Self {
        Self(members)
    }
}

impl From<Record> for Value {
    fn from(record: Record) -> Self {
        Self::from(record.into_json())
    }
}

fn wrong(key: &str, wanted: &str, found: &Json) -> Error {
    Error::corrupt(format!(
        "{key:?} of the stored record should be {wanted}, it is {}",
        kind(found)
    ))
}

fn kind(json: &Json) -> &'static str {
    match json {
        Json::Null => "null",
        Json::Bool(_) => "true or false",
        Json::Number(_) => "a number",
        Json::String(_) => "a text",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn text_and_doubly_encoded_text_count_as_the_object() {
        let record = Record::from_json(json!({"path": "p"})).unwrap();
        let once = json!(record.clone().into_json().to_string());
        let twice = json!(once.to_string());
        assert_eq!(Record::from_json(once).unwrap(), record);
        assert_eq!(Record::from_json(twice).unwrap(), record);
        for wrong in [json!(null), json!([]), json!(5), json!("text"), json!("[1]")] {
            assert!(Record::from_json(wrong).is_err());
        }
    }

    #[test]
    fn keys_of_the_wrong_type_are_named() {
        let record = Record::from_json(json!({"path": 5, "shape": [1, -2], "size": 1.5})).unwrap();
        assert!(record.path().unwrap_err().to_string().contains("\"path\""));
        assert!(record.shape("shape").is_err());
        assert!(record.number("size").is_err());
        assert!(Record::new().path().is_err());
    }

    #[test]
    fn what_is_found_instead_is_said() {
        for (found, said) in [
            (json!(1), "it is a number"),
            (json!("yes"), "it is a text"),
            (json!([]), "it is a list"),
            (json!({}), "it is an object"),
        ] {
            let error = Record::new()
                .with("whole", found)
                .flag("whole")
                .unwrap_err()
                .to_string();
            assert!(
                error.contains("should be true or false") && error.contains(said),
                "{error}"
            );
        }
        let error = Record::new().with("path", true).path().unwrap_err().to_string();
        assert!(error.contains("should be a text, it is true or false"), "{error}");
        let error = Record::from_json(json!(null)).unwrap_err().to_string();
        assert!(error.contains("this is null"), "{error}");
    }

    #[test]
    fn flags_are_read() {
        let record = Record::new()
            .with("yes", true)
            .with("no", false)
            .with("null", Json::Null);
        assert_eq!(record.flag("yes").unwrap(), Some(true));
        assert_eq!(record.flag("no").unwrap(), Some(false));
        assert_eq!(record.flag("null").unwrap(), None);
        assert_eq!(record.flag("absent").unwrap(), None);
    }

    #[test]
    fn unknown_keys_survive_a_rewrite() {
        let old = Record::from_json(json!({"path": "old", "provenance": {"a": 1}, "codec_version": "1.0"}))
            .unwrap();
        let new = Record::new()
            .with("path", "new")
            .keeping(&old, &["codec_version"]);
        let members: Vec<(&str, Json)> = new.iter().map(|(key, value)| (key, value.clone())).collect();
        assert_eq!(members, [("path", json!("new")), ("provenance", json!({"a": 1}))]);
        assert_eq!(new.into_json(), json!({"path": "new", "provenance": {"a": 1}}));
    }
}
