//! The list of what golden fixtures are, with a checksum of each file.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::ErrorKind as Io;
use std::path::{Path, PathBuf};

use dj_codec_api::{Error, Result};
use sha2::{Digest as _, Sha256};

/// The name of the list, in the folder of all fixtures.
pub const LIST: &str = "checksums.txt";

/// A way in which fixtures are not what their list says.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Discrepancy {
    /// A file that is listed is not there.
    Gone,
    /// A file that is listed has other bytes.
    Changed,
    /// A file that is there is not listed.
    Unlisted,
}

impl Discrepancy {
    /// What it is and what to do about it.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Gone => "is listed and not there; golden fixtures are append-only, bring it back",
            Self::Changed => "is not what was listed; golden fixtures are append-only, restore it",
            Self::Unlisted => "is not listed; seal the fixtures, if it belongs to a new one",
        }
    }
}

/// What the files below a folder of fixtures are: paths relative to it, and the SHA-256 of each.
///
/// Pages for people and generators may improve, so names that end in `.md` and `.py` are left out, and so is the list itself; but
/// what lies in a folder of a case, its store or its value, is part of the case whatever it is called.
///
/// # Errors
/// Where a file cannot be read.
pub fn files(root: &Path) -> Result<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    walk(root, root, false, &mut found)?;
    Ok(found)
}

/// The list of a folder of fixtures; `None` where there is none.
///
/// # Errors
/// Where it cannot be read, or a line is no checksum and path.
pub fn list(root: &Path) -> Result<Option<BTreeMap<String, String>>> {
    let path = root.join(LIST);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == Io::NotFound => return Ok(None),
        Err(error) => return Err(failed(&path, error)),
    };
    let mut listed = BTreeMap::new();
    for line in text.lines() {
        let (sum, name) = line.split_once("  ").ok_or_else(|| {
            Error::corrupt(format!("{line:?} is no checksum and path")).at(path.display().to_string())
        })?;
        listed.insert(name.to_owned(), sum.to_owned());
    }
    Ok(Some(listed))
}

/// Compares fixtures with their list, both ways: by path.
#[must_use]
pub fn compare(
    listed: &BTreeMap<String, String>,
    found: &BTreeMap<String, String>,
) -> BTreeMap<String, Discrepancy> {
    let gone_or_changed = listed.iter().filter_map(|(path, sum)| match found.get(path) {
        None => Some((path.clone(), Discrepancy::Gone)),
        Some(now) if now != sum => Some((path.clone(), Discrepancy::Changed)),
        Some(_) => None,
    });
    let unlisted = found
        .keys()
        .filter(|path| !listed.contains_key(*path))
        .map(|path| (path.clone(), Discrepancy::Unlisted));
    gone_or_changed.chain(unlisted).collect()
}

/// Lists the files that are new, and gives how many. What is listed stays as it is.
///
/// # Errors
/// Where a listed file changed or went, and nothing is listed then; where the list cannot be written.
pub fn seal(root: &Path) -> Result<usize> {
    let listed = list(root)?.unwrap_or_default();
    let found = files(root)?;
    let wrong: Vec<String> = compare(&listed, &found)
        .into_iter()
        .filter(|(_, how)| *how != Discrepancy::Unlisted)
        .map(|(path, how)| format!("{path} {}", how.advice()))
        .collect();
    if !wrong.is_empty() {
        return Err(Error::corrupt(wrong.join("\n")).at(root.display().to_string()));
    }
    let mut text = String::new();
    for (path, sum) in &found {
        let _ = writeln!(text, "{sum}  {path}");
    }
    let path = root.join(LIST);
    // Put in place when it is whole, for other tests may read it.
    let beside = root.join(format!("{LIST}.new"));
    fs::write(&beside, text)
        .and_then(|()| fs::rename(&beside, &path))
        .map_err(|error| failed(&path, error))?;
    Ok(found.len() - listed.len())
}

/// The folder with the list that a folder of fixtures belongs to: itself, or one of the three above it.
pub(super) fn root_of(folder: &Path) -> Option<PathBuf> {
    let folder = std::path::absolute(folder).ok()?;
    let mut above = folder.ancestors().take(4);
    above
        .find(|folder| folder.join(LIST).is_file())
        .map(Path::to_owned)
}

fn failed(path: &Path, error: std::io::Error) -> Error {
    Error::store("the file cannot be read or written")
        .at(path.display().to_string())
        .caused_by(error)
}

/// Adds what is in the folder, which may be one within a case.
fn walk(root: &Path, folder: &Path, in_case: bool, found: &mut BTreeMap<String, String>) -> Result<()> {
    let is_case = folder.join("case.json").is_file();
    for entry in fs::read_dir(folder).map_err(|error| failed(folder, error))? {
        let path = entry.map_err(|error| failed(folder, error))?.path();
        if path.is_dir() {
            walk(root, &path, in_case || is_case, found)?;
            continue;
        }
        let parts = path.strip_prefix(root).unwrap_or(&path).components();
        let names: Vec<_> = parts.map(|part| part.as_os_str().to_string_lossy()).collect();
        let name = names.join("/");
        let may_change = name.starts_with(LIST) || name.ends_with(".md") || name.ends_with(".py");
        if may_change && !in_case {
            continue;
        }
        let bytes = fs::read(&path).map_err(|error| failed(&path, error))?;
        let sum = Sha256::digest(&bytes)
            .iter()
            .fold(String::new(), |mut hex, byte| {
                let _ = write!(hex, "{byte:02x}");
                hex
            });
        found.insert(name, sum);
    }
    Ok(())
}
