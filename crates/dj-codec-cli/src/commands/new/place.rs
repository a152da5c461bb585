//! The folder that a new crate is made in: it gets its name when all of it is there.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::failure::{Failure, Outcome};

/// A folder to be, and where it is made until then.
pub(super) struct Place {
    target: PathBuf,
    // Beside the target, and removed with whatever is still in it.
    above: TempDir,
    folder: PathBuf,
}

impl Place {
    /// Takes a folder that is not there, or is empty.
    pub(super) fn take(target: &Path) -> Outcome<Self> {
        let target = std::path::absolute(target).map_err(|error| failed(target, &error))?;
        match fs::read_dir(&target) {
            Ok(mut entries) => {
                if entries.next().is_some() {
                    return Err(Failure::usage(format!(
                        "{} is there already, and not empty; name another folder with --path",
                        target.display()
                    )));
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
                return Err(Failure::usage(format!(
                    "{} is there already, and no folder; name another one with --path",
                    target.display()
                )));
            }
            Err(error) => return Err(failed(&target, &error)),
        }
        let parent = target.parent().unwrap_or(&target);
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

    /// Puts the folder in its place.
    pub(super) fn finish(self) -> Outcome {
        let put = || {
            match fs::remove_dir(&self.target) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            fs::rename(&self.folder, &self.target)
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
