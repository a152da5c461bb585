//! `<blob>` in the table and in each store: the values of `values.py`, both ways.

use dj_codecs::api::Json;
use dj_codecs::blob::{Compression, PackOptions};
use serde_json::json;

use crate::failed::{Outcome, same, same_value};
use crate::named::Named;
use crate::plan::{Table, TableColumn};
use crate::report::Report;
use crate::workspace::Workspace;

/// The first `case_id` of rows that Python inserts, and of ours; a column has a thousand.
const FIRST: usize = 0;
const FIRST_OURS: usize = 100_000;

/// DataJoint compresses only what is longer, and then each side does it in its own way.
const COMPRESSED_ABOVE: usize = 1000;

pub(crate) fn run(ws: &Workspace, report: &Report) -> Outcome {
    let table = ws.table("Values")?;
    for (place, column) in table.columns_of("blob").enumerate() {
        // What the store is matters to the bytes of a blob, not to the value in it.
        let step = if matches!(column.store(), "" | "local") {
            1
        } else {
            4
        };
        let name = format!("{}: values that Python inserts, decoded by us", column.spec);
        report.scenario(&ws.scenario(name), |checks| {
            for (number, value) in (FIRST + 1000 * place..).zip(ws.values.iter().step_by(step)) {
                checks.check(&value.name, || {
                    inserted_by_python(ws, table, column, &json!({"case_id": number}), value)
                });
            }
        });
        let name = format!("{}: values that we insert, fetched by Python", column.spec);
        report.scenario(&ws.scenario(name), |checks| {
            for (number, value) in (FIRST + 1000 * place..).zip(ws.values.iter().step_by(step)) {
                checks.check(&value.name, || inserted_by_us(ws, table, column, number, value));
            }
        });
    }
    Ok(())
}

fn inserted_by_python(
    ws: &Workspace,
    table: &Table,
    column: &TableColumn,
    key: &Json,
    named: &Named,
) -> Outcome {
    let mut row = key.clone();
    row.as_object_mut()
        .ok_or("a key is no object")?
        .insert(column.name.clone(), json!({"$value": named.name}));
    ws.peer.ask("insert", json!({"table": table.class, "row": row}))?;
    let wanted = named.fetched()?;
    // What Python itself fetches says that the notation was understood alike.
    let fetched = ws.peer.fetch_value(&table.class, key, &column.name)?;
    same_value("what Python fetches", &fetched.value, &wanted)?;
    let stored = ws.peer.raw(&table.class, key, &column.name)?;
    same_value("what we decode", &ws.decode(&column.spec, stored)?, &wanted)
}

fn inserted_by_us(
    ws: &Workspace,
    table: &Table,
    column: &TableColumn,
    number: usize,
    named: &Named,
) -> Outcome {
    let (their_key, key) = (
        json!({"case_id": number}),
        json!({"case_id": FIRST_OURS + number}),
    );
    let stored = ws.encode(
        &column.spec,
        named.value.clone(),
        &ws.at(table, &key, &column.name)?,
    )?;
    let theirs = ws.peer.raw(&table.class, &their_key, &column.name)?;
    let plain = PackOptions::new()
        .with_compression(Compression::None)
        .pack(&named.value)?;
    if plain.len() <= COMPRESSED_ABOVE {
        same("what the column holds", &stored, &theirs)
            .map_err(|failed| failed.during("beside what Python stores"))?;
    }
    ws.put(table, &key, &column.name, &stored)?;
    same(
        "what comes back from the database",
        &ws.peer.raw(&table.class, &key, &column.name)?,
        &stored,
    )?;
    let fetched = ws.peer.fetch_value(&table.class, &key, &column.name)?;
    same_value("what Python fetches", &fetched.value, &named.fetched()?)
}
