//! Which rows are to be migrated.

use std::collections::BTreeMap;
use std::sync::Arc;

use dj_codec_api::{Column, Context, Result, Stored};
use tokio::task::JoinSet;

use super::aim::Aim;
use super::column::Parts;
use super::journal::{Journal, State};
use super::plan::{MigrationPlan, PlannedFormat};
use super::{Migration, MigrationOptions, MigrationProgress};
use crate::audit::objects;
use crate::heading::Storage;
use crate::rows::groups::Groups;
use crate::rows::{Extent, Field, Row, RowQuery};
use crate::{Key, OnMigration};

/// So much of a value in the table is read: enough to tell its format.
const FRONT: u64 = 4096;
/// So many rows are looked at together.
const GROUP: usize = 64;
/// And so many bytes, but for the last row.
const GROUP_BYTES: u64 = 4 << 20;
/// So many groups at once; values in stores take longer to answer than to look at.
const GROUPS: usize = 8;
/// Of each format so many rows are kept for the estimate, spread over the table.
const SAMPLE: usize = 5;

/// How a value stands to the migration. The order is that of reports.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Standing {
    Format(String, Verdict),
    Unknown(Verdict),
}

/// What is to be done about a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    Keep,
    Migrate,
    /// It is newer than the format asked for.
    Newer,
}

/// A value that was looked at.
struct Looked {
    key: Key,
    standing: Standing,
    bytes: u64,
    reason: Option<String>,
}

/// The rows of one standing.
#[derive(Default)]
struct Group {
    rows: u64,
    bytes: u64,
    reason: Option<String>,
    sample: Vec<Key>,
}

impl Group {
    fn add(&mut self, looked: Looked) {
        // Each time the sample is full, every other one of it is dropped, and rows are taken half as often.
        let every = (self.rows / SAMPLE as u64).next_power_of_two().max(1);
        if self.rows.is_multiple_of(every) {
            if self.sample.len() >= 2 * SAMPLE {
                let mut place = 0;
                self.sample.retain(|_| {
                    place += 1;
                    place % 2 == 1
                });
            }
            self.sample.push(looked.key);
        }
        self.rows += 1;
        self.bytes += looked.bytes;
        if self.reason.is_none() {
            self.reason = looked.reason;
        }
    }
}

/// Looks at all rows of a table.
pub(super) struct Scan<'a> {
    migration: &'a Migration,
    journal: Option<&'a Journal>,
    options: &'a MigrationOptions,
    groups: BTreeMap<Standing, Group>,
    rows: u64,
    nulls: u64,
}

impl<'a> Scan<'a> {
    pub(super) fn new(
        migration: &'a Migration,
        options: &'a MigrationOptions,
        journal: Option<&'a Journal>,
    ) -> Self {
        Self {
            migration,
            journal,
            options,
            groups: BTreeMap::new(),
            rows: 0,
            nulls: 0,
        }
    }

    /// Looks at all rows, and notes those that are to be migrated in the journal, where there is one.
    pub(super) async fn run(mut self) -> Result<MigrationPlan> {
        let parts = Arc::clone(&self.migration.column.0);
        let extent = match parts.attribute.storage() {
            Storage::Bytes => Extent::Front(FRONT),
            Storage::Json | Storage::Other => Extent::Whole,
        };
        let mut query = RowQuery::new().with_column(&parts.attribute.name, extent);
        if let Aim::Into(target) = &self.migration.aim
            && target.cell.is_some()
        {
            query = query.with_column(&target.name, Extent::Front(1));
        }
        let rows = parts.database.rows(&parts.table, query)?;
        let mut groups = Groups::new(rows, GROUP, GROUP_BYTES);
        let mut tasks = JoinSet::new();
        while let Some(group) = groups.next().await? {
            while tasks.len() >= GROUPS {
                self.take(tasks.join_next().await).await?;
            }
            let (parts, aim) = (Arc::clone(&parts), self.migration.aim.clone());
            let downgrade = self.options.allow_downgrade;
            tasks.spawn_blocking(move || look(&parts, &aim, downgrade, group));
        }
        while !tasks.is_empty() {
            self.take(tasks.join_next().await).await?;
        }
        Ok(self.plan(&parts))
    }

    async fn take(
        &mut self,
        looked: Option<Result<Vec<Option<Looked>>, tokio::task::JoinError>>,
    ) -> Result<()> {
        let looked = looked
            .transpose()
            .map_err(|error| dj_codec_api::Error::store("a part of the scan broke off").caused_by(error))?;
        let mut noted = Vec::new();
        for looked in looked.unwrap_or_default() {
            self.rows += 1;
            let Some(looked) = looked else {
                self.nulls += 1;
                continue;
            };
            if looked.standing.verdict() == Verdict::Migrate {
                noted.push(looked.key.clone());
            }
            self.groups
                .entry(looked.standing.clone())
                .or_default()
                .add(looked);
        }
        if let Some(journal) = self.journal {
            journal.note(&noted, State::Planned).await?;
        }
        self.tell(&self.options.on_progress);
        Ok(())
    }

    fn tell(&self, progress: &OnMigration) {
        progress.tell(MigrationProgress::Scanning {
            rows: self.rows,
            estimated_rows: self.migration.column.0.table.estimated_rows,
        });
    }

    fn plan(self, parts: &Parts) -> MigrationPlan {
        let newer = self.groups.iter().filter_map(|(standing, group)| match standing {
            Standing::Format(version, Verdict::Newer) => Some((group.rows, version.clone())),
            _ => None,
        });
        let newer = newer.max();
        let migrating = |standing: &Standing| standing.verdict() == Verdict::Migrate;
        let sum = |of: fn(&Group) -> u64| {
            let groups = self.groups.iter().filter(|(standing, _)| migrating(standing));
            groups.map(|(_, group)| of(group)).sum::<u64>()
        };
        let mut notes = Vec::new();
        if !parts.triggers.is_empty() {
            notes.push(format!(
                "each row that is migrated sets off the table's own {}: {}",
                if parts.triggers.len() == 1 {
                    "trigger"
                } else {
                    "triggers"
                },
                parts.triggers.join(", ")
            ));
        }
        MigrationPlan {
            database: parts.database.place().to_owned(),
            server: parts.database.server().to_owned(),
            schema: parts.table.schema.clone(),
            table: parts.table.name.clone(),
            field: parts.attribute.name.clone(),
            type_name: parts.attribute.type_name().to_owned(),
            to: self.migration.aim.to_string(),
            converts: matches!(self.migration.aim, Aim::Into(_)),
            rows: self.rows,
            nulls: self.nulls,
            to_migrate: sum(|group| group.rows),
            bytes_before: sum(|group| group.bytes),
            bytes_after: None,
            seconds: None,
            sampled: 0,
            notes,
            newer,
            samples: self
                .groups
                .iter()
                .filter(|(standing, _)| migrating(standing))
                .map(|(_, group)| (group.rows, group.bytes, group.sample.clone()))
                .collect(),
            formats: self
                .groups
                .into_iter()
                .map(|(standing, group)| PlannedFormat {
                    migrate: migrating(&standing),
                    version: match standing {
                        Standing::Format(version, _) => Some(version),
                        Standing::Unknown(_) => None,
                    },
                    rows: group.rows,
                    bytes: group.bytes,
                    reason: group.reason,
                })
                .collect(),
        }
    }
}

impl Standing {
    pub(super) fn verdict(&self) -> Verdict {
        match self {
            Self::Format(_, verdict) | Self::Unknown(verdict) => *verdict,
        }
    }

    /// The same, with nothing to be done.
    fn kept(self) -> Self {
        match self {
            Self::Format(found, _) => Self::Format(found, Verdict::Keep),
            Self::Unknown(_) => Self::Unknown(Verdict::Keep),
        }
    }
}

/// Looks at the values of some rows; `None` for NULL.
fn look(parts: &Parts, aim: &Aim, allow_downgrade: bool, rows: Vec<Row>) -> Vec<Option<Looked>> {
    let sizes = sizes(parts, &rows);
    let each = rows.into_iter().zip(sizes).map(|(row, bytes)| {
        let field = row.fields.first().filter(|field| field.stored != Stored::Null)?;
        let (mut standing, reason) = standing(&parts.column, &parts.cx, aim, allow_downgrade, field);
        if row.fields.get(1).is_some_and(|new| new.stored != Stored::Null) {
            standing = standing.kept();
        }
        Some(Looked {
            key: row.key,
            standing,
            bytes,
            reason,
        })
    });
    each.collect()
}

fn standing(
    column: &Column,
    cx: &Context,
    aim: &Aim,
    allow_downgrade: bool,
    field: &Field,
) -> (Standing, Option<String>) {
    let found = column.format_version(field.stored.clone(), cx);
    match (aim, found) {
        (Aim::Format(to), Ok(Some(found))) => {
            let verdict = if found == *to {
                Verdict::Keep
            } else if found > *to && !allow_downgrade {
                Verdict::Newer
            } else {
                Verdict::Migrate
            };
            (Standing::Format(found.to_string(), verdict), None)
        }
        (Aim::Unwrapped(_), Ok(found)) => {
            let found = found.map_or_else(String::new, |found| found.to_string());
            (Standing::Format(found, Verdict::Keep), None)
        }
        (Aim::Into(_), Ok(found)) => {
            let found = found.map_or_else(String::new, |found| found.to_string());
            (Standing::Format(found, Verdict::Migrate), None)
        }
        // It is tried, and the journal says why it was left.
        (_, Ok(None)) => (Standing::Unknown(Verdict::Migrate), None),
        (_, Err(error)) => (Standing::Unknown(Verdict::Migrate), Some(error.report())),
    }
}

/// The bytes of each value, in the table or in stores.
fn sizes(parts: &Parts, rows: &[Row]) -> Vec<u64> {
    let fields = || rows.iter().map(|row| row.fields.first());
    if parts.column.store().is_none() {
        return fields()
            .map(|field| field.map_or(0, |field| field.length))
            .collect();
    }
    let mut sizes = vec![0; rows.len()];
    let mut by_store: BTreeMap<Option<String>, Vec<(usize, String)>> = BTreeMap::new();
    for (at, field) in fields().enumerate() {
        let stored = field.map(|field| &field.stored);
        for reference in stored
            .map(|stored| parts.column.referenced_paths(stored))
            .unwrap_or_default()
        {
            by_store
                .entry(reference.store)
                .or_default()
                .push((at, reference.path));
        }
    }
    for (store, references) in by_store {
        let Ok(store) = objects::open(&parts.cx, store.as_deref()) else {
            continue;
        };
        let paths: Vec<&str> = references.iter().map(|(_, path)| path.as_str()).collect();
        for ((at, _), found) in references.iter().zip(objects::find(&store, &paths)) {
            if let (Some(size), Ok(found)) = (sizes.get_mut(*at), found) {
                *size += found.bytes;
            }
        }
    }
    sizes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_small_and_from_the_whole_table() {
        let mut group = Group::default();
        for row in 0..1_000_u64 {
            group.add(Looked {
                key: Key::new(Arc::from([]), vec![row.to_string()]),
                standing: Standing::Unknown(Verdict::Migrate),
                bytes: 10,
                reason: (row == 7).then(|| "why".to_owned()),
            });
        }
        assert_eq!((group.rows, group.bytes), (1_000, 10_000));
        assert_eq!(group.reason.as_deref(), Some("why"));
        let rows: Vec<u64> = group
            .sample
            .iter()
            .map(|key| key.texts()[0].parse().unwrap())
            .collect();
        assert!((SAMPLE..=2 * SAMPLE).contains(&rows.len()), "{rows:?}");
        assert!(
            rows.iter().any(|&row| row < 300) && rows.iter().any(|&row| row > 600),
            "{rows:?}"
        );
    }
}
