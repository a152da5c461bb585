//! Stores that fail, writers that are dropped, paths that are taken.

use std::ops::{ControlFlow, Range};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use dj_codec_api::{Bytes, DType, Error, ErrorKind, Kind, ObjectMeta, Result, Store};
use dj_codec_testkit::MemoryStore;
use dj_zarr_codecs::{Sharding, ZarrOptions, ZarrWriter};

use crate::{context, movie};

/// A store whose puts fail from one on. The one that fails may have been stored: its answer is lost.
#[derive(Debug)]
struct Failing {
    inner: MemoryStore,
    puts: AtomicUsize,
    good: usize,
    stores_anyway: bool,
}

impl Failing {
    fn after(good: usize, stores_anyway: bool) -> Arc<Self> {
        Arc::new(Self {
            inner: MemoryStore::new(),
            puts: AtomicUsize::new(0),
            good,
            stores_anyway,
        })
    }

    fn fails(&self) -> bool {
        self.puts.fetch_add(1, Ordering::SeqCst) >= self.good
    }
}

impl Store for Failing {
    fn get(&self, path: &str) -> Result<Bytes> {
        self.inner.get(path)
    }

    fn get_ranges(&self, path: &str, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.inner.get_ranges(path, ranges)
    }

    fn put(&self, path: &str, data: Bytes) -> Result<()> {
        self.put_if_absent(path, data).map(|_| ())
    }

    fn put_if_absent(&self, path: &str, data: Bytes) -> Result<bool> {
        if self.fails() {
            if self.stores_anyway {
                self.inner.put(path, data)?;
            }
            return Err(Error::store("the disk is on fire").at(path));
        }
        self.inner.put_if_absent(path, data)
    }

    fn put_stream(&self, path: &str, source: &mut dyn std::io::Read, if_absent: bool) -> Result<u64> {
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

#[test]
fn a_store_that_fails_at_any_put_is_left_as_it_was() {
    let array = movie(&[20, 6]);
    let chunks = ZarrOptions::default().with_chunk_shape(&[4, 3]);
    let shards = chunks.clone().with_sharding(Sharding::Shape(vec![8, 3]));
    // Ten chunks or six shards, then the metadata.
    for (options, puts, what) in [(&chunks, 11, "chunk ["), (&shards, 7, "shard [")] {
        for good in 0..puts {
            for stores_anyway in [false, true] {
                let store = Failing::after(good, stores_anyway);
                store
                    .inner
                    .put("_schema/lab/other", "there before".into())
                    .unwrap();
                let error = ZarrWriter::write(&array, options, &context(store.clone())).unwrap_err();
                assert_eq!(error.kind(), &ErrorKind::Store);
                assert!(error.report().contains("on fire"), "{}", error.report());
                assert_eq!(error.to_string().contains(what), good < puts - 1, "{error}");
                assert_eq!(store.inner.paths(), ["_schema/lab/other"], "after {good} puts");
            }
        }
        let store = Failing::after(puts, false);
        ZarrWriter::write(&array, options, &context(store.clone())).unwrap();
        assert_eq!(store.inner.paths().len(), puts);
    }
}

#[test]
fn a_writer_that_is_dropped_leaves_nothing() {
    let store = Arc::new(MemoryStore::new());
    let cx = context(store.clone());
    let options = ZarrOptions::default().with_chunk_shape(&[2, 3]);
    let begin = || {
        let mut writer = ZarrWriter::create(&DType::new(Kind::UInt16), &[3], &options, &cx).unwrap();
        writer.append(&movie(&[9, 3])).unwrap();
        writer
    };
    drop(begin());
    assert!(store.paths().is_empty());
    begin().abort().unwrap();
    assert!(store.paths().is_empty());
    let record = begin().finish().unwrap();
    assert_eq!(store.paths().len(), 6);
    assert!(store.paths().iter().all(|path| path.starts_with(record.path())));
}

#[test]
fn what_somebody_else_has_put_there_stays() {
    let store = Arc::new(MemoryStore::new());
    let cx = context(store.clone());
    let options = ZarrOptions::default().with_chunk_shape(&[2, 3]);
    let mut writer = ZarrWriter::create(&DType::new(Kind::UInt16), &[3], &options, &cx).unwrap();
    let foreign = format!("{}/c/3/0", writer.path().unwrap());
    store.put(&foreign, "not ours".into()).unwrap();
    let outcome = writer
        .append(&movie(&[12, 3]))
        .and_then(|()| writer.finish().map(|_| ()));
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::AlreadyExists);
    assert!(error.to_string().contains("chunk [3, 0]"), "{error}");
    assert_eq!(
        store.snapshot().into_iter().collect::<Vec<_>>(),
        [(foreign, Bytes::from("not ours"))]
    );
}
