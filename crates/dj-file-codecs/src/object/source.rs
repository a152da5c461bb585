//! Folders of this machine that are to be stored.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use dj_codec_api::layout::check_path;
use dj_codec_api::{Error, Limits, Result};
use walkdir::{DirEntry, WalkDir};

use super::StagedFolder;
use crate::local;

/// How many files are written at once: a store with latency takes as long for one.
const AT_ONCE: usize = 8;

/// A file that is to be stored.
pub(super) struct SourceFile {
    /// The path within the folder.
    relative: String,
    file: PathBuf,
}

/// Every file below a folder. See [`ObjectCodec::write_path`](super::ObjectCodec::write_path) for what is refused.
pub(super) fn walk(folder: &Path, limits: &Limits) -> Result<Vec<SourceFile>> {
    let root = fs::canonicalize(folder).map_err(|error| local::unreadable(error, folder))?;
    if !root.is_dir() {
        return Err(Error::invalid_value("this is no folder").at(folder.display().to_string()));
    }
    let mut files = Vec::new();
    for entry in WalkDir::new(&root)
        .min_depth(1)
        .follow_links(true)
        .sort_by_file_name()
    {
        let entry = entry.map_err(|error| unwalkable(error, folder))?;
        let place = || entry.path().display().to_string();
        if entry.path_is_symlink() {
            check_link(&entry, &root)?;
        }
        let kind = entry.file_type();
        if kind.is_dir() {
            continue;
        }
        if !kind.is_file() {
            return Err(
                Error::invalid_value("this is a pipe or a device, and cannot be stored")
                    .at(place())
                    .advise("remove it from the folder"),
            );
        }
        let relative = relative(entry.path(), &root).ok_or_else(|| {
            Error::invalid_value("the name is no UTF-8, and cannot be stored")
                .at(place())
                .advise("rename it")
        })?;
        check_path(&relative).map_err(|error| {
            Error::invalid_value("no object can have this name")
                .at(place())
                .advise("rename it")
                .caused_by(error)
        })?;
        limits.check_items(files.len() as u64 + 1)?;
        files.push(SourceFile {
            relative,
            file: entry.into_path(),
        });
    }
    Ok(files)
}

/// Refuses a link that leads out of the folder.
fn check_link(entry: &DirEntry, root: &Path) -> Result<()> {
    let target = fs::canonicalize(entry.path()).map_err(|error| local::unreadable(error, entry.path()))?;
    if target.starts_with(root) {
        return Ok(());
    }
    Err(Error::unsafe_path(format!(
        "the link leads out of the folder, to {}",
        target.display()
    ))
    .at(entry.path().display().to_string())
    .advise("replace the link by what is to be stored"))
}

fn unwalkable(error: walkdir::Error, folder: &Path) -> Error {
    let path = error.path().unwrap_or(folder).to_owned();
    if error.loop_ancestor().is_some() {
        return Error::invalid_value("the link leads back to a folder that it is in")
            .at(path.display().to_string())
            .advise("remove the link");
    }
    match error.into_io_error() {
        Some(error) => local::unreadable(error, &path),
        None => Error::store("the folder cannot be read").at(path.display().to_string()),
    }
}

/// The path within the folder, `/` between parts on every system.
fn relative(path: &Path, root: &Path) -> Option<String> {
    let mut text = String::new();
    for part in path.strip_prefix(root).ok()?.components() {
        if !text.is_empty() {
            text.push('/');
        }
        text.push_str(part.as_os_str().to_str()?);
    }
    Some(text)
}

/// Writes the files, several at once. The first error ends it.
pub(super) fn upload(files: &[SourceFile], staged: &StagedFolder) -> Result<()> {
    let next = AtomicUsize::new(0);
    let failed: Mutex<Option<Error>> = Mutex::new(None);
    let failure = || failed.lock().unwrap_or_else(PoisonError::into_inner);
    let work = || {
        while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            if failure().is_some() {
                break;
            }
            if let Err(error) = put(file, staged) {
                failure().get_or_insert(error);
                break;
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..AT_ONCE.min(files.len()) {
            scope.spawn(work);
        }
        work();
    });
    match failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

fn put(file: &SourceFile, staged: &StagedFolder) -> Result<()> {
    let (mut source, _) = local::open_file(&file.file)?;
    staged.put_stream(&file.relative, &mut source).map(|_| ())
}
