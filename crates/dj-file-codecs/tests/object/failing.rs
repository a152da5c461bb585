//! A store in memory, one of whose writes fails.

use std::ops::{ControlFlow, Range};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use dj_codec_testkit::MemoryStore;
use dj_file_codecs::api::{Bytes, Error, ObjectMeta, Result, Store};

#[derive(Debug)]
pub(crate) struct Failing {
    inner: MemoryStore,
    at: usize,
    applied: bool,
    count: AtomicUsize,
    puts: Mutex<Vec<String>>,
}

impl Failing {
    /// The write of this number fails; `applied`: only after the object is there, as when an answer is lost.
    pub(crate) fn at(at: usize, applied: bool) -> Self {
        Self {
            inner: MemoryStore::new(),
            at,
            applied,
            count: AtomicUsize::new(0),
            puts: Mutex::default(),
        }
    }

    pub(crate) fn paths(&self) -> Vec<String> {
        self.inner.paths()
    }

    /// The paths in the order of their writes.
    pub(crate) fn puts(&self) -> Vec<String> {
        self.puts.lock().unwrap().clone()
    }

    fn write<T>(&self, path: &str, put: impl FnOnce() -> Result<T>) -> Result<T> {
        let fails = self.count.fetch_add(1, Ordering::SeqCst) == self.at;
        self.puts.lock().unwrap().push(path.to_owned());
        if !fails {
            return put();
        }
        if self.applied {
            put()?;
        }
        Err(Error::store("the disk is full").at(path))
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
        self.write(path, || self.inner.put(path, data))
    }

    fn put_if_absent(&self, path: &str, data: Bytes) -> Result<bool> {
        self.write(path, || self.inner.put_if_absent(path, data))
    }

    fn put_stream(&self, path: &str, source: &mut dyn std::io::Read, if_absent: bool) -> Result<u64> {
        self.write(path, || self.inner.put_stream(path, source, if_absent))
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
