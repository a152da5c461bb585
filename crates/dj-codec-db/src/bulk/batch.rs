//! One batch after the other: encoded, then inserted.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use dj_codec_api::{Context, Error, Registry, Result, Stored, Value};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use super::budget::{Budget, in_table_bytes, value_bytes};
use super::field::{FieldKind, How};
use super::insert::{InsertFailed, InsertOptions, NewRow};
use super::plain;
use super::statement::{Cell, Insert};
use crate::heading::Table;
use crate::location::Backend;
use crate::writable::Writable;
use crate::written::Written;

/// A batch holds no more bytes of values that go into the table itself than this, but for its last row.
const BATCH_BYTES: u64 = 32 << 20;

/// What inserts the rows of a table.
pub(super) struct Batches<'a> {
    writable: &'a Writable,
    table: &'a Table,
    fields: Vec<FieldKind>,
    keys: Vec<&'a str>,
    cx: &'a Context,
    written: Written,
    budget: Budget,
    slots: Arc<Semaphore>,
    most: usize,
    inserted: u64,
}

/// Why a batch was not inserted.
enum Broken {
    /// None of its rows is in the table; this one is to blame, where it is one.
    Undone(Option<u64>, Error),
    /// It may be there or not.
    Unanswered(Error),
}

/// A cell that is there, or is being encoded.
enum Coming {
    Here(Cell),
    Task(JoinHandle<Result<Cell>>),
}

impl<'a> Batches<'a> {
    pub(super) fn new(
        writable: &'a Writable,
        table: &'a Table,
        registry: &Registry,
        cx: &'a Context,
        options: &InsertOptions,
    ) -> Result<Self> {
        let backend = writable.database().backend();
        let written = Written::default();
        let watched = written.watch(cx.clone());
        let fields = table
            .attributes
            .iter()
            .map(|attribute| FieldKind::new(table, attribute, backend, registry, &watched));
        Ok(Self {
            fields: fields.collect::<Result<_>>()?,
            keys: table
                .primary_key()
                .into_iter()
                .filter(|one| !one.is_hidden())
                .map(|one| one.name.as_str())
                .collect(),
            writable,
            table,
            cx,
            written,
            budget: Budget::new(options.flight.bytes),
            slots: Arc::new(Semaphore::new(options.flight.values)),
            most: options.batch,
            inserted: 0,
        })
    }

    pub(super) fn inserted(&self) -> u64 {
        self.inserted
    }

    /// Inserts the next rows, as many as make a batch; `false` where there were none.
    pub(super) async fn next(
        &mut self,
        rows: &mut impl Iterator<Item = NewRow>,
    ) -> Result<bool, InsertFailed> {
        let (cells, refused) = self.encode(rows).await;
        let count = cells.len() as u64;
        let ended = match refused {
            None if cells.is_empty() => return Ok(false),
            None => self.insert(&cells).await,
            Some(error) => Err(Broken::Undone(Some(count), error)),
        };
        drop(cells);
        let (row, error) = match ended {
            Ok(()) => {
                self.written.keep();
                self.inserted += count;
                return Ok(true);
            }
            Err(Broken::Undone(row, error)) => match self.written.remove(self.cx).await {
                0 => (row, error),
                left => {
                    let advice =
                        format!("{left} objects that were written for these rows could not be removed");
                    (row, error.advise(advice))
                }
            },
            Err(Broken::Unanswered(error)) => {
                let advice = format!(
                    "whether the {count} rows behind them are there is not known: the server did not answer; their objects \
                     were kept"
                );
                (None, error.advise(advice))
            }
        };
        Err(InsertFailed {
            inserted: self.inserted,
            row: row.map(|row| self.inserted + row),
            error,
        })
    }

    /// Encodes the rows of a batch: those before the first that fails, and why that one does. When this returns, nothing is
    /// being written any more.
    async fn encode(&self, rows: &mut impl Iterator<Item = NewRow>) -> (Vec<Vec<Cell>>, Option<Error>) {
        let (mut coming, mut refused, mut held) = (Vec::new(), None, 0_u64);
        let failing = Arc::new(AtomicBool::new(false));
        while coming.len() < self.most && held < BATCH_BYTES && !failing.load(Ordering::Relaxed) {
            let Some(row) = rows.next() else { break };
            match self.begin(row, &mut held, &failing).await {
                Ok(row) => coming.push(row),
                Err(error) => {
                    refused = Some(error);
                    break;
                }
            }
        }
        let mut cells = Vec::with_capacity(coming.len());
        let mut first = None;
        for row in coming {
            let mut done = Vec::with_capacity(row.len());
            for one in row {
                match one.cell().await {
                    Ok(cell) => done.push(cell),
                    Err(error) => {
                        first.get_or_insert(error);
                    }
                }
            }
            if first.is_none() {
                cells.push(done);
            }
        }
        (cells, first.or(refused))
    }

    /// Checks a row, waits for a share of the budget, and sets threads to work on its values.
    async fn begin(&self, row: NewRow, held: &mut u64, failing: &Arc<AtomicBool>) -> Result<Vec<Coming>> {
        let place = || format!("{}.{}", self.table.schema, self.table.name);
        let known = |name: &String| self.fields.iter().any(|field| field.name == *name);
        if let Some((name, _)) = row.values.iter().find(|(name, _)| !known(name)) {
            return Err(Error::not_found(format!("there is no column {name:?}")).at(place()));
        }
        let mut key = Vec::with_capacity(self.keys.len());
        for name in &self.keys {
            let value = row.values.iter().find(|(named, _)| named == name);
            let value = value
                .map(|(_, value)| value)
                .filter(|value| **value != Value::Null);
            let value = value.ok_or_else(|| {
                Error::invalid_value(format!(
                    "the row has no value of the field {name:?} of the primary key"
                ))
                .at(place())
            })?;
            key.push(((*name).to_owned(), value.clone()));
        }
        let bytes = row.values.iter().map(|(name, value)| self.bytes(name, value));
        let share = Arc::new(self.budget.take(bytes.fold(0, u64::saturating_add)).await);
        let mut values = row.values;
        let mut coming = Vec::with_capacity(self.fields.len());
        for field in &self.fields {
            let value = values.iter().position(|(name, _)| *name == field.name);
            let Some(value) = value.map(|place| values.swap_remove(place).1) else {
                coming.push(Coming::Here(Cell::Default));
                continue;
            };
            let (column, cx) = match (&field.how, &value) {
                (_, Value::Null) => {
                    coming.push(Coming::Here(Cell::Null));
                    continue;
                }
                (How::Codec(column, cx), _) => (column, cx),
                (how, value) => {
                    *held += value_bytes(value);
                    coming.push(Coming::Here(self.plain(&field.name, how, value)?));
                    continue;
                }
            };
            if column.store().is_none() {
                *held += in_table_bytes(&value);
            }
            let slot = Arc::clone(&self.slots).acquire_owned().await;
            let cx = key.iter().fold(cx.as_ref().clone(), |cx, (name, value)| {
                cx.with_key(name, value.clone())
            });
            let (column, share, failing) = (column.clone(), Arc::clone(&share), Arc::clone(failing));
            coming.push(Coming::Task(tokio::task::spawn_blocking(move || {
                let _held = (slot, share);
                let cell = column.encode(value, &cx).map(cell);
                failing.fetch_or(cell.is_err(), Ordering::Relaxed);
                cell
            })));
        }
        Ok(coming)
    }

    /// What a value takes until it is stored.
    fn bytes(&self, name: &str, value: &Value) -> u64 {
        let field = self.fields.iter().find(|field| field.name == name);
        match field.map(|field| &field.how) {
            Some(How::Codec(column, _)) if column.store().is_none() => in_table_bytes(value),
            _ => value_bytes(value),
        }
    }

    fn plain(&self, name: &str, how: &How, value: &Value) -> Result<Cell> {
        let refused = |what: &str| {
            Error::invalid_value(format!(
                "the column {name:?} takes {what}, this is {}",
                value.type_name()
            ))
        };
        Ok(Cell::Bound(match (how, value) {
            (How::Plain(field), value) => plain::text(field, value, self.backend())?.into(),
            (How::Bytes, Value::Bytes(bytes)) => bytes.clone().into(),
            (How::Bytes, _) => return Err(refused("bytes")),
            (_, Value::Json(json)) => json.to_string().into(),
            _ => return Err(refused("JSON")),
        }))
    }

    fn backend(&self) -> Backend {
        self.writable.database().backend()
    }

    /// Inserts encoded rows in one transaction. Where a statement fails, the rows are tried one by one in another, to tell which of
    /// them is to blame; where none is, all is well.
    async fn insert(&self, cells: &[Vec<Cell>]) -> Result<(), Broken> {
        // A column that no row names is left to the server.
        let named = |place: usize| cells.iter().any(|row| row.get(place) != Some(&Cell::Default));
        let places: Vec<usize> = (0..self.fields.len()).filter(|place| named(*place)).collect();
        let columns = places.iter().filter_map(|place| {
            let (field, attribute) = (self.fields.get(*place)?, self.table.attributes.get(*place)?);
            Some((
                field.name.clone(),
                placeholder(field, &attribute.sql_type, self.backend()),
            ))
        });
        let insert = Insert::new(self.table, columns.collect(), self.backend());
        let rows: Vec<Vec<Cell>> = cells
            .iter()
            .map(|row| {
                places
                    .iter()
                    .filter_map(|place| row.get(*place).cloned())
                    .collect()
            })
            .collect();
        match self.run(&insert, &rows, false).await {
            Err(Broken::Undone(..)) => self.run(&insert, &rows, true).await,
            ended => ended,
        }
    }

    async fn run(&self, insert: &Insert, rows: &[Vec<Cell>], singly: bool) -> Result<(), Broken> {
        let begun = self.writable.begin().await;
        let mut open = begun.map_err(|error| Broken::Undone(None, error))?;
        let mut done = 0;
        while let Some(rest) = rows.get(done..).filter(|rest| !rest.is_empty()) {
            let count = if singly { 1 } else { insert.next(rest).max(1) };
            let (sql, binds) = insert.statement(rest.get(..count).unwrap_or(rest));
            if let Err(error) = open.execute(sql, binds).await {
                // A transaction that is dropped is undone.
                return Err(Broken::Undone(singly.then_some(done as u64), error));
            }
            done += count;
        }
        open.commit().await.map_err(Broken::Unanswered)
    }
}

impl Coming {
    async fn cell(self) -> Result<Cell> {
        match self {
            Self::Here(cell) => Ok(cell),
            Self::Task(task) => task.await.unwrap_or_else(|error| {
                Err(Error::store("the thread that encoded it broke off").caused_by(error))
            }),
        }
    }
}

fn cell(stored: Stored) -> Cell {
    match stored {
        Stored::Null => Cell::Null,
        Stored::Bytes(bytes) => Cell::Bound(bytes.into()),
        Stored::Json(json) => Cell::Bound(json.to_string().into()),
    }
}

/// What a parameter is turned into a value of a column with.
fn placeholder(field: &FieldKind, sql_type: &str, backend: Backend) -> String {
    match (&field.how, backend) {
        (How::Plain(field), _) => plain::placeholder(field, backend),
        (How::Bytes, _) | (_, Backend::MySql) => "?".into(),
        (How::Codec(column, _), _) if column.storage() != "json" => "?".into(),
        (_, Backend::PostgreSql) => format!("?::text::{sql_type}"),
    }
}
