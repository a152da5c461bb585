//! Which rows to read, and how much of them.

use crate::key::Key;

/// How much of a value to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// All of it.
    Whole,
    /// The first bytes (of text: characters), and how long it is.
    Front(u64),
    /// All of it as the server says it in text, exactly: for columns that no codec made.
    Text,
}

/// Which rows and columns to read.
#[derive(Debug, Clone)]
pub struct RowQuery {
    pub(super) columns: Vec<(String, Extent)>,
    pub(super) keys: Option<Vec<Key>>,
    pub(super) after: Option<Key>,
    pub(super) page: u64,
    pub(super) budget: u32,
}

impl RowQuery {
    /// The keys of all rows.
    #[must_use]
    pub fn new() -> Self {
        Self {
            columns: Vec::new(),
            keys: None,
            after: None,
            page: 5_000,
            budget: 64 << 20,
        }
    }

    /// Reads this column too.
    #[must_use]
    pub fn with_column(mut self, name: &str, extent: Extent) -> Self {
        self.columns.push((name.to_owned(), extent));
        self
    }

    /// Reads the rows of these keys and no others, a thousand at a time, each thousand in the order of the primary key. A key
    /// that is not in the table is left out.
    #[must_use]
    pub fn with_keys(mut self, keys: impl IntoIterator<Item = Key>) -> Self {
        self.keys = Some(keys.into_iter().collect());
        self
    }

    /// Begins behind this key. Of no effect where keys are named.
    #[must_use]
    pub fn after(mut self, key: Key) -> Self {
        self.after = Some(key);
        self
    }

    /// How many rows one query to the server asks for; 5,000 otherwise. No transaction is open between two of them.
    #[must_use]
    pub fn with_page(mut self, rows: u64) -> Self {
        self.page = rows.max(1);
        self
    }

    /// How many bytes of values may be held by rows that are not dropped yet; 64 MiB otherwise. A larger value is read alone.
    #[must_use]
    pub fn with_budget(mut self, bytes: u32) -> Self {
        self.budget = bytes.max(1);
        self
    }
}

impl Default for RowQuery {
    fn default() -> Self {
        Self::new()
    }
}
