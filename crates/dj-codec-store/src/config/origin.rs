//! Where a setting came from.

use std::fmt;
use std::path::PathBuf;

/// Where a setting came from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// A configuration file, such as `datajoint.json`.
    File(PathBuf),
    /// An environment variable.
    Variable(&'static str),
    /// A file of a secrets folder.
    Secret(PathBuf),
    /// The program itself.
    Program,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Variable(name) => write!(f, "the variable {name}"),
            Self::Secret(path) => write!(f, "the secret {}", path.display()),
            Self::Program => f.write_str("the program"),
        }
    }
}
