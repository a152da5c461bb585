//! A column that is audited or verified, and what this build can do with it.

use std::sync::Arc;

use dj_codec_api::layout::check_path;
use dj_codec_api::{Column, Context, Error, Json, Record, Reference, Registry, Result, Stored, WarningLog};

use super::report::ColumnStatus;
use crate::comment::{Declared, codec_of_old};
use crate::fault::FaultKind;
use crate::heading::{Attribute, Storage, Table};

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
