//! The objects that migrations have left behind, and no row needs.

use std::collections::{BTreeMap, HashMap};

use dj_codec_api::{Context, Json, OpenStore, Registry, Result, Stored};
use serde::Serialize;

use super::journal::{Listed, Listing, Why, key_texts};
use crate::audit::objects;
use crate::audit::subject::Subject;
use crate::fault::KeyShown;
use crate::heading::{Storage, Table};
use crate::rows::{Extent, RowQuery};
use crate::{Database, Key};

/// So many objects of the journal are looked at together: for each so many, the records of the schema are read once.
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
/// what programs that were ended midway have left. An object that a record of the schema refers to is left out, whatever the
/// journal says: objects of `<hash@>` are those of many rows. So is what is not in its store any more. Nothing is deleted. Gives the
/// number of objects.
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
    let tables = database.tables(schema).await?;
    let table = match place {
        Some((table, _)) => database
            .tables_named(schema, Some(table))
            .await?
            .into_iter()
            .next(),
        None => None,
    };
    let place = table
        .as_ref()
        .map(|table| (table.name.as_str(), place.and_then(|(_, field)| field)));
    let writable = database.writable(2).await?;
    let Some(mut listing) = Listing::open(writable, schema, place).await? else {
        return Ok(0);
    };
    let mut told = 0;
    loop {
        let batch = listing.next(BATCH).await?;
        if batch.is_empty() {
            return Ok(told);
        }
        let unneeded = unneeded(database, &tables, registry, cx, batch).await?;
        for (listed, bytes) in there(cx, unneeded).await? {
            told += 1;
            each(&object(database, &tables, listed, bytes));
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

/// Those that no record of the schema refers to, each once.
async fn unneeded(
    database: &Database,
    tables: &[Table],
    registry: &Registry,
    cx: &Context,
    batch: Vec<Listed>,
) -> Result<Vec<Listed>> {
    let mut open: HashMap<(String, String), Listed> = HashMap::with_capacity(batch.len());
    for listed in batch {
        let name = (listed.object.store.clone(), listed.object.path.clone());
        open.insert(name, listed);
    }
    let mut names: HashMap<Option<String>, String> = HashMap::new();
    for table in tables {
        let subjects: Vec<_> = table
            .codec_columns()
            .filter(|column| column.storage() != Storage::Bytes)
            .map(|column| Subject::new(table, column, registry, cx))
            .collect();
        if subjects.is_empty() {
            continue;
        }
        let query = subjects.iter().fold(RowQuery::new(), |query, subject| {
            query.with_column(&subject.attribute.name, Extent::Whole)
        });
        let mut rows = database.rows(table, query)?;
        while let Some(row) = rows.next().await? {
            for (subject, field) in subjects.iter().zip(&row.fields) {
                let Ok(references) = subject.references(&field.stored) else {
                    let held = field.stored.clone();
                    open.retain(|(_, path), _| !names_path(&held, path));
                    continue;
                };
                for reference in references {
                    let store = names.entry(reference.store).or_insert_with_key(|name| {
                        let store = objects::open(&subject.cx, name.as_deref());
                        store.map_or_else(|_| name.clone().unwrap_or_default(), |store| store.name)
                    });
                    open.remove(&(store.clone(), reference.path));
                }
            }
        }
    }
    let mut unneeded: Vec<Listed> = open.into_values().collect();
    unneeded.sort_by_key(|listed| listed.id);
    Ok(unneeded)
}

/// Whether a value that is no sound record has the path in it all the same. Whoever mends it may need the object.
fn names_path(stored: &Stored, path: &str) -> bool {
    match stored {
        Stored::Json(json) => in_json(json, path),
        Stored::Bytes(bytes) => String::from_utf8_lossy(bytes).contains(path),
        Stored::Null => false,
    }
}

fn in_json(json: &Json, path: &str) -> bool {
    match json {
        Json::String(text) => text.contains(path),
        Json::Array(items) => items.iter().any(|item| in_json(item, path)),
        Json::Object(entries) => entries.values().any(|value| in_json(value, path)),
        _ => false,
    }
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_path_in_a_damaged_record_is_still_named() {
        let path = "_hash/lab/abc";
        for held in [
            Stored::Json(json!({"path": 5, "old": ["_hash/lab/abc"]})),
            Stored::Json(json!("{\"path\": \"_hash/lab/abc\", cut of")),
            Stored::Bytes("{\"path\": \"_hash/lab/abc\"".into()),
        ] {
            assert!(names_path(&held, path), "{held:?}");
        }
        for held in [Stored::Null, Stored::Json(json!({"path": "_hash/lab/ab"}))] {
            assert!(!names_path(&held, path), "{held:?}");
        }
    }
}
