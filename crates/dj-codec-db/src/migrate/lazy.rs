//! Migration of what an application comes upon.

use std::sync::Arc;

use dj_codec_api::{Result, Stored};
use tokio::sync::Semaphore;

use super::column::MigratedColumn;
use super::journal::{State, is_conflict};
use super::row::{RowMigration, RowOutcome};
use super::{Migration, MigrationOptions};
use crate::Key;

/// How often a row is tried that the server gives up for the sake of another.
const TRIES: usize = 8;

/// Migrates single rows, for applications that migrate what they come upon: decode the old value, return it at once, and
/// hand the row to this in the background.
///
/// [`Context::on_outdated`](dj_codec_api::Context::on_outdated) tells an application of an old value while `Column::decode` decodes it; the
/// typed faces of codecs (opening a movie or a Zarr array directly) call no hook, so that such an application asks
/// `Column::format_version` itself.
///
/// ```no_run
/// use dj_codec_api::{Context, Registry};
/// use dj_codec_db::{Database, Key, MigratedColumn, MigrationOptions};
///
/// # async fn example(registry: Registry, cx: Context, database: Database, key: Key) -> dj_codec_api::Result<()> {
/// let column = MigratedColumn::open(&database, "lab", "__scan", "movie", &registry, &cx).await?;
/// let migrator = column.to_format("2.0".parse()?)?.migrator(&MigrationOptions::new()).await?;
///
/// // In the hook, or wherever an old value was met: the row by its key.
/// let (queue, mut rows) = tokio::sync::mpsc::unbounded_channel();
/// queue.send(key).ok();
///
/// // In the background, one after the other.
/// while let Some(key) = rows.recv().await {
///     println!("{key}: {:?}", migrator.migrate_row(&key, None).await?);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Migrator {
    row: Arc<RowMigration>,
    /// Each row that is worked on takes two of the connections: with fewer, all would wait for their second one.
    turns: Arc<Semaphore>,
}

/// What came of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RowMigrated {
    /// The row holds the new value.
    Migrated,
    /// It has the format already.
    Already,
    /// It is gone, NULL, or holds another value than the one that was named.
    Changed,
    /// Somebody else is at it.
    Busy,
    /// It is as it was, for this reason, which is in the journal too.
    Left(String),
}

impl Migration {
    /// What migrates single rows, as many at once as `options` has workers. The journal is made where it is not there.
    ///
    /// # Errors
    /// Where the server cannot be asked, or the user may not write the journal.
    pub async fn migrator(&self, options: &MigrationOptions) -> Result<Migrator> {
        let workers = options.workers();
        let connections = u32::try_from(workers).unwrap_or(u32::MAX).saturating_mul(2);
        let column = &self.column;
        let writable = column.0.database.writable(connections).await?;
        let journal = column.journal(writable, Some(&self.aim)).await?;
        let recoding = column.recoding(&self.aim, options.allow_downgrade);
        Ok(Migrator {
            row: Arc::new(RowMigration::new(column.clone(), recoding, journal)),
            turns: Arc::new(Semaphore::new(workers)),
        })
    }
}

impl Migrator {
    /// The column.
    #[must_use]
    pub fn column(&self) -> &MigratedColumn {
        &self.row.column
    }

    /// Migrates a row, exactly as a run over the whole table does: claimed in the journal, compared bit for bit, and replaced
    /// only where it is still what was read. Where `stored` is given, a row that holds something else by now is left alone.
    /// May be called for any number of rows at once: they take turns.
    ///
    /// # Errors
    /// Where the server cannot be asked. What keeps the value from being migrated is an outcome, not an error.
    pub async fn migrate_row(&self, key: &Key, stored: Option<&Stored>) -> Result<RowMigrated> {
        let _turn = self.turns.acquire().await;
        for _ in 1..TRIES {
            match self.once(key, stored).await {
                Err(error) if is_conflict(&error) => {}
                outcome => return outcome,
            }
        }
        self.once(key, stored).await
    }

    async fn once(&self, key: &Key, stored: Option<&Stored>) -> Result<RowMigrated> {
        let journal = &self.row.journal;
        journal.note(std::slice::from_ref(key), State::Pending).await?;
        let mut open = journal.writable.begin().await?;
        let Some(claim) = journal.claim_one(&mut open, key).await? else {
            open.rollback().await?;
            return Ok(RowMigrated::Busy);
        };
        if let Some(stored) = stored {
            let cell = &self.row.column.0.cell;
            let now = cell.read(&mut open, &claim.key).await?.flatten();
            if now.map(|raw| cell.stored(&raw)).as_ref() != Some(stored) {
                open.rollback().await?;
                return Ok(RowMigrated::Changed);
            }
        }
        Ok(match self.row.migrate(open, claim).await? {
            RowOutcome::Migrated => RowMigrated::Migrated,
            RowOutcome::Already => RowMigrated::Already,
            RowOutcome::Gone => RowMigrated::Changed,
            RowOutcome::Left(error) => RowMigrated::Left(error.report()),
            RowOutcome::Busy => RowMigrated::Busy,
        })
    }
}
