//! The rows of a table, one after the other, in the order of the primary key.

pub(crate) mod feed;
pub(crate) mod groups;
mod query;
pub(crate) mod sql;

use std::sync::Arc;

use bytes::Bytes;
use dj_codec_api::{Error, Json, Result, Stored};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinHandle;

use crate::Database;
use crate::heading::{Storage, Table};
use crate::key::{ALIAS, Key, KeyField, quote};
use crate::location::Backend;
use crate::raw::Cells;
use feed::feed;
pub use query::{Extent, RowQuery};
use sql::{among, behind, equal, numbered, select};

/// So many keys are asked for in one query.
const KEYS: usize = 1_000;

/// What a column of a row holds, or the front of it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Field {
    /// The value. Bytes that were asked for as a front may end early; text that was cut off is text, not JSON.
    pub stored: Stored,
    /// Its whole length in bytes.
    pub length: u64,
    /// Whether `stored` is all of it.
    pub whole: bool,
}

/// A row. It counts against the query's budget until it is dropped.
#[derive(Debug)]
pub struct Row {
    /// The primary key.
    pub key: Key,
    /// The columns that were asked for, in that order.
    pub fields: Vec<Field>,
    _share: Option<OwnedSemaphorePermit>,
}

/// Rows as they come. Dropping it ends the query.
#[derive(Debug)]
pub struct Rows {
    rows: mpsc::Receiver<Result<Row>>,
    reader: JoinHandle<()>,
}

impl Rows {
    /// The next row; `None` behind the last one.
    ///
    /// # Errors
    /// Where the server cannot be asked any more. What was handed out before stays valid; a new query may begin behind the
    /// last key.
    pub async fn next(&mut self) -> Result<Option<Row>> {
        self.rows.recv().await.transpose()
    }
}

impl Drop for Rows {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

impl Database {
    /// Reads the rows of a table in the order of its primary key, in pages: memory is bounded by the budget, and no lock or
    /// snapshot is held for long. Rows that are inserted or deleted meanwhile may be seen or not.
    ///
    /// Must be called within a tokio runtime.
    ///
    /// # Errors
    /// Where a column is not in the table, or the table has no primary key.
    pub fn rows(&self, table: &Table, query: RowQuery) -> Result<Rows> {
        let reader = Reader::new(self.clone(), table, query)?;
        let (sender, rows) = mpsc::channel(64);
        let reader = tokio::spawn(async move { feed(&sender, reader.run(&sender)).await });
        Ok(Rows { rows, reader })
    }

    /// One row by its key; `None` where it is gone.
    ///
    /// # Errors
    /// As [`rows`](Self::rows), and where the server cannot be asked.
    pub async fn row(&self, table: &Table, key: &Key, columns: &[&str]) -> Result<Option<Row>> {
        let query = columns.iter().fold(RowQuery::new(), |query, column| {
            query.with_column(column, Extent::Whole)
        });
        let reader = Reader::new(self.clone(), table, query)?;
        let sql = numbered(
            self.backend(),
            format!("{} WHERE {}", reader.select, equal(&reader.fields)),
        );
        let rows = self.query(sql, key.texts().to_vec()).await?;
        rows.into_iter()
            .next()
            .map(|cells| reader.row(cells, None))
            .transpose()
    }
}

/// What came of one query.
#[derive(Default)]
struct Page {
    /// Whether anybody takes more.
    going: bool,
    rows: u64,
    last: Option<Key>,
}

/// Reads page after page.
struct Reader {
    database: Database,
    place: String,
    fields: Arc<[KeyField]>,
    columns: Vec<(Storage, Extent)>,
    select: String,
    keys: Option<Vec<Key>>,
    after: Option<Key>,
    page: u64,
    budget: u32,
}

impl Reader {
    fn new(database: Database, table: &Table, query: RowQuery) -> Result<Self> {
        let backend = database.backend();
        let place = format!("{}.{}", table.schema, table.name);
        let fields = database.key_fields(table);
        if fields.is_empty() {
            return Err(
                Error::unsupported("the table has no primary key, so that its rows have no order")
                    .at(place)
                    .advise("every DataJoint table has one; give it one, or leave the table out"),
            );
        }
        let mut selected: Vec<String> = fields.iter().map(|field| field.select.clone()).collect();
        let mut columns = Vec::new();
        for (name, extent) in &query.columns {
            let attribute = table
                .attribute(name)
                .ok_or_else(|| Error::not_found(format!("there is no column {name:?}")).at(place.clone()))?;
            selected.extend(select(attribute, *extent, backend));
            columns.push((attribute.storage(), *extent));
        }
        let select = format!(
            "SELECT {} FROM {}.{} AS {ALIAS}",
            selected.join(", "),
            quote(&table.schema, backend),
            quote(&table.name, backend)
        );
        Ok(Self {
            database,
            place,
            fields,
            columns,
            select,
            keys: query.keys,
            after: query.after,
            page: query.page,
            budget: query.budget,
        })
    }

    async fn run(mut self, sender: &mpsc::Sender<Result<Row>>) -> Result<()> {
        let shares = Arc::new(Semaphore::new(self.budget as usize));
        let order: Vec<&str> = self.fields.iter().map(|field| field.order.as_str()).collect();
        let order = order.join(", ");
        if let Some(keys) = self.keys.take() {
            for some in keys.chunks(KEYS) {
                let condition = among(&self.fields, some.len());
                let binds = some.iter().flat_map(Key::texts).cloned().collect();
                let sql = format!("{} WHERE {condition} ORDER BY {order}", self.select);
                if !self.hand_on(sql, binds, sender, &shares).await?.going {
                    break;
                }
            }
            return Ok(());
        }
        loop {
            let condition = match &self.after {
                None => String::new(),
                Some(_) => format!(" WHERE {}", behind(&self.fields, self.database.backend())),
            };
            let binds = self.after.as_ref().map(|key| self.binds(key)).unwrap_or_default();
            let sql = format!("{}{condition} ORDER BY {order} LIMIT {}", self.select, self.page);
            let page = self.hand_on(sql, binds, sender, &shares).await?;
            if !page.going || page.rows < self.page {
                return Ok(());
            }
            self.after = page.last;
        }
    }

    /// Hands on the rows of one query.
    async fn hand_on(
        &self,
        sql: String,
        binds: Vec<String>,
        sender: &mpsc::Sender<Result<Row>>,
        shares: &Arc<Semaphore>,
    ) -> Result<Page> {
        let mut page = Page::default();
        let (rows, last) = (&mut page.rows, &mut page.last);
        let sql = numbered(self.database.backend(), sql);
        page.going = self
            .database
            .stream(sql, binds, |cells| {
                *rows += 1;
                let size: usize = cells.iter().flatten().map(Bytes::len).sum();
                let share = u32::try_from(size).unwrap_or(u32::MAX).clamp(1, self.budget);
                let row = self.row(cells, None);
                if let Ok(row) = &row {
                    *last = Some(row.key.clone());
                }
                let shares = Arc::clone(shares);
                async move {
                    let mut row = row?;
                    row._share = shares.acquire_many_owned(share).await.ok();
                    Ok(sender.send(Ok(row)).await.is_ok())
                }
            })
            .await?;
        Ok(page)
    }

    /// The texts of a key, as often as the comparison names them.
    fn binds(&self, key: &Key) -> Vec<String> {
        match self.database.backend() {
            Backend::PostgreSql => key.texts().to_vec(),
            Backend::MySql => {
                let texts = key.texts();
                let mut binds: Vec<String> = texts.first().cloned().into_iter().collect();
                for length in 1..=texts.len() {
                    binds.extend(texts.iter().take(length).cloned());
                }
                binds
            }
        }
    }

    fn row(&self, cells: Cells, share: Option<OwnedSemaphorePermit>) -> Result<Row> {
        let mut cells = cells.into_iter();
        let mut texts = Vec::with_capacity(self.fields.len());
        for field in self.fields.iter() {
            let cell = cells.next().flatten().ok_or_else(|| {
                Error::corrupt(format!("the field {:?} of the primary key is NULL", field.name))
                    .at(self.place.clone())
            })?;
            texts.push(String::from_utf8_lossy(&cell).into_owned());
        }
        let mut fields = Vec::with_capacity(self.columns.len());
        for (storage, extent) in &self.columns {
            let value = cells.next().flatten();
            let length = match extent {
                Extent::Whole | Extent::Text => None,
                Extent::Front(_) => cells.next().flatten(),
            };
            let length = length.and_then(|text| std::str::from_utf8(&text).ok()?.parse::<u64>().ok());
            fields.push(match (extent, value) {
                (Extent::Text, Some(text)) => plain(&text),
                (_, value) => field(*storage, value, length),
            });
        }
        Ok(Row {
            key: Key::new(Arc::clone(&self.fields), texts),
            fields,
            _share: share,
        })
    }
}

fn plain(text: &[u8]) -> Field {
    Field {
        stored: Stored::Json(Json::String(String::from_utf8_lossy(text).into_owned())),
        length: text.len() as u64,
        whole: true,
    }
}

pub(crate) fn field(storage: Storage, value: Option<Bytes>, length: Option<u64>) -> Field {
    let Some(value) = value else {
        return Field {
            stored: Stored::Null,
            length: 0,
            whole: true,
        };
    };
    let read = value.len() as u64;
    let length = length.unwrap_or(read);
    let whole = read >= length;
    let stored = match storage {
        Storage::Bytes => Stored::Bytes(value),
        // Text that is no JSON is the text that it is: codecs say what is wrong with it.
        Storage::Json | Storage::Other => Stored::Json(match whole.then(|| serde_json::from_slice(&value)) {
            Some(Ok(json)) => json,
            _ => Json::String(String::from_utf8_lossy(&value).into_owned()),
        }),
    };
    Field {
        stored,
        length,
        whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_front_is_told_from_the_whole_and_text_from_json() {
        let whole = field(Storage::Json, Some("{\"path\": 1}".into()), Some(11));
        assert!(whole.whole && whole.stored == Stored::Json(serde_json::json!({"path": 1})));
        let text = field(Storage::Json, Some("array([1])".into()), Some(10));
        assert_eq!(text.stored, Stored::Json("array([1])".into()));
        let cut = field(Storage::Json, Some("{\"path\": 1}".into()), Some(5000));
        assert!(!cut.whole && cut.length == 5000 && matches!(cut.stored, Stored::Json(Json::String(_))));
        let bytes = field(Storage::Bytes, Some("mYm".into()), Some(3));
        assert!(bytes.whole && bytes.stored == Stored::Bytes("mYm".into()));
        assert_eq!(field(Storage::Bytes, None, None).stored, Stored::Null);
    }
}
