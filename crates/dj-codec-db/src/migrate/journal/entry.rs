//! What stands in the journal.

use bytes::Bytes;

use crate::writable::Bind;

/// What a row of the journal has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::migrate) enum State {
    /// Found by a scan that has not ended: nobody works on it yet.
    Planned,
    /// To be migrated.
    Pending,
    /// The database row holds the new value.
    Migrated,
    /// It cannot be migrated exactly, or could not be today.
    Left,
    /// The old value was put back.
    RolledBack,
    /// The old value was to be put back, and could not be today.
    NotRolledBack,
    /// The old value was to be put back, and the row holds something else by now.
    Changed,
}

impl State {
    pub(in crate::migrate) fn name(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Pending => "pending",
            Self::Migrated => "migrated",
            Self::Left => "left",
            Self::RolledBack => "rolled_back",
            Self::NotRolledBack => "not_rolled_back",
            Self::Changed => "changed",
        }
    }
}

/// Why the journal names an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::migrate) enum Why {
    /// It is being written, or was by a process that died.
    Writing,
    /// Its row holds a newer value.
    Superseded,
    /// Its row holds the old value again.
    RolledBack,
}

impl Why {
    pub(in crate::migrate) fn name(self) -> &'static str {
        match self {
            Self::Writing => "writing",
            Self::Superseded => "superseded",
            Self::RolledBack => "rolled_back",
        }
    }
}

/// What a column holds, exactly as the server says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::migrate) enum Raw {
    Bytes(Bytes),
    Text(String),
}

impl Raw {
    /// What the journal keeps of it.
    pub(in crate::migrate) fn bytes(&self) -> Bytes {
        match self {
            Self::Bytes(bytes) => bytes.clone(),
            Self::Text(text) => Bytes::copy_from_slice(text.as_bytes()),
        }
    }

    pub(in crate::migrate) fn bind(&self) -> Bind {
        match self {
            Self::Bytes(bytes) => Bind::Bytes(bytes.clone()),
            Self::Text(text) => Bind::Text(text.clone()),
        }
    }
}

/// A row of the journal that this process holds the lock of.
#[derive(Debug)]
pub(in crate::migrate) struct Claim {
    pub(in crate::migrate) id: String,
    pub(in crate::migrate) key: Vec<String>,
}

/// A row of the journal that was migrated.
#[derive(Debug)]
pub(in crate::migrate) struct Done {
    pub(in crate::migrate) claim: Claim,
    pub(in crate::migrate) old: Bytes,
    pub(in crate::migrate) new: Bytes,
}

/// An object that is named in the journal.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::migrate) struct Named {
    pub(in crate::migrate) store: String,
    pub(in crate::migrate) path: String,
    pub(in crate::migrate) fresh: bool,
}
