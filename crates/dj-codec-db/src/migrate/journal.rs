//! The journal: two tables in the schema of the migrated table, which DataJoint does not show because of their names.
//!
//! A row of the first is a database row that is to be migrated, or was. Who works on it holds its lock in an open transaction,
//! and that is the claim: where a process dies, the server frees it. A row of the second is an object that no database row needs:
//! one that was superseded, or one that is being written and will be needed only when the first table says so.

mod entry;
mod listing;
mod objects;
mod rows;
mod schema;

use dj_codec_api::layout::{content_hash, generate_token};
use dj_codec_api::{Error, Json, Result};

pub(super) use entry::{Claim, Done, Named, Raw, State, Why};
pub(super) use listing::{Listed, Listing};

use crate::heading::Table;
use crate::raw::Cells;
use crate::writable::{Bind, Writable};
use crate::{Backend, Database};

/// How often a statement is tried that the server gives up for the sake of another.
const TRIES: usize = 8;

/// The rows of the journal that belong to one column, and to one aim or to all.
#[derive(Debug, Clone)]
pub(super) struct Journal {
    pub(super) writable: Writable,
    table: String,
    field: String,
    aim: Option<String>,
    run: String,
    rows: String,
    objects: String,
    backend: Backend,
}

impl Journal {
    /// Opens the journal of a schema, and makes it where it is not there.
    pub(super) async fn open(
        writable: Writable,
        table: &Table,
        field: &str,
        aim: Option<String>,
    ) -> Result<Self> {
        let database = writable.database();
        supports_claims(database)?;
        if !schema::exists(database, &table.schema).await? {
            schema::create(&writable, &table.schema).await?;
        }
        let backend = database.backend();
        Ok(Self {
            table: table.name.clone(),
            field: field.to_owned(),
            aim,
            run: generate_token(12)?,
            rows: schema::name(&table.schema, schema::ROWS, backend),
            objects: schema::name(&table.schema, schema::OBJECTS, backend),
            backend,
            writable,
        })
    }

    /// The column and aim in every condition.
    fn is_mine(&self) -> &'static str {
        match self.aim {
            Some(_) => "table_name = ? AND field = ? AND aim = ?",
            None => "table_name = ? AND field = ? AND aim <> ?",
        }
    }

    fn mine(&self) -> Vec<Bind> {
        let aim = self.aim.as_deref().unwrap_or_default();
        vec![self.table.as_str().into(), self.field.as_str().into(), aim.into()]
    }

    /// Which run of the program this is.
    pub(super) fn run(&self) -> &str {
        &self.run
    }

    fn now(&self) -> &'static str {
        match self.backend {
            Backend::PostgreSql => "clock_timestamp()",
            Backend::MySql => "CURRENT_TIMESTAMP(6)",
        }
    }

    /// What no two open rows of the journal have in common.
    fn claim_key(&self, row_key: &str) -> String {
        let aim = self.aim.as_deref().unwrap_or_default();
        let whole = [self.table.as_str(), &self.field, aim, row_key].map(|part| part.to_owned() + "\0");
        content_hash(whole.concat().as_bytes())
    }

    fn text(&self, expression: &str) -> String {
        as_text(expression, self.backend)
    }

    /// Runs a statement again where the server gave it up for the sake of another.
    async fn patiently(&self, sql: String, binds: Vec<Bind>) -> Result<u64> {
        for _ in 1..TRIES {
            match self.writable.execute(sql.as_str(), binds.clone()).await {
                Err(error) if is_conflict(&error) => {}
                outcome => return outcome,
            }
        }
        self.writable.execute(sql, binds).await
    }
}

/// Whether the server gave a statement up because another one was in its way, so that it may be tried again.
pub(super) fn is_conflict(error: &Error) -> bool {
    answer(error).is_some_and(|answer| {
        let number = answer
            .try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>()
            .map(sqlx::mysql::MySqlDatabaseError::number);
        matches!(
            (number, answer.code().as_deref()),
            (Some(1205 | 1213 | 1020), _) | (None, Some("40001" | "40P01" | "55P03"))
        )
    })
}

/// Whether the server refused a statement for what it is, and would do so again.
pub(super) fn is_refusal(error: &Error) -> bool {
    answer(error).is_some() && !is_conflict(error)
}

/// What the server answered; `None` where it was not the server that failed.
fn answer(error: &Error) -> Option<&dyn sqlx::error::DatabaseError> {
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        if let Some(sqlx::Error::Database(answer)) = cause.downcast_ref::<sqlx::Error>() {
            return Some(answer.as_ref());
        }
        source = cause.source();
    }
    None
}

/// What [`key_texts`] reads again.
fn row_key(texts: &[String]) -> String {
    Json::from(texts).to_string()
}

pub(super) fn key_texts(json: &str) -> Result<Vec<String>> {
    serde_json::from_str(json)
        .map_err(|error| Error::corrupt("a row of the journal names no key").caused_by(error))
}

pub(super) fn as_text(expression: &str, backend: Backend) -> String {
    match backend {
        Backend::PostgreSql => format!("({expression})::text"),
        Backend::MySql => format!("CAST({expression} AS CHAR)"),
    }
}

/// Rows are claimed with `SKIP LOCKED`.
fn supports_claims(database: &Database) -> Result<()> {
    let server = database.server();
    match too_old(database.backend(), server) {
        None => Ok(()),
        Some(needed) => Err(Error::unsupported(format!(
            "{server} knows no SKIP LOCKED, with which several programs share the rows of a table"
        ))
        .at(database.place())
        .advise(format!("migrate on {needed} or later"))),
    }
}

/// The version that is needed, where the server is older. One that does not say its version is believed.
fn too_old(backend: Backend, server: &str) -> Option<&'static str> {
    let (name, needed) = match (backend, server.starts_with("MariaDB")) {
        (Backend::PostgreSql, _) => ("PostgreSQL 9.5", [9, 5]),
        (Backend::MySql, true) => ("MariaDB 10.6", [10, 6]),
        (Backend::MySql, false) => ("MySQL 8.0", [8, 0]),
    };
    let numbers = server.split(|c: char| !c.is_ascii_digit());
    let mut found: Vec<u64> = numbers.filter_map(|part| part.parse().ok()).take(2).collect();
    if found.is_empty() {
        return None;
    }
    found.resize(2, 0);
    (found.as_slice() < needed.as_slice()).then_some(name)
}

impl Writable {
    /// All rows of a query that has few.
    pub(super) async fn query(&self, sql: impl Into<String>, binds: Vec<Bind>) -> Result<Vec<Cells>> {
        let mut open = self.begin().await?;
        let rows = open.query(sql, binds).await?;
        open.rollback().await?;
        Ok(rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_without_skip_locked_are_told() {
        use Backend::{MySql, PostgreSql};
        for (backend, server, needed) in [
            (PostgreSql, "PostgreSQL 15.18", None),
            (PostgreSql, "PostgreSQL 17beta1", None),
            (PostgreSql, "PostgreSQL 9.4.26", Some("PostgreSQL 9.5")),
            (MySql, "MySQL 8.0.36", None),
            (MySql, "MySQL 9.7.4-2", None),
            (MySql, "MySQL 5.7.44-log", Some("MySQL 8.0")),
            (MySql, "MariaDB 10.6.16-MariaDB", None),
            (MySql, "MariaDB 11.4.2-MariaDB", None),
            (MySql, "MariaDB 10.5.23-MariaDB", Some("MariaDB 10.6")),
            (MySql, "MySQL", None),
        ] {
            assert_eq!(too_old(backend, server), needed, "{server}");
        }
    }

    #[test]
    fn the_key_of_a_row_is_read_as_it_was_noted() {
        let texts = vec!["m1/%".to_owned(), "1:a\"b".to_owned(), String::new()];
        assert_eq!(row_key(&texts), r#"["m1/%","1:a\"b",""]"#);
        assert_eq!(key_texts(&row_key(&texts)).unwrap(), texts);
        assert!(key_texts("m1").is_err());
    }
}
