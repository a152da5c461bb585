//! Python inserts; we read what the database holds and decode it.

use dj_codecs::api::{Json, Value};
use dj_codecs::npy::NpyRef;
use dj_codecs::zarr::ZarrArray;
use serde_json::json;

use crate::case::Case;
use crate::failed::{Outcome, ensure, same};
use crate::plan::{Table, TableColumn};
use crate::report::Report;
use crate::workspace::Workspace;

/// The first `case_id` of rows that Python inserts into a column; a column has a thousand.
const FIRST: usize = 0;

pub(crate) fn run(ws: &Workspace, report: &Report) -> Outcome {
    report.scenario(&ws.scenario("files of numpy.save, read by us"), |checks| {
        for case in &ws.cases {
            checks.check(&case.name, || case.check(&case.read()?, false));
        }
    });
    let table = ws.arrays()?;
    for (place, column) in table.columns.iter().enumerate() {
        let name = format!("{}: each array that Python inserts, decoded by us", column.spec);
        report.scenario(&ws.scenario(name), |checks| {
            for (number, case) in (FIRST + 1000 * place..).zip(&ws.cases) {
                checks.check(&case.name, || {
                    inserted(ws, table, column, &json!({"case_id": number}), case)
                });
            }
        });
        report.scenario(
            &ws.scenario(format!(
                "{}: parts of what Python inserts, read by us",
                column.spec
            )),
            |checks| {
                for (number, case) in (FIRST + 1000 * place..).zip(&ws.cases) {
                    let large =
                        ["movie", "long", "wide", "fortran-3d", "mostly-zeros"].contains(&case.name.as_str());
                    if large {
                        checks.check(&case.name, || {
                            part(ws, table, column, &json!({"case_id": number}), case)
                        });
                    }
                }
            },
        );
    }
    Ok(())
}

fn inserted(ws: &Workspace, table: &Table, column: &TableColumn, key: &Json, case: &Case) -> Outcome {
    ws.peer.ask(
        "insert",
        json!({"table": table.class, "row": row(key, column, case)}),
    )?;
    let record = ws.peer.raw(&table.class, key, &column.name)?;
    ws.decodes_to(column, record.clone(), case)?;
    if column.store() == ws.stores().config().default_name().unwrap_or_default() {
        // The same record in a column whose type names no store, and without the store's name.
        let unnamed = TableColumn {
            name: column.name.clone(),
            spec: column.spec.replace(column.store(), ""),
        };
        let mut nameless = record;
        nameless
            .as_object_mut()
            .ok_or("the record is no object")?
            .insert("store".into(), Json::Null);
        ws.decodes_to(&unnamed, nameless, case)
            .map_err(|failed| failed.during(&unnamed.spec))?;
    }
    for other in table.columns.iter().filter(|other| other.name != column.name) {
        let stored = ws.peer.raw(&table.class, key, &other.name)?;
        same(&other.name, &stored, &Json::Null)?;
        let value = ws.decode(&other.spec, stored)?;
        ensure(matches!(value, Value::Null), || {
            format!("NULL of {} decodes to {}", other.name, value.type_name())
        })?;
    }
    Ok(())
}

fn row(key: &Json, column: &TableColumn, case: &Case) -> Json {
    let mut row = key.clone();
    if let Some(members) = row.as_object_mut() {
        members.insert(column.name.clone(), json!({"$npy": case.file}));
    }
    row
}

/// Some rows from the middle.
fn part(ws: &Workspace, table: &Table, column: &TableColumn, key: &Json, case: &Case) -> Outcome {
    let value = ws.decode(&column.spec, ws.peer.raw(&table.class, key, &column.name)?)?;
    let count = *case.array.shape().first().ok_or("the array has no rows")?;
    let (from, until) = (count / 3, (count / 3 + 5).min(count));
    let rows = from as u64..until as u64;
    let read = match (value.downcast::<NpyRef>(), value.downcast::<ZarrArray>()) {
        (Some(npy), _) => npy.rows(rows)?,
        (_, Some(zarr)) => zarr.read_region(&[rows])?,
        _ => return Err(format!("it decodes to {}", value.type_name()).into()),
    };
    ensure(read == case.array.rows(from..until)?, || {
        format!("rows {from} to {until} are others")
    })
}
