//! The schema that `migrate_lab.py` fills.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use dj_codecs::api::{Json, Value};
use serde_json::json;

use super::reader::{Reader, Rows};
use crate::failed::{Outcome, ensure};
use crate::ground;
use crate::peer::{Peer, value_of};
use crate::program::{Program, Ran};
use crate::workspace::Workspace;

/// Its name.
pub(super) const SCHEMA: &str = "migrate_lab";
/// How many rows the tables `scan` and `crowd` have.
const ROWS: [usize; 2] = [120, 36];

/// The schema, its Python and our side.
pub(super) struct Lab<'a> {
    pub(super) ws: &'a Workspace,
    pub(super) python: Peer,
    pub(super) reader: Reader,
    told: Json,
}

/// What the columns and stores hold, bit for bit.
pub(super) struct Held {
    /// What each row of a column holds.
    pub(super) rows: BTreeMap<i64, Json>,
    /// The files of the stores.
    pub(super) files: BTreeMap<String, Vec<u8>>,
}

impl<'a> Lab<'a> {
    pub(super) fn fill(ws: &'a Workspace) -> Outcome<Self> {
        let hello = ws.peer.ask("hello", json!({}))?;
        let python = hello.get("executable").and_then(Json::as_str);
        let mut command = ground::command(python.ok_or("which Python it is")?);
        command
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("migrate_lab.py"))
            .arg(ws.program.path())
            .arg(SCHEMA);
        let python = Peer::start_as("migrate_lab", command, &ws.folder)?;
        let told = python.ask("fill", json!({"scans": ROWS[0], "crowd": ROWS[1]}))?;
        let url = told
            .get("url")
            .and_then(Json::as_str)
            .ok_or("which URL it has")?
            .to_owned();
        Ok(Self {
            ws,
            python,
            reader: Reader {
                url,
                schema: SCHEMA,
                registry: ws.registry().clone(),
                stores: Arc::clone(ws.stores()),
            },
            told,
        })
    }

    pub(super) fn close(self) -> Outcome {
        self.python.ask("drop", json!({}))?;
        self.python.close()
    }

    pub(super) fn program(&self) -> &Program {
        &self.ws.program
    }

    /// What Python said when it filled the tables.
    pub(super) fn told(&self, key: &str) -> Outcome<&Json> {
        Ok(self
            .told
            .get(key)
            .ok_or_else(|| format!("migrate_lab.py does not say {key}"))?)
    }

    pub(super) fn text(&self, key: &str) -> Outcome<&str> {
        Ok(self.told(key)?.as_str().ok_or("it is no text")?)
    }

    /// The rows of a column of `scan` that were damaged.
    pub(super) fn damaged(&self, field: &str) -> Outcome<BTreeSet<i64>> {
        let rows = self.told("damaged")?.get(field).and_then(Json::as_array);
        Ok(rows.into_iter().flatten().filter_map(Json::as_i64).collect())
    }

    /// The values that Python fetches.
    pub(super) fn fetched(&self, table: &str, field: &str) -> Outcome<Rows> {
        let told = self
            .python
            .ask("fetch_all", json!({"table": table, "field": field}))?;
        rows_of(&told, "rows")
    }

    /// The values that Python told of when it filled the tables.
    pub(super) fn rows_told(&self, key: &str) -> Outcome<Rows> {
        rows_of(&self.told, key)
    }

    /// What a column and the stores hold.
    pub(super) fn held(&self, table: &str, field: &str) -> Outcome<Held> {
        let told = self
            .python
            .ask("raw_all", json!({"table": table, "field": field}))?;
        let rows = told.get("rows").and_then(Json::as_array).ok_or("no rows")?;
        let row = |row: &Json| Some((row.get("number")?.as_i64()?, row.get("value")?.clone()));
        let mut files = BTreeMap::new();
        let stores = self.ws.folder.join("stores");
        collect(&stores, &stores, &mut files)?;
        Ok(Held {
            rows: rows.iter().filter_map(row).collect(),
            files,
        })
    }

    /// The arguments of a migration, of the database at this URL.
    pub(super) fn arguments(url: &str, table: &str, field: &str, more: &[&str]) -> Vec<String> {
        let fixed = [
            "migrate", url, "--schema", SCHEMA, "--table", table, "--field", field, "--json",
        ];
        fixed.iter().chain(more).map(|&part| part.to_owned()).collect()
    }

    pub(super) fn run(&self, table: &str, field: &str, more: &[&str]) -> Outcome<Ran> {
        let arguments = Self::arguments(&self.reader.url, table, field, more);
        self.program().run(&arguments)
    }

    /// Runs it to this exit status, and gives the JSON that it prints.
    pub(super) fn ran(&self, table: &str, field: &str, more: &[&str], status: i32) -> Outcome<Json> {
        let ran = self.run(table, field, more)?;
        ensure(ran.status == Some(status), || {
            format!(
                "{more:?}: exit status {:?}, not {status}: {}{}",
                ran.status, ran.output, ran.errors
            )
        })?;
        Ok(serde_json::from_str(&ran.output)?)
    }
}

/// The rows of an answer: number, and a value or an error.
pub(super) fn rows_of(told: &Json, key: &str) -> Outcome<Rows> {
    let rows = told
        .get(key)
        .and_then(Json::as_array)
        .ok_or("Python told of no rows")?;
    let mut all = Rows::new();
    for row in rows {
        let number = row
            .get("number")
            .and_then(Json::as_i64)
            .ok_or("a row has no number")?;
        let value = match row.get("error").and_then(Json::as_str) {
            Some(error) => Err(error.to_owned()),
            None if row.get("value") == Some(&Json::Null) => Ok(Value::Null),
            None => Ok(value_of(row.get("value"))?),
        };
        all.insert(number, value);
    }
    Ok(all)
}

fn collect(folder: &Path, root: &Path, files: &mut BTreeMap<String, Vec<u8>>) -> Outcome {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, root, files)?;
        } else {
            let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy();
            files.insert(name.into_owned(), std::fs::read(&path)?);
        }
    }
    Ok(())
}
