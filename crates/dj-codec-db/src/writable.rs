//! Connections that may change what is stored.

use bytes::Bytes;
use dj_codec_api::Result;

use crate::Database;
use crate::database::Pool;
use crate::failure::explain_writing;
use crate::raw::{Cells, outcome_of, rows_of};
use crate::rows::sql::numbered;

/// A value that travels as a parameter: text or bytes, which SQL casts to the type that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bind {
    /// NULL.
    Null,
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Bytes),
}

impl From<&str> for Bind {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Bind {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Bytes> for Bind {
    fn from(bytes: Bytes) -> Self {
        Self::Bytes(bytes)
    }
}

/// A pool of connections that may write, from [`Database::writable`]. Its transactions see what others have committed
/// (`READ COMMITTED`).
#[derive(Debug, Clone)]
pub struct Writable {
    database: Database,
}

/// A transaction. Dropped without [`commit`](Self::commit), it changes nothing.
#[derive(Debug)]
pub struct Transaction {
    open: Open,
    place: String,
}

#[derive(Debug)]
enum Open {
    PostgreSql(sqlx::Transaction<'static, sqlx::Postgres>),
    MySql(sqlx::Transaction<'static, sqlx::MySql>),
}

impl Writable {
    pub(crate) fn new(database: Database) -> Self {
        Self { database }
    }

    /// The same connections, to read with.
    #[must_use]
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Runs a statement that is a transaction of its own, and gives the number of rows that it applied to. Each `?` outside of
    /// double quotes stands for a parameter, on PostgreSQL too.
    ///
    /// # Errors
    /// Where the server refuses it, or cannot be asked.
    pub async fn execute(&self, sql: impl Into<String>, binds: Vec<Bind>) -> Result<u64> {
        let sql = numbered(self.database.backend(), sql.into());
        let done = match &self.database.pool {
            Pool::PostgreSql(pool) => outcome_of!(pool, sql, binds),
            Pool::MySql(pool) => outcome_of!(pool, sql, binds),
        };
        done.map_err(|error| explain_writing(error, self.database.place()))
    }

    /// Begins a transaction, which has a connection for itself.
    ///
    /// # Errors
    /// Where there is no connection to be had.
    pub async fn begin(&self) -> Result<Transaction> {
        let begun = match &self.database.pool {
            Pool::PostgreSql(pool) => pool.begin().await.map(Open::PostgreSql),
            Pool::MySql(pool) => pool.begin().await.map(Open::MySql),
        };
        let place = self.database.place().to_owned();
        match begun {
            Ok(open) => Ok(Transaction { open, place }),
            Err(error) => Err(explain_writing(error, &place)),
        }
    }
}

impl Transaction {
    /// Runs a statement, and gives the number of rows that it applied to; see [`Writable::execute`].
    ///
    /// # Errors
    /// Where the server refuses it, or cannot be asked. On PostgreSQL nothing more can be done in the transaction then.
    pub async fn execute(&mut self, sql: impl Into<String>, binds: Vec<Bind>) -> Result<u64> {
        let sql = numbered(self.backend(), sql.into());
        let done = match &mut self.open {
            Open::PostgreSql(open) => outcome_of!(&mut **open, sql, binds),
            Open::MySql(open) => outcome_of!(&mut **open, sql, binds),
        };
        done.map_err(|error| explain_writing(error, &self.place))
    }

    /// All rows of a query that has few, every column cast to text or bytes.
    ///
    /// # Errors
    /// As [`execute`](Self::execute).
    pub(crate) async fn query(&mut self, sql: impl Into<String>, binds: Vec<Bind>) -> Result<Vec<Cells>> {
        let sql = numbered(self.backend(), sql.into());
        let rows = match &mut self.open {
            Open::PostgreSql(open) => rows_of!(&mut **open, sql, binds),
            Open::MySql(open) => rows_of!(&mut **open, sql, binds),
        };
        rows.map_err(|error| explain_writing(error, &self.place))
    }

    /// Makes what was done last. Where this fails, it is not known whether it does.
    ///
    /// # Errors
    /// Where the server refuses, or the connection broke.
    pub async fn commit(self) -> Result<()> {
        let done = match self.open {
            Open::PostgreSql(open) => open.commit().await,
            Open::MySql(open) => open.commit().await,
        };
        done.map_err(|error| explain_writing(error, &self.place))
    }

    /// Undoes what was done.
    ///
    /// # Errors
    /// Where the connection broke: the server undoes it then.
    pub async fn rollback(self) -> Result<()> {
        let done = match self.open {
            Open::PostgreSql(open) => open.rollback().await,
            Open::MySql(open) => open.rollback().await,
        };
        done.map_err(|error| explain_writing(error, &self.place))
    }

    fn backend(&self) -> crate::Backend {
        match self.open {
            Open::PostgreSql(_) => crate::Backend::PostgreSql,
            Open::MySql(_) => crate::Backend::MySql,
        }
    }
}
