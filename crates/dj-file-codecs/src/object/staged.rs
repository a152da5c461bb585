//! Folders in a store that are not finished.

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use dj_codec_api::layout::check_path;
use dj_codec_api::{Context, Error, ErrorKind, Limits, NewObject, OpenStore, Record, Result, Store};

use super::{NAME, ObjectCodec, TRIES, Totals, record, taken};
use crate::manifest::{FileEntry, Manifest};
use crate::stored_file::Origin;

/// A folder in a store that is being filled: what Python calls a staged insert.
///
/// Files are put with [`put`](Self::put) and [`put_stream`](Self::put_stream), from several threads if need be, or written by
/// another library below [`path`](Self::path). [`finish`](Self::finish) writes the manifest and gives the record for the column.
/// A folder that is dropped before that is removed with all that is in it.
///
/// ```
/// # use std::sync::Arc;
/// # use dj_file_codecs::api::{Context, MemoryStore, StoreMap};
/// use dj_file_codecs::ObjectCodec;
///
/// # let stores = StoreMap::new().with("main", Arc::new(MemoryStore::new())).with_default("main");
/// # let cx = Context::new(stores).with_field("lab", "recording", "raw").with_key("id", 1_i64);
/// let folder = ObjectCodec::new().stage_folder(Some(".zarr"), &cx)?;
/// folder.put("zarr.json", "{}".into())?;
/// folder.put("c/0", vec![0; 100].into())?;
/// let record = folder.finish()?;
/// assert_eq!(record.number("item_count")?, Some(2));
/// # Ok::<(), dj_file_codecs::api::Error>(())
/// ```
#[derive(Debug)]
pub struct StagedFolder {
    store: OpenStore,
    path: String,
    ext: Option<String>,
    created: String,
    limits: Limits,
    written: Mutex<BTreeMap<String, u64>>,
    manifest_begun: bool,
    finished: bool,
}

impl StagedFolder {
    pub(super) fn begin(codec: &ObjectCodec, ext: Option<&str>, cx: &Context) -> Result<Self> {
        let (store, created) = codec.ready(ext, cx)?;
        for _ in 0..TRIES {
            let path = cx.new_object_path(&store, ext)?;
            let origin = Origin {
                store: Arc::clone(&store.store),
                store_name: store.name.clone(),
                codec: NAME,
                cx: cx.clone(),
                binding: true,
            };
            let there = store.store.head(&path)?.is_some()
                || store.store.head(&Manifest::path_of(&path))?.is_some()
                || origin.is_folder(&path)?;
            if !there {
                // Beside the folder, not below it: who removes what was announced would leave the manifest.
                cx.announce(&NewObject::fresh(&store.name, &Manifest::path_of(&path)))?;
                return Ok(Self {
                    store,
                    path,
                    ext: ext.map(Into::into),
                    created,
                    limits: cx.limits().clone(),
                    written: Mutex::default(),
                    manifest_begun: false,
                    finished: false,
                });
            }
        }
        Err(taken().with_codec(NAME).at(cx.place()))
    }

    /// The path of the folder in its store.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The store, for libraries that write for themselves.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store.store
    }

    /// Writes a file of the folder, at this path within it.
    ///
    /// # Errors
    /// Where there is one already, the path leads out of the folder, or the store cannot be written.
    pub fn put(&self, path: &str, bytes: Bytes) -> Result<()> {
        self.put_stream(path, &mut bytes.as_ref()).map(|_| ())
    }

    /// Writes a file of the folder from a stream, which is never in memory as a whole, and returns its size.
    ///
    /// # Errors
    /// As [`put`](Self::put), and where the stream cannot be read.
    pub fn put_stream(&self, path: &str, source: &mut dyn Read) -> Result<u64> {
        check_path(path)?;
        let full = format!("{}/{path}", self.path);
        check_path(&full)?;
        if self.written().insert(path.to_owned(), 0).is_some() {
            return Err(Error::new(
                ErrorKind::AlreadyExists,
                "the folder has a file of this name already",
            )
            .at(full));
        }
        let size = self
            .store
            .store
            .put_stream(&full, source, true)
            .map_err(|error| {
                self.written().remove(path);
                error.with_codec(NAME).at(full)
            })?;
        self.written().insert(path.to_owned(), size);
        Ok(size)
    }

    /// Writes the manifest of all files that are in the folder now, whoever wrote them, and gives the record.
    ///
    /// # Errors
    /// Where the folder cannot be listed or the manifest not be written. The folder is removed then.
    pub fn finish(self) -> Result<Record> {
        let mut files = Vec::new();
        for object in self.store.store.list(&self.path)? {
            let within = object
                .path
                .strip_prefix(&self.path)
                .and_then(|rest| rest.strip_prefix('/'));
            let path = within
                .ok_or_else(|| Error::store("the store lists files that are elsewhere").at(&*self.path))?;
            files.push(FileEntry {
                path: path.to_owned(),
                size: object.size,
            });
        }
        self.seal(files)
    }

    /// As [`finish`](Self::finish), of the files that were put here, without listing the folder.
    pub(super) fn finish_with_written(self) -> Result<Record> {
        let files = self
            .written()
            .iter()
            .map(|(path, &size)| FileEntry {
                path: path.clone(),
                size,
            })
            .collect();
        self.seal(files)
    }

    fn seal(mut self, files: Vec<FileEntry>) -> Result<Record> {
        let manifest = Manifest::new(files, self.created.clone());
        let path = Manifest::path_of(&self.path);
        let bytes = manifest.to_bytes(&self.limits)?;
        self.manifest_begun = true;
        if !self.store.store.put_if_absent(&path, bytes.into())? {
            // Not ours to remove.
            self.manifest_begun = false;
            return Err(Error::new(ErrorKind::AlreadyExists, "the folder has a manifest already").at(path));
        }
        self.finished = true;
        let totals = Totals {
            size: manifest.total_size.unwrap_or(0),
            item_count: Some(manifest.files.len() as u64),
        };
        Ok(record(
            std::mem::take(&mut self.path),
            &self.store.name,
            self.ext.as_deref(),
            &totals,
            std::mem::take(&mut self.created),
        ))
    }

    fn written(&self) -> MutexGuard<'_, BTreeMap<String, u64>> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for StagedFolder {
    fn drop(&mut self) {
        if self.finished {
            return;
        }
        // What cannot be removed now is nobody's: no record refers to it, and garbage collection finds it.
        let store = &self.store.store;
        if self.manifest_begun {
            let _ = store.delete(&Manifest::path_of(&self.path));
        }
        for path in self.written().keys() {
            let _ = store.delete(&format!("{}/{path}", self.path));
        }
        for object in store.list(&self.path).unwrap_or_default() {
            let _ = store.delete(&object.path);
        }
    }
}
