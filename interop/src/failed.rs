//! Why a check did not pass, in words.

use std::fmt;

use dj_codecs::api::{Value, notation};

/// What a check comes to.
pub(crate) type Outcome<T = ()> = Result<T, Failed>;

/// Why a check did not pass.
#[derive(Debug)]
pub(crate) struct Failed(String);

impl Failed {
    /// Adds what was being done.
    pub(crate) fn during(self, what: impl fmt::Display) -> Self {
        Self(format!("{what}: {}", self.0))
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<String> for Failed {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Failed {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<dj_codecs::api::Error> for Failed {
    fn from(error: dj_codecs::api::Error) -> Self {
        Self(error.report())
    }
}

impl From<std::io::Error> for Failed {
    fn from(error: std::io::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<serde_json::Error> for Failed {
    fn from(error: serde_json::Error) -> Self {
        Self(format!("this is not the JSON that was expected: {error}"))
    }
}

/// Fails with these words unless the condition holds.
pub(crate) fn ensure(condition: bool, words: impl FnOnce() -> String) -> Outcome {
    if condition { Ok(()) } else { Err(Failed(words())) }
}

/// Fails unless two things are equal.
pub(crate) fn same<T: PartialEq + fmt::Debug + ?Sized>(what: &str, found: &T, wanted: &T) -> Outcome {
    ensure(found == wanted, || {
        format!("{what} is {found:?}, it should be {wanted:?}")
    })
}

/// Fails unless two values are equal, and shows both in the notation.
pub(crate) fn same_value(what: &str, found: &Value, wanted: &Value) -> Outcome {
    ensure(found == wanted, || {
        format!("{what} is {}, it should be {}", shown(found), shown(wanted))
    })
}

/// A value in the notation, cut where it is long.
pub(crate) fn shown(value: &Value) -> String {
    let text = notation::to_string(value).unwrap_or_else(|error| error.to_string());
    match text.char_indices().nth(1500) {
        None => text,
        Some((at, _)) => format!("{}... ({} bytes)", text.get(..at).unwrap_or_default(), text.len()),
    }
}
