//! Runs the commands of a page, as a reader would type them one after the other.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use snapbox::assert::Action;
use snapbox::{Assert, IntoData as _};
use tempfile::TempDir;

use crate::block::{Block, Kind, When};
use crate::page::Page;

/// What a shell does around a block: it begins where the block before it ended, and writes down where it ends itself.
const AROUND: &str = r#"
set -e -o pipefail
source "$SESSION/variables"
cd "$(cat "$SESSION/folder")"
trap 'status=$?; pwd > "$SESSION/folder"; export -p > "$SESSION/variables"; exit $status' EXIT
exec 2>&1
"#;

/// What `cargo` is to the commands: `cargo install` of a crate that is here finds its program built already.
const INSTALL: &str = r#"if [ "$1" = install ]; then
    if [ -d "$REPO/crates/$2" ] || { [ "$2" = --path ] && [ -d "$3" ]; }; then exit 0; fi
fi
exec 'CARGO' "$@""#;

/// A folder in which the commands of one page are run.
///
/// They see the program `dj-codec`, no configuration of the user, `$REPO`, the repository, and in `$SESSION/printed` what the block
/// before has printed. Files that the page shows are written where they stand in the page.
#[derive(Debug)]
pub struct Session {
    folder: TempDir,
    programs: PathBuf,
    repository: PathBuf,
    variables: Vec<(String, OsString)>,
}

impl Session {
    /// A new folder. `program` is the built `dj-codec`, `repository` the root of the repository.
    ///
    /// # Errors
    /// Where the folder cannot be made.
    pub fn new(program: &Path, repository: &Path) -> Result<Self, String> {
        let folder = tempfile::tempdir().map_err(|error| format!("a temporary folder: {error}"))?;
        let programs = folder.path().join("bin");
        let session = Self {
            programs,
            repository: repository.into(),
            variables: Vec::new(),
            folder,
        };
        session
            .make(program)
            .map_err(|error| format!("the folder of a page: {error}"))?;
        Ok(session)
    }

    /// A variable of the environment of all commands.
    #[must_use]
    pub fn with_variable(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.variables.push((name.into(), value.into()));
        self
    }

    /// The folder in which the commands begin.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        self.folder.path().join("page")
    }

    /// Runs the blocks of a page that are for the test, and those for `when`. Gives what went wrong: with the first
    /// command that failed it ends, since others build on it.
    #[must_use]
    pub fn run(&self, page: &Page, when: When) -> Vec<String> {
        let mut faults = Vec::new();
        let mut printed = None;
        for block in &page.blocks {
            let outcome = match &block.kind {
                Kind::Shell {
                    when: then, status, ..
                } if *then == When::Test || *then == when => {
                    self.shell(block, *status).map(|text| printed = Some(text))
                }
                Kind::Shell { .. } => {
                    printed = None;
                    Ok(())
                }
                Kind::File(name) => self.write(name, &block.text),
                Kind::Output => {
                    if let Err(why) = printed.take().map_or(Ok(()), |text| compare(&text, &block.text)) {
                        faults.push(format!("{}: {why}", page.place(block.line)));
                    }
                    Ok(())
                }
                _ => Ok(()),
            };
            if let Err(why) = outcome {
                faults.push(format!("{}: {why}", page.place(block.line)));
                return faults;
            }
        }
        faults
    }

    fn make(&self, program: &Path) -> std::io::Result<()> {
        for folder in [&self.programs, &self.folder(), &self.home(), &self.state()] {
            fs::create_dir(folder)?;
        }
        fs::write(self.state().join("variables"), "")?;
        fs::write(
            self.state().join("folder"),
            self.folder().as_os_str().as_encoded_bytes(),
        )?;
        self.make_program("dj-codec", &format!("exec '{}' \"$@\"", program.display()))?;
        self.make_program("cargo", &INSTALL.replace("CARGO", &cargo()))
    }

    fn make_program(&self, name: &str, script: &str) -> std::io::Result<()> {
        let path = self.programs.join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n"))?;
        executable(&path)
    }

    fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    fn write(&self, name: &str, text: &str) -> Result<(), String> {
        let path = self.folder().join(name);
        let folder = path.parent().unwrap_or(&path);
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(&path, text))
            .map_err(|error| format!("{name}: {error}"))
    }

    /// Runs a block and gives what it printed, on either output, in the order of a terminal.
    fn shell(&self, block: &Block, status: i32) -> Result<String, String> {
        let ran = self
            .command()
            .arg("-c")
            .arg(format!("{AROUND}{}", block.text))
            .output()
            .map_err(|error| format!("bash could not be run: {error}"))?;
        let text = String::from_utf8_lossy(&ran.stdout).into_owned();
        fs::write(self.state().join("printed"), &text)
            .map_err(|error| format!("what was printed: {error}"))?;
        if ran.status.code() == Some(status) {
            return Ok(text);
        }
        let errors = String::from_utf8_lossy(&ran.stderr);
        Err(format!(
            "the commands ended with {}, not {status}, and printed\n{text}{errors}",
            ran.status
        ))
    }

    fn command(&self) -> Command {
        let mut command = Command::new("bash");
        command.stdin(Stdio::null()).current_dir(self.folder());
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("DJ_") || text.starts_with("AWS_") {
                command.env_remove(name);
            }
        }
        let mut path = self.programs.clone().into_os_string();
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap_or_default());
        command
            .env("PATH", path)
            .env("HOME", self.home())
            .env("SESSION", self.state())
            .env("REPO", &self.repository)
            .env("NO_COLOR", "1")
            .env("COLUMNS", "100");
        // The home is another one, cargo's and rustup's folders are not.
        if let Some(home) = std::env::var_os("HOME").map(PathBuf::from) {
            for (name, folder) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
                if std::env::var_os(name).is_none() {
                    command.env(name, home.join(folder));
                }
            }
        }
        for (name, value) in &self.variables {
            command.env(name, value);
        }
        command
    }
}

/// What was printed, with the page: `[..]` stands for anything within a line, a line `...` for any lines.
fn compare(printed: &str, shown: &str) -> Result<(), String> {
    let assert = Assert::new().action(Action::Verify).normalize_paths(false);
    let (printed, shown) = (printed.trim_end(), shown.trim_end());
    assert
        .try_eq(None, printed.into_data(), shown.into_data())
        .map_err(|error| format!("what is printed is not what is shown{error}"))
}

/// The cargo that runs this, else the one that the user would run; by its path, since in a session another one is found first.
fn cargo() -> String {
    if let Ok(cargo) = std::env::var("CARGO") {
        return cargo;
    }
    std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())
        .map(|folder| folder.join("cargo"))
        .find(|path| path.is_file())
        .map_or_else(
            || "/usr/bin/cargo".into(),
            |path| path.to_string_lossy().into_owned(),
        )
}

#[cfg(unix)]
fn executable(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn executable(_: &Path) -> std::io::Result<()> {
    Ok(())
}
