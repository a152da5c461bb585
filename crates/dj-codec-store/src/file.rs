//! A store in a folder.

mod errors;
mod read;
mod visit;
mod write;

use std::fs;
use std::ops::{ControlFlow, Range};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use dj_codec_api::layout::check_path;
use dj_codec_api::{Error, ObjectMeta, Read, Result, Store};

use crate::StoreOptions;
use crate::path::check_prefix;
use write::Content;

/// A store in a folder: an object at `a/b.npy` is the file `a/b.npy` below the folder.
///
/// **Names.** Files are named as paths are spelled, byte for byte, just as Python's `open` would: `%2F` is three
/// characters. (The local store of the `object_store` crate percent-encodes and -decodes some names, which is why
/// this one works on files itself; it is also free of the asynchronous detour, and hands out
/// [local paths](Store::local_path) for memory maps.) Paths that lead out of the folder are refused. Symbolic links
/// inside the folder are followed, as DataJoint for Python does: labs move part of a store to another disk that
/// way, and who can place a link can write the files anyway.
///
/// **Writing.** An object is written to a file named `.dj-partial-` and random letters in the folder that it is
/// for, and then renamed, so that a reader sees all of it or what was there before. A process that is killed
/// leaves at most such a file; nothing lists or reads it, no object can have such a name, and it may be deleted
/// when no writer is running. *Put if absent* renames without replacing, where the file system can (Linux and
/// macOS), else makes a hard link, which fails where there is an object. On a file system that can do neither, two
/// processes that write the same object in the same instant may both believe to be the first.
///
/// **Durability.** By default an object survives the end of the process, but one that was written in the last
/// seconds before a power failure may be lost or incomplete, as with Python. With [`StoreOptions::sync`] its data
/// and its name are flushed to the disk before `put` returns, which is a good deal slower for many small objects.
///
/// **Deleting** an object also removes the folders that this leaves empty.
///
/// ```
/// use dj_codec_api::Store;
/// use dj_codec_store::FileStore;
///
/// let folder = tempfile::tempdir().unwrap();
/// let store = FileStore::open(folder.path())?;
/// store.put("_schema/lab/a%2Fb.npy", "bytes".into())?;
/// assert_eq!(std::fs::read(folder.path().join("_schema/lab/a%2Fb.npy")).unwrap(), b"bytes");
/// # Ok::<(), dj_codec_api::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct FileStore {
    root: PathBuf,
    options: StoreOptions,
}

impl FileStore {
    /// The store in an existing folder. A folder that is not there is not made: more often than not it is a disk
    /// that is not mounted.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](dj_codec_api::ErrorKind::Config) where there is no such folder,
    /// [`ErrorKind::PermissionDenied`](dj_codec_api::ErrorKind::PermissionDenied) where it may not be entered.
    pub fn open(root: impl AsRef<Path>) -> Result<Self> {
        let root = std::path::absolute(root.as_ref())
            .map_err(|error| Error::config("the folder of the store has no name").caused_by(error))?;
        let store = Self {
            root,
            options: StoreOptions::default(),
        };
        store.check_root()?;
        Ok(store)
    }

    /// The store in a folder that is made where it is not there.
    ///
    /// # Errors
    /// As [`open`](Self::open), and where the folder cannot be made.
    pub fn create(root: impl AsRef<Path>) -> Result<Self> {
        let root = root.as_ref();
        fs::create_dir_all(root).map_err(|error| {
            let place = root.display().to_string();
            errors::from_io(error, "the folder of the store cannot be made").at(place)
        })?;
        Self::open(root)
    }

    /// Sets how the store behaves: [`sync`](StoreOptions::sync), [`concurrency`](StoreOptions::concurrency) and
    /// [`max_object_bytes`](StoreOptions::max_object_bytes) concern folders.
    #[must_use]
    pub fn with_options(mut self, options: StoreOptions) -> Self {
        self.options = options;
        self
    }

    /// The folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Says what is wrong with the folder itself, if anything.
    fn check_root(&self) -> Result<()> {
        let place = || self.root.display().to_string();
        match fs::metadata(&self.root) {
            Ok(meta) if meta.is_dir() => Ok(()),
            Ok(_) => Err(Error::config("the location of the store is a file, not a folder").at(place())),
            Err(error) if errors::is_absent(&error) => Err(Error::config(
                "the folder of the store is not there",
            )
            .at(place())
            .advise(
                "make it, mount the disk that it is on, or correct the store's location in the configuration",
            )),
            Err(error) => {
                Err(errors::from_io(error, "the folder of the store cannot be entered").at(place()))
            }
        }
    }

    /// The file of an object.
    fn file_of(&self, path: &str) -> Result<PathBuf> {
        check_path(path)?;
        check_names(path)?;
        Ok(self.root.join(path))
    }
}

/// Begins the names of files that are still being written.
const PARTIAL_PREFIX: &str = ".dj-partial-";
/// How many random letters and digits follow.
const PARTIAL_RANDOM: usize = 16;

/// Whether a file of this name is one that is still being written, or was when its writer was killed.
fn is_partial(name: &str) -> bool {
    name.strip_prefix(PARTIAL_PREFIX).is_some_and(|rest| {
        rest.len() == PARTIAL_RANDOM && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

/// Refuses names that mean something else to this store or to Windows.
fn check_names(path: &str) -> Result<()> {
    for name in path.split('/') {
        if is_partial(name) {
            return Err(Error::unsafe_path("the name is reserved for files that are being written").at(path));
        }
        if cfg!(windows)
            && (name.contains(['\\', ':', '<', '>', '"', '|', '?', '*']) || name.ends_with(['.', ' ']))
        {
            return Err(Error::unsafe_path("Windows cannot have a file of this name").at(path));
        }
    }
    Ok(())
}

impl Store for FileStore {
    fn get(&self, path: &str) -> Result<Bytes> {
        self.read_whole(path).map_err(|error| error.at(path))
    }

    fn get_ranges(&self, path: &str, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.read_ranges(path, ranges).map_err(|error| error.at(path))
    }

    fn get_many(&self, reads: &[Read]) -> Vec<Result<Bytes>> {
        self.read_many(reads)
    }

    fn put(&self, path: &str, data: Bytes) -> Result<()> {
        let outcome = self.write(path, Content::Held(&[data]), false);
        outcome.map(|_| ()).map_err(|error| error.at(path))
    }

    fn put_if_absent(&self, path: &str, data: Bytes) -> Result<bool> {
        let outcome = self.write(path, Content::Held(&[data]), true);
        outcome
            .map(|written| written.is_some())
            .map_err(|error| error.at(path))
    }

    fn put_stream(&self, path: &str, source: &mut dyn std::io::Read, if_absent: bool) -> Result<u64> {
        self.write(path, Content::Streamed(source), if_absent)
            .and_then(|written| written.ok_or_else(errors::already_there))
            .map_err(|error| error.at(path))
    }

    fn put_parts(&self, path: &str, parts: &[Bytes], if_absent: bool) -> Result<u64> {
        self.write(path, Content::Held(parts), if_absent)
            .and_then(|written| written.ok_or_else(errors::already_there))
            .map_err(|error| error.at(path))
    }

    fn head(&self, path: &str) -> Result<Option<ObjectMeta>> {
        let size = self.size_of(path).map_err(|error| error.at(path))?;
        Ok(size.map(|size| ObjectMeta::new(path, size)))
    }

    fn visit(&self, prefix: &str, each: &mut dyn FnMut(ObjectMeta) -> Result<ControlFlow<()>>) -> Result<()> {
        let prefix = check_prefix(prefix)?;
        check_names(prefix)?;
        self.walk(prefix, each)
    }

    fn delete(&self, path: &str) -> Result<()> {
        self.remove(path).map_err(|error| error.at(path))
    }

    fn local_path(&self, path: &str) -> Option<PathBuf> {
        self.file_of(path).ok()
    }
}
