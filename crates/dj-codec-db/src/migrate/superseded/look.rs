//! Which objects the rows of a database refer to.

use std::collections::HashMap;

use dj_codec_api::{Context, ErrorKind, Registry, Result};

use super::unneeded::Unneeded;
use crate::Database;
use crate::audit::objects;
use crate::audit::subject::Subject;
use crate::heading::{Attribute, Storage, Table};
use crate::key::{ALIAS, quote};
use crate::rows::{Extent, Field, field, sql};

/// The tables of a schema whose rows may refer to objects, and those of all others: rows are copied from one into another with
/// their records.
pub(super) async fn tables_everywhere(database: &Database, schema: &str) -> Result<Vec<Table>> {
    let mut tables = database.tables(schema).await?;
    for other in database.schemas().await? {
        if other != schema {
            match database.tables(&other).await {
                // It was dropped meanwhile.
                Err(error) if error.kind() == &ErrorKind::NotFound => {}
                found => tables.extend(found?),
            }
        }
    }
    tables.retain(|table| in_stores(table).next().is_some());
    Ok(tables)
}

/// The columns of a table that may refer to objects.
fn in_stores(table: &Table) -> impl Iterator<Item = &Attribute> {
    table
        .codec_columns()
        .filter(|column| column.storage() != Storage::Bytes)
}

/// A table that is looked through for what is needed.
pub(super) struct Look<'a> {
    table: &'a Table,
    /// The columns, each with what records call stores and what these are for the column.
    subjects: Vec<(Subject, HashMap<Option<String>, String>)>,
    open: &'a mut Unneeded,
}

impl<'a> Look<'a> {
    pub(super) fn new(table: &'a Table, registry: &Registry, cx: &Context, open: &'a mut Unneeded) -> Self {
        let subject = |column| (Subject::new(table, column, registry, cx), HashMap::new());
        Self {
            table,
            subjects: in_stores(table).map(subject).collect(),
            open,
        }
    }

    /// Looks at all rows, in one query that needs neither an order nor a primary key: some tables are copies that somebody keeps.
    pub(super) async fn through(mut self, database: &Database) -> Result<()> {
        let backend = database.backend();
        let columns: Vec<&Attribute> = in_stores(self.table).collect();
        let selected: Vec<String> = columns
            .iter()
            .flat_map(|column| sql::select(column, Extent::Whole, backend))
            .collect();
        let sql = format!(
            "SELECT {} FROM {}.{} AS {ALIAS}",
            selected.join(", "),
            quote(&self.table.schema, backend),
            quote(&self.table.name, backend)
        );
        let looked = database.stream(sql, Vec::new(), |cells| {
            let fields: Vec<Field> = columns
                .iter()
                .zip(cells)
                .map(|(column, cell)| field(column.storage(), cell, None))
                .collect();
            self.at(&fields);
            std::future::ready(Ok(true))
        });
        looked.await.map(drop)
    }

    /// Takes out what a row refers to.
    fn at(&mut self, fields: &[Field]) {
        for ((subject, names), field) in self.subjects.iter_mut().zip(fields) {
            if subject.column.is_none() {
                self.open.need_texts(&field.stored);
            }
            let Ok(references) = subject.references(&field.stored) else {
                self.open.need_named(&field.stored);
                continue;
            };
            for reference in references {
                let store = names.entry(reference.store).or_insert_with_key(|name| {
                    let store = objects::open(&subject.cx, name.as_deref());
                    store.map_or_else(|_| name.clone().unwrap_or_default(), |store| store.name)
                });
                self.open.need(Some(store), &reference.path);
            }
        }
    }
}
