//! Conversions that are killed.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use dj_codecs::api::{Json, Stores as _, Value};
use serde_json::json;

use super::{Lab, ROWS, SCHEMA};
use crate::chance::Chance;
use crate::failed::{Outcome, ensure, same, same_value};

/// So many runs are killed.
const KILLS: usize = 12;
/// Python fetches all values after so many kills.
const PYTHON_EVERY: usize = 4;

impl Lab<'_> {
    /// Every value that is there is the right one.
    fn partly(&self, field: &str, into: &str) -> Outcome {
        for (number, row) in self.rows()? {
            let new = row.get(into).cloned().unwrap_or(Value::Null);
            if new != Value::Null {
                same_value(
                    &format!("{into} of {number}"),
                    &new,
                    row.get(field).unwrap_or(&Value::Null),
                )?;
            }
        }
        Ok(())
    }

    /// The paths of the objects of a column in the store `cloud`.
    fn paths(&self, field: &str) -> Outcome<Vec<String>> {
        let keys: Vec<Json> = (0..ROWS).map(|number| json!({ "scan_id": number })).collect();
        let asked = json!({"table": "Scan", "keys": keys, "field": field});
        let raw = self.peer.ask("raw_many", asked)?;
        let records = raw.get("records").and_then(Json::as_array).into_iter().flatten();
        let records = records.filter(|record| !record.is_null());
        records.map(crate::workspace::path_of).collect()
    }

    /// Takes the values out of a column, and their objects out of the store, as if they had never been.
    fn empty(&self, field: &str) -> Outcome {
        let store = self.ws.stores().open(Some("cloud"))?.store;
        let paths = self.paths(field)?;
        let sql = format!("UPDATE {SCHEMA}.scan SET {field} = NULL");
        self.peer.ask("sql", json!({ "statements": [sql] }))?;
        for path in paths {
            store.delete(&path)?;
        }
        Ok(())
    }

    /// Runs that are killed at any time, until one comes to its end.
    pub(super) fn killed(&self) -> Outcome {
        let (field, spec, into) = ("killed", "<npy@cloud>", "killed_npy");
        let (_, told) = self.convert(field, spec, into, &[])?;
        self.run_sql(&told, "add")?;
        let before = self.objects()?;
        let (mut arguments, mut chance) = (self.arguments(field, spec, into), Chance::new(77));
        arguments.extend(["--workers", "2"]);
        let begun = Instant::now();
        self.ws.program.done(&arguments)?;
        let whole = begun.elapsed();
        self.empty(into)?;
        let mut killed = 0;
        while killed < KILLS {
            let running = self.ws.program.start(&arguments, "convert-killed")?;
            let ended = running.ended(chance.within(whole))?.is_some();
            running.kill();
            ensure(running.ended(Duration::from_secs(30))?.is_some(), || {
                "it does not end".into()
            })?;
            if killed % PYTHON_EVERY == 0 {
                self.partly(field, into)?;
            }
            if ended {
                self.empty(into)?;
            }
            killed += usize::from(!ended);
        }
        self.ws.program.done(&arguments)?;
        let mut needed = before;
        for (number, row) in self.rows()? {
            same_value(
                &format!("{into} of {number}"),
                row.get(into).unwrap_or(&Value::Null),
                row.get(field).unwrap_or(&Value::Null),
            )?;
        }
        let keys: Vec<Json> = (0..ROWS).map(|number| json!({ "scan_id": number })).collect();
        let raw = self
            .peer
            .ask("raw_many", json!({"table": "Scan", "keys": keys, "field": into}))?;
        for record in raw.get("records").and_then(Json::as_array).into_iter().flatten() {
            needed.insert(format!("cloud:{}", crate::workspace::path_of(record)?));
        }
        let left_behind: BTreeSet<String> = self.objects()?.difference(&needed).cloned().collect();
        let list = [
            "migrate",
            &self.url,
            "--schema",
            SCHEMA,
            "--list-superseded",
            "--json",
        ];
        let told: Json = serde_json::from_str(&self.ws.program.done(&list)?)?;
        let told = told.get("objects").and_then(Json::as_array).into_iter().flatten();
        let told: BTreeSet<String> = told
            .filter_map(|one| {
                Some(format!(
                    "{}:{}",
                    one.get("store")?.as_str()?,
                    one.get("path")?.as_str()?
                ))
            })
            .collect();
        same("objects that are told to be left behind", &told, &left_behind)
    }
}
