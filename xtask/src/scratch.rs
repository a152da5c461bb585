//! A copy of the workspace, in which files can be changed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Outcome, workspace};

/// A copy of what git knows of the workspace, and of what it may come to know.
pub(crate) struct Scratch {
    pub(crate) root: PathBuf,
    target: PathBuf,
}

impl Scratch {
    /// Copies the workspace. Cargo uses what it built of an earlier copy, and what it built of dependencies.
    pub(crate) fn new() -> Result<Self, String> {
        let target = workspace::target_folder()?;
        let scratch = Self {
            root: target.join("scratch"),
            target,
        };
        let original = workspace::root();
        let listed = workspace::read(
            Command::new("git")
                .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
                .current_dir(&original),
        )?;
        for path in listed.split_terminator('\0') {
            scratch.copy(&original.join(path), &scratch.root.join(path))?;
        }
        Ok(scratch)
    }

    /// What is as it was keeps its time, so that cargo need not build it again.
    fn copy(&self, from: &Path, to: &Path) -> Outcome {
        let failed = |error: std::io::Error| format!("{}: {error}", to.display());
        // A file that is gone and not committed yet is still listed.
        let Ok(bytes) = fs::read(from) else {
            return fs::remove_file(to).or(Ok(()));
        };
        if fs::read(to).is_ok_and(|there| there == bytes) {
            return Ok(());
        }
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        fs::write(to, bytes).map_err(failed)
    }

    pub(crate) fn read(&self, path: &str) -> Result<String, String> {
        fs::read_to_string(self.root.join(path)).map_err(|error| format!("{path}: {error}"))
    }

    pub(crate) fn write(&self, path: &str, text: &str) -> Outcome {
        fs::write(self.root.join(path), text).map_err(|error| format!("{path}: {error}"))
    }

    /// Makes a file what it is in the workspace.
    pub(crate) fn restore(&self, path: &str) -> Outcome {
        self.copy(&workspace::root().join(path), &self.root.join(path))
    }

    /// Cargo in the copy.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = workspace::cargo_in(&self.root);
        command.args(arguments).env("CARGO_TARGET_DIR", &self.target);
        command
    }
}
