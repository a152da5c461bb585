//! Versions of data formats, which are not versions of crates.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use crate::{Error, Result};

/// The version of a data format, such as `2.0` for Zarr arrays or `1` for mYm blobs.
///
/// A new minor version can be read by readers of the older one, if with a warning; a new major version cannot.
/// The text keeps as many parts as it was written with; comparison does not look at that.
///
/// ```
/// use dj_codec_api::FormatVersion;
///
/// let version: FormatVersion = "2.0".parse()?;
/// assert_eq!(version, FormatVersion::new(2, 0));
/// assert_eq!(version, "2".parse()?);
/// assert_eq!(version.to_string(), "2.0");
/// assert!(version < FormatVersion::new(2, 1));
/// # Ok::<(), dj_codec_api::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct FormatVersion {
    major: u64,
    minor: u64,
    patch: u64,
    parts: u8,
}

impl FormatVersion {
    /// Version `major.minor`, written with two parts.
    #[must_use]
    pub const fn new(major: u64, minor: u64) -> Self {
        Self {
            major,
            minor,
            patch: 0,
            parts: 2,
        }
    }

    /// Version `major`, written with one part: for formats that are told apart by a magic number.
    #[must_use]
    pub const fn intrinsic(major: u64) -> Self {
        Self {
            major,
            minor: 0,
            patch: 0,
            parts: 1,
        }
    }

    /// Whether the version has one part: the format is told apart by a magic number, and which one a value is written in
    /// depends on the value.
    #[must_use]
    pub const fn is_intrinsic(&self) -> bool {
        self.parts == 1
    }

    /// The number that changes when older readers cannot read the format.
    #[must_use]
    pub const fn major(&self) -> u64 {
        self.major
    }

    /// The number that changes when older readers can read the format, but miss something.
    #[must_use]
    pub const fn minor(&self) -> u64 {
        self.minor
    }

    /// The same as a semantic version.
    #[must_use]
    pub fn to_semver(&self) -> semver::Version {
        semver::Version::new(self.major, self.minor, self.patch)
    }

    fn numbers(&self) -> (u64, u64, u64) {
        (self.major, self.minor, self.patch)
    }
}

impl PartialEq for FormatVersion {
    fn eq(&self, other: &Self) -> bool {
        self.numbers() == other.numbers()
    }
}

impl Eq for FormatVersion {}

impl Hash for FormatVersion {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.numbers().hash(state);
    }
}

impl PartialOrd for FormatVersion {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for FormatVersion {
    fn cmp(&self, other: &Self) -> Ordering {
        self.numbers().cmp(&other.numbers())
    }
}

impl fmt::Display for FormatVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.parts {
            1 => write!(f, "{}", self.major),
            2 => write!(f, "{}.{}", self.major, self.minor),
            _ => write!(f, "{}.{}.{}", self.major, self.minor, self.patch),
        }
    }
}

impl FromStr for FormatVersion {
    type Err = Error;

    /// One to three numbers with points between, each as `semver` writes them: no sign, no leading zero.
    fn from_str(text: &str) -> Result<Self> {
        let parts = text.split('.').count();
        let full = match parts {
            1 => format!("{text}.0.0"),
            2 => format!("{text}.0"),
            _ => text.to_owned(),
        };
        semver::Version::parse(&full)
            .ok()
            .filter(|version| version.pre.is_empty() && version.build.is_empty())
            .map(|version| Self {
                major: version.major,
                minor: version.minor,
                patch: version.patch,
                parts: u8::try_from(parts).unwrap_or(3),
            })
            .ok_or_else(|| {
                let shown: String = text.chars().take(40).collect();
                Error::corrupt(format!("{shown:?} is not a format version"))
                    .advise("a format version looks like \"2\", \"2.0\" or \"2.0.1\"")
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_round_trip() {
        for text in ["1", "2.0", "2.0.1", "10.20.30"] {
            let version: FormatVersion = text.parse().unwrap();
            assert_eq!(version.to_string(), text);
            assert_eq!(version.is_intrinsic(), text == "1");
        }
    }

    #[test]
    fn what_is_no_version_is_refused() {
        for text in [
            "",
            ".",
            "1.",
            "-1",
            "1.0-alpha",
            "1.0+x",
            "1.0.0-alpha",
            "1.0.0+x",
            "01.0",
            "1.2.3.4",
            "one",
            "99999999999999999999",
        ] {
            assert!(text.parse::<FormatVersion>().is_err(), "{text}");
        }
    }
}
