//! A store in memory.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::{Bound, ControlFlow, Range};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use bytes::Bytes;

use crate::layout::check_path;
use crate::{Error, ErrorKind, ObjectMeta, Result, Store};

/// A store in the memory of this process: for tests, and for values on their way elsewhere. Reads share the bytes
/// that were put and copy nothing.
///
/// ```
/// use dj_codec_api::{MemoryStore, Store};
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

    /// The paths of all objects, sorted.
    #[must_use]
    pub fn paths(&self) -> Vec<String> {
        self.read().keys().cloned().collect()
    }

    /// Every object with its contents.
    #[must_use]
    pub fn snapshot(&self) -> BTreeMap<String, Bytes> {
        self.read().clone()
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
            .map(|range| slice(&object, range).map_err(|error| error.at(path)))
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
        let prefix = prefix.strip_suffix('/').unwrap_or(prefix);
        let folder = if prefix.is_empty() {
            String::new()
        } else {
            check_path(prefix)?;
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

fn slice(object: &Bytes, range: &Range<u64>) -> Result<Bytes> {
    let Range { start, end } = *range;
    if start > end {
        return Err(Error::invalid_value(format!(
            "the range {start}..{end} runs backwards"
        )));
    }
    let size = object.len();
    let bounds = usize::try_from(start).ok().zip(usize::try_from(end).ok());
    let (start, end) = bounds.filter(|&(_, end)| end <= size).ok_or_else(|| {
        Error::corrupt(format!(
            "bytes {start}..{end} were asked for, but the object has {size} bytes"
        ))
    })?;
    Ok(object.slice(start..end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_stay_inside() {
        let object = Bytes::from_static(b"0123456789");
        assert_eq!(slice(&object, &(3..5)).unwrap(), "34");
        assert_eq!(slice(&object, &(10..10)).unwrap(), "");
        assert_eq!(slice(&object, &(5..11)).unwrap_err().kind(), &ErrorKind::Corrupt);
        assert_eq!(
            slice(&object, &(0..u64::MAX)).unwrap_err().kind(),
            &ErrorKind::Corrupt
        );
        #[expect(clippy::reversed_empty_ranges, reason = "it is what is tested")]
        let backwards = 6..5;
        assert_eq!(
            slice(&object, &backwards).unwrap_err().kind(),
            &ErrorKind::InvalidValue
        );
    }

    #[test]
    fn a_folder_is_a_whole_name() {
        let store = MemoryStore::new();
        for path in ["a/b", "a/c/d", "ab/e", "a0"] {
            store.put(path, Bytes::new()).unwrap();
        }
        let below = |prefix| -> Vec<String> {
            store
                .list(prefix)
                .unwrap()
                .into_iter()
                .map(|object| object.path)
                .collect()
        };
        assert_eq!(below("a"), ["a/b", "a/c/d"]);
        assert_eq!(below("a/c/"), ["a/c/d"]);
        assert_eq!(below("").len(), 4);
        assert_eq!(store.list("../x").unwrap_err().kind(), &ErrorKind::UnsafePath);
    }
}
