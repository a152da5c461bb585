//! The migration of one row that this process has claimed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use dj_codec_api::{Context, Error, ErrorKind, FormatVersion, Result, Stored};

use super::aim::Aim;
use super::attempt::Attempt;
use super::cell::Cell;
use super::column::MigratedColumn;
use super::convert::Target;
use super::journal::{Claim, Journal, Raw, State, Why, is_refusal};
use super::recode::{Recoded, Recoding};
use crate::writable::Transaction;

/// A row that changes each time it is looked at is left to a later run after so many times.
const TRIES: usize = 5;

/// What came of a row.
#[derive(Debug)]
pub(super) enum RowOutcome {
    /// It holds the new value.
    Migrated,
    /// It had the format already: others were faster.
    Already,
    /// It is gone, or NULL by now.
    Gone,
    /// It is as it was, for this reason.
    Left(Error),
    /// It changed whenever it was looked at.
    Busy,
}

/// Migrates rows that were claimed.
#[derive(Debug)]
pub(super) struct RowMigration {
    pub(super) column: MigratedColumn,
    pub(super) recoding: Recoding,
    pub(super) journal: Journal,
    attempts: AtomicU64,
}

impl RowMigration {
    pub(super) fn new(column: MigratedColumn, recoding: Recoding, journal: Journal) -> Self {
        Self {
            column,
            recoding,
            journal,
            attempts: AtomicU64::new(0),
        }
    }

    /// Migrates a row, and ends the transaction that holds the claim.
    ///
    /// # Errors
    /// Where the server cannot be asked any more, or gave the transaction up for another. The row is as it was then, unless it was
    /// the commit that was not answered.
    pub(super) async fn migrate(self: &Arc<Self>, mut open: Transaction, claim: Claim) -> Result<RowOutcome> {
        let cell = &self.column.0.cell;
        for _ in 0..TRIES {
            let Some(Some(old)) = cell.read(&mut open, &claim.key).await? else {
                self.journal.forget(&mut open, &claim).await?;
                open.commit().await?;
                return Ok(RowOutcome::Gone);
            };
            if self.is_filled(&mut open, &claim).await? {
                self.journal.forget(&mut open, &claim).await?;
                open.commit().await?;
                return Ok(RowOutcome::Already);
            }
            let attempt = match self.attempt(&claim) {
                Ok(attempt) => attempt,
                Err(error) => return self.leave(open, &claim, error).await,
            };
            let failed = match self.recode(cell.stored(&old), attempt.cx.clone()).await {
                Ok(Recoded::Already) => {
                    self.journal.forget(&mut open, &claim).await?;
                    open.commit().await?;
                    return Ok(RowOutcome::Already);
                }
                Ok(Recoded::New { stored, from, to }) => {
                    let versions = (text(from), text(to));
                    let swapped = self
                        .swap(&mut open, &claim, &attempt, &old, &stored, versions)
                        .await;
                    match swapped {
                        // Where the answer to this is lost, nobody knows whether the row holds the new value. The journal does.
                        Ok(true) => return open.commit().await.map(|()| RowOutcome::Migrated),
                        Ok(false) => None,
                        Err(error) => {
                            // Where the server cannot be told, it undoes what was done all the same.
                            let _ = open.rollback().await;
                            attempt.discard(&self.journal).await;
                            let of_value = error.kind() == &ErrorKind::InvalidValue;
                            let refused = error.kind() == &ErrorKind::Store && is_refusal(&error);
                            if !of_value && !refused {
                                return Err(error);
                            }
                            self.journal.left(&claim, &error.report()).await?;
                            return Ok(RowOutcome::Left(error));
                        }
                    }
                }
                Err(error) => Some(error),
            };
            attempt.discard(&self.journal).await;
            let unchanged = cell.read(&mut open, &claim.key).await? == Some(Some(old));
            match (unchanged, failed) {
                (true, Some(error)) => return self.leave(open, &claim, error).await,
                (true, None) => {
                    let error = Error::store("the server does not find in the row what it says is there");
                    return self.leave(open, &claim, error).await;
                }
                // Somebody was faster; what is there now is looked at.
                (false, _) => {}
            }
        }
        open.rollback().await?;
        Ok(RowOutcome::Busy)
    }

    fn attempt(&self, claim: &Claim) -> Result<Attempt> {
        let parts = &self.column.0;
        let number = self.attempts.fetch_add(1, Ordering::Relaxed);
        let key = parts.database.key(&parts.table, &claim.key)?;
        let cx = match &self.recoding.aim {
            Aim::Into(target) => key.context(&target.cx, &parts.table, &target.name)?,
            _ => key.context(&parts.cx, &parts.table, &parts.attribute.name)?,
        };
        Ok(Attempt::begin(&self.journal, claim, number, cx))
    }

    async fn recode(self: &Arc<Self>, stored: Stored, cx: Context) -> Result<Recoded> {
        let this = Arc::clone(self);
        tokio::task::spawn_blocking(move || this.recoding.recode(&stored, &cx, &cx))
            .await
            .unwrap_or_else(|error| {
                Err(Error::new(ErrorKind::Unsupported, "the codec broke off").caused_by(error))
            })
    }

    /// Puts the new value into the row, and all that follows from it into the journal: both are done by the commit, or neither.
    async fn swap(
        &self,
        open: &mut Transaction,
        claim: &Claim,
        attempt: &Attempt,
        old: &Raw,
        new: &Stored,
        versions: (String, String),
    ) -> Result<bool> {
        let parts = &self.column.0;
        if let Aim::Into(target) = &self.recoding.aim {
            return self.fill(open, claim, (attempt, target), old, new).await;
        }
        let raw = parts.cell.to_raw(new)?;
        if !parts.cell.swap(open, &claim.key, old, &raw).await? {
            return Ok(false);
        }
        let kept = parts.cell.kept(&raw);
        self.journal.migrated(open, claim, (old, kept), versions).await?;
        if attempt.has_written() {
            self.journal.unname(open, &attempt.name).await?;
        }
        let needed = self.column.objects(new);
        for object in self.column.objects(&parts.cell.stored(old)) {
            if !needed.contains(&object) {
                self.journal
                    .unneeded(open, claim, Why::Superseded, &object)
                    .await?;
            }
        }
        Ok(true)
    }

    /// Whether the column that the value was to go into has one by now.
    async fn is_filled(&self, open: &mut Transaction, claim: &Claim) -> Result<bool> {
        let Aim::Into(target) = &self.recoding.aim else {
            return Ok(false);
        };
        let held = cell_of(target)?.read(open, &claim.key).await?;
        Ok(held.flatten().is_some())
    }

    /// Puts the new value into the other column. Nothing is superseded by it, so that the journal has nothing more to say.
    async fn fill(
        &self,
        open: &mut Transaction,
        claim: &Claim,
        (attempt, target): (&Attempt, &Target),
        old: &Raw,
        new: &Stored,
    ) -> Result<bool> {
        let cell = cell_of(target)?;
        let source = (&self.column.0.cell, old);
        if !cell.fill(open, &claim.key, &cell.to_raw(new)?, source).await? {
            return Ok(false);
        }
        self.journal.forget(open, claim).await?;
        self.journal.unname(open, &attempt.name).await?;
        Ok(true)
    }

    async fn leave(&self, mut open: Transaction, claim: &Claim, error: Error) -> Result<RowOutcome> {
        self.journal
            .ended(&mut open, claim, State::Left, &error.report())
            .await?;
        open.commit().await?;
        Ok(RowOutcome::Left(error))
    }
}

/// The field that values are put into.
pub(super) fn cell_of(target: &Target) -> Result<&Cell> {
    let missing = || Error::not_found(format!("the table has no column {:?} yet", target.name));
    target
        .cell
        .as_ref()
        .ok_or_else(|| missing().advise("add it by the SQL that is printed for it"))
}

fn text(version: Option<FormatVersion>) -> String {
    version.map(|version| version.to_string()).unwrap_or_default()
}
