//! The stores of a lab by name, and how each lays out its paths.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::{Error, Result, Store};

/// How a store lays out paths: the part of DataJoint's store configuration that codecs need.
///
/// The defaults are those of DataJoint 2.3: `_hash`, `_schema`, tokens of 8 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoreLayout {
    /// The section of hash-addressed objects. Default: `_hash`.
    pub hash_prefix: String,
    /// The section of schema-addressed objects. Default: `_schema`.
    pub schema_prefix: String,
    /// The section that `<filepath@>` values must be in, if any.
    pub filepath_prefix: Option<String>,
    /// The lengths of the folders that hash-addressed objects are spread over.
    pub subfolding: Option<Vec<i64>>,
    /// Which primary-key fields come first in a schema-addressed path, for example `{subject}/{session}`.
    pub partition_pattern: Option<String>,
    /// The length of the random token in schema-addressed paths. Default: 8.
    pub token_length: i64,
}

impl Default for StoreLayout {
    fn default() -> Self {
        Self {
            hash_prefix: "_hash".into(),
            schema_prefix: "_schema".into(),
            filepath_prefix: None,
            subfolding: None,
            partition_pattern: None,
            token_length: 8,
        }
    }
}

/// A store that is open, with its name and layout.
#[derive(Debug, Clone)]
pub struct OpenStore {
    /// The name that the configuration gives it.
    pub name: String,
    /// How it lays out paths.
    pub layout: StoreLayout,
    /// The store itself.
    pub store: Arc<dyn Store>,
}

/// Finds stores by name and opens them when they are first needed.
pub trait Stores: fmt::Debug + Send + Sync {
    /// The store of this name; the default store where the name is `None` or empty, as in `<npy@>` and in
    /// records whose `store` is null.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) where there is no such store, or it cannot be opened.
    fn open(&self, name: Option<&str>) -> Result<OpenStore>;

    /// The store for `<filepath@>` without a name, which DataJoint configures apart.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    fn open_filepath_default(&self) -> Result<OpenStore> {
        self.open(None)
    }

    /// The names of all stores, sorted.
    fn names(&self) -> Vec<String>;
}

/// Stores that the program holds already: for tests, for embedding, for a store that no configuration names.
///
/// ```
/// use dj_codec_api::{StoreMap, Stores};
///
/// let stores = StoreMap::new();
/// let error = stores.open(Some("main")).unwrap_err();
/// assert!(error.to_string().contains("no store named \"main\""));
/// ```
#[derive(Debug, Clone, Default)]
pub struct StoreMap {
    stores: BTreeMap<String, OpenStore>,
    default: Option<String>,
    filepath_default: Option<String>,
}

impl StoreMap {
    /// No stores.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a store with the default layout.
    #[must_use]
    pub fn with(self, name: &str, store: Arc<dyn Store>) -> Self {
        self.with_layout(name, store, StoreLayout::default())
    }

    /// Adds a store with a layout. One of the same name is replaced.
    #[must_use]
    pub fn with_layout(mut self, name: &str, store: Arc<dyn Store>, layout: StoreLayout) -> Self {
        self.stores.insert(
            name.into(),
            OpenStore {
                name: name.into(),
                layout,
                store,
            },
        );
        self
    }

    /// Names the store that `<codec@>` means.
    #[must_use]
    pub fn with_default(mut self, name: &str) -> Self {
        self.default = Some(name.into());
        self
    }

    /// Names the store that `<filepath@>` means.
    #[must_use]
    pub fn with_filepath_default(mut self, name: &str) -> Self {
        self.filepath_default = Some(name.into());
        self
    }
}

impl Stores for StoreMap {
    fn open(&self, name: Option<&str>) -> Result<OpenStore> {
        let name = match name.filter(|name| !name.is_empty()) {
            Some(name) => name,
            None => self.default.as_deref().ok_or_else(|| {
                Error::config("no default store is configured")
                    .advise("name one, as in <npy@main>, or set stores.default")
            })?,
        };
        self.stores.get(name).cloned().ok_or_else(|| {
            let known = self.names();
            let known = if known.is_empty() {
                "none".into()
            } else {
                known.join(", ")
            };
            Error::config(format!("there is no store named {name:?}"))
                .advise(format!("configured are: {known}"))
        })
    }

    fn open_filepath_default(&self) -> Result<OpenStore> {
        self.open(self.filepath_default.as_deref())
    }

    fn names(&self) -> Vec<String> {
        self.stores.keys().cloned().collect()
    }
}
