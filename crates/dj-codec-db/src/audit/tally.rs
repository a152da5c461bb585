//! What a part of a column's values come to.

use std::collections::BTreeMap;

use dj_codec_api::{Error, ErrorKind, Json, Record, Reference, Stored};

use super::subject::Subject;
use crate::fault::{Fault, FaultKind};
use crate::key::Key;
use crate::rows::Field;

/// Sums of values and bytes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sum {
    pub(super) values: u64,
    pub(super) bytes: u64,
}

/// The values of one kind of fault.
#[derive(Debug, Default)]
pub(super) struct Faults {
    pub(super) values: u64,
    pub(super) samples: Vec<Fault>,
}

/// A value whose object is to be looked for.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) reference: Reference,
    pub(super) key: Key,
    pub(super) version: Option<String>,
    /// Whether it is the value's first, by which the value is counted.
    pub(super) first: bool,
    /// What the codec said where it found nothing: told only where there is an object.
    pub(super) not_found: Option<Error>,
    /// Whether other values may have the same object.
    pub(super) shared: bool,
}

/// What some values of a column come to.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) values: u64,
    pub(super) nulls: u64,
    pub(super) table_bytes: u64,
    pub(super) formats: BTreeMap<Option<String>, Sum>,
    pub(super) faults: BTreeMap<FaultKind, Faults>,
    pub(super) months: BTreeMap<(String, Option<String>), u64>,
    pub(super) wanted: Vec<Wanted>,
}

impl Tally {
    /// Looks at one value.
    pub(super) fn add(&mut self, subject: &Subject, key: &Key, field: &Field, samples: usize) {
        if matches!(field.stored, Stored::Null) {
            self.nulls += 1;
            return;
        }
        self.values += 1;
        self.table_bytes += field.length;
        if let Some(error) = subject.too_long(field) {
            self.fault_of(subject, key, FaultKind::WrongValue, &error, samples);
            self.count(None, field.length);
            return;
        }
        let references = match subject.references(&field.stored) {
            Ok(references) => references,
            Err((kind, error)) => {
                self.fault_of(subject, key, kind, &error, samples);
                return self.count(None, 0);
            }
        };
        let (version, not_found) = match version(subject, &field.stored) {
            Ok(version) => (version, None),
            // The presence of objects is looked at for all values together.
            Err(error) if error.kind() == &ErrorKind::NotFound && !references.is_empty() => {
                (None, Some(error))
            }
            // So is a store that is not there.
            Err(error) if error.kind() == &ErrorKind::Config && !references.is_empty() => (None, None),
            Err(error) => {
                let kind = FaultKind::of(&error, references.is_empty());
                let found = match error.kind() {
                    ErrorKind::UnsupportedFormat { found, .. } => Some(found.to_string()),
                    _ => None,
                };
                self.fault_of(subject, key, kind, &error, samples);
                (found, None)
            }
        };
        self.count(
            version.clone(),
            if references.is_empty() { field.length } else { 0 },
        );
        let record = match &field.stored {
            Stored::Json(json) if !references.is_empty() => Record::from_json(json.clone()).ok(),
            _ => None,
        };
        if let Some(month) = record.as_ref().and_then(month) {
            *self.months.entry((month, version.clone())).or_default() += 1;
        }
        let shared = record.is_some_and(|record| record.get("hash").is_some());
        let mut not_found = not_found;
        for (place, reference) in references.into_iter().enumerate() {
            self.wanted.push(Wanted {
                reference,
                first: place == 0,
                key: key.clone(),
                version: version.clone(),
                not_found: not_found.take(),
                shared,
            });
        }
    }

    fn count(&mut self, version: Option<String>, bytes: u64) {
        let sum = self.formats.entry(version).or_default();
        sum.values += 1;
        sum.bytes += bytes;
    }

    /// Notes what a codec met.
    pub(super) fn fault_of(
        &mut self,
        subject: &Subject,
        key: &Key,
        kind: FaultKind,
        error: &Error,
        samples: usize,
    ) {
        let faults = self.faults.entry(kind).or_default();
        faults.values += 1;
        if faults.samples.len() < samples {
            faults
                .samples
                .push(Fault::of(subject.place(), key.shown(), kind, error));
        }
    }

    /// Notes what is wrong with a value.
    pub(super) fn fault(
        &mut self,
        subject: &Subject,
        key: &Key,
        kind: FaultKind,
        what: String,
        advice: Option<&str>,
        samples: usize,
    ) {
        let faults = self.faults.entry(kind).or_default();
        faults.values += 1;
        if faults.samples.len() < samples {
            let mut fault = Fault::new(subject.place(), key.shown(), kind, what);
            fault.advice = advice.map(ToOwned::to_owned);
            faults.samples.push(fault);
        }
    }

    /// Adds what other values come to.
    pub(super) fn merge(&mut self, other: Self, samples: usize) {
        self.values += other.values;
        self.nulls += other.nulls;
        self.table_bytes += other.table_bytes;
        for (version, sum) in other.formats {
            let mine = self.formats.entry(version).or_default();
            mine.values += sum.values;
            mine.bytes += sum.bytes;
        }
        for (kind, faults) in other.faults {
            let mine = self.faults.entry(kind).or_default();
            mine.values += faults.values;
            let room = samples.saturating_sub(mine.samples.len());
            mine.samples.extend(faults.samples.into_iter().take(room));
        }
        for (month, values) in other.months {
            *self.months.entry(month).or_default() += values;
        }
        self.wanted.extend(other.wanted);
    }
}

fn version(subject: &Subject, stored: &Stored) -> dj_codec_api::Result<Option<String>> {
    let Some(column) = &subject.column else {
        return Ok(None);
    };
    let version = column.format_version(stored.clone(), &subject.cx)?;
    Ok(version.map(|version| version.to_string()))
}

/// The month that a record says it was written in.
fn month(record: &Record) -> Option<String> {
    let said = |json: &Json| json.as_str().and_then(year_and_month);
    let provenance = record.get("provenance").and_then(Json::as_object);
    let mut sources = record.get("timestamp").into_iter().chain(
        ["timestamp", "created", "created_at", "time"]
            .into_iter()
            .filter_map(|name| provenance?.get(name)),
    );
    sources.find_map(said)
}

/// The beginning of an ISO date, where the text is one.
fn year_and_month(text: &str) -> Option<String> {
    let date: dj_codec_api::value::Date = text.get(..10)?.parse().ok()?;
    Some(format!("{:04}-{:02}", date.year(), date.month()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_tell_their_month_where_they_have_a_time() {
        let month = |json: Json| month(&Record::from_json(json).unwrap());
        let json = serde_json::json!({"path": "a", "timestamp": "2024-05-31T23:59:59.123456+00:00"});
        assert_eq!(month(json).as_deref(), Some("2024-05"));
        let json = serde_json::json!({"path": "a", "provenance": {"created": "2023-01-02 10:00"}});
        assert_eq!(month(json).as_deref(), Some("2023-01"));
        for other in ["yesterday", "2024-13-01", "2024", ""] {
            assert_eq!(month(serde_json::json!({"timestamp": other})), None, "{other}");
        }
    }
}
