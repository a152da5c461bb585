//! Objects that are about to be written.

use std::fmt;
use std::sync::Arc;

use crate::Result;

/// An object that is about to be written; see [`Context::on_new_object`](crate::Context::on_new_object).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewObject<'a> {
    /// The name of the store.
    pub store: &'a str,
    /// The path in the store. For a folder (a Zarr array, a stored folder) everything below it is meant.
    pub path: &'a str,
    /// Whether the path was made for this value alone: nobody else can have written there, or refer to it. Otherwise it comes
    /// from the content, and the object may be that of other values too.
    pub fresh: bool,
}

impl<'a> NewObject<'a> {
    /// An object at a path of its own.
    #[must_use]
    pub fn fresh(store: &'a str, path: &'a str) -> Self {
        Self {
            store,
            path,
            fresh: true,
        }
    }

    /// An object at a path that other values with the same content have too.
    #[must_use]
    pub fn shared(store: &'a str, path: &'a str) -> Self {
        Self {
            store,
            path,
            fresh: false,
        }
    }
}

type Call = dyn Fn(&NewObject<'_>) -> Result<()> + Send + Sync;

/// What a context calls for each new object.
#[derive(Clone)]
pub(crate) struct Hook(pub(crate) Arc<Call>);

impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hook")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::{Context, Error, MemoryStore, StoreMap};

    #[test]
    fn a_path_is_told_before_it_is_given_and_a_hook_that_fails_keeps_it_back() {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let place = seen.clone();
        let cx = Context::new(StoreMap::new().with("main", Arc::new(MemoryStore::new())))
            .with_field("lab", "scan", "movie")
            .with_key("scan_id", 3)
            .with_column_store(Some("main"));
        let store = cx.open_column_store().unwrap();
        let told = cx.clone().on_new_object(move |object| {
            let seen = (object.store.to_owned(), object.path.to_owned(), object.fresh);
            place.lock().unwrap().push(seen);
            Ok(())
        });
        let path = told.new_object_path(&store, Some(".npy")).unwrap();
        told.announce(&NewObject::shared("main", "_hash/lab/abc"))
            .unwrap();
        let expected = [
            ("main".to_owned(), path, true),
            ("main".to_owned(), "_hash/lab/abc".to_owned(), false),
        ];
        assert_eq!(*seen.lock().unwrap(), expected);

        let kept = cx.on_new_object(|_| Err(Error::store("the journal is full")));
        assert!(kept.new_object_path(&store, Some(".npy")).is_err());
    }
}
