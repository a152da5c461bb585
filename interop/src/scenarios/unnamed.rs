//! Columns whose type names no store: `<blob@>` and its like.

use dj_codecs::api::{Json, Value};
use serde_json::json;

use crate::failed::{Outcome, same, same_value};
use crate::plan::{Table, TableColumn};
use crate::report::Report;
use crate::sources::Sources;
use crate::workspace::Workspace;

/// The first `case_id` of rows that Python cannot insert, and of ours.
const FIRST: usize = 0;
const FIRST_OURS: usize = 100;

/// DataJoint 2.3.5 looks for a store without a name.
const CANNOT_INSERT: &str = "Storage '' is requested but not configured";

pub(crate) fn run(ws: &Workspace, report: &Report) -> Outcome {
    let table = ws.table("Unnamed")?;
    let sources = Sources::make(&ws.folder, "unnamed")?;
    // Python saves an attachment whose name is taken under another.
    let downloads = ws.folder.join("download unnamed");
    ws.peer.ask("set_download", json!({"folder": downloads}))?;
    let specs: Vec<_> = table.columns.iter().map(|column| column.spec.as_str()).collect();
    let name = format!(
        "the default store, fetched by Python, which cannot insert there: {}",
        specs.join(" ")
    );
    report.scenario(&ws.scenario(name), |checks| {
        for (number, column) in table.columns.iter().enumerate() {
            checks.check(&column.spec, || unnamed(ws, table, column, number, &sources));
        }
    });
    Ok(())
}

fn unnamed(ws: &Workspace, table: &Table, column: &TableColumn, number: usize, sources: &Sources) -> Outcome {
    let (theirs, ours) = match column.codec() {
        "blob" => {
            let value = ws.value("dict with odd keys")?;
            (json!({"$value": value.name}), value.value.clone())
        }
        "hash" => (
            json!({"$notation": r#"{"$bytes":"AAA="}"#}),
            Value::Bytes(vec![0; 2].into()),
        ),
        // Python does not come to look for the file.
        "filepath" => ("raw/folder".into(), Value::from("raw/folder")),
        _ => {
            let file = sources.files().remove(0);
            (json!({"$path": file}), Value::Path(file))
        }
    };
    let row = json!({"case_id": FIRST + number, &column.name: theirs});
    ws.peer
        .refuses("insert", json!({"table": table.class, "row": row}), CANNOT_INSERT)?;
    let key = json!({"case_id": FIRST_OURS + number});
    let record = ws.encode(&column.spec, ours, &ws.at(table, &key, &column.name)?)?;
    let store = if column.codec() == "filepath" {
        "shelf"
    } else {
        "local"
    };
    same(
        "the record's store",
        record.get("store").unwrap_or(&Json::Null),
        &store.into(),
    )?;
    ws.put(table, &key, &column.name, &record)?;
    let fetched = ws.peer.fetch_value(&table.class, &key, &column.name)?;
    let stored = ws.peer.raw(&table.class, &key, &column.name)?;
    let decoded = ws.decode(&column.spec, stored)?.load()?;
    same_value("what Python fetches", &fetched.value, &decoded)
}
