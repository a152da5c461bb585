//! What was asked of a store.

use std::fmt;

use dj_codec_api::ErrorKind;

/// A method of [`Store`](dj_codec_api::Store), by what it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OperationKind {
    /// A whole object is read: `get`, and in `get_many` each that asks for no range.
    Get,
    /// Parts of one object are read: `get_ranges`, `get_range`, and in `get_many` each that asks for a range.
    GetRanges,
    /// An object is written: `put`.
    Put,
    /// An object is written unless there is one: `put_if_absent`.
    PutIfAbsent,
    /// An object is written from a stream or from parts: `put_stream`, `put_parts`.
    PutStream,
    /// Its size is asked for: `head`.
    Head,
    /// A folder is listed: `visit`, `list`.
    List,
    /// An object is removed: `delete`.
    Delete,
}

impl OperationKind {
    /// Whether it may change what the store holds.
    #[must_use]
    pub fn writes(self) -> bool {
        matches!(
            self,
            Self::Put | Self::PutIfAbsent | Self::PutStream | Self::Delete
        )
    }

    /// Whether it gives bytes of an object.
    #[must_use]
    pub fn reads(self) -> bool {
        matches!(self, Self::Get | Self::GetRanges)
    }
}

impl fmt::Display for OperationKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Get => "get",
            Self::GetRanges => "get_ranges",
            Self::Put => "put",
            Self::PutIfAbsent => "put_if_absent",
            Self::PutStream => "put_stream",
            Self::Head => "head",
            Self::List => "list",
            Self::Delete => "delete",
        })
    }
}

/// Something that was asked of a [`FaultyStore`](crate::FaultyStore).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Operation {
    /// How many began before it.
    pub index: usize,
    /// What was asked.
    pub kind: OperationKind,
    /// The path, or the folder of a list.
    pub path: String,
    /// The bytes to be written, where they are known beforehand.
    pub size: Option<u64>,
    /// How it failed, by its own fault or by an injected one; `None` where it did not, and while it goes on.
    pub failed: Option<ErrorKind>,
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} {}", self.index, self.kind, self.path)?;
        if let Some(size) = self.size {
            write!(f, " ({size} bytes)")?;
        }
        if self.failed.is_some() {
            f.write_str(" failed")?;
        }
        Ok(())
    }
}
