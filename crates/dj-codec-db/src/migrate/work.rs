//! The workers: each claims a row, does what is to be done with it, and claims the next.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use dj_codec_api::{Error, ErrorKind, Result};
use tokio::task::JoinSet;

use super::journal::{Claim, Journal, State, is_conflict};
use super::options::{MigrationOptions, MigrationProgress, OnMigration};
use super::report::Done;
use super::rollback::RowRollback;
use super::row::{RowMigration, RowOutcome};
use crate::writable::Transaction;

/// Where others hold all rows that remain, this is waited for before they are looked at again.
const PAUSE: Duration = Duration::from_millis(200);
/// And where nothing has changed for so long, the run ends.
const PATIENCE: Duration = Duration::from_secs(10);
/// A row that the server gives up so often is no accident.
const CONFLICTS: u32 = 50;

/// What is done with a row that was claimed.
pub(super) enum Job {
    Migrate(Arc<RowMigration>),
    RollBack(Box<RowRollback>),
}

impl Job {
    fn journal(&self) -> &Journal {
        match self {
            Self::Migrate(row) => &row.journal,
            Self::RollBack(row) => &row.journal,
        }
    }

    /// The rows that it is done with.
    fn state(&self) -> State {
        match self {
            Self::Migrate(_) => State::Pending,
            Self::RollBack(_) => State::Migrated,
        }
    }

    async fn one(&self, open: Transaction, claim: Claim) -> Result<RowOutcome> {
        match self {
            Self::Migrate(row) => row.migrate(open, claim).await,
            Self::RollBack(row) => row.roll_back(open, claim).await,
        }
    }
}

/// What the workers share.
pub(super) struct Work {
    job: Job,
    workers: usize,
    equal_failures: u32,
    on_progress: OnMigration,
    of: AtomicU64,
    /// Rows that may be begun yet; `None` where there is no limit.
    tickets: Option<AtomicU64>,
    migrated: AtomicU64,
    already: AtomicU64,
    gone: AtomicU64,
    left: AtomicU64,
    ended: AtomicBool,
    failure: Mutex<Failure>,
}

/// The last failure of a store, and how often it was met in a row.
#[derive(Default)]
struct Failure {
    words: String,
    times: u32,
    stopped: Option<String>,
}

impl Work {
    pub(super) fn new(job: Job, options: &MigrationOptions) -> Self {
        Self {
            job,
            workers: options.workers(),
            equal_failures: options.equal_failures,
            on_progress: options.on_progress.clone(),
            of: AtomicU64::new(0),
            tickets: options.limit.map(AtomicU64::new),
            migrated: AtomicU64::new(0),
            already: AtomicU64::new(0),
            gone: AtomicU64::new(0),
            left: AtomicU64::new(0),
            ended: AtomicBool::new(false),
            failure: Mutex::default(),
        }
    }

    /// Does the job until there are no rows for it.
    pub(super) async fn run(self) -> Result<Done> {
        let this = Arc::new(self);
        let pending = this.open_rows().await?;
        this.of.store(pending, Ordering::Relaxed);
        let mut tasks = JoinSet::new();
        for _ in 0..this.workers {
            let this = Arc::clone(&this);
            tasks.spawn(async move { this.work().await });
        }
        let mut failed = None;
        while let Some(worker) = tasks.join_next().await {
            let outcome =
                worker.unwrap_or_else(|error| Err(Error::store("a worker broke off").caused_by(error)));
            if let Err(error) = outcome {
                this.ended.store(true, Ordering::Relaxed);
                failed.get_or_insert(error);
            }
        }
        match failed {
            Some(error) => Err(error),
            None => Ok(Done {
                migrated: this.migrated.load(Ordering::Relaxed),
                already: this.already.load(Ordering::Relaxed),
                gone: this.gone.load(Ordering::Relaxed),
                stopped: this.failure().stopped.clone(),
            }),
        }
    }

    async fn work(self: &Arc<Self>) -> Result<()> {
        let (mut conflicts, mut idle) = (0, Instant::now());
        while !self.ended.load(Ordering::Relaxed) && self.take_ticket() {
            let journal = self.job.journal();
            let mut open = journal.writable.begin().await?;
            let claim = journal.claim(&mut open, self.job.state()).await;
            let outcome = match claim {
                Ok(Some(claim)) => self.job.one(open, claim).await,
                Ok(None) => {
                    open.rollback().await?;
                    self.give_ticket_back();
                    if !self.await_others(&mut idle).await? {
                        return Ok(());
                    }
                    continue;
                }
                Err(error) => Err(error),
            };
            if !matches!(outcome, Ok(RowOutcome::Migrated)) {
                self.give_ticket_back();
            }
            match outcome {
                Ok(outcome) => {
                    (conflicts, idle) = (0, Instant::now());
                    self.tally(outcome);
                }
                Err(error) if is_conflict(&error) && conflicts < CONFLICTS => conflicts += 1,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Waits for rows that others hold, who may die; `false` where there are none, or nothing has happened for long.
    async fn await_others(&self, idle: &mut Instant) -> Result<bool> {
        let pending = self.open_rows().await?;
        if pending == 0 || idle.elapsed() > PATIENCE {
            return Ok(false);
        }
        tokio::time::sleep(PAUSE).await;
        if self.open_rows().await? < pending {
            *idle = Instant::now();
        }
        Ok(true)
    }

    async fn open_rows(&self) -> Result<u64> {
        self.job.journal().count(self.job.state()).await
    }

    fn take_ticket(&self) -> bool {
        let Some(tickets) = &self.tickets else { return true };
        let taken = tickets.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        taken.is_ok()
    }

    fn give_ticket_back(&self) {
        if let Some(tickets) = &self.tickets {
            tickets.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn tally(&self, outcome: RowOutcome) {
        let count = |counter: &AtomicU64| counter.fetch_add(1, Ordering::Relaxed);
        match outcome {
            RowOutcome::Migrated => count(&self.migrated),
            RowOutcome::Already => count(&self.already),
            RowOutcome::Gone => count(&self.gone),
            RowOutcome::Left(_) => count(&self.left),
            RowOutcome::Busy => 0,
        };
        match &outcome {
            RowOutcome::Left(error) => self.note_failure(error),
            RowOutcome::Migrated => self.failure().times = 0,
            _ => {}
        }
        self.on_progress.tell(MigrationProgress::Migrating {
            migrated: self.migrated.load(Ordering::Relaxed),
            left: self.left.load(Ordering::Relaxed),
            of: self.of.load(Ordering::Relaxed),
        });
    }

    /// A store that refuses the same thing again and again will refuse it to the rows that remain.
    fn note_failure(&self, error: &Error) {
        let of_store = matches!(
            error.kind(),
            ErrorKind::Store | ErrorKind::PermissionDenied | ErrorKind::Config
        );
        let mut failure = self.failure();
        if !of_store {
            return;
        }
        let words = without_place(error);
        if words == failure.words {
            failure.times += 1;
        } else {
            *failure = Failure {
                words,
                times: 1,
                stopped: failure.stopped.take(),
            };
        }
        if failure.times >= self.equal_failures {
            failure.stopped = Some(format!("{} times in a row: {}", failure.times, failure.words));
            self.ended.store(true, Ordering::Relaxed);
        }
    }

    fn failure(&self) -> std::sync::MutexGuard<'_, Failure> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What an error says, without the path, which is another for each row.
fn without_place(error: &Error) -> String {
    match std::error::Error::source(error) {
        Some(source) => {
            let mut last = source;
            while let Some(next) = last.source() {
                last = next;
            }
            let last = last.to_string();
            let place = error.place().unwrap_or_default();
            let plain = if place.is_empty() {
                last
            } else {
                last.replace(place, "...")
            };
            format!("{}: {plain}", error.message())
        }
        None => error.message().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_the_same_wherever_it_is_met() {
        let failed = |path: &str| {
            let inner = Error::store("the object cannot be written")
                .at(path)
                .caused_by(format!("{path}: No space left on device"));
            without_place(
                &Error::store("chunk [0] cannot be written")
                    .at(path)
                    .caused_by(inner),
            )
        };
        assert_eq!(failed("a/b.zarr"), failed("c/d.zarr"));
        assert_eq!(
            failed("a/b.zarr"),
            "chunk [0] cannot be written: ...: No space left on device"
        );
        assert_eq!(without_place(&Error::store("no answer").at("x")), "no answer");
    }
}
