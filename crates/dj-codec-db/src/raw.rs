//! Queries whose every column is text or bytes: each dialect casts in SQL, so that one reader serves both.

use bytes::Bytes;
use dj_codec_api::Result;
use futures_util::TryStreamExt as _;
use sqlx::AssertSqlSafe;

use crate::Database;
use crate::database::Pool;
use crate::failure::explain;

/// The cells of a row; `None` for NULL.
pub(crate) type Cells = Vec<Option<Bytes>>;

/// The cells of a row of either driver.
macro_rules! cells {
    ($row:expr) => {{
        use sqlx::Row as _;
        let row = $row;
        (0..row.len())
            .map(|column| {
                row.try_get_unchecked::<Option<&[u8]>, usize>(column)
                    .map(|cell| cell.map(bytes::Bytes::copy_from_slice))
            })
            .collect::<Result<$crate::raw::Cells, sqlx::Error>>()
    }};
}

/// Runs a query on either driver and hands its rows to a block, which may wait.
macro_rules! each_row {
    ($pool:expr, $sql:expr, $binds:expr, |$cells:ident| $body:expr) => {{
        // The SQL is built here from quoted names; values only ever travel as parameters.
        let mut query = sqlx::query(AssertSqlSafe($sql));
        for value in $binds {
            query = query.bind(value);
        }
        let mut rows = query.fetch($pool);
        loop {
            match rows.try_next().await {
                Ok(Some(row)) => match cells!(row) {
                    Ok($cells) => $body,
                    Err(error) => break Err(error),
                },
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
        }
    }};
}

/// A query with parameters of any kind; the values must outlive it.
macro_rules! bound {
    ($sql:expr, $binds:expr) => {{
        let mut query = sqlx::query(sqlx::AssertSqlSafe($sql));
        for bind in $binds {
            query = match bind {
                $crate::Bind::Null => query.bind(None::<&str>),
                $crate::Bind::Text(text) => query.bind(text.as_str()),
                $crate::Bind::Bytes(bytes) => query.bind(bytes.as_ref()),
            };
        }
        query
    }};
}

/// How many rows a statement applied to, of either driver.
macro_rules! outcome_of {
    ($executor:expr, $sql:expr, $binds:expr) => {{
        let (sql, binds): (String, Vec<$crate::Bind>) = ($sql, $binds);
        let done = $crate::raw::bound!(sql, &binds).execute($executor).await;
        done.map(|done| done.rows_affected())
    }};
}

/// All rows of a query of either driver.
macro_rules! rows_of {
    ($executor:expr, $sql:expr, $binds:expr) => {{
        let (sql, binds): (String, Vec<$crate::Bind>) = ($sql, $binds);
        let rows = $crate::raw::bound!(sql, &binds).fetch_all($executor).await;
        rows.and_then(|rows| rows.iter().map(|row| $crate::raw::cells!(row)).collect())
    }};
}

pub(crate) use {bound, cells, outcome_of, rows_of};

impl Database {
    /// All rows of a query that has few.
    pub(crate) async fn query(&self, sql: String, binds: Vec<String>) -> Result<Vec<Cells>> {
        let mut all = Vec::new();
        let outcome = match &self.pool {
            Pool::PostgreSql(pool) => each_row!(pool, sql, binds, |cells| all.push(cells)),
            Pool::MySql(pool) => each_row!(pool, sql, binds, |cells| all.push(cells)),
        };
        outcome.map_err(|error| explain(error, self.place()))?;
        Ok(all)
    }

    /// Hands the rows of a query on as they come; stops where nobody takes them any more, and says so with `false`.
    pub(crate) async fn stream<F, Fut>(&self, sql: String, binds: Vec<String>, mut hand_on: F) -> Result<bool>
    where
        F: FnMut(Cells) -> Fut,
        Fut: Future<Output = Result<bool>>,
    {
        let mut going = true;
        let mut failed = None;
        let outcome = match &self.pool {
            Pool::PostgreSql(pool) => each_row!(pool, sql, binds, |cells| match hand_on(cells).await {
                Ok(true) => {}
                Ok(false) => {
                    going = false;
                    break Ok(());
                }
                Err(error) => {
                    failed = Some(error);
                    break Ok(());
                }
            }),
            Pool::MySql(pool) => each_row!(pool, sql, binds, |cells| match hand_on(cells).await {
                Ok(true) => {}
                Ok(false) => {
                    going = false;
                    break Ok(());
                }
                Err(error) => {
                    failed = Some(error);
                    break Ok(());
                }
            }),
        };
        outcome.map_err(|error| explain(error, self.place()))?;
        failed.map_or(Ok(going), Err)
    }
}

/// A cell as text; empty for NULL.
pub(crate) fn text(cell: Option<&Option<Bytes>>) -> String {
    cell.and_then(Option::as_ref)
        .map(|bytes| String::from_utf8_lossy(bytes).into_owned())
        .unwrap_or_default()
}
