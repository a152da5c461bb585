//! Copies of stored files and folders on this machine.

use std::io::{Read, Write as _};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use dj_codec_api::{Error, ErrorKind, Result};

use crate::digest;
use crate::local::{self, Draft, DraftFolder};
use crate::manifest::FileEntry;
use crate::name::{Rules, check_file_name, shown, windows_trap};
use crate::object_ref::{ObjectRef, last_part};
use crate::reader::from_io;
use crate::stored_file::{StoredFile, changed};

/// How far a download is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// The bytes that are written.
    pub bytes: u64,
    /// The bytes that there are.
    pub total_bytes: u64,
    /// The files that are complete.
    pub files: u64,
    /// The files that there are.
    pub total_files: u64,
}

/// Where a file or folder of this name comes in a folder of this machine.
pub(crate) fn target(folder: &Path, name: &str) -> Result<PathBuf> {
    let name = last_part(name);
    check_file_name(name, Rules::HERE).map_err(|error| error.advise("choose a path with download_to"))?;
    Ok(folder.join(name))
}

/// Copies pieces, counts them, and asks whether to go on.
struct Meter<'a> {
    so_far: Progress,
    report: &'a mut dyn FnMut(Progress) -> ControlFlow<()>,
}

impl Meter<'_> {
    fn copy(&mut self, source: &mut dyn Read, write: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<u64> {
        // What stopped the copying, if it was not the reading.
        let mut stopped = None;
        let copied = digest::copy(source, |piece| {
            let written = write(piece).and_then(|()| {
                self.so_far.bytes += piece.len() as u64;
                self.tell()
            });
            written.map_err(|error| {
                stopped = Some(error);
                std::io::ErrorKind::Other.into()
            })
        });
        match (copied, stopped) {
            (_, Some(error)) => Err(error),
            (Err(error), None) => Err(from_io(error)),
            (Ok(size), None) => Ok(size),
        }
    }

    fn tell(&mut self) -> Result<()> {
        match (self.report)(self.so_far) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(Error::new(
                ErrorKind::Store,
                "the download was stopped by the program that asked for it",
            )),
        }
    }
}

/// Copies a file to this path.
pub(crate) fn file(
    stored: &StoredFile,
    path: &Path,
    report: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<()> {
    let mut source = stored.open()?;
    let size = source.size();
    let mut draft = Draft::new(local::folder_of(path)?)?;
    let mut meter = Meter {
        so_far: Progress {
            bytes: 0,
            total_bytes: size,
            files: 0,
            total_files: 1,
        },
        report,
    };
    let copied = meter
        .copy(&mut source, &mut |piece| draft.write(piece))
        .map_err(|error| stored.locate(error))?;
    if copied != size {
        return Err(stored.locate(changed()));
    }
    if draft.publish_or_reuse(path)?.is_some() {
        return Err(local::taken(path));
    }
    meter.so_far.files = 1;
    // Too late to stop.
    let _ = meter.tell();
    Ok(())
}

/// Copies the files of a folder to this path.
pub(crate) fn folder(
    stored: &ObjectRef,
    files: &[FileEntry],
    path: &Path,
    report: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<()> {
    for entry in files {
        check_member(&entry.path, Rules::HERE).map_err(|error| stored.locate(error))?;
    }
    let draft = DraftFolder::new(local::folder_of(path)?)?;
    let mut meter = Meter {
        so_far: Progress {
            bytes: 0,
            total_bytes: files.iter().fold(0, |sum, file| sum.saturating_add(file.size)),
            files: 0,
            total_files: files.len() as u64,
        },
        report,
    };
    stored.each_file(files, &mut |entry, source| {
        let relative: PathBuf = entry.path.split('/').collect();
        let mut file = draft.create(&relative)?;
        let copied = meter.copy(source, &mut |piece| {
            file.write_all(piece)
                .map_err(|error| local::unwritable(error, &path.join(&relative)))
        })?;
        if copied != entry.size {
            return Err(changed());
        }
        meter.so_far.files += 1;
        meter.tell()
    })?;
    draft.publish(path)
}

/// Checks that the path of a file within a folder stays in the folder that it is written to. [`check_path`] has seen it.
///
/// [`check_path`]: dj_codec_api::layout::check_path
fn check_member(path: &str, rules: Rules) -> Result<()> {
    for part in path.split('/') {
        let trap = (rules == Rules::Windows).then(|| windows_trap(part)).flatten();
        if let Some(trap) = trap {
            return Err(Error::unsafe_path(trap)
                .at(shown(path))
                .advise("download the files of the folder one by one, with member"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_that_windows_misreads_are_refused_there() {
        for path in ["a/b:c", "nul/x", "a\\b", "a/b. /c"] {
            assert!(check_member(path, Rules::Windows).is_err(), "{path}");
            assert!(check_member(path, Rules::Unix).is_ok(), "{path}");
        }
        assert!(check_member("c/0.0/é.json", Rules::Windows).is_ok());
    }
}
