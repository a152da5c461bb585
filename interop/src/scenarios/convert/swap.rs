//! The new column in the place of the old one, and what is refused.

use dj_codecs::api::{Json, Value};
use serde_json::json;

use super::{Lab, SCHEMA};
use crate::failed::{Outcome, ensure, same_value};

impl Lab<'_> {
    pub(super) fn swap(&self) -> Outcome {
        let before = self.rows()?;
        for (field, spec, into) in [
            ("movie", "<zarr@local>", "movie_zarr"),
            ("note", "<blob@shelf>", "note_ext"),
        ] {
            let (_, told) = self.convert(field, spec, into, &[])?;
            self.run_sql(&told, "swap")?;
            let types = self.peer.ask("reopen", json!({ "schema": SCHEMA }))?;
            let found = types
                .pointer(&format!("/types/Scan/{field}"))
                .and_then(Json::as_str);
            ensure(found.is_some_and(|found| found.contains(spec)), || {
                format!("the type of {field} is {found:?}")
            })?;
            self.run_sql(&told, "drop")?;
        }
        let after = self.rows()?;
        for (number, row) in &after {
            for field in ["movie", "note"] {
                let was = before.get(number).and_then(|row| row.get(field));
                same_value(
                    field,
                    row.get(field).unwrap_or(&Value::Null),
                    was.unwrap_or(&Value::Null),
                )?;
            }
            let names: Vec<&str> = row.keys().map(String::as_str).collect();
            ensure(
                !names.contains(&"note_ext") && !names.contains(&"note_old"),
                || format!("{names:?}"),
            )?;
        }
        Ok(())
    }

    pub(super) fn refusals(&self) -> Outcome {
        for (field, spec, into, words) in [
            ("trace", "<npz@cloud>", "x", "npz"),
            ("trace", "<npy>", "x", "npy"),
            ("trace", "int32", "x", "no codec"),
            ("trace", "<npy@cloud>", "trace", "itself"),
            ("trace", "<npy@local>", "trace_npy", "of type <npy@cloud>"),
            ("trace", "<npy@cloud>", "part", "of this name already"),
            ("trace", "<npy@cloud>", "Trace", "lowercase"),
            ("trase", "<npy@cloud>", "x", "no column \"trase\""),
            ("part", "<npy@cloud>", "x", "declared as"),
        ] {
            let ran = self.ws.program.run(&self.arguments(field, spec, into))?;
            let shown = || {
                format!(
                    "{field} {spec} {into}: {:?}: {}{}",
                    ran.status, ran.output, ran.errors
                )
            };
            ensure(ran.status == Some(2) && ran.errors.contains(words), shown)?;
        }
        Ok(())
    }
}
