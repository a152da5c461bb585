//! Decodes golden fixtures and compares.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use dj_codec_api::{Column, Context, Error, Json, Limits, Registry, Result, Value, notation};

use super::Case;

/// What was being done when a case failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// Reading `case.json`.
    Read,
    /// Resolving the type spec.
    Resolve,
    /// Telling the format version without decoding.
    FormatVersion,
    /// Decoding the stored value.
    Decode,
    /// Comparing with what was expected.
    Compare,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read => "reading the case",
            Self::Resolve => "resolving the type spec",
            Self::FormatVersion => "telling the format version",
            Self::Decode => "decoding",
            Self::Compare => "comparing",
        })
    }
}

/// Why a case failed.
#[derive(Debug)]
#[non_exhaustive]
pub struct Failure {
    /// What was being done.
    pub step: Step,
    /// What went wrong.
    pub error: Error,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.step, self.error.report())
    }
}

/// The outcome of every case below a folder, by id.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Report {
    /// Each case in the order of its id.
    pub cases: Vec<(String, std::result::Result<(), Failure>)>,
}

impl Report {
    /// The cases that failed.
    pub fn failures(&self) -> impl Iterator<Item = (&str, &Failure)> {
        self.cases
            .iter()
            .filter_map(|(id, outcome)| Some((id.as_str(), outcome.as_ref().err()?)))
    }
}

/// Decodes one case.
///
/// # Errors
/// Where it does not decode to what was expected.
pub fn check(case: &Case, registry: &Registry) -> std::result::Result<(), Failure> {
    let during = |step| move |error: Error| Failure { step, error };
    let column = Column::resolve(&case.type_spec, registry).map_err(during(Step::Resolve))?;
    let cx = Context::with_stores(case.stores());
    if case.expects_error() {
        return match column.decode(case.stored.clone(), &cx).and_then(Value::load) {
            Err(_) => Ok(()),
            Ok(value) => Err(Error::corrupt(format!(
                "an error was expected, it decoded to {}",
                shown(&value)
            )))
            .map_err(during(Step::Compare)),
        };
    }
    let version = column
        .format_version(case.stored.clone(), &cx)
        .map_err(during(Step::FormatVersion))?;
    if version.is_some_and(|version| version != case.format_version) {
        let found = version.map(|version| version.to_string()).unwrap_or_default();
        return Err(Error::corrupt(format!(
            "it is format {}, the codec says {found}",
            case.format_version
        )))
        .map_err(during(Step::FormatVersion));
    }
    let value = column
        .decode(case.stored.clone(), &cx)
        .and_then(Value::load)
        .map_err(during(Step::Decode))?;
    compare(&value, &case.expected).map_err(during(Step::Compare))
}

/// Compares by way of the notation, so that what prints alike is alike, and without regard to the order of sets.
fn compare(value: &Value, expected: &Json) -> Result<()> {
    let limits = Limits::default();
    let found = notation::from_json(&notation::to_json(value)?, &limits)?;
    if found == notation::from_json(expected, &limits)? {
        return Ok(());
    }
    let wanted: String = expected.to_string().chars().take(300).collect();
    Err(Error::corrupt(format!(
        "expected {wanted}, found {}",
        shown(value)
    )))
}

fn shown(value: &Value) -> String {
    notation::to_string(value)
        .unwrap_or_else(|error| error.to_string())
        .chars()
        .take(300)
        .collect()
}

/// Decodes every case below a folder: one case, one version, one codec, or all fixtures.
///
/// # Errors
/// Where the folder cannot be read, or holds no case at all: a run that checked nothing has not passed.
pub fn run(folder: &Path, registry: &Registry) -> Result<Report> {
    let mut folders = Vec::new();
    find(folder, 0, &mut folders)?;
    folders.sort();
    if folders.is_empty() {
        return Err(Error::not_found("there is no golden fixture here").at(folder.display().to_string()));
    }
    let check_folder = |folder: &PathBuf| match Case::read(folder) {
        Ok(case) => (case.id.clone(), check(&case, registry)),
        Err(error) => (
            folder.display().to_string(),
            Err(Failure {
                step: Step::Read,
                error,
            }),
        ),
    };
    Ok(Report {
        cases: folders.iter().map(check_folder).collect(),
    })
}

/// The folders that hold a `case.json`. Cases do not nest, so what is in one is not searched.
fn find(folder: &Path, depth: usize, cases: &mut Vec<PathBuf>) -> Result<()> {
    if folder.join("case.json").is_file() {
        cases.push(std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned()));
        return Ok(());
    }
    if depth > 4 {
        return Ok(());
    }
    let fail = |error: std::io::Error| {
        Error::store("the folder cannot be read")
            .at(folder.display().to_string())
            .caused_by(error)
    };
    for entry in fs::read_dir(folder).map_err(fail)? {
        let path = entry.map_err(fail)?.path();
        if path.is_dir() {
            find(&path, depth + 1, cases)?;
        }
    }
    Ok(())
}

/// Decodes every case below a folder and panics with a report where one fails: the one line of a crate's test.
///
/// ```no_run
/// # let registry = dj_codec_api::Registry::new();
/// dj_codec_testkit::assert_golden(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/npy"), &registry);
/// ```
///
/// # Panics
/// Where a case fails, or there is none.
#[expect(clippy::panic, reason = "a test's assertion")]
pub fn assert_golden(folder: impl AsRef<Path>, registry: &Registry) {
    let report = match run(folder.as_ref(), registry) {
        Ok(report) => report,
        Err(error) => panic!("{}", error.report()),
    };
    let failures: Vec<String> = report
        .failures()
        .map(|(id, failure)| format!("  {id}: {failure}"))
        .collect();
    if !failures.is_empty() {
        panic!(
            "{} of {} golden fixtures failed:\n{}",
            failures.len(),
            report.cases.len(),
            failures.join("\n")
        );
    }
}
