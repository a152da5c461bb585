//! What a migration has done.

use serde::Serialize;

use super::plan::MigrationPlan;
use crate::fault::KeyShown;

/// So many of the rows that were left are named.
pub(super) const SHOWN: usize = 100;

/// What a migration has done.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct MigrationReport {
    /// What it was going to do.
    #[serde(skip)]
    pub plan: MigrationPlan,
    /// Rows that hold new values now.
    pub migrated: u64,
    /// Rows that had the format already when their turn came: others were faster.
    pub already: u64,
    /// Rows that were deleted, or set to NULL, meanwhile.
    pub gone: u64,
    /// Rows that are as they were, because their values cannot be migrated exactly or could not be now. Those that other runs have
    /// left are among them.
    pub left: u64,
    /// Some of them, with the reasons.
    pub left_rows: Vec<LeftRow>,
    /// Rows that are to be migrated still: others work on them, or this run ended before.
    pub waiting: u64,
    /// Why the run ended before all was done.
    pub stopped: Option<String>,
    /// How long it took.
    pub seconds: f64,
}

/// A row that was left as it is.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct LeftRow {
    /// The primary key.
    pub key: KeyShown,
    /// Why.
    pub reason: String,
}

/// What the workers have done.
#[derive(Debug, Default)]
pub(super) struct Done {
    pub(super) migrated: u64,
    pub(super) already: u64,
    pub(super) gone: u64,
    pub(super) stopped: Option<String>,
}

impl MigrationReport {
    pub(super) fn new(plan: MigrationPlan, done: Done) -> Self {
        Self {
            plan,
            migrated: done.migrated,
            already: done.already,
            gone: done.gone,
            left: 0,
            left_rows: Vec::new(),
            waiting: 0,
            stopped: done.stopped,
            seconds: 0.0,
        }
    }

    /// Whether every row that was to be migrated was, or is gone.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.left == 0 && self.waiting == 0 && self.stopped.is_none()
    }
}

/// What going back to old values has done.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct RollbackReport {
    /// Rows that hold their old values again.
    pub put_back: u64,
    /// Rows that were changed since they were migrated, by this run or others: they stay as they are.
    pub changed: u64,
    /// Rows whose old values could not be put back now.
    pub left: u64,
    /// Some of them, with the reasons.
    pub left_rows: Vec<LeftRow>,
    /// Migrated rows that remain: others work on them, or this run ended before.
    pub waiting: u64,
    /// Why the run ended before all was done.
    pub stopped: Option<String>,
    /// How long it took.
    pub seconds: f64,
}

impl RollbackReport {
    /// Whether every row that still held its new value holds the old one again.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.left == 0 && self.waiting == 0 && self.stopped.is_none()
    }
}
