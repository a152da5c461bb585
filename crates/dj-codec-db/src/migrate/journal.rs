//! The journal: two tables in the schema of the migrated table, which DataJoint does not show because of their names.
//!
//! A row of the first is a database row that is to be migrated, or was. Who works on it holds its lock in an open transaction,
//! and that is the claim: where a process dies, the server frees it. A row of the second is an object that no database row needs:
//! one that was superseded, or one that is being written and will be needed only when the first table says so.

use bytes::Bytes;
use dj_codec_api::layout::{content_hash, generate_token};
use dj_codec_api::{Error, Result};

use super::schema;
use crate::heading::Table;
use crate::raw::{Cells, text};
use crate::writable::{Bind, Transaction, Writable};
use crate::{Backend, Database, Key};

/// How often a statement is tried that the server gives up for the sake of another.
const TRIES: usize = 8;

/// What a row of the journal has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// Found by a scan that has not ended: nobody works on it yet.
    Planned,
    /// To be migrated.
    Pending,
    /// The database row holds the new value.
    Migrated,
    /// It cannot be migrated exactly, or could not be today.
    Left,
    /// The old value was put back.
    RolledBack,
    /// The old value was to be put back, and could not be today.
    NotRolledBack,
    /// The old value was to be put back, and the row holds something else by now.
    Changed,
}

impl State {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Pending => "pending",
            Self::Migrated => "migrated",
            Self::Left => "left",
            Self::RolledBack => "rolled_back",
            Self::NotRolledBack => "not_rolled_back",
            Self::Changed => "changed",
        }
    }
}

/// Why the journal names an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// It is being written, or was by a process that died.
    Writing,
    /// Its row holds a newer value.
    Superseded,
    /// Its row holds the old value again.
    RolledBack,
}

impl Why {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Writing => "writing",
            Self::Superseded => "superseded",
            Self::RolledBack => "rolled_back",
        }
    }
}

/// What a column holds, exactly as the server says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Raw {
    Bytes(Bytes),
    Text(String),
}

impl Raw {
    /// What the journal keeps of it.
    pub(super) fn bytes(&self) -> Bytes {
        match self {
            Self::Bytes(bytes) => bytes.clone(),
            Self::Text(text) => Bytes::copy_from_slice(text.as_bytes()),
        }
    }

    pub(super) fn bind(&self) -> Bind {
        match self {
            Self::Bytes(bytes) => Bind::Bytes(bytes.clone()),
            Self::Text(text) => Bind::Text(text.clone()),
        }
    }

    pub(super) fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Text(text) => text.len() as u64,
        }
    }
}

/// A row of the journal that this process holds the lock of.
#[derive(Debug)]
pub(super) struct Claim {
    pub(super) id: String,
    pub(super) key: Vec<String>,
}

/// A row of the journal that was migrated.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) claim: Claim,
    pub(super) old: Bytes,
    pub(super) new: Bytes,
}

/// An object that is named in the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) store: String,
    pub(super) path: String,
    pub(super) fresh: bool,
}

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

    fn row_key(key: &Key) -> String {
        serde_json::to_string(key.texts()).unwrap_or_default()
    }

    /// What no two open rows of the journal have in common.
    fn claim_key(&self, row_key: &str) -> String {
        let aim = self.aim.as_deref().unwrap_or_default();
        let whole = [self.table.as_str(), &self.field, aim, row_key].map(|part| part.to_owned() + "\0");
        content_hash(whole.concat().as_bytes())
    }

    /// Notes rows that are to be migrated. One that is noted already is left as it is.
    pub(super) async fn note(&self, keys: &[Key], state: State) -> Result<()> {
        const COLUMNS: &str = "table_name, field, aim, row_key, claim_key, state, run";
        for some in keys.chunks(500) {
            let values = vec!["(?, ?, ?, ?, ?, ?, ?)"; some.len()].join(", ");
            let sql = match self.backend {
                Backend::PostgreSql => format!(
                    "INSERT INTO {} ({COLUMNS}) VALUES {values} ON CONFLICT DO NOTHING",
                    self.rows
                ),
                Backend::MySql => format!("INSERT IGNORE INTO {} ({COLUMNS}) VALUES {values}", self.rows),
            };
            let binds = some.iter().flat_map(|key| {
                let row_key = Self::row_key(key);
                let claim_key = self.claim_key(&row_key);
                let mut binds = self.mine();
                binds.extend([
                    row_key.into(),
                    claim_key.into(),
                    state.name().into(),
                    self.run.as_str().into(),
                ]);
                binds
            });
            self.patiently(sql, binds.collect()).await?;
        }
        Ok(())
    }

    /// Turns rows of one state into rows of another, all that nobody holds.
    pub(super) async fn turn(&self, from: State, to: State) -> Result<u64> {
        let sql = format!(
            "UPDATE {} SET state = ? WHERE {} AND state = ?",
            self.rows,
            self.is_mine()
        );
        let mut binds = vec![to.name().into()];
        binds.extend(self.mine());
        binds.push(from.name().into());
        self.patiently(sql, binds).await
    }

    /// Forgets the rows that a scan of this run has noted and nobody works on.
    pub(super) async fn forget_planned(&self) -> Result<()> {
        let sql = format!(
            "DELETE FROM {} WHERE {} AND state = ? AND run = ?",
            self.rows,
            self.is_mine()
        );
        let mut binds = self.mine();
        binds.extend([State::Planned.name().into(), self.run.as_str().into()]);
        self.patiently(sql, binds).await.map(drop)
    }

    /// Claims a row of this state that nobody works on; of rows with the state `Migrated` the newest first.
    pub(super) async fn claim(&self, open: &mut Transaction, state: State) -> Result<Option<Claim>> {
        let order = match state {
            State::Migrated => "id DESC",
            _ => "id",
        };
        let sql = format!(
            "SELECT {}, row_key FROM {} WHERE {} AND state = ? ORDER BY {order} LIMIT 1 FOR UPDATE SKIP LOCKED",
            self.text("id"),
            self.rows,
            self.is_mine()
        );
        let mut binds = self.mine();
        binds.push(state.name().into());
        let rows = open.query(sql, binds).await?;
        rows.first().map(claim).transpose()
    }

    /// Claims the row of this key, where it is open and nobody works on it.
    pub(super) async fn claim_one(&self, open: &mut Transaction, key: &Key) -> Result<Option<Claim>> {
        let sql = format!(
            "SELECT {}, row_key FROM {} WHERE claim_key = ? FOR UPDATE SKIP LOCKED",
            self.text("id"),
            self.rows
        );
        let claim_key = self.claim_key(&Self::row_key(key));
        let rows = open.query(sql, vec![claim_key.into()]).await?;
        rows.first().map(claim).transpose()
    }

    /// What a migrated row held before and after.
    pub(super) async fn done(&self, open: &mut Transaction, claim: Claim) -> Result<Done> {
        let sql = format!(
            "SELECT old_value, new_value FROM {} WHERE id = {}",
            self.rows, claim.id
        );
        let row = open.query(sql, Vec::new()).await?.into_iter().next();
        let mut cells = row.unwrap_or_default().into_iter().flatten();
        match (cells.next(), cells.next()) {
            (Some(old), Some(new)) => Ok(Done { claim, old, new }),
            _ => Err(Error::corrupt(format!(
                "the row {} of the journal has no old and new value",
                claim.id
            ))),
        }
    }

    /// Says that the row was migrated, and which objects it no longer needs.
    pub(super) async fn migrated(
        &self,
        open: &mut Transaction,
        claim: &Claim,
        values: (&Raw, Bytes),
        versions: (String, String),
    ) -> Result<()> {
        let sql = format!(
            "UPDATE {} SET state = ?, claim_key = NULL, reason = NULL, old_value = ?, new_value = ?, from_version = ?, \
             to_version = ?, run = ?, ended_at = {} WHERE id = {}",
            self.rows,
            self.now(),
            claim.id
        );
        let binds = vec![
            State::Migrated.name().into(),
            values.0.bytes().into(),
            values.1.into(),
            versions.0.into(),
            versions.1.into(),
            self.run.as_str().into(),
        ];
        open.execute(sql, binds).await.map(drop)
    }

    /// Says what a row has come to that was not migrated.
    pub(super) async fn ended(
        &self,
        open: &mut Transaction,
        claim: &Claim,
        state: State,
        reason: &str,
    ) -> Result<()> {
        let sql = format!(
            "UPDATE {} SET state = ?, reason = ?, run = ?, ended_at = {} WHERE id = {}",
            self.rows,
            self.now(),
            claim.id
        );
        let binds = vec![
            state.name().into(),
            // A text column of PostgreSQL holds no NUL.
            reason.replace('\0', "\u{fffd}").into(),
            self.run.as_str().into(),
        ];
        open.execute(sql, binds).await.map(drop)
    }

    /// Forgets a row of which there is nothing to say.
    pub(super) async fn forget(&self, open: &mut Transaction, claim: &Claim) -> Result<()> {
        let sql = format!("DELETE FROM {} WHERE id = {}", self.rows, claim.id);
        open.execute(sql, Vec::new()).await.map(drop)
    }

    /// Names an object that is about to be written, for good and at once.
    pub(super) async fn writing(
        &self,
        id: &str,
        row_key: &[String],
        attempt: &str,
        object: &Named,
    ) -> Result<()> {
        let (sql, binds) = self.naming(id, row_key, attempt, Why::Writing, object);
        self.writable.execute(sql, binds).await.map(drop)
    }

    /// Names an object that the row no longer needs.
    pub(super) async fn unneeded(
        &self,
        open: &mut Transaction,
        claim: &Claim,
        why: Why,
        object: &Named,
    ) -> Result<()> {
        let (sql, binds) = self.naming(&claim.id, &claim.key, "", why, object);
        open.execute(sql, binds).await.map(drop)
    }

    fn naming(
        &self,
        id: &str,
        row_key: &[String],
        attempt: &str,
        why: Why,
        object: &Named,
    ) -> (String, Vec<Bind>) {
        let sql = format!(
            "INSERT INTO {} (migration_id, table_name, field, row_key, store, path, fresh, why, attempt, run) \
             VALUES ({id}, ?, ?, ?, ?, ?, {}, ?, ?, ?)",
            self.objects,
            u8::from(object.fresh)
        );
        let binds = vec![
            self.table.as_str().into(),
            self.field.as_str().into(),
            serde_json::to_string(row_key).unwrap_or_default().into(),
            object.store.as_str().into(),
            object.path.as_str().into(),
            why.name().into(),
            attempt.into(),
            self.run.as_str().into(),
        ];
        (sql, binds)
    }

    /// The objects of an attempt are needed now, or are gone: their names are taken back.
    pub(super) async fn unname(&self, open: &mut Transaction, attempt: &str) -> Result<()> {
        let (sql, binds) = self.unnaming(attempt);
        open.execute(sql, binds).await.map(drop)
    }

    /// The same at once.
    pub(super) async fn unname_now(&self, attempt: &str) -> Result<()> {
        let (sql, binds) = self.unnaming(attempt);
        self.writable.execute(sql, binds).await.map(drop)
    }

    fn unnaming(&self, attempt: &str) -> (String, Vec<Bind>) {
        let sql = format!("DELETE FROM {} WHERE attempt = ? AND why = ?", self.objects);
        (sql, vec![attempt.into(), Why::Writing.name().into()])
    }

    /// The objects that a row did not need are needed again.
    pub(super) async fn needed_again(&self, open: &mut Transaction, claim: &Claim) -> Result<()> {
        let sql = format!(
            "DELETE FROM {} WHERE migration_id = {} AND why = ?",
            self.objects, claim.id
        );
        let binds = vec![Why::Superseded.name().into()];
        open.execute(sql, binds).await.map(drop)
    }

    /// How many rows have this state.
    pub(super) async fn count(&self, state: State) -> Result<u64> {
        let sql = format!(
            "SELECT {} FROM {} WHERE {} AND state = ?",
            self.text("count(*)"),
            self.rows,
            self.is_mine()
        );
        let mut binds = self.mine();
        binds.push(state.name().into());
        let rows = self.writable.query(sql, binds).await?;
        Ok(rows
            .first()
            .and_then(|row| text(row.first()).parse().ok())
            .unwrap_or(0))
    }

    /// The first rows of this state, with the reasons.
    pub(super) async fn some(&self, state: State, most: usize) -> Result<Vec<(Vec<String>, String)>> {
        let sql = format!(
            "SELECT row_key, reason FROM {} WHERE {} AND state = ? ORDER BY id LIMIT {most}",
            self.rows,
            self.is_mine()
        );
        let mut binds = self.mine();
        binds.push(state.name().into());
        let rows = self.writable.query(sql, binds).await?;
        rows.iter()
            .map(|row| Ok((key_texts(&text(row.first()))?, text(row.get(1)))))
            .collect()
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
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        if let Some(sqlx::Error::Database(answer)) = cause.downcast_ref::<sqlx::Error>() {
            let number = answer
                .try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>()
                .map(sqlx::mysql::MySqlDatabaseError::number);
            return matches!(
                (number, answer.code().as_deref()),
                (Some(1205 | 1213 | 1020), _) | (None, Some("40001" | "40P01" | "55P03"))
            );
        }
        source = cause.source();
    }
    false
}

fn claim(row: &Cells) -> Result<Claim> {
    Ok(Claim {
        id: text(row.first()),
        key: key_texts(&text(row.get(1)))?,
    })
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
    let needed: (&str, [u64; 2]) = match (database.backend(), server.starts_with("MariaDB")) {
        (Backend::PostgreSql, _) => ("PostgreSQL 9.5", [9, 5]),
        (Backend::MySql, true) => ("MariaDB 10.6", [10, 6]),
        (Backend::MySql, false) => ("MySQL 8.0", [8, 0]),
    };
    let found: Vec<u64> = server
        .split(|c: char| !c.is_ascii_digit())
        .filter_map(|part| part.parse().ok())
        .take(2)
        .collect();
    if found.is_empty() || found.as_slice() >= needed.1.as_slice() || found == [needed.1[0]] {
        return Ok(());
    }
    Err(Error::unsupported(format!(
        "{server} knows no SKIP LOCKED, with which several programs share the rows of a table"
    ))
    .at(database.place())
    .advise(format!("migrate on {} or later", needed.0)))
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
