//! How far a verification has come, in a file that another run goes on from.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use dj_codec_api::{Error, Result};
use serde::{Deserialize, Serialize};

use super::VerifyLevel;
use super::report::{Unchecked, VerifiedTable, VerifyReport};
use crate::Database;
use crate::fault::Fault;

/// The version of the file.
const FORMAT: u32 = 1;

/// How far a verification has come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct State {
    format: u32,
    database: String,
    schema: String,
    table: Option<String>,
    level: VerifyLevel,
    tables: BTreeMap<String, TableState>,
    faults: Vec<Fault>,
}

/// How far a table has come: everything up to a key, and nothing beyond it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct TableState {
    pub(super) done: bool,
    /// The texts of the last key that is done.
    pub(super) after: Option<Vec<String>>,
    pub(super) rows: u64,
    pub(super) values: u64,
    pub(super) in_full: u64,
    pub(super) bytes: u64,
    pub(super) faults: u64,
}

impl State {
    pub(super) fn new(database: &str, schema: &str, table: Option<&str>, level: VerifyLevel) -> Self {
        Self {
            format: FORMAT,
            database: database.to_owned(),
            schema: schema.to_owned(),
            table: table.map(ToOwned::to_owned),
            level,
            tables: BTreeMap::new(),
            faults: Vec::new(),
        }
    }

    /// Reads the file of an earlier run of the same verification as `wanted`.
    pub(super) fn load(file: &Path, wanted: &Self) -> Result<Self> {
        let place = file.display().to_string();
        let unreadable = |error: Box<dyn std::error::Error + Send + Sync>| {
            Error::config("the file does not say how far a verification has come")
                .at(place.clone())
                .advise("name another file, or remove it to begin anew")
                .caused_by(error)
        };
        let text = std::fs::read(file).map_err(|error| unreadable(error.into()))?;
        let state: Self = serde_json::from_slice(&text).map_err(|error| unreadable(error.into()))?;
        let same = state.format == FORMAT
            && (&state.database, &state.schema, &state.table, state.level)
                == (&wanted.database, &wanted.schema, &wanted.table, wanted.level);
        if !same {
            return Err(Error::config(format!(
                "the file belongs to another verification: {}, schema {:?}, level {}",
                state.database, state.schema, state.level
            ))
            .at(place)
            .advise("name another file, or remove it to begin anew"));
        }
        Ok(state)
    }

    /// Writes the file so that it is all there or as it was before.
    pub(super) fn save(&self, file: &Path) -> Result<()> {
        let failed = |error: std::io::Error| {
            Error::config("how far the verification has come cannot be written")
                .at(file.display().to_string())
                .advise("name a file in a folder that can be written")
                .caused_by(error)
        };
        let text = serde_json::to_vec(self).map_err(|error| failed(error.into()))?;
        let mut name = file.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.partial", std::process::id()));
        let partial = file.with_file_name(name);
        let written = File::create(&partial).and_then(|mut file| {
            file.write_all(&text)?;
            file.sync_all()
        });
        let written = written.and_then(|()| std::fs::rename(&partial, file));
        written.map_err(|error| {
            let _ = std::fs::remove_file(&partial);
            failed(error)
        })
    }

    pub(super) fn table(&mut self, name: &str) -> &mut TableState {
        self.tables.entry(name.to_owned()).or_default()
    }

    pub(super) fn is_done(&self, table: &str) -> bool {
        self.tables.get(table).is_some_and(|table| table.done)
    }

    pub(super) fn add_faults(&mut self, faults: Vec<Fault>) {
        self.faults.extend(faults);
    }

    pub(super) fn faults(&self) -> &[Fault] {
        &self.faults
    }

    pub(super) fn bytes(&self) -> u64 {
        self.tables.values().map(|table| table.bytes).sum()
    }

    pub(super) fn rows(&self) -> u64 {
        self.tables.values().map(|table| table.rows).sum()
    }

    /// The report of a verification that is done; `now` rows of it are this run's.
    pub(super) fn into_report(
        self,
        database: &Database,
        unchecked: Vec<Unchecked>,
        resumed: bool,
        now: u64,
        seconds: f64,
    ) -> VerifyReport {
        let sum = |of: fn(&TableState) -> u64| self.tables.values().map(of).sum();
        VerifyReport {
            database: database.place().to_owned(),
            server: database.server().to_owned(),
            level: self.level,
            read_only: true,
            resumed,
            seconds,
            rows_per_second: if seconds > 0.0 { now as f64 / seconds } else { 0.0 },
            rows: self.rows(),
            values: sum(|table| table.values),
            values_in_full: sum(|table| table.in_full),
            table_bytes: self.bytes(),
            tables: self
                .tables
                .iter()
                .map(|(name, table)| VerifiedTable {
                    table: name.clone(),
                    rows: table.rows,
                    values: table.values,
                    faults: table.faults,
                })
                .collect(),
            sound: self.faults.is_empty() && unchecked.iter().all(|one| one.old),
            unchecked,
            schema: self.schema,
            faults: self.faults,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_comes_back_from_its_file_and_no_other_does() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("state.json");
        let mut state = State::new("postgres://db/lab", "lab", None, VerifyLevel::Full);
        *state.table("#stimulus") = TableState {
            done: true,
            after: Some(vec!["1:a".into(), "2024-01-01".into()]),
            rows: 7,
            values: 6,
            in_full: 6,
            bytes: 12,
            faults: 0,
        };
        state.save(&file).unwrap();
        state.table("session").rows = 3;
        state.save(&file).unwrap();
        assert_eq!(State::load(&file, &state).unwrap(), state);
        assert_eq!(
            std::fs::read_dir(folder.path()).unwrap().count(),
            1,
            "nothing else is left"
        );
        assert!(state.is_done("#stimulus") && !state.is_done("session"));
        assert_eq!((state.rows(), state.bytes()), (10, 12));

        let other = State::new("postgres://db/lab", "lab", None, VerifyLevel::Size);
        let error = State::load(&file, &other).unwrap_err().to_string();
        assert!(
            error.contains("another verification") && error.contains("level full"),
            "{error}"
        );
        std::fs::write(&file, "{}").unwrap();
        assert!(
            State::load(&file, &other)
                .unwrap_err()
                .to_string()
                .contains("begin anew")
        );
        let error = state.save(&folder.path().join("no/where")).unwrap_err();
        assert!(error.to_string().contains("can be written"), "{error}");
    }
}
