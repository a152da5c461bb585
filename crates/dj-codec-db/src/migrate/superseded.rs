//! The objects that migrations have left behind, and no row needs.

mod look;
mod unneeded;

use std::collections::BTreeMap;

use dj_codec_api::{Context, ErrorKind, OpenStore, Registry, Result};
use serde::Serialize;

use super::column::table_named;
use super::journal::{Listed, Listing, Why, key_texts};
use crate::audit::objects;
use crate::fault::KeyShown;
use crate::heading::Table;
use crate::{Database, Key};
use look::{Look, tables_everywhere};
use unneeded::Unneeded;

/// So many objects of the journal are looked at together: for each so many, all records are read once.
const BATCH: u64 = 100_000;

/// An object that a migration has left behind.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SupersededObject {
    /// The store.
    pub store: String,
    /// The path in it. For a folder (a Zarr array) everything below it is meant.
    pub path: String,
    /// What is there in bytes.
    pub bytes: u64,
    /// Why nobody needs it.
    pub why: WhySuperseded,
    /// The table of the row that needed it, or would have.
    pub table: String,
    /// The column.
    pub field: String,
    /// The row, where the table is still there.
    pub key: Option<KeyShown>,
}

/// Why nobody needs an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum WhySuperseded {
    /// Its row holds a newer value, in another object.
    Superseded,
    /// Its row holds the old value again.
    RolledBack,
    /// It was being written when the program was ended.
    Leftover,
}

/// Tells of each object that the journal of a schema knows and that no row needs: what was superseded, what was taken back, and
/// what programs that were ended midway have left. An object that a record refers to is left out, whatever the journal says, with the
/// folder that it is in: objects of `<hash@>` are those of many rows, and rows are copied with their records. All schemas of the database
/// are looked through that this user may read. So is left out what is not in its store any more. Nothing is deleted. Gives the number
/// of objects.
///
/// What is told is true of the rows as they were read: let nobody migrate, roll back or copy rows until it is deleted.
///
/// Needs a user who may write: whether a program still works on an object is known by its lock.
///
/// # Errors
/// Where the database or a store cannot be read.
pub async fn superseded(
    database: &Database,
    schema: &str,
    place: Option<(&str, Option<&str>)>,
    registry: &Registry,
    cx: &Context,
    mut each: impl FnMut(&SupersededObject),
) -> Result<u64> {
    let own = database.tables(schema).await?;
    let table = match place {
        Some((table, _)) => Some(table_named(database, schema, table).await?),
        None => None,
    };
    let place = table
        .as_ref()
        .map(|table| (table.name.as_str(), place.and_then(|(_, field)| field)));
    let writable = database.writable(2).await?;
    let Some(mut listing) = Listing::open(writable, schema, place).await? else {
        return Ok(0);
    };
    let everywhere = tables_everywhere(database, schema).await?;
    let mut told = 0;
    loop {
        let batch = listing.next(BATCH).await?;
        if batch.is_empty() {
            return Ok(told);
        }
        let unneeded = unneeded(database, schema, &everywhere, registry, cx, batch).await?;
        for (listed, bytes) in there(cx, unneeded).await? {
            told += 1;
            each(&object(database, &own, listed, bytes));
        }
    }
}

fn object(database: &Database, tables: &[Table], listed: Listed, bytes: u64) -> SupersededObject {
    let table = tables.iter().find(|table| table.name == listed.table);
    let key = table.and_then(|table| database.key(table, &key_texts(&listed.row_key).ok()?).ok());
    SupersededObject {
        store: listed.object.store,
        path: listed.object.path,
        bytes,
        why: match listed.why {
            Why::Superseded => WhySuperseded::Superseded,
            Why::RolledBack => WhySuperseded::RolledBack,
            Why::Writing => WhySuperseded::Leftover,
        },
        table: listed.table,
        field: listed.field,
        key: key.as_ref().map(Key::shown),
    }
}

/// Those that no record refers to, each once.
async fn unneeded(
    database: &Database,
    schema: &str,
    tables: &[Table],
    registry: &Registry,
    cx: &Context,
    batch: Vec<Listed>,
) -> Result<Vec<Listed>> {
    let mut open = Unneeded::new(batch);
    for table in tables {
        if open.is_empty() {
            break;
        }
        match Look::new(table, registry, cx, &mut open).through(database).await {
            // Of tables that are gone by now no row needs anything; that those of others which this user may not read were not
            // looked through is documented.
            Err(error) if error.kind() == &ErrorKind::NotFound => {}
            Err(error) if table.schema != schema && error.kind() == &ErrorKind::PermissionDenied => {}
            looked => looked?,
        }
    }
    Ok(open.into_listed())
}

/// Whether a program that was ended has left a folder in which there is no object yet, only part of one, which stores do not list.
fn is_begun(listed: &Listed, store: &OpenStore) -> bool {
    let folder = store.store.local_path(&listed.object.path);
    listed.why == Why::Writing && folder.is_some_and(|folder| folder.is_dir())
}

/// Those that are in their stores, with their sizes.
async fn there(cx: &Context, listed: Vec<Listed>) -> Result<Vec<(Listed, u64)>> {
    let cx = cx.clone();
    let looked = tokio::task::spawn_blocking(move || {
        let mut by_store: BTreeMap<String, Vec<Listed>> = BTreeMap::new();
        for one in listed {
            by_store.entry(one.object.store.clone()).or_default().push(one);
        }
        let mut there = Vec::new();
        for (store, listed) in by_store {
            let store = objects::open(&cx, Some(&store))?;
            let found = {
                let paths: Vec<&str> = listed.iter().map(|one| one.object.path.as_str()).collect();
                objects::find(&store, &paths)
            };
            for (one, found) in listed.into_iter().zip(found) {
                let found = found?;
                if found.objects > 0 || is_begun(&one, &store) {
                    there.push((one, found.bytes));
                }
            }
        }
        Ok(there)
    });
    looked
        .await
        .unwrap_or_else(|error| Err(dj_codec_api::Error::store("the store broke off").caused_by(error)))
}
