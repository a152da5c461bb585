//! A store in memory that keeps an account of what it is asked, and does wrong on request.

use std::ops::{ControlFlow, Range};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use dj_codec_api::{Array, Bytes, Context, ObjectMeta, Order, Result, Store, StoreMap};
use dj_codec_testkit::MemoryStore;
use dj_npy_codecs::{NpyCodec, NpyRef};

/// What becomes of the ranges that a store gives.
pub(crate) type Change = fn(&mut Vec<Bytes>);

#[derive(Debug, Default)]
pub(crate) struct Watched {
    pub(crate) inner: MemoryStore,
    /// The ranges of each request.
    asked: Mutex<Vec<Vec<Range<u64>>>>,
    /// How many of the next paths are taken already.
    pub(crate) taken: AtomicUsize,
    /// Makes of the ranges what was not asked for.
    pub(crate) change: Mutex<Option<Change>>,
}

impl Watched {
    /// The ranges of each request since this was last asked.
    pub(crate) fn requests(&self) -> Vec<Vec<Range<u64>>> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }

    /// The ranges of all of them.
    pub(crate) fn reads(&self) -> Vec<Range<u64>> {
        self.requests().concat()
    }
}

impl Store for Watched {
    fn get(&self, path: &str) -> Result<Bytes> {
        self.asked.lock().unwrap().push(vec![0..u64::MAX]);
        self.inner.get(path)
    }

    fn get_ranges(&self, path: &str, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.asked.lock().unwrap().push(ranges.to_vec());
        let mut parts = self.inner.get_ranges(path, ranges)?;
        if let Some(change) = *self.change.lock().unwrap() {
            change(&mut parts);
        }
        Ok(parts)
    }

    fn put(&self, path: &str, data: Bytes) -> Result<()> {
        self.inner.put(path, data)
    }

    fn put_if_absent(&self, path: &str, data: Bytes) -> Result<bool> {
        self.inner.put_if_absent(path, data)
    }

    fn put_stream(&self, path: &str, source: &mut dyn std::io::Read, if_absent: bool) -> Result<u64> {
        assert!(if_absent, "nothing may be overwritten");
        if self.taken.load(Ordering::Relaxed) > 0 {
            self.taken.fetch_sub(1, Ordering::Relaxed);
            self.inner.put(path, "somebody else's".into())?;
        }
        self.inner.put_stream(path, source, if_absent)
    }

    fn head(&self, path: &str) -> Result<Option<ObjectMeta>> {
        self.inner.head(path)
    }

    fn visit(&self, prefix: &str, each: &mut dyn FnMut(ObjectMeta) -> Result<ControlFlow<()>>) -> Result<()> {
        self.inner.visit(prefix, each)
    }

    fn delete(&self, path: &str) -> Result<()> {
        self.inner.delete(path)
    }
}

pub(crate) fn watched() -> (Arc<Watched>, Context) {
    let store = Arc::new(Watched::default());
    let cx = Context::new(StoreMap::new().with("main", store.clone()).with_default("main"))
        .with_field("lab", "session", "trace")
        .with_key("session_id", 1_i64)
        .with_column_store(Some(""));
    (store, cx)
}

pub(crate) fn movie(order: Order) -> Array {
    Array::from_vec((0..6_000_u32).collect(), &[100, 20, 3])
        .unwrap()
        .to_order(order)
}

/// A store and an array in it.
pub(crate) fn stored(array: &Array) -> (Arc<Watched>, NpyRef) {
    let (store, cx) = watched();
    let record = NpyCodec::write(array, &cx).unwrap();
    let lazy = NpyCodec::open(record, &cx).unwrap();
    assert_eq!(store.reads(), [], "opening a record reads nothing");
    (store, lazy)
}
