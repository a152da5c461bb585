//! What is stored, as we decode it.

use std::collections::BTreeMap;
use std::sync::Arc;

use dj_codec_db::{Database, Extent, RowQuery, Table};
use dj_codecs::api::{Column, Context, Registry, Stored, Value};
use dj_codecs::store::ConfiguredStores;

use crate::failed::{Outcome, ensure, shown};

/// The values of a column by the numbers of their rows, or why they cannot be read.
pub(super) type Rows = BTreeMap<i64, Result<Value, String>>;

/// Reads tables of one schema.
#[derive(Debug, Clone)]
pub(super) struct Reader {
    pub(super) url: String,
    pub(super) schema: &'static str,
    pub(super) registry: Registry,
    pub(super) stores: Arc<ConfiguredStores>,
}

impl Reader {
    /// Reads and decodes a column.
    pub(super) fn decoded(&self, table: &str, field: &str) -> Outcome<Rows> {
        let (table, stored) = self.stored(table, field)?;
        let spec = table
            .attribute(field)
            .ok_or("there is no such field")?
            .type_name();
        let column = Column::resolve(spec, &self.registry)?;
        let cx = Context::with_stores(Arc::clone(&self.stores) as _);
        let decode = |stored| {
            let value = column.decode(stored, &cx).and_then(Value::load);
            value.map_err(|error| error.report())
        };
        Ok(stored
            .into_iter()
            .map(|(number, stored)| (number, decode(stored)))
            .collect())
    }

    /// The format of each value that has one.
    pub(super) fn formats(&self, table: &str, field: &str) -> Outcome<BTreeMap<i64, String>> {
        let (table, stored) = self.stored(table, field)?;
        let spec = table
            .attribute(field)
            .ok_or("there is no such field")?
            .type_name();
        let column = Column::resolve(spec, &self.registry)?;
        let cx = Context::with_stores(Arc::clone(&self.stores) as _);
        let mut formats = BTreeMap::new();
        for (number, stored) in stored {
            if let Ok(Some(version)) = column.format_version(stored, &cx) {
                formats.insert(number, version.to_string());
            }
        }
        Ok(formats)
    }

    fn stored(&self, table: &str, field: &str) -> Outcome<(Table, Vec<(i64, Stored)>)> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(async {
            let database = Database::connect(&self.url).await?;
            let tables = database.tables_named(self.schema, Some(table)).await?;
            let table = tables.into_iter().next().ok_or("there is no such table")?;
            let query = RowQuery::new().with_column(field, Extent::Whole);
            let mut rows = database.rows(&table, query)?;
            let mut all = Vec::new();
            while let Some(row) = rows.next().await? {
                let key = row.key.values()?;
                let number = key.into_iter().find_map(|(name, value)| match value {
                    Value::Int(number) if name == "number" => Some(number),
                    _ => None,
                });
                let field = row.fields.into_iter().next().ok_or("a row has no field")?;
                all.push((number.ok_or("a key has no number")?, field.stored));
            }
            database.close().await;
            Ok((table, all))
        })
    }
}

/// Fails unless the same rows are there with the same values; what could not be read before may not be now either.
pub(super) fn same_rows(what: &str, found: &Rows, wanted: &Rows) -> Outcome {
    for (number, wanted) in wanted {
        let found = found
            .get(number)
            .ok_or_else(|| format!("{what}: row {number} is gone"))?;
        match (found, wanted) {
            (Ok(found), Ok(wanted)) => ensure(found == wanted, || {
                let (found, wanted) = (shown(found), shown(wanted));
                format!("{what}: row {number} is {found}, it was {wanted}")
            })?,
            (Err(_), Err(_)) => {}
            (Err(error), Ok(_)) => return Err(format!("{what}: row {number}: {error}").into()),
            (Ok(found), Err(_)) => {
                let found = shown(found);
                return Err(format!("{what}: row {number} could not be read, and is {found} now").into());
            }
        }
    }
    let extra: Vec<_> = found
        .keys()
        .filter(|number| !wanted.contains_key(number))
        .collect();
    ensure(extra.is_empty(), || {
        format!("{what}: rows {extra:?} were not there")
    })
}
