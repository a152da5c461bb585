//! Rows are copied with their records: an object that a copy in another schema needs is not told of as superseded.

use std::collections::BTreeSet;

use dj_codec_db::Database;
use dj_codecs::api::Json;

use super::columns::paths;
use super::lab::{Lab, SCHEMA};
use crate::failed::{Outcome, ensure, same};
use crate::plan::Backend;
use crate::report::Checks;

const TABLE: &str = "large";
const FIELD: &str = "movie";
const COPIES: &str = "migrate_lab_copies";

pub(super) fn run(lab: &Lab<'_>, checks: &mut Checks) {
    checks.check("what a copy in another schema needs is not listed", || {
        let listed = with_copies(lab);
        let dropped = run_sql(lab, &[format!("DROP SCHEMA {COPIES}{}", cascade(lab))]);
        let (copied, listed) = listed?;
        dropped?;
        ensure(copied.len() > 3 && copied.is_disjoint(&listed), || {
            format!("{copied:?} are needed, {listed:?} are listed")
        })?;
        let listed = superseded(lab)?;
        ensure(copied.is_subset(&listed), || {
            format!("{copied:?} are needed no more, {listed:?} are listed")
        })?;
        let told = lab.ran(TABLE, FIELD, &["--rollback"], 0)?;
        same(
            "rows put back",
            &told.pointer("/rollback/put_back").and_then(Json::as_u64),
            &Some(copied.len() as u64),
        )
    });
}

/// Copies the rows, migrates them, and gives the paths in the copies, and what is listed.
fn with_copies(lab: &Lab<'_>) -> Outcome<(BTreeSet<String>, BTreeSet<String>)> {
    // As a person keeps a copy: without a key.
    let mut statements = vec![
        format!("CREATE SCHEMA {COPIES}"),
        format!("CREATE TABLE {COPIES}.kept AS SELECT {FIELD} FROM {SCHEMA}.{TABLE}"),
    ];
    if lab.ws.backend == Backend::PostgreSql {
        statements.push(format!(
            "COMMENT ON COLUMN {COPIES}.kept.{FIELD} IS ':<zarr@local>:'"
        ));
    }
    run_sql(lab, &statements)?;
    let held = lab.held("Large", FIELD)?;
    let records = held.rows.values().filter_map(Json::as_str);
    let records = records
        .map(serde_json::from_str)
        .collect::<Result<Vec<Json>, _>>()?;
    lab.ran(TABLE, FIELD, &["--to", "2.0"], 0)?;
    Ok((paths(&Json::Array(records)), superseded(lab)?))
}

fn superseded(lab: &Lab<'_>) -> Outcome<BTreeSet<String>> {
    Ok(paths(&lab.ran(TABLE, FIELD, &["--list-superseded"], 0)?))
}

fn cascade(lab: &Lab<'_>) -> &'static str {
    match lab.ws.backend {
        Backend::PostgreSql => " CASCADE",
        Backend::MySql => "",
    }
}

/// Runs statements, as a person does.
pub(super) fn run_sql(lab: &Lab<'_>, statements: &[String]) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let database = Database::connect(&lab.reader.url).await?;
        let writable = database.writable(1).await?;
        for statement in statements {
            writable.execute(statement.as_str(), Vec::new()).await?;
        }
        writable.database().close().await;
        database.close().await;
        Ok(())
    })
}
