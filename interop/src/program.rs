//! The built program `dj-codec`.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::failed::{Outcome, ensure};
use crate::ground;

/// `dj-codec`, run in a folder with a configuration.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    path: PathBuf,
    folder: PathBuf,
}

/// What a run printed, and how it ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) status: Option<i32>,
    pub(crate) output: String,
    pub(crate) errors: String,
}

impl Program {
    /// The program, in a folder.
    pub(crate) fn new(path: PathBuf, folder: &Path) -> Self {
        Self {
            path,
            folder: folder.into(),
        }
    }

    /// Another program in this one's folder.
    pub(crate) fn other(&self, path: &Path) -> Self {
        Self::new(path.into(), &self.folder)
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The program, in another folder.
    pub(crate) fn in_folder(&self, folder: &Path) -> Self {
        Self::new(self.path.clone(), folder)
    }

    /// Runs it with these arguments.
    pub(crate) fn run<A: AsRef<std::ffi::OsStr>>(&self, arguments: &[A]) -> Outcome<Ran> {
        self.run_with_input(arguments, b"")
    }

    /// Runs it with these arguments and this standard input.
    pub(crate) fn run_with_input<A: AsRef<std::ffi::OsStr>>(
        &self,
        arguments: &[A],
        input: &[u8],
    ) -> Outcome<Ran> {
        let mut running = ground::command(&self.path)
            .args(arguments)
            .current_dir(&self.folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        if let Some(mut pipe) = running.stdin.take() {
            // Nobody has to read it.
            let _ = pipe.write_all(input);
        }
        let ran = running.wait_with_output()?;
        Ok(Ran {
            status: ran.status.code(),
            output: String::from_utf8_lossy(&ran.stdout).into_owned(),
            errors: String::from_utf8_lossy(&ran.stderr).into_owned(),
        })
    }

    /// Starts it with these arguments; what it prints goes to files of this name in its folder.
    pub(crate) fn start<A: AsRef<std::ffi::OsStr>>(&self, arguments: &[A], name: &str) -> Outcome<Running> {
        let files = ["out", "err"].map(|end| self.folder.join(format!("{name}.{end}")));
        let [output, errors] = [
            std::fs::File::create(&files[0])?,
            std::fs::File::create(&files[1])?,
        ];
        let child = ground::command(&self.path)
            .args(arguments)
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .spawn()?;
        Ok(Running {
            child: Arc::new(Mutex::new(child)),
            files,
        })
    }

    /// Runs it with these arguments and gives what it printed; another exit status than 0 is a failure.
    pub(crate) fn done<A: AsRef<std::ffi::OsStr>>(&self, arguments: &[A]) -> Outcome<String> {
        self.run(arguments)?.done()
    }
}

/// A run that may be killed by whoever has it.
#[derive(Debug, Clone)]
pub(crate) struct Running {
    child: Arc<Mutex<Child>>,
    files: [PathBuf; 2],
}

impl Running {
    /// Ends it at once, as the system does that runs out of memory.
    pub(crate) fn kill(&self) {
        // It may have ended already.
        let _ = self.child.lock().unwrap_or_else(PoisonError::into_inner).kill();
    }

    /// Waits for its end for so long; `None` where it runs still.
    pub(crate) fn ended(&self, within: Duration) -> Outcome<Option<Ran>> {
        let until = Instant::now() + within;
        loop {
            let status = self
                .child
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .try_wait()?;
            if let Some(status) = status {
                let [output, errors] = &self.files;
                return Ok(Some(Ran {
                    status: status.code(),
                    output: std::fs::read_to_string(output)?,
                    errors: std::fs::read_to_string(errors)?,
                }));
            }
            if Instant::now() >= until {
                return Ok(None);
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Ran {
    /// What it printed; another exit status than 0 is a failure.
    pub(crate) fn done(self) -> Outcome<String> {
        let ran = self;
        ensure(ran.status == Some(0), || {
            format!("exit status {:?}: {}{}", ran.status, ran.output, ran.errors)
        })?;
        Ok(ran.output)
    }
}
