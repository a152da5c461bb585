//! An application migrates what it comes upon: single rows, many at once.

use std::sync::Arc;
use std::time::{Duration, Instant};

use dj_codec_db::{Database, Extent, Key, MigratedColumn, MigrationOptions, Migrator, RowMigrated, RowQuery};
use dj_codecs::api::{Context, Stored};
use tokio::task::JoinSet;

use super::lab::{Lab, SCHEMA};
use super::reader::same_rows;
use crate::failed::{Outcome, ensure, same};
use crate::report::Checks;

const TABLE: &str = "crowd";
const FIELD: &str = "movie";
/// Far less than all rows at once, each of which needs two connections.
const WORKERS: usize = 2;
/// Who waits for a connection that does not come gives up after thirty seconds.
const LONGEST: Duration = Duration::from_secs(25);

pub(super) fn run(lab: &Lab<'_>, checks: &mut Checks) {
    checks.check("all rows at once, each is migrated, and back", || {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let before = lab.reader.decoded(TABLE, FIELD)?;
        let held = lab.held("Crowd", FIELD)?;
        runtime.block_on(there(lab))?;
        same_rows("decoded", &lab.reader.decoded(TABLE, FIELD)?, &before)?;
        let formats = lab.reader.formats(TABLE, FIELD)?;
        ensure(
            formats.len() == before.len() && formats.values().all(|version| version == "2.0"),
            || format!("{formats:?}"),
        )?;
        lab.ran(TABLE, FIELD, &["--rollback"], 0)?;
        same(
            "what the column holds",
            &lab.held("Crowd", FIELD)?.rows,
            &held.rows,
        )
    });
}

async fn there(lab: &Lab<'_>) -> Outcome {
    let database = Database::connect(&lab.reader.url).await?;
    let cx = Context::with_stores(Arc::clone(&lab.reader.stores) as _);
    let registry = &lab.reader.registry;
    let column = MigratedColumn::open(&database, SCHEMA, TABLE, FIELD, registry, &cx).await?;
    let options = MigrationOptions::new().with_workers(WORKERS);
    let migrator = column.to_format("2.0".parse()?)?.migrator(&options).await?;
    let table = database.tables_named(SCHEMA, Some(TABLE)).await?.remove(0);
    let mut rows = database.rows(&table, RowQuery::new().with_column(FIELD, Extent::Whole))?;
    let mut met = Vec::new();
    while let Some(row) = rows.next().await? {
        let field = row.fields.first().ok_or("a row has no field")?;
        met.push((row.key.clone(), Some(field.stored.clone())));
    }
    let begun = Instant::now();
    all_are(&migrator, &met, RowMigrated::Migrated).await?;
    ensure(begun.elapsed() < LONGEST, || {
        format!("it takes {:?}", begun.elapsed())
    })?;
    all_are(&migrator, &met, RowMigrated::Changed).await?;
    for (_, stored) in &mut met {
        *stored = None;
    }
    all_are(&migrator, &met, RowMigrated::Already).await?;
    database.close().await;
    Ok(())
}

/// Migrates all rows at once, each of which comes to this.
async fn all_are(migrator: &Migrator, met: &[(Key, Option<Stored>)], wanted: RowMigrated) -> Outcome {
    let mut tasks = JoinSet::new();
    for (key, stored) in met {
        let (migrator, key, stored) = (migrator.clone(), key.clone(), stored.clone());
        tasks.spawn(async move { migrator.migrate_row(&key, stored.as_ref()).await });
    }
    while let Some(done) = tasks.join_next().await {
        let done = done.map_err(|error| error.to_string())??;
        same("what came of a row", &done, &wanted)?;
    }
    Ok(())
}
