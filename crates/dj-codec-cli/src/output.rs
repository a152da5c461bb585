//! The one place that prints.

use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::sync::Arc;

use dj_codecs::api::{Json, Result, Warning, Warnings};

use crate::failure::{Failure, Outcome};

/// Standard output and standard error.
///
/// What was asked for goes to standard output, all else to standard error. Standard output is buffered, so that failures to
/// write it are met when it is flushed, and not missed.
pub(crate) struct Output {
    out: BufWriter<Box<dyn Write>>,
}

impl Output {
    /// The process's own.
    pub(crate) fn of_process() -> Self {
        Self {
            out: BufWriter::new(standard_output()),
        }
    }

    /// Prints a line to standard output.
    pub(crate) fn line(&mut self, text: &str) -> Outcome {
        self.text(text)?;
        self.text("\n")
    }

    /// Prints text to standard output as it is.
    pub(crate) fn text(&mut self, text: &str) -> Outcome {
        self.out
            .write_all(text.as_bytes())
            .map_err(|error| Failure::of_output(&error))
    }

    /// Prints a JSON document with line breaks.
    pub(crate) fn json(&mut self, document: &Json) -> Outcome {
        let written = serde_json::to_writer_pretty(&mut self.out, document).map_err(io::Error::from);
        written.map_err(|error| Failure::of_output(&error))?;
        self.text("\n")
    }

    /// Lets a codec write to standard output. It wraps a failure of the pipe in words of its own; here it is remembered.
    pub(crate) fn fill<T>(&mut self, fill: impl FnOnce(&mut dyn Write) -> Result<T>) -> Outcome<T> {
        let mut writer = Remembering {
            inner: &mut self.out,
            failed: None,
        };
        let filled = fill(&mut writer);
        match (writer.failed, filled) {
            (Some(error), _) => Err(Failure::of_output(&error)),
            (None, filled) => Ok(filled?),
        }
    }

    /// Makes sure that all of it went out.
    pub(crate) fn finish(&mut self) -> Outcome {
        self.out.flush().map_err(|error| Failure::of_output(&error))
    }

    /// Says on standard error why the program ends.
    pub(crate) fn complain(&mut self, failure: &Failure) {
        // What was printed before the failure belongs before it. That it cannot go out is no news any more.
        let _ = self.out.flush();
        match failure {
            Failure::Arguments(text) => to_stderr(text),
            Failure::Reported | Failure::ReaderGone => {}
            #[cfg(feature = "db")]
            Failure::Waiting => {}
            other => to_stderr(&format!("error: {other}\n")),
        }
    }

    /// Says on standard error what was found on the way.
    #[cfg(feature = "photon")]
    pub(crate) fn note(&mut self, text: &str) {
        to_stderr(&format!("{text}\n"));
    }

    /// Says on standard error what should be known although nothing failed.
    pub(crate) fn warn(&mut self, text: &str) {
        to_stderr(&format!("warning: {text}\n"));
    }
}

/// Standard output as it is, without Rust's own line buffer, which would hide which write failed.
fn standard_output() -> Box<dyn Write> {
    #[cfg(unix)]
    {
        use std::os::fd::AsFd as _;
        if let Ok(descriptor) = io::stdout().as_fd().try_clone_to_owned() {
            return Box::new(std::fs::File::from(descriptor));
        }
    }
    Box::new(io::stdout())
}

/// Passes writes on and remembers how one failed.
struct Remembering<W> {
    inner: W,
    failed: Option<io::Error>,
}

impl<W: Write> Remembering<W> {
    fn remember<T>(&mut self, outcome: io::Result<T>) -> io::Result<T> {
        outcome.map_err(|error| {
            let kind = error.kind();
            self.failed = Some(error);
            kind.into()
        })
    }
}

impl<W: Write> Write for Remembering<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let outcome = self.inner.write(bytes);
        self.remember(outcome)
    }

    fn flush(&mut self) -> io::Result<()> {
        let outcome = self.inner.flush();
        self.remember(outcome)
    }
}

/// Writes to standard error, where failing to write cannot be told to anybody.
pub(crate) fn to_stderr(text: &str) {
    let mut stderr = io::stderr().lock();
    let _ = stderr.write_all(text.as_bytes());
    let _ = stderr.flush();
}

/// Whether people watch standard error.
pub(crate) fn stderr_is_terminal() -> bool {
    io::stderr().is_terminal()
}

/// Prints the warnings of codecs to standard error as they come.
#[derive(Debug)]
struct ToStderr;

impl Warnings for ToStderr {
    fn warn(&self, warning: &Warning) {
        to_stderr(&format!("warning: {warning}\n"));
    }
}

/// Where the warnings of codecs go.
pub(crate) fn warnings() -> Arc<dyn Warnings> {
    Arc::new(ToStderr)
}
