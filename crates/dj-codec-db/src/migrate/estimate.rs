//! What a migration will come to, by a few values that are migrated into memory.

use std::sync::Arc;
use std::time::{Duration, Instant};

use dj_codec_api::{Context, MemoryStore, OpenStore, Result, Stored, Stores};

use super::plan::MigrationPlan;
use super::recode::{Recoded, Recoding};
use super::{Migration, MigrationOptions};
use crate::Key;

/// The estimate takes no longer than this, but for one value.
const PATIENCE: Duration = Duration::from_secs(20);
/// No larger value is encoded into memory.
const LARGEST: u64 = 256 << 20;

/// Fills in the bytes after and the time, by so many values of each format. Where none can be migrated, or those of a format are too
/// large to be tried, nothing is said.
pub(super) async fn estimate(
    migration: &Migration,
    options: &MigrationOptions,
    plan: &mut MigrationPlan,
    most: usize,
) -> Result<()> {
    let begun = Instant::now();
    let (mut after, mut seconds, mut known) = (0.0, 0.0, !plan.samples.is_empty());
    let recoding = Arc::new(migration.column.recoding(&migration.aim, true));
    for (rows, bytes, keys) in &plan.samples {
        let mut sum = Sample::default();
        for key in keys.iter().take(most) {
            if begun.elapsed() > PATIENCE {
                break;
            }
            match one(migration, &recoding, key).await? {
                Tried::Migrated(one) => {
                    sum.values += 1;
                    sum.before += one.before;
                    sum.after += one.after;
                    sum.time += one.time;
                }
                Tried::TooLarge => known = false,
                Tried::Nothing => {}
            }
        }
        plan.sampled += sum.values;
        if sum.values == 0 || sum.before == 0 {
            // Of a format whose values cannot be read, none will change.
            known &= plan.samples.len() > 1;
            after += *bytes as f64;
            continue;
        }
        after += *bytes as f64 * (sum.after as f64 / sum.before as f64);
        seconds += *rows as f64 * sum.time.as_secs_f64() / sum.values as f64;
    }
    if known && plan.sampled > 0 {
        plan.bytes_after = Some(after.round() as u64);
        plan.seconds = Some(seconds / options.workers() as f64);
    }
    Ok(())
}

/// A value, or the sum of several.
#[derive(Debug, Default, Clone, Copy)]
struct Sample {
    values: u64,
    before: u64,
    after: u64,
    time: Duration,
}

/// What came of a value that was to be migrated into memory.
enum Tried {
    Migrated(Sample),
    TooLarge,
    /// It cannot be, or is gone.
    Nothing,
}

/// Migrates one value into memory.
async fn one(migration: &Migration, recoding: &Arc<Recoding>, key: &Key) -> Result<Tried> {
    let parts = &migration.column.0;
    let begun = Instant::now();
    let row = parts
        .database
        .row(&parts.table, key, &[&parts.attribute.name])
        .await?;
    let Some(field) = row.and_then(|row| row.fields.into_iter().next()) else {
        return Ok(Tried::Nothing);
    };
    let Ok(cx) = key.context(&parts.cx, &parts.table, &parts.attribute.name) else {
        return Ok(Tried::Nothing);
    };
    let (recoding, column) = (Arc::clone(recoding), migration.column.clone());
    let measured = tokio::task::spawn_blocking(move || {
        let before = column.size(&field.stored, field.length);
        if before > LARGEST {
            return Tried::TooLarge;
        }
        let memory = Arc::new(MemoryStore::new());
        let within = within(&cx, &memory);
        let Ok(Recoded::New { stored, .. }) = recoding.recode(&field.stored, &cx, &within) else {
            return Tried::Nothing;
        };
        let after = match &stored {
            Stored::Bytes(bytes) => bytes.len() as u64,
            _ => memory.snapshot().values().map(|object| object.len() as u64).sum(),
        };
        Tried::Migrated(Sample {
            values: 1,
            before,
            after,
            time: begun.elapsed(),
        })
    })
    .await;
    Ok(measured.unwrap_or(Tried::Nothing))
}

/// The same context, in which every store is this one.
fn within(cx: &Context, memory: &Arc<MemoryStore>) -> Context {
    let stores = InMemory {
        real: cx.clone(),
        memory: Arc::clone(memory),
    };
    let within = Context::new(stores)
        .with_field(cx.schema(), cx.table(), cx.field())
        .with_column_store(cx.column_store())
        .with_limits(cx.limits().clone());
    cx.key().iter().fold(within, |within, (name, value)| {
        within.with_key(name, value.clone())
    })
}

/// Stores with the names and layouts of the real ones, whose objects are all in memory.
#[derive(Debug)]
struct InMemory {
    real: Context,
    memory: Arc<MemoryStore>,
}

impl Stores for InMemory {
    fn open(&self, name: Option<&str>) -> Result<OpenStore> {
        let real = self.real.stores().open(name)?;
        Ok(OpenStore {
            store: Arc::clone(&self.memory) as _,
            ..real
        })
    }

    fn names(&self) -> Vec<String> {
        self.real.stores().names()
    }
}
