//! The column whose values are migrated.

use std::sync::Arc;

use dj_codec_api::{Column, Context, Error, FormatVersion, Registry, Result, Stored};

use super::aim::Aim;
use super::cell::Cell;
use super::journal::{Journal, Named, State};
use super::recode::Recoding;
use super::report::{LeftRow, SHOWN};
use crate::audit::objects;
use crate::audit::subject::Subject;
use crate::heading::{Attribute, Table};
use crate::writable::Writable;
use crate::{Database, Migration};

/// A column of a table whose values are to be migrated, or were.
#[derive(Debug, Clone)]
pub struct MigratedColumn(pub(super) Arc<Parts>);

#[derive(Debug)]
pub(super) struct Parts {
    pub(super) database: Database,
    pub(super) table: Table,
    pub(super) attribute: Attribute,
    pub(super) column: Column,
    pub(super) cx: Context,
    pub(super) cell: Cell,
    pub(super) triggers: Vec<String>,
}

/// The one table that a name means.
pub(super) async fn table_named(database: &Database, schema: &str, name: &str) -> Result<Table> {
    let mut meant = database.tables_named(schema, Some(name)).await?;
    match (meant.pop(), meant.as_slice()) {
        (Some(table), []) => Ok(table),
        (last, others) => {
            let all = others.iter().chain(&last);
            let names: Vec<_> = all.map(|table| table.name.as_str()).collect();
            Err(
                Error::not_found(format!("the name means several tables: {}", names.join(", ")))
                    .at(format!("{schema}.{name}"))
                    .advise("use the whole name"),
            )
        }
    }
}

impl MigratedColumn {
    /// Finds the column. `registry` has its codec, `cx` the stores and limits.
    ///
    /// # Errors
    /// Where there is no such table or column; where the column has no codec, one that this build does not have, or a declaration
    /// of before DataJoint 2.0 that DataJoint 2 does not read; where it is part of the primary key.
    pub async fn open(
        database: &Database,
        schema: &str,
        table: &str,
        field: &str,
        registry: &Registry,
        cx: &Context,
    ) -> Result<Self> {
        let table = &table_named(database, schema, table).await?;
        let attribute = table.attribute(field).ok_or_else(|| {
            let known: Vec<_> = table.codec_columns().map(|one| one.name.as_str()).collect();
            let known = if known.is_empty() {
                "none".to_owned()
            } else {
                known.join(", ")
            };
            Error::not_found(format!("there is no column {field:?}"))
                .at(format!("{schema}.{}", table.name))
                .advise(format!("the columns with codecs are {known}"))
        })?;
        let place = format!("{schema}.{}.{field}", table.name);
        let subject = Subject::new(table, attribute, registry, cx);
        if !matches!(attribute.declared, crate::Declared::Codec(_)) {
            let refused = Error::unsupported(format!(
                "the column is declared as {}, so that no codec makes its values",
                attribute.type_name()
            ))
            .at(place);
            return Err(if attribute.is_old() {
                refused.advise("declare it for DataJoint 2 first, as <blob> for example")
            } else {
                refused
            });
        }
        let Some(column) = subject.column else {
            return Err(Error::unsupported(subject.notes.join("; ")).at(place));
        };
        let kept = database.columns_set_by_updates(table).await?;
        let cell = Cell::new(database, table, attribute, &column, &kept)?;
        let cx = cx
            .clone()
            .with_field(&table.schema, &table.name, &attribute.name)
            .with_column_store(column.store());
        Ok(Self(Arc::new(Parts {
            triggers: database.update_triggers(table).await?,
            database: database.clone(),
            table: table.clone(),
            attribute: attribute.clone(),
            column,
            cx,
            cell,
        })))
    }

    /// The migration of its values to a format. One number alone, such as `2`, means the newest format of that major version.
    ///
    /// # Errors
    /// Where the codec does not write that format.
    pub fn to_format(&self, format: FormatVersion) -> Result<Migration> {
        Ok(Migration::new(self.clone(), Aim::format(format, &self.0.column)?))
    }

    /// The migration of those values that the column's codecs do not decode and those of `reader` do: with a `<blob>` that
    /// takes wrappers off, of blobs that were packed twice.
    ///
    /// # Errors
    /// Where `reader` does not have the column's codecs.
    pub fn unwrapped_by(&self, reader: &Registry) -> Result<Migration> {
        let reader = Column::resolve(self.0.column.spec(), reader)?;
        Ok(Migration::new(self.clone(), Aim::Unwrapped(reader)))
    }

    /// The journal of one aim, or of all that change the column itself. Who opens it is about to change rows.
    pub(super) async fn journal(&self, writable: Writable, aim: Option<&Aim>) -> Result<Journal> {
        writable.database().needs_transactions(&self.0.table).await?;
        let field = &self.0.attribute.name;
        let (field, aim) = match aim {
            Some(aim) => {
                let (field, aim) = aim.in_journal(field);
                (field, Some(aim))
            }
            None => (field.as_str(), None),
        };
        Journal::open(writable, &self.0.table, field, aim).await
    }

    pub(super) fn recoding(&self, aim: &Aim, allow_downgrade: bool) -> Recoding {
        Recoding {
            column: self.0.column.clone(),
            aim: aim.clone(),
            allow_downgrade,
        }
    }

    /// The objects that a value needs, each with the name of its store.
    pub(super) fn objects(&self, stored: &Stored) -> Vec<Named> {
        let shared = self.0.column.chain().len() > 1;
        let references = self.0.column.referenced_paths(stored).into_iter();
        let named = references.map(|reference| {
            let store = objects::open(&self.0.cx, reference.store.as_deref());
            Named {
                // A store that is not configured here has no other name than the record's.
                store: match store {
                    Ok(store) => store.name,
                    Err(_) => reference.store.unwrap_or_default(),
                },
                path: reference.path,
                fresh: !shared,
            }
        });
        named.collect()
    }

    /// The bytes of a value: in the table as long as this, or those of its objects.
    pub(super) fn size(&self, stored: &Stored, length: u64) -> u64 {
        if self.0.column.store().is_none() {
            return length;
        }
        let references = self.0.column.referenced_paths(stored);
        let sizes = references.iter().filter_map(|reference| {
            let store = objects::open(&self.0.cx, reference.store.as_deref()).ok()?;
            Some(objects::one(&store, &reference.path).ok()?.bytes)
        });
        sizes.sum()
    }

    /// Some of the rows of a state, with the reasons.
    pub(super) async fn left_rows(&self, journal: &Journal, state: State) -> Result<Vec<LeftRow>> {
        let mut rows = Vec::new();
        for (key, reason) in journal.some(state, SHOWN).await? {
            let key = self.0.database.key(&self.0.table, &key)?.shown();
            rows.push(LeftRow { key, reason });
        }
        Ok(rows)
    }
}
