//! The versions of the NPY format.

use dj_codec_api::{FormatStatus, FormatVersion, Reader, VersionDispatch};

/// A version of the NPY format: how long a header may be, and how its text is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NpyVersion {
    /// 1.0: headers of up to 65,535 bytes in latin-1.
    V1,
    /// 2.0: headers of up to 4 GiB in latin-1.
    V2,
    /// 3.0: headers of up to 4 GiB in UTF-8.
    V3,
}

/// The versions that are read and, where asked for, written. NumPy's rule is to write the first that can hold the
/// header, so all of them are current.
pub(crate) const FORMATS: VersionDispatch<NpyVersion> = VersionDispatch {
    codec: "npy",
    crate_name: env!("CARGO_PKG_NAME"),
    writes: FormatVersion::new(1, 0),
    assumed: FormatVersion::new(1, 0),
    readers: &[
        Reader {
            version: FormatVersion::new(1, 0),
            status: FormatStatus::Current,
            read: NpyVersion::V1,
        },
        Reader {
            version: FormatVersion::new(2, 0),
            status: FormatStatus::Current,
            read: NpyVersion::V2,
        },
        Reader {
            version: FormatVersion::new(3, 0),
            status: FormatStatus::Current,
            read: NpyVersion::V3,
        },
    ],
};

impl NpyVersion {
    /// The versions, oldest first.
    pub const ALL: [Self; 3] = [Self::V1, Self::V2, Self::V3];

    /// The version as a data format version: 1.0, 2.0 or 3.0.
    #[must_use]
    pub fn format_version(self) -> FormatVersion {
        FormatVersion::new(u64::from(self.major()), 0)
    }

    /// The version of this data format version, where there is one.
    #[must_use]
    pub fn from_format_version(version: FormatVersion) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|known| known.format_version() == version)
    }

    pub(crate) fn major(self) -> u8 {
        match self {
            Self::V1 => 1,
            Self::V2 => 2,
            Self::V3 => 3,
        }
    }

    /// The bytes that hold the length of the header.
    pub(crate) fn length_bytes(self) -> usize {
        match self {
            Self::V1 => 2,
            Self::V2 | Self::V3 => 4,
        }
    }

    /// The text of the header; `None` where the bytes are none.
    pub(crate) fn decode(self, bytes: &[u8]) -> Option<String> {
        match self {
            Self::V1 | Self::V2 => Some(bytes.iter().copied().map(char::from).collect()),
            Self::V3 => std::str::from_utf8(bytes).ok().map(ToOwned::to_owned),
        }
    }

    /// The bytes of the text of the header; `None` where it has a character that the version cannot hold.
    pub(crate) fn encode(self, text: &str) -> Option<Vec<u8>> {
        match self {
            Self::V1 | Self::V2 => text.chars().map(|c| u8::try_from(c).ok()).collect(),
            Self::V3 => Some(text.as_bytes().to_vec()),
        }
    }
}
