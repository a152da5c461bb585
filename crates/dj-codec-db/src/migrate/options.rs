//! How to migrate.

use std::fmt;
use std::sync::Arc;

/// How to migrate.
#[derive(Debug, Clone)]
pub struct MigrationOptions {
    pub(super) allow_downgrade: bool,
    pub(super) limit: Option<u64>,
    pub(super) equal_failures: u32,
    pub(super) on_progress: OnMigration,
    workers: Option<usize>,
}

impl Default for MigrationOptions {
    fn default() -> Self {
        Self {
            allow_downgrade: false,
            limit: None,
            equal_failures: 10,
            on_progress: OnMigration::new(|_| {}),
            workers: None,
        }
    }
}

impl MigrationOptions {
    /// All rows, no downgrade, as many at once as the machine has cores.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Also makes values of an older format of newer ones.
    #[must_use]
    pub fn with_allow_downgrade(mut self, allow: bool) -> Self {
        self.allow_downgrade = allow;
        self
    }

    /// How many rows are worked on at once, each with a value in memory; as many as the machine has cores otherwise.
    #[must_use]
    pub fn with_workers(mut self, workers: usize) -> Self {
        self.workers = Some(workers.clamp(1, 256));
        self
    }

    /// Ends after so many rows were migrated.
    #[must_use]
    pub fn with_limit(mut self, rows: u64) -> Self {
        self.limit = Some(rows);
        self
    }

    /// After so many equal failures of the store in a row the run ends, for the next would fail too; 10 otherwise.
    #[must_use]
    pub fn with_equal_failures(mut self, failures: u32) -> Self {
        self.equal_failures = failures.max(1);
        self
    }

    /// Tells of progress.
    #[must_use]
    pub fn with_progress(mut self, progress: OnMigration) -> Self {
        self.on_progress = progress;
        self
    }

    pub(super) fn workers(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(4, usize::from);
        self.workers.unwrap_or_else(cores)
    }
}

/// How far a migration has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum MigrationProgress {
    /// The rows are looked at.
    Scanning {
        /// So many were.
        rows: u64,
        /// So many the server thinks there are; 0 where it does not know.
        estimated_rows: u64,
    },
    /// Values are migrated.
    Migrating {
        /// So many rows hold new values.
        migrated: u64,
        /// So many were left as they are.
        left: u64,
        /// So many were to be migrated, as far as this run has found them.
        of: u64,
    },
}

/// Who is told of progress.
#[derive(Clone)]
pub struct OnMigration(Arc<dyn Fn(MigrationProgress) + Send + Sync>);

impl OnMigration {
    /// Calls this function.
    pub fn new(call: impl Fn(MigrationProgress) + Send + Sync + 'static) -> Self {
        Self(Arc::new(call))
    }

    pub(super) fn tell(&self, progress: MigrationProgress) {
        (self.0)(progress);
    }
}

impl fmt::Debug for OnMigration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OnMigration")
    }
}
