//! Tables with keys of every type are migrated: each row is found again by what the journal notes of its key.

use dj_codec_db::{Extent, RowQuery};
use dj_codecs::api::{Column, Json, Stored};

use super::{Lab, SCHEMA, runtime};
use crate::failed::{Outcome, ensure, same};
use crate::workspace::Workspace;

/// The column that is migrated: arrays that Python packed, and one text that is none.
const FIELD: &str = "value";

/// Migrates a table and rolls it back. The values are the same at each step, in the order of the key.
pub(super) fn there_and_back(ws: &Workspace, lab: &Lab, table: &str) -> Outcome {
    let before = stored(lab, table)?;
    let values = decoded(ws, &before)?;
    let sound = values.iter().flatten().count();
    ensure(sound > 0 && sound + 1 >= before.len(), || {
        format!("{sound} of {} values can be read", before.len())
    })?;
    let url = lab.text("url")?;
    let run = |more: &[&str], status: i32| -> Outcome<Json> {
        let mut arguments = vec!["migrate", &url, "--schema", SCHEMA, "--table", table];
        arguments.extend(["--field", FIELD, "--json"]);
        arguments.extend(more);
        let ran = ws.program.run(&arguments)?;
        ensure(ran.status == Some(status), || {
            format!("{more:?}: {:?}: {}{}", ran.status, ran.output, ran.errors)
        })?;
        Ok(serde_json::from_str(&ran.output)?)
    };
    let told = run(&["--to", "2"], i32::from(sound < before.len()))?;
    let migrated = told.pointer("/report/migrated").and_then(Json::as_u64);
    same("migrated", &migrated, &Some(sound as u64))?;
    let after = stored(lab, table)?;
    let changed = after
        .iter()
        .zip(&before)
        .filter(|(after, before)| after != before);
    same("rows that were changed", &changed.count(), &sound)?;
    same("the values", &decoded(ws, &after)?, &values)?;
    run(&["--rollback"], 0)?;
    ensure(stored(lab, table)? == before, || {
        "the rows do not hold what they held before".into()
    })
}

/// What the column holds, in the order of the key.
fn stored(lab: &Lab, table: &str) -> Outcome<Vec<Stored>> {
    runtime()?.block_on(async {
        let database = lab.connect().await?;
        let tables = database.tables_named(SCHEMA, Some(table)).await?;
        let table = tables.first().ok_or("the table is not there")?;
        let query = RowQuery::new().with_column(FIELD, Extent::Whole);
        let mut rows = database.rows(table, query)?;
        let mut all = Vec::new();
        while let Some(row) = rows.next().await? {
            all.extend(row.fields.into_iter().map(|field| field.stored));
        }
        database.close().await;
        Ok(all)
    })
}

/// The values; `None` for what is none.
fn decoded(ws: &Workspace, stored: &[Stored]) -> Outcome<Vec<Option<dj_codecs::api::Value>>> {
    let column = Column::resolve("<blob>", ws.registry())?;
    let cx = ws.reading();
    Ok(stored
        .iter()
        .map(|stored| column.decode(stored.clone(), &cx).ok())
        .collect())
}
