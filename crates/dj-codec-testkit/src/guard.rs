//! Panics of a codec are findings, not ends.

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use dj_codec_api::{Error, Result};

/// Why an attempt gave nothing.
#[derive(Debug)]
pub(crate) enum Trouble {
    Error(Error),
    Panic(String),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error(error) => write!(f, "the error \"{}\"", error.report()),
            Self::Panic(message) => write!(f, "a panic: {message}"),
        }
    }
}

impl From<Trouble> for Error {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Error(error) => error,
            Trouble::Panic(message) => Self::corrupt(format!("the codec panicked: {message}"))
                .advise("a codec must not panic, whatever is stored: give an error"),
        }
    }
}

/// Does something of a codec's, and catches a panic.
pub(crate) fn guarded<T>(work: impl FnOnce() -> Result<T>) -> Result<T, Trouble> {
    // Nothing that the work may have left half done is looked at again but stores, which keep themselves consistent.
    catch_unwind(AssertUnwindSafe(work))
        .map_err(|payload| Trouble::Panic(message(payload.as_ref())))?
        .map_err(Trouble::Error)
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| payload.downcast_ref::<&str>().copied());
    text.unwrap_or("without a message").to_owned()
}
