//! Each old column is planned, migrated, listed and rolled back; Python fetches equal values at every step.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use dj_codecs::api::{Json, Value};
use serde_json::json;

use super::lab::{Held, Lab, rows_of};
use super::reader::{Rows, same_rows};
use crate::failed::{Outcome, ensure, same};
use crate::report::Checks;

/// A column of the table `scan`.
pub(super) struct OldColumn {
    pub(super) spec: &'static str,
    pub(super) field: &'static str,
    /// The format that Python writes, and the one that comes after.
    old: &'static str,
    pub(super) to: &'static str,
    /// The store, where it is a folder whose files can be compared.
    store: Option<&'static str>,
    /// Whether Python's codec reads the new format.
    fetched: bool,
}

pub(super) const COLUMNS: &[OldColumn] = &[
    OldColumn::new("<zarr@local>", "movie", ["1.0", "2.0"], Some("local"), true),
    OldColumn::new("<zarr@cloud>", "remote", ["1.0", "2.0"], None, true),
    OldColumn::new("<photon@local>", "counts", ["1.0", "2.0"], Some("local"), false),
    OldColumn::new("<blob>", "note", ["1", "2"], None, true),
    OldColumn::new("<blob@local>", "shared", ["1", "2"], Some("local"), true),
];

impl OldColumn {
    const fn new(
        spec: &'static str,
        field: &'static str,
        [old, to]: [&'static str; 2],
        store: Option<&'static str>,
        fetched: bool,
    ) -> Self {
        Self {
            spec,
            field,
            old,
            to,
            store,
            fetched,
        }
    }
}

/// What was there before.
struct Before {
    fetched: Rows,
    held: Held,
    damaged: BTreeSet<i64>,
}

impl Before {
    /// The rows whose values can be migrated.
    fn sound(&self) -> impl Iterator<Item = i64> {
        let value = |(number, held): (&i64, &Json)| (!held.is_null()).then_some(*number);
        let rows = self.held.rows.iter().filter_map(value);
        rows.filter(|number| !self.damaged.contains(number))
    }
}

pub(super) fn run(lab: &Lab<'_>, column: &OldColumn, checks: &mut Checks) {
    let kept = OnceCell::new();
    checks.check("we decode what Python fetches before", || {
        let fetched = fetched(lab, column)?;
        same_rows("decoded", &lab.reader.decoded("scan", column.field)?, &fetched)?;
        let damaged = lab.damaged(column.field)?;
        let failing: BTreeSet<i64> = fetched
            .iter()
            .filter_map(|(number, value)| value.is_err().then_some(*number))
            .collect();
        same("what Python cannot fetch", &failing, &damaged)?;
        let held = lab.held("Scan", column.field)?;
        let _ = kept.set(Before {
            fetched,
            held,
            damaged,
        });
        Ok(())
    });
    let Some(before) = kept.get() else {
        return;
    };
    checks.check("a dry run plans, and changes nothing", || {
        plan(lab, column, before)
    });
    checks.check("migrated: all sound rows and no other", || {
        migrate(lab, column, before)
    });
    checks.check("Python fetches what it fetched before", || {
        fetch(lab, column, before)
    });
    checks.check(
        "old objects are all there; those that nobody needs are listed",
        || superseded(lab, column, before),
    );
    checks.check("once more: nothing is left to do", || again(lab, column, before));
    checks.check("an older format only where that is allowed", || {
        downgrade(lab, column, before)
    });
    checks.check("rolled back to what the column held before", || {
        roll_back(lab, column, before)
    });
}

/// What Python fetches. For a blob that is none it gives nothing, where we fail.
fn fetched(lab: &Lab<'_>, column: &OldColumn) -> Outcome<Rows> {
    let mut rows = lab.fetched("Scan", column.field)?;
    for number in lab.damaged(column.field)? {
        if rows.get(&number) == Some(&Ok(Value::Null)) {
            rows.insert(number, Err("Python says None".into()));
        }
    }
    Ok(rows)
}

fn plan(lab: &Lab<'_>, column: &OldColumn, before: &Before) -> Outcome {
    let told = lab.ran("scan", column.field, &["--to", column.to, "--dry-run"], 0)?;
    let plan = |key: &str| told.pointer(&format!("/plan/{key}")).and_then(Json::as_u64);
    same("rows", &plan("rows"), &Some(before.held.rows.len() as u64))?;
    let values = before.held.rows.values().filter(|held| !held.is_null()).count() as u64;
    same("rows to migrate", &plan("to_migrate"), &Some(values))?;
    same("NULLs", &plan("nulls"), &plan("rows").map(|rows| rows - values))?;
    for key in ["bytes_before", "bytes_after"] {
        ensure(plan(key).is_some_and(|bytes| bytes > 0), || {
            format!("the plan's {key}: {told}")
        })?;
    }
    let seconds = told.pointer("/plan/seconds").and_then(Json::as_f64);
    ensure(seconds.is_some_and(|seconds| seconds > 0.0), || {
        format!("the plan's time: {told}")
    })?;
    let after = lab.held("Scan", column.field)?;
    ensure(
        after.rows == before.held.rows && after.files == before.held.files,
        || "a dry run changed something".into(),
    )
}

fn migrate(lab: &Lab<'_>, column: &OldColumn, before: &Before) -> Outcome {
    let status = i32::from(!before.damaged.is_empty());
    let told = lab.ran("scan", column.field, &["--to", column.to], status)?;
    let report = |key: &str| told.pointer(&format!("/report/{key}")).and_then(Json::as_u64);
    same(
        "migrated",
        &report("migrated"),
        &Some(before.sound().count() as u64),
    )?;
    same("left", &report("left"), &Some(before.damaged.len() as u64))?;
    let left = told.pointer("/report/left_rows").and_then(Json::as_array);
    let mut numbers = BTreeSet::new();
    for row in left.into_iter().flatten() {
        numbers.extend(row.pointer("/key/number").and_then(Json::as_i64));
        let reason = row.get("reason").and_then(Json::as_str).unwrap_or_default();
        ensure(reason.len() > 20, || format!("a row was left for {reason:?}"))?;
    }
    same("the rows that were left", &numbers, &before.damaged)?;
    let after = lab.held("Scan", column.field)?;
    for (number, held) in &before.held.rows {
        let changed = after.rows.get(number) != Some(held);
        let wanted = !held.is_null() && !before.damaged.contains(number);
        ensure(changed == wanted, || {
            format!("row {number} was changed: {changed}; it had to be: {wanted}")
        })?;
    }
    in_format(lab, column, before, column.to)
}

/// Whether all sound rows have this format, and no other row.
fn in_format(lab: &Lab<'_>, column: &OldColumn, before: &Before, wanted: &str) -> Outcome {
    let formats = lab.reader.formats("scan", column.field)?;
    let rows = formats
        .iter()
        .filter(|(number, version)| version.as_str() == wanted && !before.damaged.contains(*number));
    let rows: BTreeSet<i64> = rows.map(|(number, _)| *number).collect();
    same(
        &format!("the rows in format {wanted}"),
        &rows,
        &before.sound().collect(),
    )
}

fn fetch(lab: &Lab<'_>, column: &OldColumn, before: &Before) -> Outcome {
    let decoded = lab.reader.decoded("scan", column.field)?;
    same_rows("decoded", &decoded, &before.fetched)?;
    if column.fetched {
        return same_rows("fetched", &fetched(lab, column)?, &before.fetched);
    }
    // Its photon codec refuses what is newer than 1; zarr-python finds the counts.
    let asked = json!({"table": "Scan", "field": column.field});
    let opened = lab.python.ask("open_counts", asked)?;
    let mut rows = rows_of(&opened, "rows")?;
    let mut wanted = before.fetched.clone();
    for number in &before.damaged {
        rows.remove(number);
        wanted.remove(number);
    }
    same_rows("stabilised counts", &rows, &wanted)
}

fn superseded(lab: &Lab<'_>, column: &OldColumn, before: &Before) -> Outcome {
    let after = lab.held("Scan", column.field)?;
    for (name, data) in &before.held.files {
        ensure(after.files.get(name) == Some(data), || {
            format!("the old file {name} is gone or changed")
        })?;
    }
    let told = lab.ran("scan", column.field, &["--list-superseded"], 0)?;
    let listed = paths(&told);
    let path = |number: &i64| -> Option<String> {
        let record: Json = serde_json::from_str(before.held.rows.get(number)?.as_str()?).ok()?;
        Some(record.get("path")?.as_str()?.to_owned())
    };
    let mut wanted: BTreeSet<String> = before.sound().filter_map(|number| path(&number)).collect();
    // Shared with rows that were left, and with another table.
    let mut needed: BTreeSet<String> = before.damaged.iter().filter_map(&path).collect();
    if column.field == "shared" {
        let elsewhere = lab.held("Copy", "shared")?;
        let record = |held: &Json| serde_json::from_str::<Json>(held.as_str()?).ok();
        let records = elsewhere.rows.values().filter_map(record);
        needed.extend(records.filter_map(|record| Some(record.get("path")?.as_str()?.to_owned())));
        let shared = wanted.intersection(&needed).count();
        ensure(shared >= 2, || format!("{shared} objects are needed elsewhere"))?;
    }
    wanted.retain(|path| !needed.contains(path));
    ensure(column.store.is_none() || !wanted.is_empty(), || {
        "nothing was superseded".into()
    })?;
    same("the superseded objects", &listed, &wanted)
}

/// All members named `path`.
pub(super) fn paths(told: &Json) -> BTreeSet<String> {
    match told {
        Json::Object(members) => {
            let own = members.get("path").and_then(Json::as_str).map(str::to_owned);
            own.into_iter().chain(members.values().flat_map(paths)).collect()
        }
        Json::Array(items) => items.iter().flat_map(paths).collect(),
        _ => BTreeSet::new(),
    }
}

fn again(lab: &Lab<'_>, column: &OldColumn, before: &Before) -> Outcome {
    let held = lab.held("Scan", column.field)?;
    let status = i32::from(!before.damaged.is_empty());
    let told = lab.ran("scan", column.field, &["--to", column.to], status)?;
    let migrated = told.pointer("/report/migrated").and_then(Json::as_u64);
    same("migrated", &migrated, &Some(0))?;
    let after = lab.held("Scan", column.field)?;
    same("what the column holds", &after.rows, &held.rows)?;
    let names = |held: &Held| held.files.keys().cloned().collect::<Vec<_>>();
    same("the files", &names(&after), &names(&held))
}

fn downgrade(lab: &Lab<'_>, column: &OldColumn, before: &Before) -> Outcome {
    let held = lab.held("Scan", column.field)?;
    let ran = lab.run("scan", column.field, &["--to", column.old])?;
    ensure(
        ran.status == Some(2) && ran.errors.contains("--allow-downgrade"),
        || format!("{:?}: {}{}", ran.status, ran.output, ran.errors),
    )?;
    let after = lab.held("Scan", column.field)?;
    same("what the column holds", &after.rows, &held.rows)?;
    same("how many files there are", &after.files.len(), &held.files.len())?;
    // A damaged row may tell its format, which is the old one still.
    let formats = lab.reader.formats("scan", column.field)?;
    let unclear = |number: &i64| formats.get(number).is_none_or(|version| version != column.old);
    let status = i32::from(before.damaged.iter().any(unclear));
    let more = ["--to", column.old, "--allow-downgrade"];
    let told = lab.ran("scan", column.field, &more, status)?;
    let migrated = told.pointer("/report/migrated").and_then(Json::as_u64);
    same("migrated", &migrated, &Some(before.sound().count() as u64))?;
    in_format(lab, column, before, column.old)?;
    same_rows("fetched", &fetched(lab, column)?, &before.fetched)
}

fn roll_back(lab: &Lab<'_>, column: &OldColumn, before: &Before) -> Outcome {
    let newer = lab.held("Scan", column.field)?;
    lab.ran("scan", column.field, &["--rollback"], 0)?;
    let after = lab.held("Scan", column.field)?;
    same("what the column holds", &after.rows, &before.held.rows)?;
    for name in newer.files.keys() {
        ensure(after.files.contains_key(name), || {
            format!("the file {name} is gone")
        })?;
    }
    same_rows("fetched", &fetched(lab, column)?, &before.fetched)
}
