//! Decodes golden fixtures and compares.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use dj_codec_api::{Column, Context, Error, ErrorKind, Json, Limits, Registry, Result, Value, notation};

use super::{Case, list};
use crate::guard::{Trouble, guarded};
use crate::{Difference, difference};

/// What was being done when a case failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// Comparing the files with the list of checksums.
    List,
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
            Self::List => "comparing with the list",
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
    /// Where the decoded value is another one, the first place that differs.
    pub difference: Option<Difference>,
}

impl Failure {
    fn new(step: Step, error: impl Into<Error>) -> Self {
        Self {
            step,
            error: error.into(),
            difference: None,
        }
    }
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

/// Decodes one case. A panic of the codec is a failure.
///
/// # Errors
/// Where it does not decode to what was expected.
pub fn check(case: &Case, registry: &Registry) -> std::result::Result<(), Failure> {
    let column =
        Column::resolve(&case.type_spec, registry).map_err(|error| Failure::new(Step::Resolve, error))?;
    let cx = Context::with_stores(case.stores());
    let decode = || guarded(|| column.decode(case.stored.clone(), &cx).and_then(Value::load));
    if case.expects_error() {
        return check_error(case, decode());
    }
    let version = guarded(|| column.format_version(case.stored.clone(), &cx))
        .map_err(|trouble| Failure::new(Step::FormatVersion, trouble))?;
    if version.is_some_and(|version| version != case.format_version) {
        let found = version.map(|version| version.to_string()).unwrap_or_default();
        let error = Error::corrupt(format!(
            "it is format {}, the codec says {found}",
            case.format_version
        ));
        return Err(Failure::new(Step::FormatVersion, error));
    }
    let value = decode().map_err(|trouble| Failure::new(Step::Decode, trouble))?;
    match compare(&value, case) {
        Ok(None) => Ok(()),
        Ok(Some(difference)) => Err(Failure {
            step: Step::Compare,
            error: Error::corrupt(difference.to_string()),
            difference: Some(difference),
        }),
        Err(error) => Err(Failure::new(Step::Compare, error)),
    }
}

/// Whether what must not decode did not, and for the reason that it must not.
fn check_error(case: &Case, outcome: Result<Value, Trouble>) -> std::result::Result<(), Failure> {
    let error = match outcome {
        Err(Trouble::Error(error)) => error,
        Err(trouble) => return Err(Failure::new(Step::Decode, trouble)),
        Ok(value) => {
            let error = format!("an error was expected, it decoded to {}", shown(&value));
            return Err(Failure::new(Step::Compare, Error::corrupt(error)));
        }
    };
    let Some(kind) = case.expected.get("kind").and_then(Json::as_str) else {
        return Ok(());
    };
    let fits = match kind {
        "corrupt" | "corrupt-file" | "hash-mismatch" => error.kind() == &ErrorKind::Corrupt,
        // A part of an array that is gone is damage of the array.
        "not-found" | "missing-file" => matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Corrupt),
        "unsafe-path" => error.kind() == &ErrorKind::UnsafePath,
        "unsupported-format" => matches!(error.kind(), ErrorKind::UnsupportedFormat { .. }),
        "limit" => matches!(error.kind(), ErrorKind::Limit { .. }),
        "invalid-value" => error.kind() == &ErrorKind::InvalidValue,
        other => {
            let error = Error::corrupt(format!("{other:?} is no kind of error that a case may expect"));
            return Err(Failure::new(Step::Read, error));
        }
    };
    if fits {
        return Ok(());
    }
    let text = format!(
        "an error of the kind {kind} was expected, it is {:?}",
        error.kind()
    );
    Err(Failure::new(Step::Compare, Error::corrupt(text).caused_by(error)))
}

/// Compares by way of the notation, so that what prints alike is alike, and without regard to the order of sets.
fn compare(value: &Value, case: &Case) -> Result<Option<Difference>> {
    let found = notation::from_str(&notation::to_string(value)?, &Limits::default())?;
    Ok(difference(&found, &case.expected_value()?))
}

fn shown(value: &Value) -> String {
    notation::to_string(value)
        .unwrap_or_else(|error| error.to_string())
        .chars()
        .take(300)
        .collect()
}

/// Where the folder of all fixtures has a list: what below `folder` is not as that says.
fn unlike_the_list(folder: &Path) -> Result<Vec<(String, Failure)>> {
    let Some(root) = list::root_of(folder) else {
        return Ok(Vec::new());
    };
    let listed = list::list(&root)?.unwrap_or_default();
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let parts = folder.strip_prefix(&root).unwrap_or(Path::new(""));
    let below: String = parts
        .iter()
        .map(|part| format!("{}/", part.to_string_lossy()))
        .collect();
    let found = list::files(&folder)?;
    let found = found
        .into_iter()
        .map(|(path, sum)| (format!("{below}{path}"), sum))
        .collect();
    let listed = listed
        .into_iter()
        .filter(|(path, _)| path.starts_with(&below))
        .collect();
    let discrepancies = list::compare(&listed, &found).into_iter();
    Ok(discrepancies
        .map(|(path, how)| {
            let error = Error::corrupt(format!("the file {}", how.advice())).at(path.as_str());
            (path, Failure::new(Step::List, error))
        })
        .collect())
}

/// Decodes every case below a folder: one case, one version, one codec, or all fixtures.
///
/// # Errors
/// Where the folder cannot be read, or holds no case at all: a run that checked nothing has not passed. What differs from the list
/// of checksums is among the failures, by the path of the file.
pub fn run(folder: &Path, registry: &Registry) -> Result<Report> {
    let mut folders = Vec::new();
    find(folder, 0, &mut folders)?;
    folders.sort();
    if folders.is_empty() {
        return Err(Error::not_found("there is no golden fixture here").at(folder.display().to_string()));
    }
    let check_folder = |folder: &PathBuf| match Case::read(folder) {
        Ok(case) => (case.id.clone(), check(&case, registry)),
        Err(error) => (folder.display().to_string(), Err(Failure::new(Step::Read, error))),
    };
    let mut cases: Vec<_> = folders.iter().map(check_folder).collect();
    cases.extend(
        unlike_the_list(folder)?
            .into_iter()
            .map(|(path, failure)| (path, Err(failure))),
    );
    Ok(Report { cases })
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
