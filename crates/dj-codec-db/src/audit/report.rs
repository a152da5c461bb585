//! What an audit found.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::fault::{Fault, FaultKind};
use crate::tier::Tier;

/// What an audit found, as `dj-codec audit --json` prints it.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct AuditReport {
    /// Where the database is, without the password.
    pub database: String,
    /// The server and its version.
    pub server: String,
    /// The schema.
    pub schema: String,
    /// Whether the session could only read: always true.
    pub read_only: bool,
    /// How long it took.
    pub seconds: f64,
    /// How many rows were read.
    pub rows: u64,
    /// How many tables have no column that a codec made.
    pub tables_without_codecs: u64,
    /// The tables that have one.
    pub tables: Vec<TableReport>,
    /// The codecs that columns are declared with and that this build does not have.
    pub missing_codecs: Vec<MissingCodec>,
    /// How many values are found wanting.
    pub faults: u64,
    /// Whether nothing is found wanting: no faults, and every codec is there.
    pub sound: bool,
}

/// A table.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct TableReport {
    /// Its name in the database.
    pub table: String,
    /// Its tier.
    pub tier: Tier,
    /// How many rows it has.
    pub rows: u64,
    /// Its columns that a codec made.
    pub columns: Vec<ColumnReport>,
}

/// How a column stands to this build.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ColumnStatus {
    /// Its codec is registered.
    Known,
    /// Its codec is not registered: values are counted, and their objects looked for, without a look into them.
    Opaque,
    /// It was declared before DataJoint 2.0, which does not read it so.
    Old,
}

/// A column.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct ColumnReport {
    /// Its name.
    pub column: String,
    /// How it is declared.
    #[serde(rename = "type")]
    pub declared: String,
    /// The type in the database.
    pub sql_type: String,
    /// How it stands to this build.
    pub status: ColumnStatus,
    /// How many values it has: rows that are not NULL.
    pub values: u64,
    /// How many rows are NULL.
    pub nulls: u64,
    /// How many bytes the values take in the table.
    pub table_bytes: u64,
    /// The data formats, oldest first.
    pub formats: Vec<FormatReport>,
    /// The stores that values refer to.
    pub stores: Vec<StoreReport>,
    /// How many values refer to an object that is not there.
    pub missing_objects: u64,
    /// What is wanting, by kind.
    pub faults: Vec<FaultReport>,
    /// What should be known although nothing is wanting.
    pub notes: Vec<String>,
    /// When values were written, where their records tell.
    pub timeline: Vec<MonthReport>,
}

/// The values of one data format.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct FormatReport {
    /// The version; null where it could not be told, or the codec has none.
    pub version: Option<String>,
    /// `current`, `legacy`, `deprecated`, or null where nothing is known of it.
    pub status: Option<&'static str>,
    /// What to do about a deprecated format.
    pub advice: Option<String>,
    /// How many values.
    pub values: u64,
    /// How many bytes they take, in the table or in stores.
    pub bytes: u64,
}

/// What values have in one store.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct StoreReport {
    /// The name of the store; empty for the default store.
    pub store: String,
    /// How many values refer to it.
    pub values: u64,
    /// How many objects they have there. Values of one content share an object of `<hash@>`.
    pub objects: u64,
    /// How many bytes those have.
    pub bytes: u64,
}

/// What is wanting, of one kind.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct FaultReport {
    /// The kind.
    pub kind: FaultKind,
    /// How many values.
    pub values: u64,
    /// Some of them.
    pub samples: Vec<Fault>,
}

/// The values of one format that were written in one month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct MonthReport {
    /// Year and month: `2024-05`.
    pub month: String,
    /// The data format.
    pub version: Option<String>,
    /// How many values.
    pub values: u64,
}

/// A codec that this build does not have.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct MissingCodec {
    /// Its name.
    pub codec: String,
    /// The crate that is known, or by convention expected, to bring it.
    #[serde(rename = "crate")]
    pub crate_name: String,
    /// The columns: `table.column`.
    pub columns: Vec<String>,
}

impl AuditReport {
    /// All faults that are kept as samples.
    pub fn samples(&self) -> impl Iterator<Item = &Fault> {
        let columns = self.tables.iter().flat_map(|table| &table.columns);
        columns
            .flat_map(|column| &column.faults)
            .flat_map(|fault| &fault.samples)
    }

    /// Fills in the sums.
    pub(super) fn sum_up(&mut self) {
        let mut missing: BTreeMap<String, Vec<String>> = BTreeMap::new();
        self.faults = 0;
        self.rows = self.tables.iter().map(|table| table.rows).sum();
        for table in &self.tables {
            for column in &table.columns {
                self.faults += column.faults.iter().map(|fault| fault.values).sum::<u64>();
                if column.status == ColumnStatus::Opaque {
                    let codec = column.declared.parse::<dj_codec_api::TypeSpec>();
                    let name = codec.map_or_else(|_| column.declared.clone(), |spec| spec.name().to_owned());
                    missing
                        .entry(name)
                        .or_default()
                        .push(format!("{}.{}", table.table, column.column));
                }
            }
        }
        self.missing_codecs = missing
            .into_iter()
            .map(|(codec, columns)| MissingCodec {
                crate_name: dj_codec_api::Registry::crate_for(&codec),
                codec,
                columns,
            })
            .collect();
        self.sound = self.faults == 0 && self.missing_codecs.is_empty();
    }
}
