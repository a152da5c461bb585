//! A copy of the workspace, in which files can be changed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Outcome, workspace};

/// A copy of what git knows of the workspace, and of what it may come to know. It has a target folder of its own, for cargo tells
/// two copies of a package in one target folder apart by the times of their files alone.
pub(crate) struct Scratch {
    pub(crate) root: PathBuf,
    target: PathBuf,
}

/// What an earlier copy had, beside it.
const COPIED: &str = "copied.txt";

impl Scratch {
    /// Copies the workspace. What cargo built of an earlier copy is used again.
    pub(crate) fn new() -> Result<Self, String> {
        let folder = workspace::target_folder()?.join("scratch");
        let scratch = Self {
            root: folder.join("tree"),
            target: folder.join("target"),
        };
        let original = workspace::root();
        let files = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
        let listed = workspace::read(Command::new("git").args(files).current_dir(&original))?;
        let before = fs::read_to_string(folder.join(COPIED)).unwrap_or_default();
        // What is gone from the workspace is copied as well: it goes.
        for path in listed.split_terminator('\0').chain(before.lines()) {
            scratch.copy(&original.join(path), &scratch.root.join(path))?;
        }
        fs::write(folder.join(COPIED), listed.replace('\0', "\n"))
            .map_err(|error| format!("{}: {error}", folder.display()))?;
        Ok(scratch)
    }

    /// What is as it was keeps its time, so that cargo need not build it again.
    fn copy(&self, from: &Path, to: &Path) -> Outcome {
        let failed = |error: std::io::Error| format!("{}: {error}", to.display());
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
