//! Primary keys: how they are selected, ordered and compared in SQL, and the values that they are to DataJoint.

mod dialect;
mod parse;

use std::fmt;
use std::sync::Arc;

use dj_codec_api::layout::encode_pk_value;
use dj_codec_api::{Context, Json, Result, Value};

pub(crate) use dialect::{ALIAS, KeyField, KeyKind, quote};

use crate::Database;
use crate::fault::KeyShown;
use crate::heading::{Attribute, Table};

/// The primary key of a row: a value for each field, typed as DataJoint types it.
#[derive(Clone, Default)]
pub struct Key {
    fields: Arc<[KeyField]>,
    // What the server says and understands: comparisons and resuming use it, so that nothing is lost in between.
    texts: Arc<[String]>,
}

impl Key {
    pub(crate) fn new(fields: Arc<[KeyField]>, texts: Vec<String>) -> Self {
        Self {
            fields,
            texts: texts.into(),
        }
    }

    /// The fields in the order of the key, with their values: ints, floats, decimals, texts, UUIDs, dates and times.
    ///
    /// # Errors
    /// Where the server says something that is no value of the column's type: a date of year 0, for example.
    pub fn values(&self) -> Result<Vec<(&str, Value)>> {
        let pairs = self.fields.iter().zip(self.texts.iter());
        pairs
            .map(|(field, text)| Ok((field.name.as_str(), field.value(text)?)))
            .collect()
    }

    /// The context of a field of this row: for codecs that build paths, and for messages. What DataJoint hides of the key is in
    /// none of its paths, and so not in the context.
    ///
    /// # Errors
    /// As [`values`](Self::values).
    pub fn context(&self, cx: &Context, table: &Table, field: &str) -> Result<Context> {
        let mut cx = cx.clone().with_field(&table.schema, &table.name, field);
        let hidden = |name: &str| table.attribute(name).is_some_and(Attribute::is_hidden);
        for (name, value) in self.values()? {
            if !hidden(name) {
                cx = cx.with_key(name, value);
            }
        }
        Ok(cx)
    }

    /// What [`Database::key`] makes a key of again: the texts of the server.
    #[must_use]
    pub fn texts(&self) -> &[String] {
        &self.texts
    }

    /// The key as reports show it: numbers as numbers, everything else as text.
    #[must_use]
    pub fn shown(&self) -> KeyShown {
        let pairs = self.fields.iter().zip(self.texts.iter());
        KeyShown::new(pairs.map(|(field, text)| {
            let value = match field.value(text) {
                Ok(Value::Int(number)) => number.into(),
                // Of numbers beyond these JSON has no exact ones that every reader takes.
                Ok(Value::BigInt(_)) => text
                    .parse::<u64>()
                    .map_or_else(|_| text.as_str().into(), Json::from),
                Ok(Value::Bool(flag)) => flag.into(),
                Ok(Value::Float(number)) => number.into(),
                _ => Json::String(field.shown(text).to_owned()),
            };
            (field.name.clone(), value)
        }))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({self})")
    }
}

/// `subject=m1, session=3`, with the values as they stand in paths.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (field, text)) in self.fields.iter().zip(self.texts.iter()).enumerate() {
            let comma = if place == 0 { "" } else { ", " };
            let value = field.value(text).and_then(|value| encode_pk_value(&value));
            let value = value.as_deref().unwrap_or(text);
            write!(f, "{comma}{}={value}", field.name)?;
        }
        Ok(())
    }
}

impl Database {
    /// The fields of a table's primary key in this dialect.
    pub(crate) fn key_fields(&self, table: &Table) -> Arc<[KeyField]> {
        let key = table.primary_key();
        key.into_iter()
            .map(|attribute| KeyField::new(attribute, self.backend()))
            .collect()
    }

    /// A key from its [`texts`](Key::texts), which may come from an earlier run of the program.
    ///
    /// # Errors
    /// Where the table has another number of fields in its primary key.
    pub fn key(&self, table: &Table, texts: &[String]) -> Result<Key> {
        let fields = self.key_fields(table);
        if fields.len() != texts.len() {
            return Err(dj_codec_api::Error::invalid_value(format!(
                "the primary key of {}.{} has {} fields, and {} were given",
                table.schema,
                table.name,
                fields.len(),
                texts.len()
            )));
        }
        Ok(Key::new(fields, texts.to_vec()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::heading::tests::{attribute, table};
    use crate::location::Backend;

    #[test]
    fn what_datajoint_hides_is_in_no_path() {
        let named = |name: &str, sql_type: &str, comment: &str, place: usize| Attribute {
            name: name.into(),
            ..attribute(sql_type, comment, Some(place))
        };
        let table = table(vec![
            named("_singleton", "boolean", ":bool:", 0),
            named("rig", "int", "", 1),
        ]);
        let fields = table
            .attributes
            .iter()
            .map(|one| KeyField::new(one, Backend::PostgreSql));
        let key = Key::new(fields.collect(), vec!["true".into(), "3".into()]);
        let cx = key
            .context(&Context::new(dj_codec_api::StoreMap::new()), &table, "wave")
            .unwrap();
        assert_eq!(cx.key(), [("rig".to_owned(), Value::Int(3))]);
        assert_eq!(key.to_string(), "_singleton=True, rig=3");
    }
}
