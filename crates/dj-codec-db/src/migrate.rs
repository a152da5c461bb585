//! Values of old formats become values of new ones, while people work.

mod aim;
mod attempt;
mod cell;
mod column;
mod compare;
mod convert;
mod estimate;
mod journal;
mod lazy;
mod options;
mod plan;
mod recode;
mod report;
mod rollback;
mod row;
mod scan;
mod superseded;
mod text;
mod work;

use std::sync::Arc;
use std::time::Instant;

use dj_codec_api::{Context, FormatVersion, Registry, Result};

pub use column::MigratedColumn;
pub use convert::{Conversion, Replacement};
pub use lazy::{Migrator, RowMigrated};
pub use options::{MigrationOptions, MigrationProgress, OnMigration};
pub use plan::{MigrationPlan, PlannedFormat};
pub use report::{LeftRow, MigrationReport, RollbackReport};
pub use superseded::{SupersededObject, WhySuperseded, superseded};

use crate::Database;
use aim::Aim;
use journal::{Journal, State};
use row::RowMigration;
use work::{Job, Work};

/// Migrates a column of a table to a format: what [`MigratedColumn::to_format`], [`Migration::begin`] and [`Begun::run`] do one
/// after the other.
///
/// # Errors
/// As those. What could not be migrated is in the report.
#[expect(
    clippy::too_many_arguments,
    reason = "the place of a column in a database has four parts"
)]
pub async fn migrate(
    database: &Database,
    schema: &str,
    table: &str,
    field: &str,
    to: FormatVersion,
    registry: &Registry,
    cx: &Context,
    options: &MigrationOptions,
) -> Result<MigrationReport> {
    let column = MigratedColumn::open(database, schema, table, field, registry, cx).await?;
    column.to_format(to)?.begin(options).await?.run().await
}

/// A migration of the values of a column.
#[derive(Debug, Clone)]
pub struct Migration {
    column: MigratedColumn,
    aim: Aim,
}

/// A migration that knows what it will do.
#[derive(Debug)]
pub struct Begun {
    migration: Migration,
    journal: Journal,
    options: MigrationOptions,
    plan: MigrationPlan,
}

impl Migration {
    fn new(column: MigratedColumn, aim: Aim) -> Self {
        Self { column, aim }
    }

    /// What would be done. Only reads: nothing is written to the database or to a store, and no journal is made.
    ///
    /// # Errors
    /// Where the database cannot be read. That values are newer than the format asked for is in the plan.
    pub async fn plan(&self, options: &MigrationOptions) -> Result<MigrationPlan> {
        self.scan(None, options).await
    }

    /// Finds the rows that are to be migrated, and notes them in the journal, which is made where it is not there.
    ///
    /// # Errors
    /// Where the database cannot be read, or the user may not write the journal; where values are newer than the format asked for,
    /// and that was not allowed. Nothing is left to be done then.
    pub async fn begin(&self, options: &MigrationOptions) -> Result<Begun> {
        let cell = match &self.aim {
            Aim::Into(target) => row::cell_of(target)?,
            _ => &self.column.0.cell,
        };
        let connections = u32::try_from(options.workers()).unwrap_or(u32::MAX);
        let connections = connections.saturating_mul(2).saturating_add(2);
        let writable = self.column.0.database.writable(connections).await?;
        cell.may_be_changed(&writable).await?;
        let journal = self.column.journal(writable, Some(&self.aim)).await?;
        let scanned = self.scan(Some(&journal), options).await;
        let refused = match &scanned {
            Ok(plan) => plan.refusal(),
            Err(_) => None,
        };
        let plan = match (scanned, refused) {
            (Ok(plan), None) => plan,
            (Err(error), _) | (Ok(_), Some(error)) => {
                // Where this fails too, a later scan finds the same rows.
                let _ = journal.forget_planned().await;
                return Err(error);
            }
        };
        Ok(Begun {
            migration: self.clone(),
            journal,
            options: options.clone(),
            plan,
        })
    }

    async fn scan(&self, journal: Option<&Journal>, options: &MigrationOptions) -> Result<MigrationPlan> {
        let mut plan = scan::Scan::new(self, options, journal).run().await?;
        // Who only asks gets the better estimate; who wants it done gets it begun.
        let most = if journal.is_some() { 2 } else { usize::MAX };
        estimate::estimate(self, options, &mut plan, most).await?;
        Ok(plan)
    }
}

impl Begun {
    /// What will be done.
    #[must_use]
    pub fn plan(&self) -> &MigrationPlan {
        &self.plan
    }

    /// Does it. Others may do the same at the same time, from this machine or from others, and people may work: a row is
    /// replaced only where it still holds what was migrated.
    ///
    /// # Errors
    /// Where the server cannot be asked any more. What was done until then stays, and a later run does the rest.
    pub async fn run(self) -> Result<MigrationReport> {
        let begun = Instant::now();
        // What was left by earlier runs may be possible by now, and what an ended scan has noted is to be done.
        self.journal.turn(State::Left, State::Pending).await?;
        self.journal.turn(State::Planned, State::Pending).await?;
        let column = &self.migration.column;
        let recoding = column.recoding(&self.migration.aim, self.options.allow_downgrade);
        let row = RowMigration::new(column.clone(), recoding, self.journal.clone());
        let work = Work::new(Job::Migrate(Arc::new(row)), &self.options);
        let done = work.run().await?;
        let mut report = MigrationReport::new(self.plan, done);
        report.left = self.journal.count(State::Left).await?;
        report.left_rows = column.left_rows(&self.journal, State::Left).await?;
        report.waiting = self.journal.count(State::Pending).await?;
        report.seconds = begun.elapsed().as_secs_f64();
        Ok(report)
    }
}
