//! One error type for every codec: what went wrong, where, and what to do about it.

use std::error::Error as StdError;
use std::fmt;

use crate::FormatVersion;

/// The result of everything in this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

type Source = Box<dyn StdError + Send + Sync + 'static>;

/// What went wrong, by blame. Match on this; read the text of [`Error`] to people.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The stored bytes or the stored record are damaged, or are not what the column says.
    Corrupt,
    /// The value was written in a data format that this build does not read.
    UnsupportedFormat {
        /// The version that was found.
        found: FormatVersion,
        /// The versions that this build reads.
        supported: Vec<FormatVersion>,
    },
    /// A declared or actual size is over a limit of [`Limits`](crate::Limits).
    Limit {
        /// Which limit, for example `"array bytes"`.
        what: &'static str,
        /// How much the value asked for.
        asked: u64,
        /// How much is allowed.
        allowed: u64,
    },
    /// The value cannot be stored by this codec.
    InvalidValue,
    /// A type spec or a column declaration makes no sense.
    InvalidSpec,
    /// A path would lead outside the store, or outside the folder that is written to.
    UnsafePath,
    /// The configuration of a store is missing or wrong.
    Config,
    /// An object is not there.
    NotFound,
    /// The store refuses access to an object; it may or may not be there.
    PermissionDenied,
    /// An object is there already, and nothing existing is ever overwritten.
    AlreadyExists,
    /// A store could not be read or written.
    Store,
    /// No codec of this name is registered.
    UnknownCodec,
    /// Two crates want to register the same codec name.
    DuplicateCodec,
    /// What was asked for exists, but not in this build or for this value.
    Unsupported,
}

/// An error of a codec, a store or the registry.
///
/// Its text says what, where and what to do; it never repeats its [`source`](StdError::source), so that a
/// report of the whole chain says each thing once.
pub struct Error(Box<Parts>);

// Boxed, so that a `Result<Value>` is not made larger by its error.
struct Parts {
    kind: ErrorKind,
    message: String,
    codec: Option<String>,
    at: Option<String>,
    advice: Option<String>,
    source: Option<Source>,
}

impl Error {
    /// An error of this kind. `message` is one clause without a full stop.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            kind,
            message: message.into(),
            codec: None,
            at: None,
            advice: None,
            source: None,
        }))
    }

    /// The stored bytes or record are damaged.
    pub fn corrupt(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Corrupt, message)
    }

    /// The value cannot be stored.
    pub fn invalid_value(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidValue, message)
    }

    /// The type spec makes no sense.
    pub fn invalid_spec(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidSpec, message)
    }

    /// The path leads where it must not.
    pub fn unsafe_path(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::UnsafePath, message)
    }

    /// The configuration is missing or wrong.
    pub fn config(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Config, message)
    }

    /// The object is not there.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::NotFound, message)
    }

    /// The store could not be read or written.
    pub fn store(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Store, message)
    }

    /// This build, or this value, has no such thing.
    pub fn unsupported(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unsupported, message)
    }

    /// `asked` is more than `allowed` of `what`.
    #[must_use]
    pub fn limit(what: &'static str, asked: u64, allowed: u64) -> Self {
        Self::new(
            ErrorKind::Limit { what, asked, allowed },
            format!("{what}: {asked} is over the limit of {allowed}"),
        )
        .advise("raise the limit if you trust where the data comes from")
    }

    /// Names the codec, unless an inner codec is named already.
    #[must_use]
    pub fn with_codec(mut self, codec: impl Into<String>) -> Self {
        self.0.codec.get_or_insert_with(|| codec.into());
        self
    }

    /// Names the path, the column or the position, unless it is named already.
    #[must_use]
    pub fn at(mut self, place: impl Into<String>) -> Self {
        self.0.at.get_or_insert_with(|| place.into());
        self
    }

    /// Says what to do about it. A later call replaces the advice.
    #[must_use]
    pub fn advise(mut self, advice: impl Into<String>) -> Self {
        self.0.advice = Some(advice.into());
        self
    }

    /// Keeps the error that caused this one.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Source>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// What went wrong, by blame.
    #[must_use]
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// What went wrong, in words, without place and advice.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The codec that met it.
    #[must_use]
    pub fn codec(&self) -> Option<&str> {
        self.0.codec.as_deref()
    }

    /// The path, the column or the position.
    #[must_use]
    pub fn place(&self) -> Option<&str> {
        self.0.at.as_deref()
    }

    /// What to do about it.
    #[must_use]
    pub fn advice(&self) -> Option<&str> {
        self.0.advice.as_deref()
    }

    /// The error and every error behind it, in one line. Words that the error before has at its end are not said again.
    #[must_use]
    pub fn report(&self) -> String {
        let mut text = self.to_string();
        let mut next = self.source();
        while let Some(source) = next {
            let said = source.to_string();
            if !text.ends_with(&said) {
                text.push_str(": ");
                text.push_str(&said);
            }
            next = source.source();
        }
        text
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(codec) = &self.0.codec {
            write!(f, "<{codec}> ")?;
        }
        if let Some(at) = &self.0.at {
            write!(f, "at {at}: ")?;
        }
        f.write_str(&self.0.message)?;
        if let Some(advice) = &self.0.advice {
            write!(f, "; {advice}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Error");
        out.field("kind", &self.0.kind).field("text", &self.to_string());
        if let Some(source) = &self.0.source {
            out.field("source", source);
        }
        out.finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_says_what_where_and_what_to_do_once() {
        let error = Error::corrupt("the header ends early")
            .with_codec("npy")
            .with_codec("outer")
            .at("a/b.npy")
            .advise("fetch the object again")
            .caused_by("disk on fire");
        assert_eq!(
            error.to_string(),
            "<npy> at a/b.npy: the header ends early; fetch the object again"
        );
        assert_eq!(
            error.report(),
            "<npy> at a/b.npy: the header ends early; fetch the object again: disk on fire"
        );
        assert_eq!(error.kind(), &ErrorKind::Corrupt);
        let again = Error::store("the server refused it: the disk is full").caused_by("the disk is full");
        assert_eq!(again.report(), "the server refused it: the disk is full");
    }

    #[test]
    fn an_error_is_one_word_wide() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }
}
