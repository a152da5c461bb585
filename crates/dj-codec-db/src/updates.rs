//! What the server does by itself where a row of a table is changed.

use dj_codec_api::{Error, Result};

use crate::heading::Table;
use crate::{Backend, Database};

impl Database {
    /// The columns that MySQL sets to the time of an update that does not name them.
    pub(crate) async fn columns_set_by_updates(&self, table: &Table) -> Result<Vec<String>> {
        if self.backend() == Backend::PostgreSql {
            return Ok(Vec::new());
        }
        let sql = "SELECT CAST(COLUMN_NAME AS CHAR) FROM information_schema.COLUMNS \
                   WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? AND LOWER(EXTRA) LIKE '%on update%'";
        self.names(sql, table).await
    }

    /// The triggers that every update of a row of the table sets off.
    pub(crate) async fn update_triggers(&self, table: &Table) -> Result<Vec<String>> {
        let sql = match self.backend() {
            Backend::PostgreSql => {
                "SELECT g.tgname::text FROM pg_catalog.pg_trigger g \
                 JOIN pg_catalog.pg_class c ON c.oid = g.tgrelid \
                 JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
                 WHERE n.nspname = $1::text AND c.relname = $2::text AND NOT g.tgisinternal \
                 AND g.tgenabled <> 'D' AND (g.tgtype::int & 16) <> 0"
            }
            Backend::MySql => {
                "SELECT CAST(TRIGGER_NAME AS CHAR) FROM information_schema.TRIGGERS \
                 WHERE EVENT_OBJECT_SCHEMA = ? AND EVENT_OBJECT_TABLE = ? AND EVENT_MANIPULATION = 'UPDATE'"
            }
        };
        self.names(sql, table).await
    }

    /// Refuses a table whose changes cannot be undone: those of MySQL's engines without transactions, such as MyISAM.
    ///
    /// # Errors
    /// Where it is one, or the server cannot be asked.
    pub(crate) async fn needs_transactions(&self, table: &Table) -> Result<()> {
        if self.backend() == Backend::PostgreSql {
            return Ok(());
        }
        let sql = "SELECT CAST(t.ENGINE AS CHAR) FROM information_schema.TABLES t \
                   JOIN information_schema.ENGINES e ON e.ENGINE = t.ENGINE \
                   WHERE t.TABLE_SCHEMA = ? AND t.TABLE_NAME = ? AND e.TRANSACTIONS = 'NO'";
        match self.names(sql, table).await?.first() {
            None => Ok(()),
            Some(engine) => Err(Error::unsupported(format!(
                "the table's engine, {engine}, has no transactions: a change that fails midway could not be undone"
            ))
            .at(format!("{}.{}", table.schema, table.name))
            .advise("convert it first: ALTER TABLE ... ENGINE=InnoDB")),
        }
    }

    async fn names(&self, sql: &str, table: &Table) -> Result<Vec<String>> {
        let binds = vec![table.schema.clone(), table.name.clone()];
        let rows = self.query(sql.to_owned(), binds).await?;
        Ok(rows.iter().map(|row| crate::raw::text(row.first())).collect())
    }
}
