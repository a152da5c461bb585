//! Blobs that were packed a second time become those that they hold.

use dj_codecs::api::Json;

use super::lab::Lab;
use super::reader::same_rows;
use crate::failed::{ensure, same};
use crate::report::Checks;

/// The first rows, which are packed twice.
const WRAPPED: i64 = 20;

pub(super) fn run(lab: &Lab<'_>, checks: &mut Checks) {
    checks.check("they are unwrapped, the others stay", || {
        let before = lab.held("Wrapped", "note")?;
        let inner = lab.rows_told("inner")?;
        let read = lab.reader.decoded("wrapped", "note")?;
        let failing = read.values().filter(|value| value.is_err()).count();
        same("values that cannot be read", &failing, &(WRAPPED as usize))?;
        lab.ran("wrapped", "note", &["--unwrap", "--dry-run"], 0)?;
        same(
            "what the column holds after a dry run",
            &lab.held("Wrapped", "note")?.rows,
            &before.rows,
        )?;
        let told = lab.ran("wrapped", "note", &["--unwrap"], 0)?;
        let migrated = told.pointer("/report/migrated").and_then(Json::as_i64);
        same("unwrapped", &migrated, &Some(WRAPPED))?;
        same_rows("fetched", &lab.fetched("Wrapped", "note")?, &inner)?;
        same_rows("decoded", &lab.reader.decoded("wrapped", "note")?, &inner)?;
        let after = lab.held("Wrapped", "note")?;
        for (number, held) in &before.rows {
            ensure(
                (after.rows.get(number) == Some(held)) == (*number >= WRAPPED),
                || {
                    format!(
                        "row {number} was packed {held}, and holds {:?}",
                        after.rows.get(number)
                    )
                },
            )?;
        }
        lab.ran("wrapped", "note", &["--rollback"], 0)?;
        same(
            "what the column holds again",
            &lab.held("Wrapped", "note")?.rows,
            &before.rows,
        )
    });
}
