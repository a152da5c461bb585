//! `<filepath@>`: files and folders that are in a store already.

use dj_codecs::api::{Column, ErrorKind, Json, Stores as _, Value};
use serde_json::json;

use super::objects::compare;
use crate::failed::{Outcome, ensure, same};
use crate::plan::{Table, TableColumn};
use crate::report::Report;
use crate::sources::Sources;
use crate::workspace::{Workspace, path_of};

/// The first `case_id` of rows that Python inserts, and of ours; a column has a thousand.
const FIRST: usize = 400_000;
const FIRST_OURS: usize = 500_000;

/// Files and a folder, as they are referred to.
const REFERENCES: [&str; 5] = [
    "raw/day 1/a #1 %41.bin",
    "raw/été/日本.txt",
    "raw/folder",
    "raw/folder/in/y.txt",
    "at the top.dat",
];

pub(crate) fn run(ws: &Workspace, report: &Report) -> Outcome {
    let table = ws.table("Files")?;
    for (place, column) in table.columns_of("filepath").enumerate() {
        fill(ws, column)?;
        let name = format!("{}: each path that Python inserts, decoded by us", column.spec);
        report.scenario(&ws.scenario(name), |checks| {
            for (number, path) in (FIRST + 1000 * place..).zip(REFERENCES) {
                checks.check(path, || {
                    let key = json!({"case_id": number});
                    ws.peer.insert(&table.class, &key, &column.name, path.into())?;
                    compare(ws, table, column, &key)
                });
            }
            if column.store() == "local" {
                checks.check("a dot at the beginning", || {
                    dotted(ws, table, column, FIRST + 900)
                });
            }
        });
        let name = format!("{}: each path that we insert, fetched by Python", column.spec);
        report.scenario(&ws.scenario(name), |checks| {
            for (number, path) in (FIRST + 1000 * place..).zip(REFERENCES) {
                checks.check(path, || inserted_by_us(ws, table, column, number, path));
            }
        });
        let name = format!("{}: what may not be referred to", column.spec);
        report.scenario(&ws.scenario(name), |checks| {
            let schemas = if column.store() == "shelf" {
                "arrays/raw"
            } else {
                "_schema"
            };
            for (path, theirs, ours) in [
                (
                    format!("{schemas}/x"),
                    "cannot use reserved section",
                    ErrorKind::InvalidValue,
                ),
                (
                    "_hash/x".to_owned(),
                    "cannot use reserved section",
                    ErrorKind::InvalidValue,
                ),
                (
                    "/_hash/x".to_owned(),
                    "cannot use reserved section",
                    ErrorKind::InvalidValue,
                ),
                (
                    "raw/none".to_owned(),
                    "File not found in store",
                    ErrorKind::NotFound,
                ),
            ] {
                checks.check(&path, || {
                    let row = json!({"case_id": FIRST + 1000 * place + 950, &column.name: path});
                    ws.peer
                        .refuses("insert", json!({"table": table.class, "row": row}), theirs)?;
                    refused(ws, table, column, &path, &ours)
                });
            }
            if column.store() == "local" {
                checks.check("a reserved section, spelled otherwise", || {
                    around(ws, table, column, FIRST + 960)
                });
            }
        });
    }
    Ok(())
}

/// Puts the files into the store.
fn fill(ws: &Workspace, column: &TableColumn) -> Outcome {
    let store = ws.stores().open(Some(column.store()))?.store;
    for path in REFERENCES.into_iter().filter(|path| path.contains('.')) {
        store.put(path, format!("{path} of {}", column.store()).into())?;
    }
    let sources = Sources::make(&ws.folder, "in the store")?;
    for (path, data) in sources.members()? {
        store.put(&format!("raw/folder/{path}"), data.into())?;
    }
    Ok(())
}

fn inserted_by_us(ws: &Workspace, table: &Table, column: &TableColumn, number: usize, path: &str) -> Outcome {
    let key = json!({"case_id": FIRST_OURS - FIRST + number});
    let mut record = ws.encode(&column.spec, path, &ws.at(table, &key, &column.name)?)?;
    ws.put(table, &key, &column.name, &record)?;
    compare(ws, table, column, &key)?;
    let mut theirs = ws
        .peer
        .raw(&table.class, &json!({"case_id": number}), &column.name)?;
    for record in [&mut record, &mut theirs] {
        let time = record.get_mut("timestamp").ok_or("the record has no timestamp")?;
        *time = Json::Null;
    }
    same("our record", &record, &theirs)
}

fn refused(ws: &Workspace, table: &Table, column: &TableColumn, path: &str, kind: &ErrorKind) -> Outcome {
    let cx = ws.at(table, &json!({"case_id": 0}), &column.name)?;
    let encoded = Column::resolve(&column.spec, ws.registry())?.encode(Value::from(path), &cx);
    ensure(matches!(&encoded, Err(error) if error.kind() == kind), || {
        format!("we give {encoded:?}, and not {kind:?}")
    })
}

/// Python keeps the path as it was given.
fn dotted(ws: &Workspace, table: &Table, column: &TableColumn, number: usize) -> Outcome {
    let (key, path) = (json!({"case_id": number}), "./raw/folder/in/y.txt");
    ws.peer.insert(&table.class, &key, &column.name, path.into())?;
    let record = ws.peer.raw(&table.class, &key, &column.name)?;
    let kept = record.get("path").and_then(Json::as_str);
    same("the path of Python's record", &kept, &Some(path))?;
    compare(ws, table, column, &key)
}

/// Python looks at how the path begins; we look at where it leads.
fn around(ws: &Workspace, table: &Table, column: &TableColumn, number: usize) -> Outcome {
    let key = json!({"case_id": number});
    let object = ws.encode(
        "<hash@local>",
        Value::Bytes("managed".into()),
        &ws.at(table, &key, &column.name)?,
    )?;
    for (number, before) in (number..).zip(["./", "raw/../"]) {
        let path = format!("{before}{}", path_of(&object)?);
        ws.peer.insert(
            &table.class,
            &json!({"case_id": number}),
            &column.name,
            path.as_str().into(),
        )?;
        refused(ws, table, column, &path, &ErrorKind::InvalidValue)?;
    }
    Ok(())
}
