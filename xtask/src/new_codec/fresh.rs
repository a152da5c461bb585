//! A crate that was just made, in a folder of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Instant;

use crate::{Outcome, workspace};

/// A folder outside of any workspace, which goes when it is done with.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new() -> Result<Self, String> {
        let path = std::env::temp_dir().join(format!("dj-new-codec-{}", std::process::id()));
        fs::create_dir(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Self(path))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A crate that was just made.
pub(super) struct Fresh {
    name: String,
    root: PathBuf,
}

impl Fresh {
    /// Makes one, of this name, in this place of the folder. It gets our lock file, so that third-party crates are those that are built already.
    pub(super) fn make(folder: &Folder, place: &str, name: &str, options: &[&str]) -> Result<Self, String> {
        let root = folder.path().join(place);
        let path = root.display().to_string();
        let arguments = [&[name, "--path", &path], options].concat();
        workspace::read(&mut super::command(folder.path(), &arguments))?;
        let made = Self {
            name: name.to_owned(),
            root,
        };
        let lock = workspace::root().join("Cargo.lock");
        fs::copy(lock, made.root.join("Cargo.lock")).map_err(|error| format!("{path}: {error}"))?;
        Ok(made)
    }

    /// The name of the codec.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn read(&self, path: &str) -> Result<String, String> {
        fs::read_to_string(self.root.join(path)).map_err(|error| format!("{}: {path}: {error}", self.name))
    }

    pub(super) fn write(&self, path: &str, text: &str) -> Outcome {
        fs::write(self.root.join(path), text).map_err(|error| format!("{}: {path}: {error}", self.name))
    }

    /// Removes a file or a folder.
    pub(super) fn remove(&self, path: &str) -> Outcome {
        let path = self.root.join(path);
        let removed = match path.is_dir() {
            true => fs::remove_dir_all(&path),
            false => fs::remove_file(&path),
        };
        removed.map_err(|error| format!("{}: {error}", path.display()))
    }

    /// A program in the crate's folder, where cargo builds in our target folder.
    pub(super) fn command(&self, program: &str, arguments: &[&str]) -> Result<Command, String> {
        let mut command = match program {
            "cargo" => workspace::cargo_in(&self.root),
            other => Command::new(other),
        };
        command
            .args(arguments)
            .current_dir(&self.root)
            .env("CARGO_TARGET_DIR", workspace::target_folder()?)
            .env("RUSTDOCFLAGS", "--deny warnings");
        Ok(command)
    }

    pub(super) fn run(&self, program: &str, arguments: &[&str]) -> Result<Output, String> {
        workspace::run(&mut self.command(program, arguments)?)
    }

    /// Runs a program that has to succeed, and gives what it printed.
    pub(super) fn good(&self, program: &str, arguments: &[&str]) -> Result<String, String> {
        let output = self.run(program, arguments)?;
        match output.status.success() {
            true => Ok(said(&output)),
            false => Err(format!(
                "{}: {program} {arguments:?}: {}",
                self.name,
                said(&output)
            )),
        }
    }

    /// Runs a program that has to fail, and to say this.
    pub(super) fn bad(&self, program: &str, arguments: &[&str], wanted: &str) -> Outcome {
        let output = self.run(program, arguments)?;
        let said = said(&output);
        match !output.status.success() && said.contains(wanted) {
            true => Ok(()),
            false => Err(format!(
                "{}: {program} {arguments:?} should fail and say {wanted:?}; it said: {said}",
                self.name
            )),
        }
    }

    pub(super) fn cargo(&self, arguments: &[&str]) -> Result<String, String> {
        self.good("cargo", arguments)
    }

    /// The same, and how long it took.
    pub(super) fn step(&self, title: &str, arguments: &[&str]) -> Outcome {
        let began = Instant::now();
        self.cargo(arguments)?;
        println!("{}: {title}, {:.1} s", self.name, began.elapsed().as_secs_f64());
        Ok(())
    }

    /// Commits all of it.
    pub(super) fn commit(&self, message: &str) -> Outcome {
        self.good("git", &["init", "--quiet"])?;
        self.good("git", &["add", "--all"])?;
        let author = ["-c", "user.name=new codec", "-c", "user.email=new@codec"];
        let commit = ["commit", "--quiet", "--message", message];
        self.good("git", &[&author[..], &commit].concat()).map(drop)
    }

    /// The package has the code and what people read, and nothing of this machine, no fixtures, no tests.
    pub(super) fn packs_what_users_need(&self) -> Outcome {
        let listed = self.cargo(&["package", "--list", "--quiet"])?;
        let files: Vec<&str> = listed.lines().collect();
        for wanted in [
            "src/codec.rs",
            "README.md",
            "NEW-FORMAT.md",
            "CHANGELOG.md",
            "LICENSE-MIT",
            "LICENSE-APACHE",
        ] {
            if !files.contains(&wanted) {
                return Err(format!("{}: the package has no {wanted}: {listed}", self.name));
            }
        }
        let is_stray = |file: &&&str| {
            ["fixtures/", "tests/", "examples/", "."]
                .iter()
                .any(|front| file.starts_with(front))
        };
        // Cargo's own note of the commit.
        match files
            .iter()
            .filter(|file| **file != ".cargo_vcs_info.json")
            .find(is_stray)
        {
            Some(stray) => Err(format!("{}: {stray} is in the package", self.name)),
            None => Ok(()),
        }
    }
}

/// All that a program printed.
fn said(output: &Output) -> String {
    let [out, err] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    format!("{out}{err}")
}
