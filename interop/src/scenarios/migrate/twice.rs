//! Rows that were migrated twice go back one migration after the other, and wait where one of them cannot be taken back yet.

use dj_codecs::api::Json;

use super::lab::{Held, Lab};
use crate::failed::{Outcome, ensure, same};
use crate::report::Checks;

const TABLE: &str = "large";
const FIELD: &str = "movie";

pub(super) fn run(lab: &Lab<'_>, checks: &mut Checks) {
    checks.check("the later one first; what cannot go back yet goes later", || {
        there_and_back(lab)
    });
}

fn there_and_back(lab: &Lab<'_>) -> Outcome {
    let before = lab.held("Large", FIELD)?;
    let rows = before.rows.len() as u64;
    lab.ran(TABLE, FIELD, &["--to", "2.0"], 0)?;
    let newer = lab.held("Large", FIELD)?;
    lab.ran(TABLE, FIELD, &["--to", "1.0", "--allow-downgrade"], 0)?;
    let folder = lab.ws.folder.join("stores/local").join(path(&newer, 3)?);
    let aside = folder.with_extension("aside");
    std::fs::rename(&folder, &aside)?;
    let told = lab.ran(TABLE, FIELD, &["--rollback", "--workers", "4"], 1)?;
    std::fs::rename(&aside, &folder)?;
    same("taken back", &counts(&told), &[2 * (rows - 1), 2, 0])?;
    let later = told.to_string();
    ensure(
        later.contains("a later migration of the row could not be taken back"),
        || later.clone(),
    )?;
    let told = lab.ran(TABLE, FIELD, &["--rollback", "--workers", "4"], 0)?;
    same("taken back in the end", &counts(&told), &[2, 0, 0])?;
    same(
        "what the column holds",
        &lab.held("Large", FIELD)?.rows,
        &before.rows,
    )
}

/// The path in the record of a row.
fn path(held: &Held, number: i64) -> Outcome<String> {
    let record = held.rows.get(&number).and_then(Json::as_str).ok_or("no record")?;
    let record: Json = serde_json::from_str(record)?;
    let path = record.get("path").and_then(Json::as_str);
    Ok(path.ok_or("a record without a path")?.to_owned())
}

/// How many were put back, left, and found changed.
fn counts(told: &Json) -> [u64; 3] {
    ["put_back", "left", "changed"].map(|key| {
        let count = told.pointer(&format!("/rollback/{key}"));
        count.and_then(Json::as_u64).unwrap_or(u64::MAX)
    })
}
