//! The audit of one table.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;

use dj_codec_api::{Error, FormatStatus, FormatVersion, Result, WarningKind};
use tokio::task::JoinSet;

use super::AuditOptions;
use super::objects::{self, Found};
use super::report::{
    ColumnReport, ColumnStatus, FaultReport, FormatReport, MonthReport, StoreReport, TableReport,
};
use super::subject::Subject;
use super::tally::{Sum, Tally, Wanted};
use crate::Database;
use crate::fault::FaultKind;
use crate::heading::Table;
use crate::progress::Progress;
use crate::rows::groups::Groups;
use crate::rows::{Row, RowQuery};

/// So many rows are looked at together.
const GROUP: usize = 256;
/// And so many bytes, as far as the values are in the table, but for the last row.
const GROUP_BYTES: u64 = 8 << 20;
/// So many references are kept before their objects are looked for.
const REFERENCES: usize = 50_000;

/// The audit of one table.
pub(super) struct TableAudit<'a> {
    database: &'a Database,
    table: &'a Table,
    subjects: Arc<[Arc<Subject>]>,
    options: &'a AuditOptions,
    tallies: Vec<Tally>,
    stores: Vec<BTreeMap<String, (u64, Found)>>,
    missing: Vec<u64>,
    // Objects that values share are counted once: a hash of store and path is kept of each.
    seen: HashSet<u64>,
    hasher: RandomState,
    rows: u64,
    bytes: u64,
    faults_before: u64,
}

impl<'a> TableAudit<'a> {
    pub(super) fn new(
        database: &'a Database,
        table: &'a Table,
        subjects: Vec<Arc<Subject>>,
        options: &'a AuditOptions,
        bytes: u64,
        faults_before: u64,
    ) -> Self {
        Self {
            database,
            table,
            tallies: subjects.iter().map(|_| Tally::default()).collect(),
            stores: subjects.iter().map(|_| BTreeMap::new()).collect(),
            missing: vec![0; subjects.len()],
            subjects: subjects.into(),
            options,
            seen: HashSet::new(),
            hasher: RandomState::new(),
            rows: 0,
            bytes,
            faults_before,
        }
    }

    /// Bytes read and faults found so far, for progress.
    pub(super) fn totals(&self) -> (u64, u64) {
        (self.bytes, self.faults_before + self.faults())
    }

    fn faults(&self) -> u64 {
        let all = self.tallies.iter().flat_map(|tally| tally.faults.values());
        all.map(|faults| faults.values).sum()
    }

    pub(super) async fn run(&mut self) -> Result<TableReport> {
        let query = self.subjects.iter().fold(RowQuery::new(), |query, subject| {
            query.with_column(&subject.attribute.name, subject.extent(false))
        });
        let mut groups = Groups::new(self.database.rows(self.table, query)?, GROUP, GROUP_BYTES);
        let mut tasks: JoinSet<Vec<Tally>> = JoinSet::new();
        while let Some(group) = groups.next().await? {
            self.rows += group.len() as u64;
            if tasks.len() >= self.options.parallel {
                self.take(tasks.join_next().await)?;
            }
            let (subjects, samples) = (Arc::clone(&self.subjects), self.options.samples);
            tasks.spawn_blocking(move || examine(&subjects, &group, samples));
            self.tell();
            if self.tallies.iter().map(|tally| tally.wanted.len()).sum::<usize>() >= REFERENCES {
                self.look_for_objects().await?;
            }
        }
        while let Some(done) = tasks.join_next().await {
            self.take(Some(done))?;
        }
        self.look_for_objects().await?;
        self.tell();
        Ok(self.report())
    }

    fn tell(&self) {
        let (bytes, faults) = self.totals();
        self.options.progress.tell(&Progress {
            table: self.table.name.clone(),
            rows: self.rows,
            estimated_rows: self.table.estimated_rows,
            bytes,
            faults,
        });
    }

    fn take(&mut self, done: Option<Result<Vec<Tally>, tokio::task::JoinError>>) -> Result<()> {
        let tallies = done
            .transpose()
            .map_err(|error| Error::store("a part of the audit broke off").caused_by(error))?;
        for (mine, other) in self.tallies.iter_mut().zip(tallies.into_iter().flatten()) {
            self.bytes += other.table_bytes;
            mine.merge(other, self.options.samples);
        }
        Ok(())
    }

    /// Looks for the objects of all references that are kept.
    async fn look_for_objects(&mut self) -> Result<()> {
        let subjects = Arc::clone(&self.subjects);
        for (place, subject) in subjects.iter().enumerate() {
            let Some(tally) = self.tallies.get_mut(place) else {
                continue;
            };
            let wanted = std::mem::take(&mut tally.wanted);
            let mut by_store: HashMap<Option<String>, Vec<Wanted>> = HashMap::new();
            for one in wanted {
                by_store.entry(one.reference.store.clone()).or_default().push(one);
            }
            for (name, wanted) in by_store {
                let subject = Arc::clone(subject);
                let looked =
                    tokio::task::spawn_blocking(move || look(&subject, name.as_deref(), wanted)).await;
                let (store, answers) =
                    looked.map_err(|error| Error::store("looking for objects broke off").caused_by(error))?;
                self.count(place, &store, answers).await?;
            }
        }
        Ok(())
    }

    async fn count(
        &mut self,
        place: usize,
        store: &str,
        answers: Vec<(Wanted, Result<Found>)>,
    ) -> Result<()> {
        let subjects = Arc::clone(&self.subjects);
        let Some(subject) = subjects.get(place) else {
            return Ok(());
        };
        let samples = self.options.samples;
        for (wanted, answer) in answers {
            let gone = matches!(&answer, Ok(found) if found.objects == 0)
                && !wanted.reference.optional
                && !self.refers_still(subject, &wanted).await?;
            let (Some(tally), Some(stores), Some(missing)) = (
                self.tallies.get_mut(place),
                self.stores.get_mut(place),
                self.missing.get_mut(place),
            ) else {
                continue;
            };
            let (values, sum) = stores.entry(store.to_owned()).or_default();
            *values += u64::from(wanted.first);
            match answer {
                // The row was deleted or changed since it was read, and its object with it.
                Ok(_) if gone => {}
                Ok(found) if found.objects == 0 && wanted.reference.optional => {}
                Ok(found) if found.objects == 0 => {
                    *missing += 1;
                    let what = format!(
                        "{}: there is no such object in the store {store:?}",
                        wanted.reference.path
                    );
                    let advice = Some("bring it back from a backup of the store");
                    tally.fault(
                        subject,
                        &wanted.key,
                        FaultKind::MissingObject,
                        what,
                        advice,
                        samples,
                    );
                }
                Ok(found) => {
                    if let Some(error) = &wanted.not_found {
                        tally.fault_of(subject, &wanted.key, FaultKind::DamagedObject, error, samples);
                    }
                    let place = (store, wanted.reference.path.as_str());
                    if !wanted.shared || self.seen.insert(self.hasher.hash_one(place)) {
                        sum.objects += found.objects;
                        sum.bytes = sum.bytes.saturating_add(found.bytes);
                        let format = tally.formats.entry(wanted.version).or_default();
                        format.bytes = format.bytes.saturating_add(found.bytes);
                    }
                }
                Err(error) => {
                    let kind = FaultKind::of(&error, false);
                    tally.fault_of(subject, &wanted.key, kind, &error, samples);
                }
            }
        }
        Ok(())
    }

    /// Whether the row is still there and refers to the object.
    async fn refers_still(&self, subject: &Subject, wanted: &Wanted) -> Result<bool> {
        let column = subject.attribute.name.as_str();
        let row = self.database.row(self.table, &wanted.key, &[column]).await?;
        let field = row.and_then(|row| row.fields.into_iter().next());
        Ok(field.is_some_and(|field| {
            let references = subject.references(&field.stored).unwrap_or_default();
            references.contains(&wanted.reference)
        }))
    }

    fn report(&mut self) -> TableReport {
        let tallies = std::mem::take(&mut self.tallies);
        let stores = std::mem::take(&mut self.stores);
        let columns = self
            .subjects
            .iter()
            .zip(tallies)
            .zip(stores)
            .zip(&self.missing)
            .map(|(((subject, tally), stores), &missing)| column(subject, tally, stores, missing))
            .collect();
        TableReport {
            table: self.table.name.clone(),
            tier: self.table.tier,
            rows: self.rows,
            columns,
        }
    }
}

/// Looks at a group of rows, on a thread that may wait.
fn examine(subjects: &[Arc<Subject>], rows: &[Row], samples: usize) -> Vec<Tally> {
    let mut tallies: Vec<Tally> = subjects.iter().map(|_| Tally::default()).collect();
    for row in rows {
        for ((subject, field), tally) in subjects.iter().zip(&row.fields).zip(&mut tallies) {
            tally.add(subject, &row.key, field, samples);
        }
    }
    tallies
}

/// Looks for objects in one store, on a thread that may wait. Gives the store's name too, which records need not say.
fn look(
    subject: &Subject,
    name: Option<&str>,
    wanted: Vec<Wanted>,
) -> (String, Vec<(Wanted, Result<Found>)>) {
    match objects::open(&subject.cx, name) {
        Ok(store) => {
            let paths: Vec<&str> = wanted.iter().map(|one| one.reference.path.as_str()).collect();
            let found = objects::find(&store, &paths);
            (store.name, wanted.into_iter().zip(found).collect())
        }
        Err(error) => {
            let report = error.report();
            let again = || Err(Error::new(error.kind().clone(), report.clone()));
            let answers = wanted.into_iter().map(|one| (one, again())).collect();
            (name.unwrap_or_default().to_owned(), answers)
        }
    }
}

fn column(
    subject: &Subject,
    mut tally: Tally,
    stores: BTreeMap<String, (u64, Found)>,
    missing_objects: u64,
) -> ColumnReport {
    let mut notes = subject.notes.clone();
    // Nobody said that the bytes of such a column are packed; if none is, they are what somebody else put there.
    let unpacked =
        subject.status == ColumnStatus::Old && tally.values > 0 && tally.formats.keys().all(Option::is_none);
    if unpacked && subject.column.is_some() {
        tally.faults.clear();
        notes.push("none of the values is packed: they are plain bytes".into());
    }
    for warning in subject.warnings.take() {
        if warning.kind != WarningKind::Deprecated {
            notes.push(warning.to_string());
        }
    }
    ColumnReport {
        column: subject.attribute.name.clone(),
        declared: subject.attribute.type_name().to_owned(),
        sql_type: subject.attribute.sql_type.clone(),
        status: subject.status,
        values: tally.values,
        nulls: tally.nulls,
        table_bytes: tally.table_bytes,
        formats: tally
            .formats
            .into_iter()
            .map(|(version, sum)| format(subject, version, sum))
            .collect(),
        stores: stores
            .into_iter()
            .map(|(store, (values, found))| StoreReport {
                store,
                values,
                objects: found.objects,
                bytes: found.bytes,
            })
            .collect(),
        missing_objects,
        faults: tally
            .faults
            .into_iter()
            .map(|(kind, mut faults)| {
                // Groups end in any order.
                faults.samples.sort_by(|a, b| a.key.cmp(&b.key));
                FaultReport {
                    kind,
                    values: faults.values,
                    samples: faults.samples,
                }
            })
            .collect(),
        notes,
        timeline: tally
            .months
            .into_iter()
            .map(|((month, version), values)| MonthReport {
                month,
                version,
                values,
            })
            .collect(),
    }
}

fn format(subject: &Subject, version: Option<String>, sum: Sum) -> FormatReport {
    let outermost = subject.column.as_ref().and_then(|column| column.chain().first());
    let parsed: Option<FormatVersion> = version.as_ref().and_then(|version| version.parse().ok());
    let known = outermost
        .zip(parsed)
        .and_then(|(codec, version)| Some(codec.info().format_of(version)?.status));
    let (status, advice) = match known {
        Some(FormatStatus::Current) => (Some("current"), None),
        Some(FormatStatus::Legacy) => (Some("legacy"), None),
        Some(FormatStatus::Deprecated { advice, .. }) => (Some("deprecated"), Some(advice.to_owned())),
        _ => (None, None),
    };
    FormatReport {
        version,
        status,
        advice,
        values: sum.values,
        bytes: sum.bytes,
    }
}
