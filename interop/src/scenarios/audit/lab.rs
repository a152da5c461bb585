//! The schema that `audit_lab.py` fills, and what it says that there is.

use std::path::Path;
use std::process::Stdio;

use dj_codec_db::Database;
use dj_codecs::api::Json;

use super::SCHEMA;
use super::told::{Faults, compare, faults, list, old_values, signature, text};
use crate::failed::{Outcome, ensure, same};
use crate::ground;
use crate::workspace::Workspace;

/// From what a fault is found on: each finds what the ones before it find.
pub(super) const LEVELS: [&str; 4] = ["audit", "presence", "size", "full"];

/// What `audit_lab.py` says that there is.
pub(super) struct Lab {
    pub(super) told: Json,
}

impl Lab {
    pub(super) fn fill(ws: &Workspace) -> Outcome<Self> {
        let hello = ws.peer.ask("hello", serde_json::json!({}))?;
        let python = hello
            .get("executable")
            .and_then(Json::as_str)
            .ok_or("which Python it is")?;
        let filled = ground::command(python)
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("audit_lab.py"))
            .arg(ws.program.path())
            .arg(SCHEMA)
            .current_dir(&ws.folder)
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .output()?;
        if !filled.status.success() {
            return Err(format!("audit_lab.py: {}", String::from_utf8_lossy(&filled.stderr)).into());
        }
        Ok(Self {
            told: serde_json::from_slice(&filled.stdout)?,
        })
    }

    /// The names of the tables in the database.
    pub(super) fn tables(&self) -> impl Iterator<Item = &str> {
        let tables = self.told.get("keys").and_then(Json::as_object);
        tables.into_iter().flatten().map(|(name, _)| name.as_str())
    }

    pub(super) fn text(&self, key: &str) -> Outcome<String> {
        let text = self.told.get(key).and_then(Json::as_str);
        Ok(text
            .ok_or_else(|| format!("audit_lab.py does not say {key}"))?
            .to_owned())
    }

    /// The faults that are found from a level on.
    pub(super) fn planted(&self, level: &str) -> Outcome<Faults> {
        let rank = |level: &str| LEVELS.iter().position(|known| *known == level);
        let planted = list(&self.told, "planted");
        let known = planted.filter(|fault| rank(text(fault, "level")) <= rank(level));
        Ok(known.map(signature).collect())
    }

    pub(super) fn audit(&self, ws: &Workspace, url: &str) -> Outcome<Json> {
        let ran = ws.program.run(&["audit", url, "--schema", SCHEMA, "--json"])?;
        ensure(ran.status == Some(1), || {
            format!("exit status {:?}: {}", ran.status, ran.errors)
        })?;
        Ok(serde_json::from_str(&ran.output)?)
    }

    /// Runs the program and compares what it finds.
    pub(super) fn finds(&self, ws: &Workspace, level: &str, arguments: &[&str]) -> Outcome {
        let url = self.text("url")?;
        let mut all = arguments.to_vec();
        all.extend([url.as_str(), "--schema", SCHEMA]);
        let ran = ws.program.run(&all)?;
        ensure(ran.status == Some(1), || {
            format!("exit status {:?}: {}", ran.status, ran.errors)
        })?;
        let password = "interop:interop@";
        ensure(
            !ran.output.contains(password) && !ran.errors.contains(password),
            || "the password is printed".into(),
        )?;
        let told: Json = serde_json::from_str(&ran.output)?;
        let missing = match level {
            "audit" => told.get("missing_codecs"),
            _ => told.get("unchecked"),
        };
        ensure(
            missing.is_some_and(|missing| missing.to_string().contains("dj-spike-train-codecs")),
            || format!("the codec that is not there is not named: {missing:?}"),
        )?;
        compare(&faults(&told), &self.planted(level)?)
    }

    /// Compares the counts of the audit with those of the database.
    pub(super) fn counts(&self, ws: &Workspace) -> Outcome {
        let told = self.audit(ws, &self.text("url")?)?;
        let mut columns = 0;
        for table in list(&told, "tables") {
            let name = text(table, "table");
            for column in list(table, "columns") {
                let field = text(column, "column");
                let wanted = self
                    .told
                    .get("counts")
                    .and_then(|counts| counts.get(name)?.get(field));
                for key in ["values", "nulls"] {
                    let wanted = wanted.and_then(|wanted| wanted.get(key)).unwrap_or(&Json::Null);
                    same(
                        &format!("{name}.{field} {key}"),
                        column.get(key).unwrap_or(&Json::Null),
                        wanted,
                    )?;
                }
                let formats = list(column, "formats");
                let in_formats: u64 = formats.filter_map(|format| format.get("values")?.as_u64()).sum();
                same(
                    &format!("{name}.{field} by format"),
                    &Some(in_formats),
                    &column.get("values").and_then(Json::as_u64),
                )?;
                columns += 1;
            }
        }
        ensure(columns >= 55, || format!("{columns} columns were audited"))?;
        let rows = told.get("rows").and_then(Json::as_u64);
        ensure(rows > Some(2_500), || format!("{rows:?} rows were audited"))?;
        for (codec, version, least) in [
            ("<blob", "1", 1000),
            ("<zarr", "1.0", 300),
            ("<photon", "1.0", 100),
        ] {
            let old = old_values(&told, codec, version);
            ensure(old > least, || {
                format!("{old} values of {codec}> in format {version}")
            })?;
        }
        Ok(())
    }

    pub(super) async fn connect(&self) -> Outcome<Database> {
        Ok(Database::connect(&self.text("url")?).await?)
    }
}
