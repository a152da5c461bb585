//! What is wrong with a stored value, and whether it can be put right.

use std::fmt;

use dj_codec_api::{Error, ErrorKind, Json};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap as _, Serializer};

/// What kind of thing is wrong. The names in reports are stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FaultKind {
    /// The object that the value refers to is not there.
    MissingObject,
    /// What the column holds is not what it is declared to hold: text in place of a blob, a blob wrapped in another, a record
    /// without a path.
    WrongValue,
    /// The object is there, and is not what was written, or not what the column's codec writes.
    DamagedObject,
    /// The record points outside of its store.
    OutsideStore,
    /// The value was written in a data format that this build does not read.
    UnknownVersion,
    /// The store that the record names is not configured here, or cannot be opened.
    UnknownStore,
    /// The store did not answer, or refused.
    Unreadable,
    /// The value is larger than the limits of this run allow.
    OverLimit,
}

impl FaultKind {
    /// The kind of an error of a codec. `table` says whether the codec had looked at what the table holds only.
    pub(crate) fn of(error: &Error, table: bool) -> Self {
        match error.kind() {
            ErrorKind::NotFound => Self::MissingObject,
            ErrorKind::UnsupportedFormat { .. } => Self::UnknownVersion,
            ErrorKind::UnsafePath => Self::OutsideStore,
            ErrorKind::Config => Self::UnknownStore,
            ErrorKind::Limit { .. } => Self::OverLimit,
            ErrorKind::Store | ErrorKind::PermissionDenied => Self::Unreadable,
            _ if table => Self::WrongValue,
            _ => Self::DamagedObject,
        }
    }

    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::MissingObject => "missing object",
            Self::WrongValue => "not what the column says",
            Self::DamagedObject => "damaged object",
            Self::OutsideStore => "points outside its store",
            Self::UnknownVersion => "unknown format version",
            Self::UnknownStore => "store not configured",
            Self::Unreadable => "store does not answer",
            Self::OverLimit => "over a limit",
        }
    }

    /// Whether what is wrong can be put right, as far as that is known without trying.
    #[must_use]
    pub fn recovery(self) -> Recovery {
        match self {
            Self::MissingObject | Self::DamagedObject => Recovery::FromBackup,
            Self::UnknownVersion | Self::UnknownStore | Self::Unreadable | Self::OverLimit => Recovery::Yes,
            Self::WrongValue | Self::OutsideStore => Recovery::Unclear,
        }
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

/// Whether a faulty value can be put right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Recovery {
    /// Nothing is lost: the configuration or the build is what is wanting.
    Yes,
    /// The value itself is damaged or gone: from a backup of the store, or by computing it again.
    FromBackup,
    /// A person must look at it.
    Unclear,
}

impl fmt::Display for Recovery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Yes => "recoverable",
            Self::FromBackup => "recoverable from a backup, or by computing it again",
            Self::Unclear => "a person must look at it",
        })
    }
}

/// The primary key of a row as reports show it: a JSON object with the fields in the order of the key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct KeyShown(Vec<(String, Shown)>);

/// A value of a key: a number or a truth value as JSON has it, or text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Shown {
    Plain(String),
    Text(String),
}

impl KeyShown {
    /// The fields and values in the order of the key.
    pub(crate) fn new(pairs: impl IntoIterator<Item = (String, Json)>) -> Self {
        let pairs = pairs.into_iter().map(|(name, value)| match value {
            Json::String(text) => (name, Shown::Text(text)),
            other => (name, Shown::Plain(other.to_string())),
        });
        Self(pairs.collect())
    }
}

impl Serialize for KeyShown {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            match value {
                Shown::Text(text) => map.serialize_entry(name, text)?,
                Shown::Plain(text) => map.serialize_entry(
                    name,
                    &serde_json::from_str::<Json>(text).unwrap_or_else(|_| text.as_str().into()),
                )?,
            }
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for KeyShown {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = KeyShown;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of the fields of a primary key")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<KeyShown, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry::<String, Json>()? {
                    pairs.push(pair);
                }
                Ok(KeyShown::new(pairs))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

/// `subject=m1, session=3`
impl fmt::Display for KeyShown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (name, Shown::Plain(value) | Shown::Text(value))) in self.0.iter().enumerate() {
            let comma = if place == 0 { "" } else { ", " };
            write!(f, "{comma}{name}={value}")?;
        }
        Ok(())
    }
}

/// A value that is found wanting.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct Fault {
    /// The schema.
    pub schema: String,
    /// The table, by its name in the database.
    pub table: String,
    /// The column.
    pub field: String,
    /// The primary key of the row.
    pub key: KeyShown,
    /// What kind of thing is wrong.
    pub kind: FaultKind,
    /// What is wrong, in words.
    pub what: String,
    /// Whether it can be put right.
    pub recovery: Recovery,
    /// How, where something is known of that.
    pub advice: Option<String>,
}

impl Fault {
    /// A fault of this kind.
    pub(crate) fn new(place: (&str, &str, &str), key: KeyShown, kind: FaultKind, what: String) -> Self {
        let (schema, table, field) = place;
        Self {
            schema: schema.to_owned(),
            table: table.to_owned(),
            field: field.to_owned(),
            key,
            kind,
            what,
            recovery: kind.recovery(),
            advice: None,
        }
    }

    /// What a codec met.
    pub(crate) fn of(place: (&str, &str, &str), key: KeyShown, kind: FaultKind, error: &Error) -> Self {
        let mut fault = Self::new(place, key, kind, said(error));
        fault.advice = error.advice().map(ToOwned::to_owned);
        fault
    }
}

/// What an error says, without its advice, which reports show apart.
fn said(error: &Error) -> String {
    let mut text = String::new();
    if let Some(place) = error.place() {
        text.push_str(&format!("{place}: "));
    }
    text.push_str(error.message());
    let mut next = std::error::Error::source(error);
    while let Some(source) = next {
        let said = source.to_string();
        if !text.ends_with(&said) {
            text.push_str(&format!(": {said}"));
        }
        next = source.source();
    }
    text
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}.{}.{} ({}): {}: {}; {}",
            self.schema, self.table, self.field, self.key, self.kind, self.what, self.recovery
        )?;
        match &self.advice {
            Some(advice) => write!(f, ": {advice}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn keys_keep_their_order_and_types() {
        let key = KeyShown::new([
            ("subject".to_owned(), json!("m1")),
            ("day".to_owned(), json!(3)),
            ("a".to_owned(), json!(0.5)),
        ]);
        let text = serde_json::to_string(&key).unwrap();
        assert_eq!(text, r#"{"subject":"m1","day":3,"a":0.5}"#);
        assert_eq!(serde_json::from_str::<KeyShown>(&text).unwrap(), key);
        assert_eq!(key.to_string(), "subject=m1, day=3, a=0.5");
    }

    #[test]
    fn errors_are_kinds_and_words_with_their_causes() {
        let error = Error::corrupt("the header ends early")
            .at("a/b")
            .advise("fetch it again")
            .caused_by("disk on fire");
        let kind = FaultKind::of(&error, false);
        let fault = Fault::of(("lab", "session", "trace"), KeyShown::default(), kind, &error);
        assert_eq!(
            (kind, FaultKind::of(&error, true)),
            (FaultKind::DamagedObject, FaultKind::WrongValue)
        );
        assert_eq!(fault.what, "a/b: the header ends early: disk on fire");
        assert_eq!(fault.advice.as_deref(), Some("fetch it again"));
        let again: Fault = serde_json::from_value(serde_json::to_value(&fault).unwrap()).unwrap();
        assert_eq!(again, fault);
    }
}
