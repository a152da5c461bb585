//! The verification of one table.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;
use std::time::{Duration, Instant};

use dj_codec_api::{CheckLevel, Error, Result, Stored};
use tokio::task::JoinSet;

use super::check::check;
use super::state::State;
use super::{VerifyLevel, VerifyOptions};
use crate::Database;
use crate::audit::subject::Subject;
use crate::fault::Fault;
use crate::heading::Table;
use crate::key::Key;
use crate::progress::Progress;
use crate::rows::groups::Groups;
use crate::rows::{Row, RowQuery};

/// So many rows are checked together where their values are in the table.
const GROUP: usize = 64;
/// And so many where they are in stores, which take longer.
const GROUP_IN_STORES: usize = 4;
/// A group has no more than these bytes from the table, but for its last row.
const GROUP_BYTES: u64 = 8 << 20;

/// A group of rows that was checked.
struct Checked {
    last: Key,
    rows: u64,
    values: u64,
    in_full: u64,
    bytes: u64,
    faults: Vec<(Key, usize, Option<Stored>, Fault)>,
}

/// The verification of one table.
pub(super) struct TableVerification<'a> {
    database: &'a Database,
    table: &'a Table,
    subjects: Arc<[Arc<Subject>]>,
    options: &'a VerifyOptions,
    state: &'a mut State,
    // Groups end in any order; what is written down is what has ended without a gap.
    ended: BTreeMap<u64, Checked>,
    next: u64,
    // When the state was last written down, and how long that took.
    saved: Instant,
    saving: Duration,
}

impl<'a> TableVerification<'a> {
    pub(super) fn new(
        database: &'a Database,
        table: &'a Table,
        subjects: Vec<Arc<Subject>>,
        options: &'a VerifyOptions,
        state: &'a mut State,
    ) -> Self {
        Self {
            database,
            table,
            subjects: subjects.into(),
            options,
            state,
            ended: BTreeMap::new(),
            next: 0,
            saved: Instant::now(),
            saving: Duration::ZERO,
        }
    }

    pub(super) async fn run(&mut self) -> Result<()> {
        let rows = self.database.rows(self.table, self.query()?)?;
        let mut tasks: JoinSet<(u64, Checked)> = JoinSet::new();
        let most = if self.subjects.iter().any(|subject| subject.in_store()) {
            GROUP_IN_STORES
        } else {
            GROUP
        };
        let mut groups = Groups::new(rows, most, GROUP_BYTES);
        let parallel = self.options.parallel();
        let mut number = 0;
        while let Some(group) = groups.next().await? {
            // A group that waits for its turn is behind many that are done: they would pile up.
            while tasks.len() >= parallel || self.ended.len() >= 64 * parallel {
                match tasks.join_next().await {
                    Some(done) => self.take(done).await?,
                    None => break,
                }
            }
            let subjects = Arc::clone(&self.subjects);
            let (level, sample) = (self.options.level, self.options.sample);
            tasks.spawn_blocking(move || (number, examine(&subjects, group, level, sample)));
            number += 1;
        }
        while let Some(done) = tasks.join_next().await {
            self.take(done).await?;
        }
        self.state.table(&self.table.name).done = true;
        self.save(true)
    }

    fn query(&mut self) -> Result<RowQuery> {
        // A sample is read whole at once, for the server does not know which rows are in it.
        let whole = self.options.level >= VerifyLevel::Sample;
        let mut query = RowQuery::new().with_budget(self.options.budget);
        if whole {
            query = query.with_page(500);
        }
        for subject in self.subjects.iter() {
            query = query.with_column(&subject.attribute.name, subject.extent(whole));
        }
        if let Some(texts) = &self.state.table(&self.table.name).after {
            query = query.after(self.database.key(self.table, texts)?);
        }
        Ok(query)
    }

    async fn take(&mut self, done: Result<(u64, Checked), tokio::task::JoinError>) -> Result<()> {
        let (number, mut checked) =
            done.map_err(|error| Error::store("a part of the verification broke off").caused_by(error))?;
        checked.faults = self.still_there(checked.faults).await?;
        for (.., fault) in &checked.faults {
            self.options.on_fault.tell(fault);
        }
        self.ended.insert(number, checked);
        while let Some(checked) = self.ended.remove(&self.next) {
            self.next += 1;
            let table = self.state.table(&self.table.name);
            table.after = Some(checked.last.texts().to_vec());
            table.rows += checked.rows;
            table.values += checked.values;
            table.in_full += checked.in_full;
            table.bytes += checked.bytes;
            table.faults += checked.faults.len() as u64;
            self.state
                .add_faults(checked.faults.into_iter().map(|(.., fault)| fault).collect());
        }
        let rows = self.state.table(&self.table.name).rows;
        self.options.progress.tell(&Progress {
            table: self.table.name.clone(),
            rows,
            estimated_rows: self.table.estimated_rows,
            bytes: self.state.bytes(),
            faults: self.state.faults().len() as u64,
        });
        self.save(false)
    }

    /// The faults of values that are in their rows still: who changes a row removes its old objects.
    async fn still_there(
        &self,
        faults: Vec<(Key, usize, Option<Stored>, Fault)>,
    ) -> Result<Vec<(Key, usize, Option<Stored>, Fault)>> {
        let mut remaining = Vec::with_capacity(faults.len());
        for (key, place, stored, fault) in faults {
            let (Some(was), Some(subject)) = (&stored, self.subjects.get(place)) else {
                remaining.push((key, place, stored, fault));
                continue;
            };
            let row = self
                .database
                .row(self.table, &key, &[&subject.attribute.name])
                .await?;
            let is = row
                .and_then(|row| row.fields.into_iter().next())
                .map(|field| field.stored);
            if is.as_ref() == Some(was) {
                remaining.push((key, place, stored, fault));
            }
        }
        Ok(remaining)
    }

    fn save(&mut self, now: bool) -> Result<()> {
        let Some(file) = &self.options.resume else {
            return Ok(());
        };
        // Many faults take long to write down.
        if now || self.saved.elapsed() >= self.options.save_every.max(self.saving * 9) {
            let begun = Instant::now();
            self.state.save(file)?;
            self.saved = Instant::now();
            self.saving = self.saved - begun;
        }
        Ok(())
    }
}

/// Checks a group of rows, on a thread that may wait. Each row is let go when it is checked.
fn examine(subjects: &[Arc<Subject>], rows: Vec<Row>, level: VerifyLevel, sample: u64) -> Checked {
    let mut checked = Checked {
        last: rows.last().map(|row| row.key.clone()).unwrap_or_default(),
        rows: rows.len() as u64,
        values: 0,
        in_full: 0,
        bytes: 0,
        faults: Vec::new(),
    };
    for row in rows {
        let level = match level {
            VerifyLevel::Presence => CheckLevel::Presence,
            VerifyLevel::Full => CheckLevel::Full,
            VerifyLevel::Sample if is_sampled(&row.key, sample) => CheckLevel::Full,
            VerifyLevel::Size | VerifyLevel::Sample => CheckLevel::Size,
        };
        for (place, (subject, field)) in subjects.iter().zip(&row.fields).enumerate() {
            if matches!(field.stored, Stored::Null) {
                continue;
            }
            checked.values += 1;
            checked.bytes += field.length;
            checked.in_full += u64::from(level == CheckLevel::Full && subject.column.is_some());
            if let Some((kind, error)) = check(subject, field, level) {
                let fault = Fault::of(subject.place(), row.key.shown(), kind, &error);
                // Of what was cut off nobody can tell whether it is there still.
                let stored = (subject.in_store() && field.whole).then(|| field.stored.clone());
                checked.faults.push((row.key.clone(), place, stored, fault));
            }
        }
    }
    checked
}

/// Whether a row is in the sample: the same rows in every run.
fn is_sampled(key: &Key, one_in: u64) -> bool {
    let mut hasher = DefaultHasher::new();
    key.texts().hash(&mut hasher);
    hasher.finish().is_multiple_of(one_in)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::subject::tests::{cut_off, subject};
    use crate::fault::FaultKind;
    use crate::heading::Storage;
    use crate::rows::field;
    use crate::rows::groups::tests::row;

    #[test]
    fn a_record_that_was_cut_off_is_a_fault_whatever_its_row_holds_now() {
        let subjects = [Arc::new(subject("json", ":<document@main>:"))];
        let record = field(Storage::Json, Some("[1]".into()), None);
        let rows = vec![row(cut_off()), row(record)];
        let checked = examine(&subjects, rows, VerifyLevel::Presence, 20);
        let found: Vec<_> = checked
            .faults
            .iter()
            .map(|(.., stored, fault)| (fault.kind, stored.is_some()))
            .collect();
        assert_eq!(
            found,
            [(FaultKind::WrongValue, false), (FaultKind::WrongValue, true)]
        );
    }
}
