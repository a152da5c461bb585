//! A column that is audited or verified, and what this build can do with it.

use std::sync::Arc;

use dj_codec_api::layout::check_path;
use dj_codec_api::{Column, Context, Error, Json, Record, Reference, Registry, Result, Stored, WarningLog};

use super::report::ColumnStatus;
use crate::comment::{Declared, codec_of_old};
use crate::fault::FaultKind;
use crate::heading::{Attribute, Storage, Table};
use crate::rows::{Extent, Field};

/// So much of a value in the table is read where no codec looks into it: the front of a blob tells its format. The tables of a
/// deflate stream, before which nothing of it can be decompressed, take up to some 330 bytes.
const FRONT: u64 = 1024;
/// Records are read whole, but nothing is a record that is longer than this.
const RECORD: u64 = 1 << 20;

/// A column that is looked at.
#[derive(Debug)]
pub(crate) struct Subject {
    pub(crate) schema: String,
    pub(crate) table: String,
    pub(crate) attribute: Attribute,
    pub(crate) status: ColumnStatus,
    /// The chain of codecs, where this build has it.
    pub(crate) column: Option<Column>,
    pub(crate) cx: Context,
    pub(crate) warnings: Arc<WarningLog>,
    pub(crate) notes: Vec<String>,
}

impl Subject {
    /// What is known of a column before its values are read.
    pub(crate) fn new(table: &Table, attribute: &Attribute, registry: &Registry, cx: &Context) -> Self {
        let mut notes = Vec::new();
        let old = attribute.is_old();
        let spec = match &attribute.declared {
            Declared::Codec(spec) => Some(spec.clone()),
            Declared::Old(kind) => {
                notes.push(format!(
                    "declared as {kind:?} before DataJoint 2.0, which refuses the column; see its migration guide"
                ));
                codec_of_old(kind).map(|spec| spec.to_string())
            }
            Declared::Nothing => {
                notes.push(
                    "no type in the comment: packed values to DataJoint before 2.0, plain bytes to DataJoint 2; declare \
                     it as <blob> or bytes"
                        .into(),
                );
                Some("<blob>".to_owned())
            }
            Declared::Core(_) => None,
        };
        let resolved = spec.map(|spec| Column::resolve(&spec, registry));
        let (column, failed) = match resolved {
            Some(Ok(column)) => (Some(column), None),
            Some(Err(error)) => (None, Some(error)),
            None => (None, None),
        };
        if let Some(error) = failed.filter(|_| !old) {
            notes.push(error.to_string());
        }
        let status = match (&column, old) {
            (_, true) => ColumnStatus::Old,
            (Some(_), false) => ColumnStatus::Known,
            (None, false) => ColumnStatus::Opaque,
        };
        let warnings = Arc::new(WarningLog::default());
        let store = column
            .as_ref()
            .and_then(|column| column.store().map(ToOwned::to_owned));
        let cx = cx
            .clone()
            .with_field(&table.schema, &table.name, &attribute.name)
            .with_column_store(store.as_deref())
            .with_warnings(Arc::clone(&warnings) as _);
        Self {
            schema: table.schema.clone(),
            table: table.name.clone(),
            attribute: attribute.clone(),
            status,
            column,
            cx,
            warnings,
            notes,
        }
    }

    /// Where it is, for faults.
    pub(crate) fn place(&self) -> (&str, &str, &str) {
        (&self.schema, &self.table, &self.attribute.name)
    }

    /// Whether values are records of objects in stores.
    pub(crate) fn in_store(&self) -> bool {
        match &self.column {
            Some(column) => column.store().is_some(),
            None => self.attribute.storage() == Storage::Json,
        }
    }

    /// How much of a value is to be read: as much as tells its format, or where that is asked for all that a codec looks into.
    pub(crate) fn extent(&self, whole: bool) -> Extent {
        let known = self.column.is_some();
        match self.attribute.storage() {
            Storage::Bytes if whole && known => Extent::Whole,
            Storage::Bytes => Extent::Front(FRONT),
            // A document that is the value itself may be long, and its front is no document.
            Storage::Json | Storage::Other if known && !self.in_store() => Extent::Whole,
            Storage::Json | Storage::Other => Extent::Front(RECORD),
        }
    }

    /// What is wrong with a text where a record should be that is too long for one. Nothing is where nobody knows the codec.
    pub(crate) fn too_long(&self, field: &Field) -> Option<Error> {
        let cut = !field.whole && matches!(field.stored, Stored::Json(_)) && self.column.is_some();
        let what = format!(
            "the column holds {} bytes of text, which no record has",
            field.length
        );
        cut.then(|| Error::corrupt(what))
    }

    /// The objects that a value refers to.
    ///
    /// # Errors
    /// Where the value of a column in a store is no record, or refers to something outside of the store.
    pub(crate) fn references(&self, stored: &Stored) -> Result<Vec<Reference>, (FaultKind, Error)> {
        if !self.in_store() {
            return Ok(Vec::new());
        }
        let record = match stored {
            Stored::Json(json) => Record::from_json(json.clone()),
            Stored::Bytes(bytes) => {
                Record::from_json(Json::String(String::from_utf8_lossy(bytes).into_owned()))
            }
            Stored::Null => return Ok(Vec::new()),
        };
        let wrong = |error| (FaultKind::WrongValue, error);
        let references = match &self.column {
            Some(column) => {
                let path = record.and_then(|record| record.path().map(ToOwned::to_owned));
                path.map_err(wrong)?;
                column.referenced_paths(stored)
            }
            // What nobody knows may be anything; where it has a path it is taken for a record.
            None => match record {
                Ok(record) => match record.path() {
                    Ok(path) => vec![Reference::new(path, record.store().map_err(wrong)?)],
                    Err(_) => Vec::new(),
                },
                Err(_) => Vec::new(),
            },
        };
        for reference in &references {
            check_path(reference.path.trim_end_matches('/'))
                .map_err(|error| (FaultKind::OutsideStore, error))?;
        }
        Ok(references)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use dj_codec_api::{Codec, CodecInfo, Mode, StoreMap, TypeSpec, Value};

    use super::*;
    use crate::heading::tests::{attribute, table};

    /// Documents, in the table or in a store.
    #[derive(Debug)]
    struct DocumentCodec;

    impl Codec for DocumentCodec {
        fn name(&self) -> &str {
            "document"
        }

        fn info(&self) -> CodecInfo {
            CodecInfo::new("document", "dj-document-codecs", "0.1.0")
        }

        fn dtype(&self, _: Mode) -> Result<TypeSpec> {
            Ok(TypeSpec::core("json"))
        }

        fn encode(&self, value: Value, _: &Context) -> Result<Value> {
            Ok(value)
        }

        fn decode(&self, stored: Value, _: &Context) -> Result<Value> {
            Ok(stored)
        }
    }

    /// A column of a type of the database, with this in its comment.
    pub(crate) fn subject(sql_type: &str, comment: &str) -> Subject {
        let mut registry = Registry::new();
        registry.register(Arc::new(DocumentCodec)).unwrap();
        let attribute = attribute(sql_type, comment, None);
        let table = table(vec![attribute.clone()]);
        Subject::new(&table, &attribute, &registry, &Context::new(StoreMap::new()))
    }

    /// A text of two million characters, of which the first were read.
    pub(crate) fn cut_off() -> Field {
        Field {
            stored: Stored::Json(Json::String("{\"path\": \"".into())),
            length: 2_000_000,
            whole: false,
        }
    }

    #[test]
    fn records_are_bounded_and_documents_in_the_table_are_not() {
        let (record, front) = (Extent::Front(RECORD), Extent::Front(FRONT));
        for (sql_type, comment, known, extents) in [
            ("json", ":<document@main>:", true, [record, record]),
            ("json", ":<document>:", true, [Extent::Whole, Extent::Whole]),
            ("json", ":<unheard_of>:", false, [record, record]),
            ("longblob", ":<unheard_of>:", false, [front, front]),
        ] {
            let subject = subject(sql_type, comment);
            assert_eq!(subject.column.is_some(), known, "{comment}");
            assert_eq!(
                [false, true].map(|whole| subject.extent(whole)),
                extents,
                "{comment}"
            );
        }
    }

    #[test]
    fn a_text_is_too_long_for_a_record_of_a_codec_that_is_known() {
        let error = subject("json", ":<document@main>:").too_long(&cut_off()).unwrap();
        assert!(error.to_string().contains("2000000 bytes of text"), "{error}");
        assert!(subject("json", ":<unheard_of>:").too_long(&cut_off()).is_none());
    }
}
