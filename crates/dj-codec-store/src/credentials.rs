//! Where the credentials of a store come from, without the credentials.

use std::fmt;
use std::path::PathBuf;

use crate::Origin;

/// Where the credentials of a store come from. Never the credentials themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Credentials {
    /// The store needs none: a folder, memory.
    NotNeeded,
    /// Settings of the store.
    Settings {
        /// Which settings.
        keys: &'static str,
        /// Where they came from.
        origin: Option<Origin>,
    },
    /// Environment variables.
    Variables(&'static str),
    /// A profile of the AWS tools.
    Profile {
        /// The name of the profile.
        name: String,
        /// The file that it is in.
        file: PathBuf,
    },
    /// A file of Google's or Microsoft's tools, or of a service account.
    File(PathBuf),
    /// What the cloud gives to the machine, the container or the pod that this runs on. If it is not in a cloud,
    /// requests will fail.
    Machine,
    /// Requests are not signed.
    Anonymous,
}

impl fmt::Display for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotNeeded => f.write_str("none needed"),
            Self::Settings { keys, origin: None } => write!(f, "the store's {keys}"),
            Self::Settings {
                keys,
                origin: Some(origin),
            } => write!(f, "the store's {keys}, from {origin}"),
            Self::Variables(names) => write!(f, "the variables {names}"),
            Self::Profile { name, file } => write!(f, "the profile {name:?} in {}", file.display()),
            Self::File(path) => write!(f, "the file {}", path.display()),
            Self::Machine => f.write_str("those that the cloud gives to this machine, if it does"),
            Self::Anonymous => f.write_str("none, access is anonymous"),
        }
    }
}
