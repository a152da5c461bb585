//! A store in memory.

use std::collections::BTreeMap;
use std::io::Read;
use std::ops::{ControlFlow, Range};
use std::sync::{Mutex, MutexGuard, PoisonError};

use dj_codec_api::layout::check_path;
use dj_codec_api::{Bytes, Error, ErrorKind, ObjectMeta, Result, Store};

type Objects = BTreeMap<String, Bytes>;

/// A store in memory, for tests: what was put can be looked at as a whole.
///
/// ```
/// use dj_codec_api::Store;
/// use dj_codec_testkit::MemoryStore;
///
/// let store = MemoryStore::new();
/// assert!(store.put_if_absent("a/b", "first".into())?);
/// assert!(!store.put_if_absent("a/b", "second".into())?);
/// assert_eq!(store.get("a/b")?, "first");
/// assert_eq!(store.paths(), ["a/b"]);
/// # Ok::<(), dj_codec_api::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct MemoryStore(Mutex<Objects>);

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The paths of all objects, sorted.
    #[must_use]
    pub fn paths(&self) -> Vec<String> {
        self.objects().keys().cloned().collect()
    }

    /// Every object with its contents.
    #[must_use]
    pub fn snapshot(&self) -> BTreeMap<String, Bytes> {
        self.objects().clone()
    }

    fn objects(&self) -> MutexGuard<'_, Objects> {
        // A test that panicked while it held the lock has failed anyway; the others may go on.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for MemoryStore {
    fn get(&self, path: &str) -> Result<Bytes> {
        check_path(path)?;
        self.objects()
            .get(path)
            .cloned()
            .ok_or_else(|| Error::not_found("there is no such object").at(path))
    }

    fn get_ranges(&self, path: &str, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        let object = self.get(path)?;
        ranges.iter().map(|range| slice(&object, range, path)).collect()
    }

    fn put(&self, path: &str, data: Bytes) -> Result<()> {
        check_path(path)?;
        self.objects().insert(path.into(), data);
        Ok(())
    }

    fn put_if_absent(&self, path: &str, data: Bytes) -> Result<bool> {
        check_path(path)?;
        let mut objects = self.objects();
        if objects.contains_key(path) {
            return Ok(false);
        }
        objects.insert(path.into(), data);
        Ok(true)
    }

    fn put_stream(&self, path: &str, source: &mut dyn Read, if_absent: bool) -> Result<u64> {
        let mut data = Vec::new();
        source.read_to_end(&mut data).map_err(|error| {
            Error::store("the source cannot be read")
                .at(path)
                .caused_by(error)
        })?;
        let size = data.len() as u64;
        if !if_absent {
            self.put(path, data.into())?;
        } else if !self.put_if_absent(path, data.into())? {
            return Err(Error::new(ErrorKind::AlreadyExists, "there is an object already").at(path));
        }
        Ok(size)
    }

    fn head(&self, path: &str) -> Result<Option<ObjectMeta>> {
        check_path(path)?;
        Ok(self
            .objects()
            .get(path)
            .map(|data| ObjectMeta::new(path, data.len() as u64)))
    }

    fn visit(&self, prefix: &str, each: &mut dyn FnMut(ObjectMeta) -> Result<ControlFlow<()>>) -> Result<()> {
        if !prefix.is_empty() {
            check_path(prefix)?;
        }
        for (path, data) in self.snapshot() {
            if is_below(&path, prefix) && each(ObjectMeta::new(path, data.len() as u64))?.is_break() {
                break;
            }
        }
        Ok(())
    }

    fn delete(&self, path: &str) -> Result<()> {
        check_path(path)?;
        self.objects().remove(path);
        Ok(())
    }
}

/// Whether a path is in the folder `prefix`.
pub(crate) fn is_below(path: &str, prefix: &str) -> bool {
    prefix.is_empty()
        || path
            .strip_prefix(prefix)
            .is_some_and(|rest| rest.starts_with('/'))
}

/// The bytes of a range, all of them or an error.
pub(crate) fn slice(object: &Bytes, range: &Range<u64>, path: &str) -> Result<Bytes> {
    let part = usize::try_from(range.start)
        .ok()
        .zip(usize::try_from(range.end).ok());
    match part {
        Some((start, end)) if start <= end && end <= object.len() => Ok(object.slice(start..end)),
        _ => Err(Error::store(format!("bytes {range:?} of an object of {} bytes", object.len())).at(path)),
    }
}
