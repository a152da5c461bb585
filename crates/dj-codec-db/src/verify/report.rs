//! What a verification found.

use std::fmt;

use dj_codec_api::{Registry, TypeSpec};
use serde::Serialize;

use super::VerifyLevel;
use crate::audit::subject::Subject;
use crate::audit::text::{conclusion, plain, size};
use crate::fault::Fault;

/// What a verification found, as `dj-codec verify --json` prints it.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct VerifyReport {
    /// Where the database is, without the password.
    pub database: String,
    /// The server and its version.
    pub server: String,
    /// The schema.
    pub schema: String,
    /// How closely was looked.
    pub level: VerifyLevel,
    /// Whether the session could only read: always true.
    pub read_only: bool,
    /// Whether this run went on where another one broke off.
    pub resumed: bool,
    /// How long this run took.
    pub seconds: f64,
    /// How many rows this run checked in a second.
    pub rows_per_second: f64,
    /// How many rows were checked, those of the earlier run included.
    pub rows: u64,
    /// How many values that are not NULL.
    pub values: u64,
    /// How many of them were read in full.
    pub values_in_full: u64,
    /// How many bytes were read from tables.
    pub table_bytes: u64,
    /// The tables that have a codec column.
    pub tables: Vec<VerifiedTable>,
    /// The columns that could not be looked into.
    pub unchecked: Vec<Unchecked>,
    /// The values that are found wanting, in the order of tables and keys.
    pub faults: Vec<Fault>,
    /// Whether nothing is wanting: no faults, and every column could be looked into but for those declared before DataJoint 2.0.
    pub sound: bool,
}

/// A table.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct VerifiedTable {
    /// Its name in the database.
    pub table: String,
    /// How many rows were checked.
    pub rows: u64,
    /// How many values that are not NULL.
    pub values: u64,
    /// How many values are found wanting.
    pub faults: u64,
}

/// A column whose values could not be looked into; that their objects are there was looked at.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Unchecked {
    /// The table.
    pub table: String,
    /// The column.
    pub column: String,
    /// How it is declared.
    #[serde(rename = "type")]
    pub declared: String,
    /// Whether it was declared before DataJoint 2.0, and no codec is missing.
    pub old: bool,
    /// The crate that is known, or by convention expected, to bring the codec; null for an old declaration.
    #[serde(rename = "crate")]
    pub crate_name: Option<String>,
}

impl Unchecked {
    pub(super) fn of(subject: &Subject) -> Self {
        let declared = subject.attribute.type_name().to_owned();
        let old = subject.attribute.is_old();
        let spec = declared.parse::<TypeSpec>().ok().filter(|_| !old);
        Self {
            table: subject.table.clone(),
            column: subject.attribute.name.clone(),
            declared,
            old,
            crate_name: spec.map(|spec| Registry::crate_for(spec.name())),
        }
    }
}

/// For people.
impl fmt::Display for VerifyReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} on {}, schema {:?}, level {}; nothing was changed, the session could only read",
            plain(&self.database),
            plain(&self.server),
            self.schema,
            self.level
        )?;
        for table in &self.tables {
            writeln!(
                f,
                "  {}: {} rows, {} values, {} found wanting",
                plain(&table.table),
                table.rows,
                table.values,
                table.faults
            )?;
        }
        for one in &self.unchecked {
            let (table, column, declared) = (plain(&one.table), plain(&one.column), plain(&one.declared));
            match &one.crate_name {
                Some(name) => writeln!(
                    f,
                    "{table}.{column}: {declared} is not in this build; {name} brings it"
                )?,
                None => writeln!(
                    f,
                    "{table}.{column}: {declared} without a codec that DataJoint 2 knows; not looked into"
                )?,
            }
        }
        for fault in &self.faults {
            writeln!(f, "{}", plain(&fault.to_string()))?;
        }
        writeln!(
            f,
            "{} values, {} of them in full, {} from tables; {:.1} s, {:.0} rows/s",
            self.values,
            self.values_in_full,
            size(self.table_bytes),
            self.seconds,
            self.rows_per_second
        )?;
        writeln!(f, "{}", conclusion(self.faults.len() as u64, self.sound))
    }
}
