//! Values of one column become values of another, of another codec or in another store.

mod declare;

use std::sync::Arc;

use dj_codec_api::layout::content_hash;
use dj_codec_api::{Column, Context, Error, Record, Registry, Result, Stored, Value};

use super::Migration;
use super::aim::Aim;
use super::cell::Cell;
use super::column::{MigratedColumn, Parts};
use super::compare::difference;
use super::recode::Recoded;
use crate::comment::Declared;
use crate::heading::Attribute;
use declare::Declaring;

/// How the journal calls a conversion, at most: its column of MySQL is no longer.
const LONGEST: usize = 32;

/// A column that is filled with the values of another, in the same table.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub(super) name: String,
    pub(super) column: Column,
    pub(super) cx: Context,
    /// The field in SQL; `None` where the table does not have the column yet.
    pub(super) cell: Option<Cell>,
}

/// The conversion of the values of a column into values of another, which a person adds to the table.
///
/// What is done to the declaration is said as SQL ([`addition`](Self::addition), [`replacement`](Self::replacement)), and never
/// run. What is done to values is a [`Migration`] whose rows are those where the new column is NULL and the old one is not.
#[derive(Debug, Clone)]
pub struct Conversion {
    column: MigratedColumn,
    target: Arc<Target>,
}

impl MigratedColumn {
    /// The conversion of its values into those of the column `into`, which is of the type `spec`, such as `<npy@main>`, or will be:
    /// it need not be there yet.
    ///
    /// # Errors
    /// Where this build does not have the codec of `spec`; where the table has a column of that name that is of another type, may not
    /// be NULL, or is this one.
    pub async fn conversion(&self, into: &str, spec: &str, registry: &Registry) -> Result<Conversion> {
        let parts = &self.0;
        let place = format!("{}.{}.{into}", parts.table.schema, parts.table.name);
        let column = Column::resolve(spec, registry).map_err(|error| error.at(place.as_str()))?;
        if column.chain().is_empty() {
            return Err(Error::invalid_spec(format!("{spec:?} names no codec"))
                .at(place)
                .advise("values are converted into those of a codec, such as <npy@main>"));
        }
        declare::check_name(into).map_err(|error| error.at(place.as_str()))?;
        let cell = match parts.table.attribute(into) {
            Some(attribute) => {
                let kept = parts.database.columns_set_by_updates(&parts.table).await?;
                fits(parts, attribute, &column).map_err(|error| error.at(place.as_str()))?;
                Some(Cell::new(
                    &parts.database,
                    &parts.table,
                    attribute,
                    &column,
                    &kept,
                )?)
            }
            None => None,
        };
        let cx = parts
            .cx
            .clone()
            .with_field(&parts.table.schema, &parts.table.name, into)
            .with_column_store(column.store());
        Ok(Conversion {
            column: self.clone(),
            target: Arc::new(Target {
                name: into.to_owned(),
                column,
                cx,
                cell,
            }),
        })
    }
}

/// Whether a column that is there can take the values.
fn fits(parts: &Parts, attribute: &Attribute, column: &Column) -> Result<()> {
    if attribute.name == parts.attribute.name {
        return Err(Error::unsupported("a column cannot be converted into itself")
            .advise("name another column, which need not be there yet"));
    }
    if attribute.declared != Declared::Codec(column.spec().to_owned()) {
        return Err(Error::unsupported(format!(
            "the table has a column of this name already, of type {}",
            attribute.type_name()
        ))
        .advise(format!(
            "name another column, or convert to {}",
            attribute.type_name()
        )));
    }
    if !attribute.nullable {
        return Err(Error::unsupported(
            "the column may not be NULL, so that no row waits for its value",
        ));
    }
    Ok(())
}

impl Conversion {
    /// Whether the table has the new column. Where it does not, values can be planned, and not converted.
    #[must_use]
    pub fn is_declared(&self) -> bool {
        self.target.cell.is_some()
    }

    /// The SQL that adds the new column, as DataJoint declares it: for a person to run.
    #[must_use]
    pub fn addition(&self) -> Vec<String> {
        self.declaring().addition()
    }

    /// The SQL that puts the new column in the place of the old one, which stays under another name, and the SQL that drops that
    /// one: for a person to run when all values are converted.
    #[must_use]
    pub fn replacement(&self) -> Replacement {
        self.declaring().replacement()
    }

    fn declaring(&self) -> Declaring<'_> {
        let parts = &self.column.0;
        Declaring {
            table: &parts.table,
            old: &parts.attribute,
            name: &self.target.name,
            column: &self.target.column,
            backend: parts.database.backend(),
        }
    }

    /// What converts the values. Its plan needs no new column.
    #[must_use]
    pub fn migration(&self) -> Migration {
        Migration::new(self.column.clone(), Aim::Into(Arc::clone(&self.target)))
    }
}

/// What a person does when all values are converted; see [`Conversion::replacement`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Replacement {
    /// The old column gets another name, the new one its name.
    pub swap: Vec<String>,
    /// The old column is dropped. What it has in stores stays.
    pub drop: Vec<String>,
    /// The line of the table's definition in DataJoint.
    pub definition: String,
}

/// Whether two stored files have the same contents, and names that come from the paths of their objects: each such path has a token
/// of its own, which is no part of the value.
fn same_file(old: (&Value, &Stored), new: (&Value, &Stored)) -> Result<bool> {
    let (Value::File(a), Value::File(b)) = (old.0.clone().load()?, new.0.clone().load()?) else {
        return Ok(false);
    };
    let of_path = |name: &str, stored: &Stored| match stored {
        Stored::Json(json) => Record::from_json(json.clone())
            .and_then(|record| Ok(record.path()?.rsplit('/').next() == Some(name)))
            .unwrap_or(false),
        _ => false,
    };
    Ok((a.size, &a.sha256) == (b.size, &b.sha256) && of_path(&a.name, old.1) && of_path(&b.name, new.1))
}

impl Target {
    /// How the journal calls it.
    pub(super) fn aim(&self, source: &str) -> String {
        let plain = format!("from {source}");
        if plain.len() <= LONGEST {
            return plain;
        }
        let digest = content_hash(source.as_bytes());
        format!("from {}", digest.get(..LONGEST - 5).unwrap_or(&digest))
    }

    /// Converts a value, and decodes and compares what came of it.
    ///
    /// # Errors
    /// Where the value cannot be read, cannot be one of the other codec, or would not be exactly the same. What was written stays
    /// then.
    pub(super) fn convert(
        &self,
        source: &Column,
        stored: &Stored,
        cx: &Context,
        writing: &Context,
    ) -> Result<Recoded> {
        let from = source.format_version(stored.clone(), cx)?;
        let value = self.acceptable(source.decode(stored.clone(), cx)?)?;
        let new = self.column.encode(value.clone(), writing)?;
        let again = self.column.decode(new.clone(), writing)?;
        if let Some(different) = difference(&value, &again)?
            && !same_file((&value, stored), (&again, &new))?
        {
            return Err(Error::unsupported(format!(
                "it would not be exactly the same value as {}: {different}",
                self.column.spec()
            )));
        }
        let to = self.column.format_version(new.clone(), writing)?;
        Ok(Recoded::New {
            stored: new,
            from,
            to,
        })
    }

    /// The value as the new codec takes it: read, where it takes no handle of the old one's.
    fn acceptable(&self, value: Value) -> Result<Value> {
        let takes = |value: &Value| {
            let codec = self.column.chain().first();
            codec.map_or(Ok(()), |codec| codec.validate(value))
        };
        match (&value, takes(&value)) {
            (_, Ok(())) => Ok(value),
            (Value::Lazy(handle), Err(error)) if handle.dtype().is_some() || handle.shape().is_some() => {
                let loaded = handle.load()?;
                takes(&loaded).map_err(|_| error)?;
                Ok(loaded)
            }
            (_, Err(error)) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use dj_codec_api::value::FileDigest;
    use dj_codec_api::{Array, Codec, CodecInfo, DType, Lazy, Mode, StoreMap, TypeSpec};

    use super::*;

    /// Texts; `upper` writes them in capitals, `bytes` takes texts that were read alone.
    #[derive(Debug)]
    struct Words(&'static str);

    impl Codec for Words {
        fn name(&self) -> &str {
            self.0
        }

        fn info(&self) -> CodecInfo {
            CodecInfo::new(self.0, "dj-words-codecs", "1.0.0")
        }

        fn dtype(&self, _: Mode) -> Result<TypeSpec> {
            Ok(TypeSpec::core("bytes"))
        }

        fn validate(&self, value: &Value) -> Result<()> {
            match value {
                Value::Str(_) => Ok(()),
                Value::Array(_) if self.0 == "arrays" => Ok(()),
                other => Err(Error::invalid_value(format!("no text but {}", other.type_name()))),
            }
        }

        fn encode(&self, value: Value, _: &Context) -> Result<Value> {
            match value {
                Value::Str(text) if self.0 == "upper" => Ok(Value::Bytes(text.to_uppercase().into())),
                Value::Str(text) => Ok(Value::Bytes(text.into())),
                other => Err(Error::invalid_value(other.type_name())),
            }
        }

        fn decode(&self, stored: Value, _: &Context) -> Result<Value> {
            match stored {
                Value::Bytes(bytes) if bytes.as_ref() == b"7" => Ok(Value::Int(7)),
                Value::Bytes(bytes) => Ok(Value::from(String::from_utf8_lossy(&bytes).as_ref())),
                other => Err(Error::corrupt(other.type_name())),
            }
        }
    }

    /// An array that was not read.
    #[derive(Debug)]
    struct Unread(DType);

    impl Lazy for Unread {
        fn type_name(&self) -> &'static str {
            "an array"
        }

        fn load(&self) -> Result<Value> {
            Ok(Array::from_vec(vec![1_i32], &[1])?.into())
        }

        fn dtype(&self) -> Option<&DType> {
            Some(&self.0)
        }
    }

    fn target(name: &'static str) -> (Column, Target, Context) {
        let mut registry = Registry::new();
        for known in ["words", "upper", "arrays"] {
            registry.register(Arc::new(Words(known))).unwrap();
        }
        let cx = Context::new(StoreMap::new());
        let target = Target {
            name: "new".into(),
            column: Column::resolve(&format!("<{name}>"), &registry).unwrap(),
            cx: cx.clone(),
            cell: None,
        };
        (Column::resolve("<words>", &registry).unwrap(), target, cx)
    }

    fn convert(name: &'static str, text: &'static str) -> Result<Stored> {
        let (source, target, cx) = target(name);
        match target.convert(&source, &Stored::Bytes(text.into()), &cx, &cx)? {
            Recoded::New { stored, .. } => Ok(stored),
            Recoded::Already => panic!("nothing was there"),
        }
    }

    #[test]
    fn only_what_is_the_same_value_is_converted() {
        assert_eq!(convert("words", "abc").unwrap(), Stored::Bytes("abc".into()));
        assert_eq!(convert("upper", "ABC").unwrap(), Stored::Bytes("ABC".into()));
        let error = convert("upper", "abc").unwrap_err().to_string();
        assert!(
            error.contains("not be exactly the same value as <upper>"),
            "{error}"
        );
        let error = convert("words", "7").unwrap_err().to_string();
        assert!(error.contains("no text but an int"), "{error}");
    }

    #[test]
    fn the_token_in_the_name_of_a_file_is_no_part_of_the_value() {
        let file = |name: &str, sha256: &str| {
            let (name, sha256) = (name.to_owned(), sha256.to_owned());
            Value::File(Box::new(FileDigest {
                name,
                size: 3,
                sha256,
            }))
        };
        let at = |path: &str| Stored::Json(serde_json::json!({ "path": path }));
        let same = |a: &Value, b: &Value| same_file((a, &at("x/f_a1.txt")), (b, &at("y/g_b2.txt"))).unwrap();
        assert!(same(&file("f_a1.txt", "00"), &file("g_b2.txt", "00")));
        assert!(!same(&file("f_a1.txt", "00"), &file("g_b2.txt", "01")));
        assert!(!same(&file("named.txt", "00"), &file("g_b2.txt", "00")));
        assert!(!same(&file("f_a1.txt", "00"), &Value::Int(1)));
    }

    #[test]
    fn a_handle_is_read_for_a_codec_that_takes_none() {
        let unread = || Value::lazy(Unread("<i4".parse().unwrap()));
        let (_, arrays, _) = target("arrays");
        assert!(matches!(arrays.acceptable(unread()).unwrap(), Value::Array(_)));
        let (_, words, _) = target("words");
        assert!(words.acceptable(unread()).is_err());
    }

    #[test]
    fn the_journal_has_room_for_the_name_of_a_conversion() {
        let (_, target, _) = target("words");
        assert_eq!(target.aim("trace"), "from trace");
        let (one, other) = (target.aim(&"x".repeat(64)), target.aim(&"x".repeat(63)));
        assert!(
            one.len() <= LONGEST && other.len() <= LONGEST && one != other,
            "{one} {other}"
        );
    }
}
