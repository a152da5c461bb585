//! Rows with their decoded values.

use std::sync::Arc;

use dj_codec_api::{Context, Error, Registry, Result, Stored, Value};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;

use super::budget::{Budget, Flight, Share, expected_bytes};
use super::field::{FieldKind, How};
use crate::Database;
use crate::heading::Table;
use crate::key::Key;
use crate::rows::feed::feed;
use crate::rows::{Row, RowQuery, Rows};

/// Which rows and columns to fetch, and how many at once.
#[derive(Debug, Clone, Default)]
pub struct FetchOptions {
    fields: Option<Vec<String>>,
    query: RowQuery,
    flight: Flight,
    handles: bool,
    stop: bool,
}

impl FetchOptions {
    /// All rows and columns; arrays are read; 256 MiB and 128 values in flight; a value that cannot be read ends nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Fetches these columns beside the primary key, which every row has.
    #[must_use]
    pub fn with_fields<'a>(mut self, names: impl IntoIterator<Item = &'a str>) -> Self {
        self.fields = Some(names.into_iter().map(ToOwned::to_owned).collect());
        self
    }

    /// Fetches the rows of these keys, a thousand at a time, each thousand in the order of the primary key. A key that is not
    /// in the table is left out.
    #[must_use]
    pub fn with_keys(mut self, keys: impl IntoIterator<Item = Key>) -> Self {
        self.query = self.query.with_keys(keys);
        self
    }

    /// Begins behind this key, where all rows are fetched.
    #[must_use]
    pub fn after(mut self, key: Key) -> Self {
        self.query = self.query.after(key);
        self
    }

    /// How many bytes of values may be in flight: asked for, or decoded and not taken yet. 256 MiB otherwise. A value in a store
    /// counts as its record says (arrays as they are in memory), as 1 MiB where that is not said; one in the table as it is there,
    /// compressed where it is. A row of more goes alone.
    #[must_use]
    pub fn with_budget(mut self, bytes: u64) -> Self {
        self.flight.bytes = bytes;
        self
    }

    /// How many values are read and decoded at once, each on a thread of its own, which mostly waits; 128 otherwise. A store
    /// may have a bound of its own on its requests.
    #[must_use]
    pub fn with_parallel(mut self, values: usize) -> Self {
        self.flight.values = values.clamp(1, Flight::MOST);
        self
    }

    /// Gives arrays as lazy handles, too: their objects are not read.
    #[must_use]
    pub fn with_handles(mut self) -> Self {
        self.handles = true;
        self
    }

    /// Ends with the first value that cannot be read.
    #[must_use]
    pub fn stop_at_errors(mut self) -> Self {
        self.stop = true;
        self
    }
}

/// A row with its values.
#[derive(Debug)]
pub struct FetchedRow {
    /// The primary key.
    pub key: Key,
    fields: Arc<[FieldKind]>,
    values: Vec<Result<Value>>,
}

impl FetchedRow {
    /// The value of a column; `None` for one that was not fetched.
    #[must_use]
    pub fn get(&self, field: &str) -> Option<&Result<Value>> {
        let place = self.fields.iter().position(|one| one.name == field)?;
        self.values.get(place)
    }

    /// The columns that were fetched with their values, in the order asked for.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Result<Value>)> {
        self.fields
            .iter()
            .map(|field| field.name.as_str())
            .zip(&self.values)
    }

    /// The values alone, in the order asked for.
    #[must_use]
    pub fn into_values(self) -> Vec<Result<Value>> {
        self.values
    }
}

/// Rows as they come, in the order of the table. Dropping it ends the fetching.
#[derive(Debug)]
pub struct Fetched {
    table: String,
    fields: Arc<[FieldKind]>,
    rows: mpsc::Receiver<Result<Pending>>,
    reader: JoinHandle<()>,
    stop: bool,
}

/// A row whose values are on their way.
#[derive(Debug)]
struct Pending {
    key: Key,
    values: Vec<Coming>,
    _share: Share,
}

#[derive(Debug)]
enum Coming {
    Here(Result<Value>),
    Task(JoinHandle<Result<Value>>),
}

impl Fetched {
    /// The next row; `None` behind the last one. What it holds counts against the budget no more.
    ///
    /// # Errors
    /// Where the server cannot be asked any more; with [`stop_at_errors`](FetchOptions::stop_at_errors) also where a value
    /// cannot be read. Nothing follows then.
    pub async fn next(&mut self) -> Result<Option<FetchedRow>> {
        let Some(row) = self.rows.recv().await.transpose()? else {
            return Ok(None);
        };
        let mut values = Vec::with_capacity(row.values.len());
        for coming in row.values {
            values.push(match coming {
                Coming::Here(value) => value,
                Coming::Task(task) => task.await.unwrap_or_else(|error| {
                    Err(Error::store("the thread that decoded it broke off").caused_by(error))
                }),
            });
        }
        if self.stop
            && let Some(place) = values.iter().position(Result::is_err)
        {
            self.rows.close();
            self.reader.abort();
            let name = self.fields.get(place).map_or("", |field| field.name.as_str());
            let place = format!("{}.{name} of {}", self.table, row.key);
            let failed = values.into_iter().find_map(Result::err);
            return Err(failed.map_or_else(
                || Error::store("a value cannot be read").at(place.as_str()),
                |error| {
                    Error::new(error.kind().clone(), "a value cannot be read")
                        .at(place.as_str())
                        .caused_by(error)
                },
            ));
        }
        Ok(Some(FetchedRow {
            key: row.key,
            fields: Arc::clone(&self.fields),
            values,
        }))
    }
}

impl Drop for Fetched {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

/// Fetches rows with their values decoded, many at once: what a store takes to answer is waited for together.
///
/// Rows come in the order of the primary key, and those behind the one at hand are on their way meanwhile, as far as the budget
/// of bytes and the number of values allow. Arrays in stores are read whole; files and folders are handles, as are arrays where
/// [`with_handles`](FetchOptions::with_handles) asks for it. A value that cannot be read is an error in its row, and ends
/// nothing. Plain columns come as DataJoint types them: ints, floats, decimals, texts, UUIDs, dates and times, JSON, bytes.
///
/// Must be called within a tokio runtime that runs blocking tasks.
///
/// ```no_run
/// use dj_codec_api::{Context, Registry, StoreMap};
/// use dj_codec_db::{Database, FetchOptions, fetch_many};
///
/// # async fn example(registry: Registry, stores: StoreMap) -> dj_codec_api::Result<()> {
/// let database = Database::connect("postgres://reader:secret@db.example.org/lab").await?;
/// let tables = database.tables_named("neuroscience", Some("session")).await?;
/// let options = FetchOptions::new().with_fields(["trace", "weight"]);
/// let mut rows = fetch_many(&database, &tables[0], &registry, &Context::new(stores), options)?;
/// while let Some(row) = rows.next().await? {
///     match row.get("trace") {
///         Some(Ok(trace)) => println!("{}: {}", row.key, trace.type_name()),
///         Some(Err(error)) => println!("{}: {error}", row.key),
///         None => {}
///     }
/// }
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Where a column is not in the table, its codec not in the registry, or the table has no primary key.
pub fn fetch_many(
    database: &Database,
    table: &Table,
    registry: &Registry,
    cx: &Context,
    options: FetchOptions,
) -> Result<Fetched> {
    let name = format!("{}.{}", table.schema, table.name);
    let names = options.fields.unwrap_or_else(|| {
        let others = table.attributes.iter().filter(|one| one.key_position.is_none());
        others.map(|one| one.name.clone()).collect()
    });
    let mut fields = Vec::with_capacity(names.len());
    let flight = options.flight;
    let mut query = options
        .query
        .with_budget(u32::try_from(flight.bytes).unwrap_or(u32::MAX));
    for field in &names {
        let attribute = table
            .attribute(field)
            .ok_or_else(|| Error::not_found(format!("there is no column {field:?}")).at(name.as_str()))?;
        let kind = FieldKind::new(table, attribute, database.backend(), registry, cx)?;
        query = query.with_column(field, kind.extent());
        fields.push(kind);
    }
    let fields: Arc<[FieldKind]> = fields.into();
    let (sender, rows) = mpsc::channel(flight.values.saturating_mul(2));
    let dispatcher = Dispatcher {
        rows: database.rows(table, query)?,
        fields: Arc::clone(&fields),
        budget: Budget::new(flight.bytes),
        slots: Arc::new(Semaphore::new(flight.values)),
        arrays: !options.handles,
    };
    Ok(Fetched {
        table: name,
        fields,
        rows,
        reader: tokio::spawn(async move { feed(&sender, dispatcher.run(&sender)).await }),
        stop: options.stop,
    })
}

/// Takes rows from the server and sets threads to work on their values.
struct Dispatcher {
    rows: Rows,
    fields: Arc<[FieldKind]>,
    budget: Budget,
    slots: Arc<Semaphore>,
    arrays: bool,
}

impl Dispatcher {
    async fn run(mut self, sender: &mpsc::Sender<Result<Pending>>) -> Result<()> {
        while let Some(row) = self.rows.next().await? {
            if sender.send(Ok(self.begin(row).await)).await.is_err() {
                break;
            }
        }
        Ok(())
    }

    /// Waits for a share of the budget and for a free thread for each value. Both are asked for in the order of the rows, so that
    /// the row that is next to be taken never waits for one behind it.
    async fn begin(&self, row: Row) -> Pending {
        let Row { key, fields, .. } = row;
        let bytes = self
            .fields
            .iter()
            .zip(&fields)
            .map(|(kind, field)| match kind.how {
                How::Codec(..) => expected_bytes(&field.stored),
                _ => field.length,
            });
        let share = self.budget.take(bytes.fold(0, u64::saturating_add)).await;
        let mut values = Vec::with_capacity(fields.len());
        for (place, field) in fields.into_iter().enumerate() {
            values.push(self.set_to_work(place, field.stored).await);
        }
        Pending {
            key,
            values,
            _share: share,
        }
    }

    async fn set_to_work(&self, place: usize, stored: Stored) -> Coming {
        let is_quick = |kind: &FieldKind| !matches!(kind.how, How::Codec(..)) || stored == Stored::Null;
        match self.fields.get(place) {
            None => return Coming::Here(Ok(Value::Null)),
            Some(kind) if is_quick(kind) => return Coming::Here(kind.decode(stored, self.arrays)),
            Some(_) => {}
        }
        let slot = Arc::clone(&self.slots).acquire_owned().await;
        let (fields, arrays) = (Arc::clone(&self.fields), self.arrays);
        Coming::Task(tokio::task::spawn_blocking(move || {
            let _slot = slot;
            match fields.get(place) {
                Some(kind) => kind.decode(stored, arrays),
                None => Ok(Value::Null),
            }
        }))
    }
}
