//! A store in memory.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::{Bound, ControlFlow, Range};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use bytes::Bytes;
use dj_codec_api::layout::check_path;
use dj_codec_api::{Error, ErrorKind, ObjectMeta, Result, Store};

use crate::path::{check_prefix, slice};

/// A store in the memory of this process: for tests, and for values on their way elsewhere. Reads share the bytes
/// that were put and copy nothing.
///
/// ```
/// use dj_codec_api::Store;
/// use dj_codec_store::MemoryStore;
///
/// let store = MemoryStore::new();
/// store.put("a/b.npy", "bytes".into())?;
/// assert_eq!(store.get_range("a/b.npy", 1..3)?, "yt");
/// assert!(!store.put_if_absent("a/b.npy", "other".into())?);
/// # Ok::<(), dj_codec_api::Error>(())
/// ```
#[derive(Default)]
pub struct MemoryStore {
    objects: RwLock<BTreeMap<String, Bytes>>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    // A panic elsewhere cannot leave the map half changed, so a poisoned lock is still good.
    fn read(&self) -> RwLockReadGuard<'_, BTreeMap<String, Bytes>> {
        self.objects.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, BTreeMap<String, Bytes>> {
        self.objects.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore")
            .field("objects", &self.read().len())
            .finish()
    }
}

impl Store for MemoryStore {
    fn get(&self, path: &str) -> Result<Bytes> {
        check_path(path)?;
        self.read()
            .get(path)
            .cloned()
            .ok_or_else(|| Error::not_found("there is no such object").at(path))
    }

    fn get_ranges(&self, path: &str, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        let object = self.get(path)?;
        ranges
            .iter()
            .map(|range| slice(&object, 0, range).map_err(|error| error.at(path)))
            .collect()
    }

    fn put(&self, path: &str, data: Bytes) -> Result<()> {
        check_path(path)?;
        self.write().insert(path.into(), data);
        Ok(())
    }

    fn put_if_absent(&self, path: &str, data: Bytes) -> Result<bool> {
        check_path(path)?;
        let mut objects = self.write();
        if objects.contains_key(path) {
            return Ok(false);
        }
        objects.insert(path.into(), data);
        Ok(true)
    }

    fn put_stream(&self, path: &str, source: &mut dyn std::io::Read, if_absent: bool) -> Result<u64> {
        check_path(path)?;
        let mut data = Vec::new();
        source.read_to_end(&mut data).map_err(|error| {
            Error::store("what was to be stored cannot be read")
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
            .read()
            .get(path)
            .map(|data| ObjectMeta::new(path, data.len() as u64)))
    }

    fn visit(&self, prefix: &str, each: &mut dyn FnMut(ObjectMeta) -> Result<ControlFlow<()>>) -> Result<()> {
        let prefix = check_prefix(prefix)?;
        let folder = if prefix.is_empty() {
            String::new()
        } else {
            format!("{prefix}/")
        };
        // The lock is not held while `each` runs, which may use the store itself.
        let found: Vec<ObjectMeta> = self
            .read()
            .range::<str, _>((Bound::Included(folder.as_str()), Bound::Unbounded))
            .take_while(|(path, _)| path.starts_with(&folder))
            .map(|(path, data)| ObjectMeta::new(path.as_str(), data.len() as u64))
            .collect();
        for object in found {
            if each(object)?.is_break() {
                break;
            }
        }
        Ok(())
    }

    fn delete(&self, path: &str) -> Result<()> {
        check_path(path)?;
        self.write().remove(path);
        Ok(())
    }
}
