//! The tables of the journal.

use dj_codec_api::Result;

use crate::key::quote;
use crate::writable::Writable;
use crate::{Backend, Database};

/// The table of rows. DataJoint does not show tables whose names begin with a tilde.
pub(super) const ROWS: &str = "~dj_codec_migration";
/// The table of objects.
pub(super) const OBJECTS: &str = "~dj_codec_migration_object";

/// A table of the journal in SQL.
pub(super) fn name(schema: &str, table: &str, backend: Backend) -> String {
    format!("{}.{}", quote(schema, backend), quote(table, backend))
}

/// Whether a schema has a journal that this user can see.
pub(super) async fn exists(database: &Database, schema: &str) -> Result<bool> {
    let sql = match database.backend() {
        Backend::PostgreSql => {
            "SELECT '1' FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
             WHERE n.nspname = $1::text AND c.relname IN ($2::text, $3::text)"
        }
        Backend::MySql => {
            "SELECT '1' FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME IN (?, ?)"
        }
    };
    let binds = vec![schema.to_owned(), ROWS.to_owned(), OBJECTS.to_owned()];
    Ok(database.query(sql.to_owned(), binds).await?.len() == 2)
}

/// Makes the journal. Others may be making it at the same time.
pub(super) async fn create(writable: &Writable, schema: &str) -> Result<()> {
    let database = writable.database();
    for statement in statements(schema, database.backend()) {
        let made = writable.execute(statement, Vec::new()).await;
        if let Err(error) = made
            && !exists(database, schema).await?
        {
            // Two that make one table at once: the server refuses one of them, though asked not to.
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
            if !exists(database, schema).await? {
                return Err(error);
            }
        }
    }
    Ok(())
}

fn statements(schema: &str, backend: Backend) -> Vec<String> {
    let (rows, objects) = (name(schema, ROWS, backend), name(schema, OBJECTS, backend));
    match backend {
        Backend::PostgreSql => vec![
            format!(
                "CREATE TABLE IF NOT EXISTS {rows} (\
                 id bigserial PRIMARY KEY, \
                 table_name text NOT NULL, field text NOT NULL, row_key text NOT NULL, claim_key text UNIQUE, \
                 aim text NOT NULL, state text NOT NULL, reason text, from_version text, to_version text, \
                 old_value bytea, new_value bytea, run text NOT NULL, \
                 noted_at timestamptz NOT NULL DEFAULT clock_timestamp(), ended_at timestamptz)"
            ),
            format!(
                "CREATE INDEX IF NOT EXISTS \"~dj_codec_migration_open\" ON {rows} (table_name, field, aim, state, id)"
            ),
            format!(
                "CREATE TABLE IF NOT EXISTS {objects} (\
                 id bigserial PRIMARY KEY, migration_id bigint NOT NULL, \
                 table_name text NOT NULL, field text NOT NULL, row_key text NOT NULL, \
                 store text NOT NULL, path text NOT NULL, fresh smallint NOT NULL, why text NOT NULL, \
                 attempt text NOT NULL, run text NOT NULL, \
                 noted_at timestamptz NOT NULL DEFAULT clock_timestamp())"
            ),
            format!("CREATE INDEX IF NOT EXISTS \"~dj_codec_migration_of\" ON {objects} (migration_id)"),
            format!("CREATE INDEX IF NOT EXISTS \"~dj_codec_migration_attempt\" ON {objects} (attempt)"),
        ],
        Backend::MySql => vec![
            format!(
                "CREATE TABLE IF NOT EXISTS {rows} (\
                 id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, \
                 table_name varchar(64) NOT NULL, field varchar(64) NOT NULL, row_key longtext NOT NULL, \
                 claim_key varchar(64) NULL, aim varchar(32) NOT NULL, state varchar(32) NOT NULL, \
                 reason longtext NULL, from_version varchar(64) NULL, to_version varchar(64) NULL, \
                 old_value longblob NULL, new_value longblob NULL, run varchar(64) NOT NULL, \
                 noted_at datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6), ended_at datetime(6) NULL, \
                 UNIQUE KEY claim_key (claim_key), KEY open_rows (table_name, field, aim, state, id)) \
                 ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin"
            ),
            format!(
                "CREATE TABLE IF NOT EXISTS {objects} (\
                 id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, migration_id bigint unsigned NOT NULL, \
                 table_name varchar(64) NOT NULL, field varchar(64) NOT NULL, row_key longtext NOT NULL, \
                 store varchar(255) NOT NULL, path longtext NOT NULL, fresh smallint NOT NULL, why varchar(32) NOT NULL, \
                 attempt varchar(64) NOT NULL, run varchar(64) NOT NULL, \
                 noted_at datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6), \
                 KEY migration_id (migration_id), KEY attempt (attempt)) \
                 ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin"
            ),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_schemas_are_quoted() {
        assert_eq!(name("a`b", ROWS, Backend::MySql), "`a``b`.`~dj_codec_migration`");
        for backend in [Backend::PostgreSql, Backend::MySql] {
            let statements = statements("la\"b", backend);
            let quoted = name("la\"b", OBJECTS, backend);
            assert!(
                statements
                    .iter()
                    .any(|sql| sql.starts_with("CREATE TABLE") && sql.contains(&quoted))
            );
        }
    }
}
