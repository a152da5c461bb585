//! The objects that were written for rows that never came to be.

use std::sync::{Arc, Mutex, PoisonError};

use dj_codec_api::{Context, Result};
use futures_util::StreamExt as _;

/// So many objects are removed at once.
const PARALLEL: usize = 32;

/// Where an object was written.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    store: String,
    path: String,
}

/// Notes the objects that are written with a context.
#[derive(Debug, Clone, Default)]
pub(crate) struct Written(Arc<Mutex<Vec<Place>>>);

impl Written {
    /// A context whose new objects are noted down, once its own hook has let them pass. Those whose path comes from the content are
    /// not: they may be somebody else's.
    pub(crate) fn watch(&self, cx: Context) -> Context {
        let (places, own) = (Arc::clone(&self.0), cx.clone());
        cx.on_new_object(move |object| {
            own.announce(object)?;
            if object.fresh {
                places.lock().unwrap_or_else(PoisonError::into_inner).push(Place {
                    store: object.store.to_owned(),
                    path: object.path.to_owned(),
                });
            }
            Ok(())
        })
    }

    /// Forgets them: they are needed.
    pub(crate) fn keep(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Removes them, and says how many could not be. Must be called within a tokio runtime that runs blocking tasks.
    pub(crate) async fn remove(&self, cx: &Context) -> usize {
        let places = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let removed = futures_util::stream::iter(places).map(|place| {
            let cx = cx.clone();
            tokio::task::spawn_blocking(move || remove_object(&place.store, &place.path, &cx))
        });
        removed
            .buffer_unordered(PARALLEL)
            .filter(|removed| std::future::ready(!matches!(removed, Ok(Ok(())))))
            .count()
            .await
    }
}

/// Removes an object, or all that is below a folder.
pub(crate) fn remove_object(store: &str, path: &str, cx: &Context) -> Result<()> {
    let store = cx.stores().open(Some(store))?.store;
    for below in store.list(path)? {
        store.delete(&below.path)?;
    }
    store.delete(path)
}

#[cfg(test)]
mod tests {
    use dj_codec_api::{MemoryStore, NewObject, Store as _, StoreMap};

    use super::*;

    #[tokio::test]
    async fn what_was_written_is_removed_and_what_others_may_have_is_not() {
        let store = Arc::new(MemoryStore::new());
        for path in [
            "a/one.npy",
            "a/two.zarr/zarr.json",
            "a/two.zarr/c/0",
            "_hash/x",
            "a/one.npy2",
        ] {
            store.put(path, "x".into()).unwrap();
        }
        let told = Arc::new(Mutex::new(0));
        let count = Arc::clone(&told);
        let cx = Context::new(StoreMap::new().with("main", store.clone())).on_new_object(move |_| {
            *count.lock().unwrap() += 1;
            Ok(())
        });
        let written = Written::default();
        let watched = written.watch(cx.clone());
        for path in ["a/one.npy", "a/two.zarr", "a/never.npy"] {
            watched.announce(&NewObject::fresh("main", path)).unwrap();
        }
        watched.announce(&NewObject::shared("main", "_hash/x")).unwrap();
        assert_eq!(*told.lock().unwrap(), 4, "the hook of the context is asked too");
        assert_eq!(written.remove(&cx).await, 0);
        let left: Vec<_> = store.list("").unwrap().into_iter().map(|one| one.path).collect();
        assert_eq!(left, ["_hash/x", "a/one.npy2"]);

        watched.announce(&NewObject::fresh("main", "_hash/x")).unwrap();
        written.keep();
        assert_eq!(written.remove(&cx).await, 0);
        watched.announce(&NewObject::fresh("attic", "b")).unwrap();
        assert_eq!(written.remove(&cx).await, 1);
        assert_eq!(store.list("").unwrap().len(), 2);
    }
}
