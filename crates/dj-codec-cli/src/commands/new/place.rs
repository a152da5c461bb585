//! The folder that a new crate is made in: it gets its name when all of it is there.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::failure::{Failure, Outcome};

/// A folder to be, and where it is made until then.
pub(super) struct Place {
    target: PathBuf,
    /// Whether there is an empty folder, which stays the one that it is: somebody may stand in it.
    is_there: bool,
    // Beside the target, or in it where it is there; and removed with whatever is still in it.
    above: TempDir,
    folder: PathBuf,
}

impl Place {
    /// Takes a folder that is not there, or is empty but for git's own: a clone of nothing yet.
    pub(super) fn take(target: &Path) -> Outcome<Self> {
        let target = std::path::absolute(target).map_err(|error| failed(target, &error))?;
        let is_there = match fs::read_dir(&target) {
            Ok(entries) => {
                if entries.flatten().any(|entry| entry.file_name() != ".git") {
                    return Err(Failure::usage(format!(
                        "{} is there already, and not empty; name another folder with --path",
                        target.display()
                    )));
                }
                true
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
                return Err(Failure::usage(format!(
                    "{} is there already, and no folder; name another one with --path",
                    target.display()
                )));
            }
            Err(error) => return Err(failed(&target, &error)),
        };
        let parent = match is_there {
            true => &target,
            false => target.parent().unwrap_or(&target),
        };
        let made = || {
            fs::create_dir_all(parent)?;
            let above = tempfile::Builder::new()
                .prefix(".dj-codec-new-")
                .tempdir_in(parent)?;
            // A folder of its own, for that of a `TempDir` is closed to others.
            let folder = above.path().join("crate");
            fs::create_dir(&folder)?;
            io::Result::Ok((above, folder))
        };
        let (above, folder) = made().map_err(|error| failed(parent, &error))?;
        Ok(Self {
            target,
            is_there,
            above,
            folder,
        })
    }

    /// Where the files are until it is finished.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes a file and the folders that it is in. The path is the template's, with names in it that were checked.
    pub(super) fn write(&self, path: &str, bytes: &[u8]) -> Outcome {
        let file = self.folder.join(path);
        let written = || {
            file.parent().map_or(Ok(()), fs::create_dir_all)?;
            fs::write(&file, bytes)
        };
        written().map_err(|error| failed(&file, &error))
    }

    /// Puts the folder in its place; where there is one, what is in it.
    pub(super) fn finish(self) -> Outcome {
        let put = || {
            if !self.is_there {
                return fs::rename(&self.folder, &self.target);
            }
            for entry in fs::read_dir(&self.folder)? {
                let entry = entry?;
                fs::rename(entry.path(), self.target.join(entry.file_name()))?;
            }
            Ok(())
        };
        put().map_err(|error| failed(&self.target, &error))?;
        self.above.close().map_err(|error| failed(&self.target, &error))
    }
}

/// The root of a checkout, which has the crates that are to be taken from it.
pub(super) fn checkout(root: &Path) -> Outcome<PathBuf> {
    let found = fs::canonicalize(root)
        .map_err(|error| Failure::usage(format!("there is no checkout at {}: {error}", root.display())))?;
    if !found.join("crates/dj-codec-api/Cargo.toml").is_file() {
        return Err(Failure::usage(format!(
            "{} is no checkout with dj-codec-api: crates/dj-codec-api/Cargo.toml is not there",
            root.display()
        )));
    }
    Ok(found)
}

fn failed(path: &Path, error: &io::Error) -> Failure {
    Failure::wanting(format!("{} cannot be made: {error}", path.display()))
}
