//! NULL in a column of each codec.

use dj_codecs::api::{Json, Value};
use serde_json::json;

use crate::failed::{Outcome, ensure, same, same_value};
use crate::plan::{Table, TableColumn};
use crate::report::Report;
use crate::workspace::Workspace;

/// The `case_id` of these rows.
const FIRST: usize = 700_000;

pub(crate) fn run(ws: &Workspace, report: &Report) -> Outcome {
    for class in ["Values", "Files", "Unnamed"] {
        let table = ws.table(class)?;
        let specs: Vec<_> = table.columns.iter().map(|column| column.spec.as_str()).collect();
        report.scenario(
            &ws.scenario(format!("NULL, both ways: {}", specs.join(" "))),
            |checks| {
                let (theirs, ours) = (json!({"case_id": FIRST}), json!({"case_id": FIRST + 1}));
                checks.check("inserted by Python", || {
                    ws.peer
                        .ask("insert", json!({"table": table.class, "row": theirs}))
                        .map(drop)
                });
                checks.check("inserted by us", || put_nulls(ws, table, &ours));
                for column in &table.columns {
                    for key in [&theirs, &ours] {
                        checks.check(&column.spec, || null(ws, table, column, key));
                    }
                }
            },
        );
    }
    Ok(())
}

fn put_nulls(ws: &Workspace, table: &Table, key: &Json) -> Outcome {
    let mut fields = serde_json::Map::new();
    for column in &table.columns {
        let stored = ws.encode(&column.spec, Value::Null, &ws.at(table, key, &column.name)?)?;
        same("what we store for NULL", &stored, &Json::Null)?;
        fields.insert(column.name.clone(), stored);
    }
    ws.put_row(table, key, &fields.into())
}

fn null(ws: &Workspace, table: &Table, column: &TableColumn, key: &Json) -> Outcome {
    let stored = ws.peer.raw(&table.class, key, &column.name)?;
    same("what the column holds", &stored, &Json::Null)?;
    same_value("what we decode", &ws.decode(&column.spec, stored)?, &Value::Null)?;
    let fetched = ws.peer.fetch_value(&table.class, key, &column.name)?;
    ensure(matches!(fetched.value, Value::Null), || {
        format!("Python fetches {:?}", fetched.value)
    })
}
