//! What a migration is going to do.

use dj_codec_api::Error;
use serde::Serialize;

use crate::Key;

/// What a migration is going to do.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct MigrationPlan {
    /// Where the database is, without the password.
    pub database: String,
    /// The server and its version.
    pub server: String,
    /// The schema.
    pub schema: String,
    /// The table, by its name in the database.
    pub table: String,
    /// The column.
    pub field: String,
    /// Its type.
    #[serde(rename = "type")]
    pub type_name: String,
    /// The format that values are to have; `unwrap` for blobs that are to be taken out of others.
    pub to: String,
    /// The rows of the table.
    pub rows: u64,
    /// Rows whose field is NULL.
    pub nulls: u64,
    /// Rows by format.
    pub formats: Vec<PlannedFormat>,
    /// Rows that are to be migrated, those that cannot be read included: why they cannot is in the report.
    pub to_migrate: u64,
    /// The bytes of the values that are to be migrated, in the table or in stores.
    pub bytes_before: u64,
    /// The bytes that they will take, by the sample. The old objects in stores stay until somebody removes them.
    pub bytes_after: Option<u64>,
    /// How long it will take, by the sample.
    pub seconds: Option<f64>,
    /// So many values were encoded in memory for the two estimates.
    pub sampled: u64,
    /// What should be known before.
    pub notes: Vec<String>,
    /// Whether the values go into another column.
    #[serde(skip)]
    pub(super) converts: bool,
    #[serde(skip)]
    pub(super) newer: Option<(u64, String)>,
    /// Of each format that is to be migrated: rows, bytes, and the keys of some rows.
    #[serde(skip)]
    pub(super) samples: Vec<(u64, u64, Vec<Key>)>,
}

/// The rows whose values are of one format.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct PlannedFormat {
    /// The format; `None` where it cannot be told.
    pub version: Option<String>,
    /// The rows.
    pub rows: u64,
    /// The bytes of their values.
    pub bytes: u64,
    /// Whether they are to be migrated.
    pub migrate: bool,
    /// Why the format cannot be told, of one of the rows.
    pub reason: Option<String>,
}

impl MigrationPlan {
    /// Why nothing of it may be done: values are newer than the format asked for, and a downgrade was not allowed.
    #[must_use]
    pub fn refusal(&self) -> Option<Error> {
        let (rows, version) = self.newer.as_ref()?;
        Some(
            Error::unsupported(format!(
                "{rows} values are of format {version}, which is newer than {}; nothing was changed",
                self.to
            ))
            .at(format!("{}.{}.{}", self.schema, self.table, self.field))
            .advise("allow it (--allow-downgrade) where older programs have to read the values"),
        )
    }
}
