//! Back to the old values, by the journal.

use std::time::{Duration, Instant};

use dj_codec_api::{Error, Result};

use super::MigrationOptions;
use super::column::MigratedColumn;
use super::journal::{Claim, Done, Journal, State, Why};
use super::report::RollbackReport;
use super::row::RowOutcome;
use super::work::{Job, Work};
use crate::audit::objects;
use crate::writable::Transaction;

/// Where a later migration of the same row is to be taken back first, this is waited for.
const PAUSE: Duration = Duration::from_millis(50);

impl MigratedColumn {
    /// Puts the old values back, of all migrations of this column that the journal knows, the last one first: only where a row
    /// still holds the new value, and only where the objects of the old one are there. The new objects are not deleted.
    /// Like a migration, this can be ended at any time and goes on later, and several programs may do it together.
    ///
    /// # Errors
    /// Where the server cannot be asked, or the user may not write.
    pub async fn roll_back(&self, options: &MigrationOptions) -> Result<RollbackReport> {
        let begun = Instant::now();
        let connections = u32::try_from(options.workers()).unwrap_or(u32::MAX);
        let writable = self.0.database.writable(connections.saturating_add(1)).await?;
        self.0.cell.may_be_changed(&writable).await?;
        let journal = self.journal(writable, None).await?;
        journal.turn(State::NotRolledBack, State::Migrated).await?;
        let row = RowRollback {
            column: self.clone(),
            journal: journal.clone(),
        };
        let done = Work::new(Job::RollBack(Box::new(row)), options).run().await?;
        Ok(RollbackReport {
            put_back: done.migrated,
            changed: done.gone,
            left: journal.count(State::NotRolledBack).await?,
            left_rows: self.left_rows(&journal, State::NotRolledBack).await?,
            waiting: journal.count(State::Migrated).await?,
            stopped: done.stopped,
            seconds: begun.elapsed().as_secs_f64(),
        })
    }
}

/// Takes migrations of rows back that were claimed.
pub(super) struct RowRollback {
    pub(super) column: MigratedColumn,
    pub(super) journal: Journal,
}

impl RowRollback {
    /// Puts the old value back, and ends the transaction that holds the claim.
    pub(super) async fn roll_back(&self, mut open: Transaction, claim: Claim) -> Result<RowOutcome> {
        let cell = &self.column.0.cell;
        let done = self.journal.done(&mut open, claim).await?;
        let now = cell.read(&mut open, &done.claim.key).await?.flatten();
        let Some(now) = now.filter(|now| cell.is(now, &done.new)) else {
            return self.changed(open, &done).await;
        };
        let old = cell.raw(done.old.clone());
        if let Err(error) = self.old_is_there(&done).await {
            return self.leave(open, &done.claim, error).await;
        }
        if !cell.swap(&mut open, &done.claim.key, &now, &old).await? {
            if cell.read(&mut open, &done.claim.key).await?.flatten().as_ref() == Some(&now) {
                let error = Error::store("the server does not find in the row what it says is there");
                return self.leave(open, &done.claim, error).await;
            }
            // It was changed just now; the next look tells.
            open.rollback().await?;
            return Ok(RowOutcome::Busy);
        }
        self.journal.rolled_back(&mut open, &done.claim).await?;
        self.journal.needed_again(&mut open, &done.claim).await?;
        let needed = self.column.objects(&cell.stored(&old));
        for object in self.column.objects(&cell.stored(&now)) {
            if !needed.contains(&object) {
                self.journal
                    .unneeded(&mut open, &done.claim, Why::RolledBack, &object)
                    .await?;
            }
        }
        open.commit().await?;
        Ok(RowOutcome::Migrated)
    }

    async fn leave(&self, mut open: Transaction, claim: &Claim, error: Error) -> Result<RowOutcome> {
        self.journal
            .ended(&mut open, claim, State::NotRolledBack, &error.report())
            .await?;
        open.commit().await?;
        Ok(RowOutcome::Left(error))
    }

    /// What becomes of a row that holds something else than it was migrated to.
    async fn changed(&self, mut open: Transaction, done: &Done) -> Result<RowOutcome> {
        let claim = &done.claim;
        if self.journal.has_newer(&mut open, claim, State::Migrated).await? {
            open.rollback().await?;
            tokio::time::sleep(PAUSE).await;
            return Ok(RowOutcome::Busy);
        }
        if self
            .journal
            .has_newer(&mut open, claim, State::NotRolledBack)
            .await?
        {
            let error = Error::unsupported("a later migration of the row could not be taken back");
            return self.leave(open, claim, error).await;
        }
        // The later one may have been taken back after the row was read.
        let cell = &self.column.0.cell;
        let now = cell.read(&mut open, &claim.key).await?.flatten();
        if now.is_some_and(|now| cell.is(&now, &done.new)) {
            open.rollback().await?;
            return Ok(RowOutcome::Busy);
        }
        self.journal
            .ended(
                &mut open,
                claim,
                State::Changed,
                "the row was changed, or deleted, since",
            )
            .await?;
        open.commit().await?;
        Ok(RowOutcome::Gone)
    }

    /// Whether the objects of the old value are there.
    async fn old_is_there(&self, done: &Done) -> Result<()> {
        let parts = &self.column.0;
        let old = parts.cell.stored(&parts.cell.raw(done.old.clone()));
        let (column, cx) = (self.column.clone(), parts.cx.clone());
        let looked = tokio::task::spawn_blocking(move || {
            for object in column.objects(&old) {
                let store = objects::open(&cx, Some(&object.store))?;
                if objects::one(&store, &object.path)?.objects == 0 {
                    return Err(Error::not_found("the old object is not there any more").at(object.path));
                }
            }
            Ok(())
        });
        looked
            .await
            .unwrap_or_else(|error| Err(Error::store("the store broke off").caused_by(error)))
    }
}
