//! Rows with values to encode.

use std::fmt;

use dj_codec_api::{Context, Error, Registry, Result, Value};

use super::batch::Batches;
use super::budget::Flight;
use crate::heading::Table;
use crate::writable::Writable;

/// How many rows to insert at once.
#[derive(Debug, Clone)]
pub struct InsertOptions {
    pub(super) flight: Flight,
    pub(super) batch: usize,
}

impl Default for InsertOptions {
    fn default() -> Self {
        Self {
            flight: Flight::default(),
            batch: 1_000,
        }
    }
}

impl InsertOptions {
    /// Batches of 1,000 rows; 256 MiB and 128 values in flight.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many bytes of values may be taken from the rows that are given and not be stored yet; 256 MiB otherwise. A row of
    /// more goes alone.
    #[must_use]
    pub fn with_budget(mut self, bytes: u64) -> Self {
        self.flight.bytes = bytes;
        self
    }

    /// How many values are encoded and written at once, each on a thread of its own, which mostly waits; 128 otherwise.
    #[must_use]
    pub fn with_parallel(mut self, values: usize) -> Self {
        self.flight.values = values.clamp(1, Flight::MOST);
        self
    }

    /// How many rows one transaction inserts at most; 1,000 otherwise.
    #[must_use]
    pub fn with_batch(mut self, rows: usize) -> Self {
        self.batch = rows.max(1);
        self
    }
}

/// A row to insert: values by the names of columns. Columns that are not named get what they are declared to have then.
#[derive(Debug, Clone, Default)]
pub struct NewRow {
    pub(super) values: Vec<(String, Value)>,
}

impl NewRow {
    /// A row without values.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the value of a column. A second one for the same column replaces the first.
    #[must_use]
    pub fn with(mut self, column: &str, value: impl Into<Value>) -> Self {
        let value = value.into();
        match self.values.iter_mut().find(|(name, _)| name == column) {
            Some((_, old)) => *old = value,
            None => self.values.push((column.to_owned(), value)),
        }
        self
    }
}

/// Why rows were not inserted.
#[derive(Debug)]
pub struct InsertFailed {
    /// So many rows, the first ones, are in the table.
    pub inserted: u64,
    /// Which row is to blame, counted from 0, where it is one.
    pub row: Option<u64>,
    /// What is wrong with it.
    pub error: Error,
}

impl fmt::Display for InsertFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.row {
            Some(row) => write!(f, "row {row} (from 0) cannot be inserted: ")?,
            None => f.write_str("rows cannot be inserted: ")?,
        }
        write!(
            f,
            "{}; the first {} rows are in the table",
            self.error, self.inserted
        )
    }
}

impl std::error::Error for InsertFailed {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.error.source()
    }
}

impl From<InsertFailed> for Error {
    fn from(failed: InsertFailed) -> Self {
        let message = match failed.row {
            Some(row) => format!("row {row} (from 0) cannot be inserted"),
            None => "rows cannot be inserted".to_owned(),
        };
        let message = format!("{message}; the first {} are in the table", failed.inserted);
        Self::new(failed.error.kind().clone(), message).caused_by(failed.error)
    }
}

/// Inserts rows whose values are encoded first, many at once: what a store takes to answer is waited for together. Gives how many
/// there were.
///
/// Rows are taken as there is room for them. A batch of them is encoded and its objects are written; then it is inserted, by
/// statements of many rows, in a transaction of its own: no row is in the table before its objects are complete, and of a batch
/// all rows are or none. Plain columns take the values that [`fetch_many`](crate::fetch_many) gives of them, and texts that the
/// server makes a value of.
///
/// Where a batch fails, the objects that were written for it are removed, but for those whose path comes from their content
/// (`<hash@>`, `<blob@>`, `<attach@>`), which may be those of other rows too. Earlier batches stay. Dropped before it ends, it leaves
/// what was written for the batch at hand in the stores.
///
/// Must be called within a tokio runtime that runs blocking tasks.
///
/// ```no_run
/// use dj_codec_api::{Array, Context, Registry, StoreMap};
/// use dj_codec_db::{Database, InsertOptions, NewRow, insert_many};
///
/// # async fn example(registry: Registry, stores: StoreMap) -> dj_codec_api::Result<()> {
/// let database = Database::connect("postgres://writer:secret@db.example.org/lab").await?;
/// let tables = database.tables_named("neuroscience", Some("session")).await?;
/// let mut rows = Vec::new();
/// for session in 0..1_000_i64 {
///     let trace = Array::from_vec(vec![0.5_f64; 12_500], &[12_500])?;
///     rows.push(NewRow::new().with("subject", "m1").with("session", session).with("trace", trace));
/// }
/// let writable = database.writable(1).await?;
/// let count = insert_many(&writable, &tables[0], rows, &registry, &Context::new(stores), &InsertOptions::new()).await?;
/// assert_eq!(count, 1_000);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Where a row names a column that is not there or leaves out one of the primary key, a value cannot be encoded or stored, or the
/// server refuses a row: the error says which row it was. Where the table is of an engine without transactions (MyISAM).
pub async fn insert_many(
    writable: &Writable,
    table: &Table,
    rows: impl IntoIterator<Item = NewRow>,
    registry: &Registry,
    cx: &Context,
    options: &InsertOptions,
) -> Result<u64, InsertFailed> {
    let refused = |error| InsertFailed {
        inserted: 0,
        row: None,
        error,
    };
    let undone = writable.database().needs_transactions(table).await;
    undone.map_err(refused)?;
    let mut batches = Batches::new(writable, table, registry, cx, options).map_err(refused)?;
    let mut rows = rows.into_iter();
    while batches.next(&mut rows).await? {}
    Ok(batches.inserted())
}
