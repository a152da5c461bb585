//! What an application should know although nothing failed.

use std::collections::HashSet;
use std::fmt;
use std::sync::{Mutex, PoisonError};

/// Why a warning is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WarningKind {
    /// The data format will not be read for ever.
    Deprecated,
    /// The value was written in a newer minor version than this build knows; something in it may be missed.
    NewerMinor,
    /// Two sources say different things of one value; the text says which was believed.
    Contradiction,
    /// The peers may not read what was written or found.
    Portability,
}

/// Something that an application should know although nothing failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// Why it is given.
    pub kind: WarningKind,
    /// The codec that gives it.
    pub codec: String,
    /// What was found, and what to do about it.
    pub message: String,
    // Warnings of one codec, kind and topic are given once.
    topic: String,
}

impl Warning {
    /// A warning. `topic` is what it is given once for: a format version, a path.
    pub fn new(kind: WarningKind, codec: &str, topic: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            kind,
            codec: codec.into(),
            message: message.into(),
            topic: topic.into(),
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}> {}", self.codec, self.message)
    }
}

/// Where warnings go. A library never prints them.
pub trait Warnings: fmt::Debug + Send + Sync {
    /// Takes a warning. Each codec, kind and topic comes once to one [`Context`](crate::Context) and its clones.
    fn warn(&self, warning: &Warning);
}

/// Keeps warnings until they are asked for.
#[derive(Debug, Default)]
pub struct WarningLog(Mutex<Vec<Warning>>);

impl WarningLog {
    /// The warnings since the last call.
    #[must_use]
    pub fn take(&self) -> Vec<Warning> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Warnings for WarningLog {
    fn warn(&self, warning: &Warning) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(warning.clone());
    }
}

/// Drops warnings: what a context does that was given no other place for them.
#[derive(Debug, Default)]
pub(crate) struct Unheard;

impl Warnings for Unheard {
    fn warn(&self, _: &Warning) {}
}

/// Remembers which warnings were given.
#[derive(Debug, Default)]
pub(crate) struct Given(Mutex<HashSet<(WarningKind, String, String)>>);

impl Given {
    /// Whether this warning is given for the first time.
    pub(crate) fn first(&self, warning: &Warning) -> bool {
        let topic = (warning.kind, warning.codec.clone(), warning.topic.clone());
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(topic)
    }
}
