//! One array's folder of a DataJoint store, as the storage that `zarrs` reads and writes.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use dj_codec_api::{Error, ErrorKind, Store};
use zarrs::storage::byte_range::{ByteRange, ByteRangeIterator};
use zarrs::storage::{
    MaybeBytes, MaybeBytesIterator, OffsetBytesIterator, ReadableStorageTraits, StorageError, StoreKey,
    StorePrefix, WritableStorageTraits,
};

/// The objects below one folder of a store. Its keys are relative to that folder.
///
/// An object that is not there reads as `None`, which Zarr takes for a chunk of fill values. One that may not be
/// read is an error, so that a refused credential never looks like zeros.
#[derive(Clone)]
pub(crate) struct Folder {
    store: Arc<dyn Store>,
    path: Arc<str>,
}

impl Folder {
    /// The folder `path` of a store; no slash at its end.
    pub(crate) fn new(store: Arc<dyn Store>, path: &str) -> Self {
        Self {
            store,
            path: path.into(),
        }
    }

    /// The store.
    pub(crate) fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// The folder's path in the store.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// The path in the store of an object of the folder.
    pub(crate) fn object(&self, key: &str) -> String {
        match (self.path.is_empty(), key.is_empty()) {
            (true, _) => key.to_owned(),
            (_, true) => self.path.to_string(),
            _ => format!("{}/{key}", self.path),
        }
    }

    /// An object; `None` where it is not there.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub(crate) fn get(&self, key: &str) -> dj_codec_api::Result<Option<Bytes>> {
        absent_is_none(self.store.get(&self.object(key)))
    }

    /// The size of an object; `None` where it is not there.
    ///
    /// # Errors
    /// Where the store cannot tell.
    pub(crate) fn size(&self, key: &str) -> dj_codec_api::Result<Option<u64>> {
        Ok(self.store.head(&self.object(key))?.map(|meta| meta.size))
    }
}

impl fmt::Debug for Folder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Folder({:?})", self.path)
    }
}

/// Tells an object that is not there from one that cannot be read.
///
/// # Errors
/// All but [`ErrorKind::NotFound`].
pub(crate) fn absent_is_none<T>(read: dj_codec_api::Result<T>) -> dj_codec_api::Result<Option<T>> {
    match read {
        Ok(found) => Ok(Some(found)),
        Err(error) if *error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn storage(error: Error) -> StorageError {
    // `StorageError` keeps a text only; the kind of ours is in it by name.
    StorageError::Other(error.report())
}

impl ReadableStorageTraits for Folder {
    fn get(&self, key: &StoreKey) -> Result<MaybeBytes, StorageError> {
        Self::get(self, key.as_str()).map_err(storage)
    }

    fn get_partial_many<'a>(
        &'a self,
        key: &StoreKey,
        byte_ranges: ByteRangeIterator<'a>,
    ) -> Result<MaybeBytesIterator<'a>, StorageError> {
        let asked: Vec<ByteRange> = byte_ranges.collect();
        let path = self.object(key.as_str());
        // Only ranges that count from the end need the size; asking for it costs a round trip.
        let open = |range: &ByteRange| !matches!(range, ByteRange::FromStart(_, Some(_)));
        let size = if asked.iter().any(open) {
            match self.store.head(&path).map_err(storage)? {
                Some(meta) => meta.size,
                None => return Ok(None),
            }
        } else {
            u64::MAX
        };
        let mut ranges = Vec::with_capacity(asked.len());
        for range in &asked {
            let (start, end) = match *range {
                ByteRange::FromStart(start, Some(length)) => (start, start.checked_add(length)),
                ByteRange::FromStart(start, None) => (start, Some(size)),
                ByteRange::Suffix(length) => (size.checked_sub(length).unwrap_or(u64::MAX), Some(size)),
            };
            match end.filter(|&end| start <= end && end <= size) {
                Some(end) => ranges.push(start..end),
                None => return Err(StorageError::Other(format!("{path} has no bytes {range}"))),
            }
        }
        let parts = absent_is_none(self.store.get_ranges(&path, &ranges)).map_err(storage)?;
        Ok(parts.map(|parts| Box::new(parts.into_iter().map(Ok)) as Box<dyn Iterator<Item = _>>))
    }

    fn size_key(&self, key: &StoreKey) -> Result<Option<u64>, StorageError> {
        self.size(key.as_str()).map_err(storage)
    }

    fn supports_get_partial(&self) -> bool {
        true
    }
}

impl WritableStorageTraits for Folder {
    fn set(&self, key: &StoreKey, value: Bytes) -> Result<(), StorageError> {
        self.store.put(&self.object(key.as_str()), value).map_err(storage)
    }

    fn set_partial_many(&self, key: &StoreKey, _: OffsetBytesIterator<'_>) -> Result<(), StorageError> {
        Err(StorageError::Unsupported(format!(
            "objects are written whole, {key} was to be written in part"
        )))
    }

    fn erase(&self, key: &StoreKey) -> Result<(), StorageError> {
        self.store.delete(&self.object(key.as_str())).map_err(storage)
    }

    fn erase_prefix(&self, prefix: &StorePrefix) -> Result<(), StorageError> {
        let folder = self.object(prefix.as_str().trim_end_matches('/'));
        for object in self.store.list(&folder).map_err(storage)? {
            self.store.delete(&object.path).map_err(storage)?;
        }
        Ok(())
    }

    fn supports_set_partial(&self) -> bool {
        false
    }
}
