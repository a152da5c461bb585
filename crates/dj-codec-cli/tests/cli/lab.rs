//! A folder to run the program in.

use std::fmt;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use dj_codecs::api::{Array, Json, Order};
use tempfile::TempDir;

/// A folder to run the program in, out of sight of any configuration of this machine.
pub(crate) struct Lab {
    folder: TempDir,
}

/// How a run ended.
pub(crate) struct Ran {
    pub(crate) status: i32,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
    folder: PathBuf,
}

impl Lab {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // DataJoint's search for its configuration ends at the root of a repository.
        fs::create_dir(folder.path().join(".git")).unwrap();
        Self { folder }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, contents: impl AsRef<[u8]>) -> &Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
        self
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    /// Saves an array of this dtype that holds 0, 1, 2 ... as bytes, each element padded to its size.
    pub(crate) fn save_counting(&self, name: &str, shape: &[usize]) -> &Self {
        let count = shape.iter().product::<usize>();
        let array = Array::from_vec((0..count as u32).map(f64::from).collect(), shape).unwrap();
        dj_codecs::npy::save_npy(self.path(name), &array).unwrap();
        self
    }

    /// Saves an array whose bytes are all different from their neighbours.
    pub(crate) fn save(&self, name: &str, dtype: &str, shape: &[usize], data: Vec<u8>) -> &Self {
        let array = Array::new(dtype.parse().unwrap(), shape, Order::C, data.into()).unwrap();
        dj_codecs::npy::save_npy(self.path(name), &array).unwrap();
        self
    }

    /// The program, ready to run here.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dj-codec"));
        command
            .args(args)
            .current_dir(self.folder.path())
            .env_clear()
            .env("HOME", self.folder.path());
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        self.run_with(args, b"")
    }

    /// Runs the program with this on standard input.
    pub(crate) fn run_with(&self, args: &[&str], input: &[u8]) -> Ran {
        let mut command = self.command(args);
        self.finish(&mut command, input)
    }

    pub(crate) fn finish(&self, command: &mut Command, input: &[u8]) -> Ran {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_vec();
        // A program that does not read its input must not block the test.
        let feeder = std::thread::spawn(move || {
            let _ = stdin.write_all(&input);
        });
        let output = child.wait_with_output().unwrap();
        feeder.join().unwrap();
        Ran {
            status: output.status.code().expect("the program was ended by a signal"),
            stdout: output.stdout,
            stderr: String::from_utf8(output.stderr).unwrap(),
            folder: self.folder.path().to_owned(),
        }
    }

    /// All files below a folder, sorted, without the tokens in their names.
    pub(crate) fn files(&self, folder: &str) -> Vec<String> {
        let mut files = Vec::new();
        collect(&self.path(folder), &self.path(folder), &mut files);
        files.sort();
        files
    }
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<String>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, files);
        } else {
            files.push(without_tokens(path.strip_prefix(root).unwrap().to_str().unwrap()));
        }
    }
}

impl Ran {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.stdout).unwrap()
    }

    /// Standard output as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Json {
        serde_json::from_slice(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self}"))
    }

    /// Asserts that all went well, silently.
    #[track_caller]
    pub(crate) fn good(self) -> Self {
        assert!(self.status == 0 && self.stderr.is_empty(), "{self}");
        self
    }

    /// Asserts the status of a failure, that nothing was printed, and what the words on standard error contain.
    #[track_caller]
    pub(crate) fn fails(&self, status: i32, words: &[&str]) {
        assert_eq!(self.status, status, "{self}");
        assert!(self.stdout.is_empty(), "{self}");
        for word in words {
            assert!(self.stderr.contains(word), "no {word:?} in: {self}");
        }
        assert!(!self.stderr.contains("panicked"), "{self}");
    }
}

/// All of it, without what differs from run to run.
impl fmt::Display for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let folder = self.folder.to_str().unwrap();
        let real = self.folder.canonicalize().unwrap();
        let clean = |text: &str| {
            without_tokens(
                &text
                    .replace(real.to_str().unwrap(), "[LAB]")
                    .replace(folder, "[LAB]"),
            )
        };
        writeln!(f, "status {}", self.status)?;
        writeln!(f, "--- stdout\n{}", clean(&String::from_utf8_lossy(&self.stdout)))?;
        write!(f, "--- stderr\n{}", clean(&self.stderr))
    }
}

/// Puts `[TOKEN]` for the random part of the names of objects, of the probes of `doctor` and of unfinished files.
fn without_tokens(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['_', '/']) {
        let (before, tail) = rest.split_at(at + 1);
        out.push_str(before);
        if let Some(after) = tail.strip_prefix(".dj-partial-") {
            out.push_str(".dj-partial-[TOKEN]");
            rest = after.get(16..).unwrap_or_default();
            continue;
        }
        let is_token = |length: usize, next: &[&str], allowed: fn(char) -> bool| {
            tail.get(..length).is_some_and(|token| token.chars().all(allowed))
                && tail
                    .get(length..)
                    .is_some_and(|after| next.iter().any(|next| after.starts_with(next)))
        };
        let token_char = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if before.ends_with('_') && is_token(8, &[".npy", ".zarr"], token_char) {
            out.push_str("[TOKEN]");
            rest = &tail[8..];
        } else if is_token(32, &["/"], |c| c.is_ascii_hexdigit()) {
            out.push_str("[TOKEN]");
            rest = &tail[32..];
        } else {
            rest = tail;
        }
    }
    out + rest
}
