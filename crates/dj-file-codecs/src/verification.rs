//! What checking a stored file or folder found.

use std::fmt;

use dj_codec_api::{Error, Result};

/// Something in the store that is not what the record or the manifest says.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Finding {
    /// The file or the folder itself is not there.
    Gone,
    /// A file of the folder is not there.
    Missing {
        /// Its path within the folder.
        path: String,
    },
    /// There is a folder where the record says a file, or a file where it says a folder.
    Kind {
        /// Whether the record says a folder.
        recorded_folder: bool,
    },
    /// A file has another size.
    Size {
        /// Its path within the folder, or the name of the file.
        path: String,
        /// The size that it should have.
        recorded: u64,
        /// The size that it has.
        found: u64,
    },
    /// The contents have another hash.
    Hash {
        /// The hash that they should have.
        recorded: String,
        /// The hash that they have.
        found: String,
    },
    /// A total of the record is not that of the files.
    Total {
        /// `"size"` or `"item_count"`.
        what: &'static str,
        /// The total that the record has.
        recorded: u64,
        /// The total of the files.
        found: u64,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gone => f.write_str("it is not there"),
            Self::Missing { path } => write!(f, "the file {path:?} is missing"),
            Self::Kind {
                recorded_folder: true,
            } => f.write_str("the record says a folder, the store has a file"),
            Self::Kind {
                recorded_folder: false,
            } => f.write_str("the record says a file, the store has a folder"),
            Self::Size {
                path,
                recorded,
                found,
            } => {
                write!(f, "{path:?} should have {recorded} bytes, it has {found}")
            }
            Self::Hash { recorded, found } => write!(f, "the hash should be {recorded}, it is {found}"),
            Self::Total {
                what,
                recorded,
                found,
            } => {
                write!(f, "the record says {what} {recorded}, the files have {found}")
            }
        }
    }
}

/// What checking a stored file or folder found: the answer of [`ObjectRef::verify`](crate::ObjectRef::verify).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verification {
    /// The files that are there.
    pub files: u64,
    /// Their sizes together.
    pub bytes: u64,
    /// Whether there was a manifest to compare a folder with.
    pub manifest: bool,
    /// Whether the contents were compared with a hash.
    pub hashed: bool,
    /// Files of the folder that the manifest does not list. Python takes no notice of them; perhaps somebody added to the
    /// folder after it was stored.
    pub unlisted: Vec<String>,
    /// What is wrong.
    pub findings: Vec<Finding>,
}

/// How many findings an error tells.
const TOLD: usize = 10;

impl Verification {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.findings.is_empty()
    }

    /// Nothing, or what is wrong as one error.
    ///
    /// # Errors
    /// [`NotFound`](dj_codec_api::ErrorKind::NotFound) where nothing is there,
    /// [`Corrupt`](dj_codec_api::ErrorKind::Corrupt) where something else is wrong.
    pub fn into_result(self) -> Result<()> {
        if self.findings.is_empty() {
            return Ok(());
        }
        if self.findings.contains(&Finding::Gone) {
            return Err(Error::not_found("there is no such file or folder in the store"));
        }
        let mut text: Vec<String> = self.findings.iter().take(TOLD).map(ToString::to_string).collect();
        if self.findings.len() > TOLD {
            text.push(format!("and {} more", self.findings.len() - TOLD));
        }
        Err(Error::corrupt(text.join(", ")).advise("bring it back from a backup of the store"))
    }
}
