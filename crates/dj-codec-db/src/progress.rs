//! How far long work has come.

use std::fmt;
use std::sync::Arc;

/// How far an audit or a verification has come.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Progress {
    /// The table at hand.
    pub table: String,
    /// How many rows of it are done.
    pub rows: u64,
    /// How many rows the server thinks it has; 0 where it does not know.
    pub estimated_rows: u64,
    /// How many bytes of values were read so far, in all tables.
    pub bytes: u64,
    /// How many values were found wanting so far, in all tables.
    pub faults: u64,
}

/// Who is told of progress, now and then.
#[derive(Clone)]
pub struct OnProgress(Arc<dyn Fn(&Progress) + Send + Sync>);

impl OnProgress {
    /// Calls this function.
    pub fn new(call: impl Fn(&Progress) + Send + Sync + 'static) -> Self {
        Self(Arc::new(call))
    }

    pub(crate) fn tell(&self, progress: &Progress) {
        (self.0)(progress);
    }
}

impl Default for OnProgress {
    /// Nobody is told.
    fn default() -> Self {
        Self::new(|_| {})
    }
}

impl fmt::Debug for OnProgress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OnProgress")
    }
}
