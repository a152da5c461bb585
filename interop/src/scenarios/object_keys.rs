//! `<object@>` in rows with odd keys, on every store: the same places from both sides.

use std::collections::BTreeMap;

use dj_codecs::api::{Json, Value};
use serde_json::json;

use super::objects::{compare, same_record};
use crate::failed::Outcome;
use crate::plan::Table;
use crate::report::Report;
use crate::sources::Sources;
use crate::workspace::{Workspace, path_of, same_place};

pub(crate) fn run(ws: &Workspace, report: &Report) -> Outcome {
    let sources = Sources::make(&ws.folder, "keys")?;
    for table in ws.keyed_objects() {
        let mut theirs = BTreeMap::new();
        let specs: Vec<_> = table.columns.iter().map(|column| column.spec.as_str()).collect();
        let name = format!("keys of {}, inserted by Python: {}", table.class, specs.join(" "));
        report.scenario(&ws.scenario(name), |checks| {
            for (number, key) in table.keys.iter().enumerate() {
                checks.check(key, || {
                    theirs.insert(number, inserted_by_python(ws, table, key, &sources)?);
                    Ok(())
                });
            }
        });
        let name = format!("keys of {}, inserted by us at the paths of Python", table.class);
        report.scenario(&ws.scenario(name), |checks| {
            for (number, key) in table.keys.iter().enumerate() {
                checks.check(key, || {
                    let theirs = theirs.get(&number).ok_or("Python did not insert it")?;
                    inserted_by_us(ws, table, key, &sources, theirs)
                });
            }
        });
    }
    Ok(())
}

/// A row with a folder in each column. Gives the records, by column.
fn inserted_by_python(
    ws: &Workspace,
    table: &Table,
    key: &Json,
    sources: &Sources,
) -> Outcome<BTreeMap<String, Json>> {
    let mut row = key.clone();
    let members = row.as_object_mut().ok_or("a key is no object")?;
    for column in &table.columns {
        members.insert(column.name.clone(), json!({"$path": sources.folder()}));
    }
    ws.peer.ask("insert", json!({"table": table.class, "row": row}))?;
    let mut records = BTreeMap::new();
    for column in &table.columns {
        compare(ws, table, column, key).map_err(|failed| failed.during(&column.spec))?;
        records.insert(column.name.clone(), ws.peer.raw(&table.class, key, &column.name)?);
    }
    Ok(records)
}

/// The same row again, by us.
fn inserted_by_us(
    ws: &Workspace,
    table: &Table,
    key: &Json,
    sources: &Sources,
    theirs: &BTreeMap<String, Json>,
) -> Outcome {
    ws.peer
        .ask("delete_raw", json!({"table": table.class, "key": key}))?;
    let mut records = serde_json::Map::new();
    for column in &table.columns {
        let cx = ws.at(table, key, &column.name)?;
        let record = ws.encode(&column.spec, Value::Path(sources.folder()), &cx)?;
        let theirs = theirs.get(&column.name).ok_or("Python inserted no such column")?;
        same_record(&record, theirs)?;
        same_place(&column.name, &path_of(&record)?, &path_of(theirs)?)?;
        records.insert(column.name.clone(), record);
    }
    ws.put_row(table, key, &records.into())?;
    for column in &table.columns {
        compare(ws, table, column, key).map_err(|failed| failed.during(&column.spec))?;
    }
    Ok(())
}
