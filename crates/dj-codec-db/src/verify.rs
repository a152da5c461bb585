//! Is every stored value as it was written?

mod check;
mod report;
mod state;
mod task;

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dj_codec_api::{Context, Error, Registry, Result};

pub use report::{Unchecked, VerifiedTable, VerifyReport};

use crate::Database;
use crate::audit::subject::Subject;
use crate::comment::Declared;
use crate::fault::Fault;
use crate::progress::OnProgress;
use state::State;

/// How closely a verification looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum VerifyLevel {
    /// Is what the table holds what the column says, is its format known, and are its objects there?
    Presence,
    /// Have they the size that was written, too?
    Size,
    /// The same, and of some values every byte: the same ones each time.
    Sample,
    /// Every value is read and decoded, and compared with every checksum and inventory that there is.
    Full,
}

impl FromStr for VerifyLevel {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Ok(match text {
            "presence" => Self::Presence,
            "size" => Self::Size,
            "sample" => Self::Sample,
            "full" => Self::Full,
            _ => {
                return Err(Error::invalid_value(format!("there is no level {text:?}"))
                    .advise("there are presence, size, sample and full"));
            }
        })
    }
}

impl fmt::Display for VerifyLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Presence => "presence",
            Self::Size => "size",
            Self::Sample => "sample",
            Self::Full => "full",
        })
    }
}

/// Who is told of each fault as it is found.
#[derive(Clone)]
pub struct OnFault(Arc<dyn Fn(&Fault) + Send + Sync>);

impl OnFault {
    /// Calls this function.
    pub fn new(call: impl Fn(&Fault) + Send + Sync + 'static) -> Self {
        Self(Arc::new(call))
    }

    fn tell(&self, fault: &Fault) {
        (self.0)(fault);
    }
}

impl fmt::Debug for OnFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OnFault")
    }
}

/// What to verify, and how.
#[derive(Debug, Clone)]
pub struct VerifyOptions {
    table: Option<String>,
    level: VerifyLevel,
    sample: u64,
    parallel: Option<usize>,
    budget: u32,
    resume: Option<PathBuf>,
    save_every: Duration,
    progress: OnProgress,
    on_fault: OnFault,
}

impl Default for VerifyOptions {
    fn default() -> Self {
        Self {
            table: None,
            level: VerifyLevel::Full,
            sample: 20,
            parallel: None,
            budget: 256 << 20,
            resume: None,
            save_every: Duration::from_secs(2),
            progress: OnProgress::default(),
            on_fault: OnFault::new(|_| {}),
        }
    }
}

impl VerifyOptions {
    /// All tables, at the level [`Full`](VerifyLevel::Full).
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Verifies this table only: by its name in the database, or that without the mark of its tier.
    #[must_use]
    pub fn with_table(mut self, table: impl Into<String>) -> Self {
        self.table = Some(table.into());
        self
    }

    /// How closely to look.
    #[must_use]
    pub fn with_level(mut self, level: VerifyLevel) -> Self {
        self.level = level;
        self
    }

    /// Of how many rows one is read in full at the level [`Sample`](VerifyLevel::Sample); 20 otherwise.
    #[must_use]
    pub fn with_sample(mut self, rows: u64) -> Self {
        self.sample = rows.max(1);
        self
    }

    /// How many groups of rows are checked at once. Each holds one value at a time. Otherwise as many as the machine has
    /// cores where values are decoded, and sixteen where only stores are asked.
    #[must_use]
    pub fn with_parallel(mut self, tasks: usize) -> Self {
        self.parallel = Some(tasks.max(1));
        self
    }

    /// How many bytes of values from the table may be held at once; 256 MiB otherwise. A larger value is read alone.
    #[must_use]
    pub fn with_budget(mut self, bytes: u32) -> Self {
        self.budget = bytes;
        self
    }

    /// Keeps in this file how far the verification has come, and goes on from there where the file is there already. It is
    /// removed at the end.
    #[must_use]
    pub fn with_resume(mut self, file: impl Into<PathBuf>) -> Self {
        self.resume = Some(file.into());
        self
    }

    /// How often that file is written; every two seconds otherwise. Less often where so many faults are in it that writing takes
    /// more than a tenth of the time.
    #[must_use]
    pub fn with_save_every(mut self, time: Duration) -> Self {
        self.save_every = time;
        self
    }

    /// Tells of progress.
    #[must_use]
    pub fn with_progress(mut self, progress: OnProgress) -> Self {
        self.progress = progress;
        self
    }

    /// Tells of each fault as it is found, those of an earlier run first.
    #[must_use]
    pub fn with_on_fault(mut self, on_fault: OnFault) -> Self {
        self.on_fault = on_fault;
        self
    }

    fn parallel(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(4, usize::from);
        self.parallel.unwrap_or_else(|| match self.level {
            VerifyLevel::Presence | VerifyLevel::Size => 16,
            VerifyLevel::Sample | VerifyLevel::Full => cores(),
        })
    }
}

/// Verifies the codec columns of a schema. Only reads.
///
/// `registry` has the codecs that are known, `cx` the stores and limits. Must be called within a tokio runtime that runs
/// blocking tasks. Before a fault of a value in a store is told, its row is read once more: who changed or deleted it
/// meanwhile is no fault.
///
/// # Errors
/// Where the database cannot be read, or the file of [`with_resume`](VerifyOptions::with_resume) belongs to something else
/// or cannot be written. What is wrong with stored values is in the report.
pub async fn verify(
    database: &Database,
    schema: &str,
    registry: &Registry,
    cx: &Context,
    options: &VerifyOptions,
) -> Result<VerifyReport> {
    let begun = Instant::now();
    let tables = database.tables_named(schema, options.table.as_deref()).await?;
    let fresh = State::new(database.place(), schema, options.table.as_deref(), options.level);
    let mut state = match options.resume.as_deref().filter(|file| file.exists()) {
        Some(file) => State::load(file, &fresh)?,
        None => fresh,
    };
    if let Some(file) = &options.resume {
        // That it cannot be written is better known now than after an hour.
        state.save(file)?;
    }
    let resumed = state.rows() > 0;
    state
        .faults()
        .iter()
        .for_each(|fault| options.on_fault.tell(fault));
    let before = state.rows();
    let mut unchecked = Vec::new();
    for table in &tables {
        let mut subjects = Vec::new();
        for attribute in table.codec_columns() {
            let mut subject = Subject::new(table, attribute, registry, cx);
            let undeclared = attribute.declared == Declared::Nothing && subject.column.is_some();
            // Nobody said that its bytes are packed; if none is, they are what somebody else put there.
            if undeclared && !database.has_packed(table, attribute).await? {
                subject.column = None;
            }
            subjects.push(Arc::new(subject));
        }
        for subject in subjects.iter().filter(|subject| subject.column.is_none()) {
            unchecked.push(Unchecked::of(subject));
        }
        if subjects.is_empty() || state.is_done(&table.name) {
            continue;
        }
        task::TableVerification::new(database, table, subjects, options, &mut state)
            .run()
            .await?;
    }
    if let Some(file) = &options.resume {
        remove(file)?;
    }
    let seconds = begun.elapsed().as_secs_f64();
    let now = state.rows() - before;
    Ok(state.into_report(database, unchecked, resumed, now, seconds))
}

fn remove(file: &Path) -> Result<()> {
    std::fs::remove_file(file).map_err(|error| {
        Error::config("the file that says how far the verification has come cannot be removed")
            .at(file.display().to_string())
            .caused_by(error)
    })
}
