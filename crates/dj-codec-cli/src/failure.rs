//! Why the program ends otherwise than well, and with which exit status.

use std::fmt;
use std::io;

use dj_codecs::api::{Error, ErrorKind};

/// What a command comes to.
pub(crate) type Outcome<T = ()> = Result<T, Failure>;

/// Why the program ends otherwise than well.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The arguments or the configuration make no sense: status 2.
    Usage(String),
    /// The same, in clap's own words, which are printed as they are.
    Arguments(String),
    /// A value did not encode or decode, or something was found wanting: status 1.
    Wanting(String),
    /// It was said already, line by line: status 1.
    Reported,
    /// What a person has to do first was said already: status 3.
    #[cfg(feature = "db")]
    Waiting,
    /// The reader of standard output has gone, as `head` does. Nobody is left to hear of it.
    ReaderGone,
}

impl Failure {
    /// The arguments make no sense.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::Usage(message.into())
    }

    /// Something was found wanting.
    pub(crate) fn wanting(message: impl Into<String>) -> Self {
        Self::Wanting(message.into())
    }

    /// An error that the arguments are to blame for, whatever its kind.
    pub(crate) fn misuse(error: &Error) -> Self {
        Self::Usage(error.report())
    }

    /// An error while a value was stored: the arguments are to blame for a spec or a store that is none.
    pub(crate) fn while_encoding(error: &Error) -> Self {
        match error.kind() {
            ErrorKind::InvalidSpec | ErrorKind::Config | ErrorKind::UnsafePath => Self::misuse(error),
            _ => error.into(),
        }
    }

    /// An error while a type spec was resolved. A codec that this build does not have is no wrong use.
    pub(crate) fn while_resolving(error: &Error) -> Self {
        match error.kind() {
            ErrorKind::UnknownCodec => error.into(),
            _ => Self::misuse(error),
        }
    }

    /// A failure of standard output.
    pub(crate) fn of_output(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::ReaderGone,
            _ => Self::Wanting(format!("standard output cannot be written: {error}")),
        }
    }

    /// The exit status.
    pub(crate) fn status(&self) -> u8 {
        match self {
            Self::Usage(_) | Self::Arguments(_) => 2,
            Self::Wanting(_) | Self::Reported => 1,
            #[cfg(feature = "db")]
            Self::Waiting => 3,
            Self::ReaderGone => 0,
        }
    }
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        Self::Wanting(error.report())
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::from(&error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(text) | Self::Arguments(text) | Self::Wanting(text) => f.write_str(text),
            Self::Reported | Self::ReaderGone => Ok(()),
            #[cfg(feature = "db")]
            Self::Waiting => Ok(()),
        }
    }
}
