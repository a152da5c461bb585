//! What is stored in a schema: which formats, how much, and what is wanting.

mod html;
pub(crate) mod objects;
mod report;
#[cfg(test)]
mod sample;
pub(crate) mod subject;
mod tally;
mod task;
pub(crate) mod text;

use std::sync::Arc;
use std::time::Instant;

use dj_codec_api::{Context, Registry, Result};

pub use report::{
    AuditReport, ColumnReport, ColumnStatus, FaultReport, FormatReport, MissingCodec, MonthReport,
    StoreReport, TableReport,
};

use crate::Database;
use crate::progress::OnProgress;

/// What to audit, and how.
#[derive(Debug, Clone)]
pub struct AuditOptions {
    pub(crate) table: Option<String>,
    pub(crate) samples: usize,
    pub(crate) parallel: usize,
    pub(crate) progress: OnProgress,
}

impl Default for AuditOptions {
    fn default() -> Self {
        Self {
            table: None,
            samples: 20,
            parallel: 16,
            progress: OnProgress::default(),
        }
    }
}

impl AuditOptions {
    /// All tables; twenty samples of each kind of fault in a column; sixteen tasks.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Audits this table only: by its name in the database, or that without the mark of its tier.
    #[must_use]
    pub fn with_table(mut self, table: impl Into<String>) -> Self {
        self.table = Some(table.into());
        self
    }

    /// How many faulty values of each kind and column are named. All are counted.
    #[must_use]
    pub fn with_samples(mut self, samples: usize) -> Self {
        self.samples = samples;
        self
    }

    /// How many groups of rows are looked at at once: stores answer slowly, and many at a time.
    #[must_use]
    pub fn with_parallel(mut self, tasks: usize) -> Self {
        self.parallel = tasks.max(1);
        self
    }

    /// Tells of progress.
    #[must_use]
    pub fn with_progress(mut self, progress: OnProgress) -> Self {
        self.progress = progress;
        self
    }
}

/// Audits the codec columns of a schema. Only reads; of values, no more than it takes to tell their format.
///
/// `registry` has the codecs that are known, `cx` the stores and limits. Must be called within a tokio runtime that runs
/// blocking tasks; memory is bounded whatever the number of rows, but for some sixteen bytes for each
/// object that values of `<hash@>` share.
///
/// # Errors
/// Where the database cannot be read: no such schema or table, no right to it, a connection that broke. What is wrong with
/// stored values is in the report.
pub async fn audit(
    database: &Database,
    schema: &str,
    registry: &Registry,
    cx: &Context,
    options: &AuditOptions,
) -> Result<AuditReport> {
    let begun = Instant::now();
    let tables = database.tables_named(schema, options.table.as_deref()).await?;
    let mut report = AuditReport {
        database: database.place().to_owned(),
        server: database.server().to_owned(),
        schema: schema.to_owned(),
        read_only: true,
        seconds: 0.0,
        rows: 0,
        tables_without_codecs: 0,
        tables: Vec::new(),
        missing_codecs: Vec::new(),
        faults: 0,
        sound: true,
    };
    let (mut bytes, mut faults) = (0, 0);
    for table in &tables {
        let subjects: Vec<_> = table
            .codec_columns()
            .map(|attribute| Arc::new(subject::Subject::new(table, attribute, registry, cx)))
            .collect();
        if subjects.is_empty() {
            report.tables_without_codecs += 1;
            continue;
        }
        let mut task = task::TableAudit::new(database, table, subjects, options, bytes, faults);
        report.tables.push(task.run().await?);
        (bytes, faults) = task.totals();
    }
    report.sum_up();
    report.seconds = begun.elapsed().as_secs_f64();
    Ok(report)
}
