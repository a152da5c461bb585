//! Primary keys with odd characters and of every type, on every store: the same row from both sides.

use std::collections::BTreeMap;

use dj_codecs::api::Json;
use serde_json::json;

use crate::failed::Outcome;
use crate::plan::Table;
use crate::report::Report;
use crate::workspace::{Workspace, path_of, same_place};

pub(crate) fn run(ws: &Workspace, report: &Report) {
    for table in ws.keyed() {
        // What Python inserted is kept for the other direction, which has to put its objects beside these.
        let mut theirs = BTreeMap::new();
        let specs: Vec<_> = table.columns.iter().map(|column| column.spec.as_str()).collect();
        report.scenario(
            &ws.scenario(format!(
                "keys of {}, inserted by Python: {}",
                table.class,
                specs.join(" ")
            )),
            |checks| {
                for (number, key) in table.keys.iter().enumerate() {
                    checks.check(key, || {
                        theirs.insert(number, inserted_by_python(ws, table, key)?);
                        Ok(())
                    });
                }
            },
        );
        report.scenario(
            &ws.scenario(format!(
                "keys of {}, inserted by us at the paths of Python",
                table.class
            )),
            |checks| {
                for (number, key) in table.keys.iter().enumerate() {
                    checks.check(key, || {
                        inserted_by_us(
                            ws,
                            table,
                            key,
                            theirs.get(&number).ok_or("Python did not insert it")?,
                        )
                    });
                }
            },
        );
    }
}

/// A row with an array in each column. Gives the records, by column.
fn inserted_by_python(ws: &Workspace, table: &Table, key: &Json) -> Outcome<BTreeMap<String, Json>> {
    let case = ws.case("int16-big-endian")?;
    let mut row = key.clone();
    let members = row.as_object_mut().ok_or("a key is no object")?;
    for column in &table.columns {
        members.insert(column.name.clone(), json!({"$npy": case.file}));
    }
    ws.peer.ask("insert", json!({"table": table.class, "row": row}))?;
    let mut records = BTreeMap::new();
    for column in &table.columns {
        let record = ws.peer.raw(&table.class, key, &column.name)?;
        ws.decodes_to(column, record.clone(), case)
            .map_err(|failed| failed.during(&column.spec))?;
        records.insert(column.name.clone(), record);
    }
    Ok(records)
}

/// The same row again, by us.
fn inserted_by_us(ws: &Workspace, table: &Table, key: &Json, theirs: &BTreeMap<String, Json>) -> Outcome {
    ws.peer
        .ask("delete_raw", json!({"table": table.class, "key": key}))?;
    let case = ws.case("fortran")?;
    let mut records = serde_json::Map::new();
    for column in &table.columns {
        let record = ws.encode(&column.spec, case.read()?, &ws.at(table, key, &column.name)?)?;
        let their_path = path_of(theirs.get(&column.name).ok_or("Python inserted no such column")?)?;
        same_place(&column.name, &path_of(&record)?, &their_path)?;
        records.insert(column.name.clone(), record);
    }
    ws.put_row(table, key, &records.into())?;
    for column in &table.columns {
        let fetched = ws
            .peer
            .fetch_equal(&table.class, key, &column.name, &case.file, column.is_zarr());
        fetched.map_err(|failed| failed.during(&column.spec))?;
    }
    Ok(())
}
