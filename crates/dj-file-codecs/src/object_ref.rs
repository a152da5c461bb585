//! What a record of `<object@>` or `<filepath@>` refers to.

mod folder;
mod verify;

use std::ops::{ControlFlow, Range};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use dj_codec_api::layout::{check_path, normalize_path};
use dj_codec_api::{Context, Error, Lazy, Record, Result, Value};

use crate::download::{self, Progress};
use crate::manifest::FileEntry;
use crate::reader::FileReader;
use crate::stored_file::{Origin, StoredFile};
use crate::timestamp;

/// A file or a folder in a store that has not been read: what `<object@>` and `<filepath@>` decode to.
///
/// What the record says costs nothing: [`path`](Self::path), [`size`](Self::size), [`ext`](Self::ext),
/// [`is_dir`](Self::is_dir), [`item_count`](Self::item_count), [`timestamp`](Self::timestamp). A file is read with
/// [`read`](Self::read), [`read_range`](Self::read_range) and [`open`](Self::open); the files of a folder are listed with
/// [`files`](Self::files) and opened with [`member`](Self::member); either is copied with
/// [`download_into`](Self::download_into) and checked with [`verify`](Self::verify).
#[derive(Debug, Clone)]
pub struct ObjectRef {
    record: Record,
    path: String,
    size: Option<u64>,
    item_count: Option<u64>,
    is_dir: bool,
    origin: Arc<Origin>,
}

impl ObjectRef {
    /// Opens a record, without I/O. `binding`: whether the store has to hold what the record says.
    pub(crate) fn from_record(
        record: Record,
        codec: &'static str,
        binding: bool,
        cx: &Context,
    ) -> Result<Self> {
        let written = record.path()?;
        // Python keeps the path of a `<filepath@>` as it was given: with a dot at the beginning, a slash at the end.
        let path = match check_path(written) {
            Ok(()) => written.to_owned(),
            Err(error) => normalize_path(written).map_err(|_| error)?,
        };
        let located = |error: Error| error.at(path.as_str());
        let size = record.number("size").map_err(located)?;
        let item_count = record.number("item_count").map_err(located)?;
        let is_dir = record.flag("is_dir").map_err(located)?.unwrap_or(false);
        record.text("ext").map_err(located)?;
        record.text("hash").map_err(located)?;
        let store = cx.open_record_store(&record).map_err(located)?;
        Ok(Self {
            path,
            size,
            item_count,
            is_dir,
            record,
            origin: Arc::new(Origin {
                store: store.store,
                store_name: store.name,
                codec,
                cx: cx.clone(),
                binding,
            }),
        })
    }

    /// The record that the column holds, with keys that are not known here.
    #[must_use]
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// The path in the store.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The last part of the path.
    #[must_use]
    pub fn name(&self) -> &str {
        last_part(&self.path)
    }

    /// The name of the store.
    #[must_use]
    pub fn store_name(&self) -> &str {
        &self.origin.store_name
    }

    /// The size in bytes that the record says, of a folder that of all its files; `None` where it says none, as for the
    /// folders of `<filepath@>`.
    #[must_use]
    pub fn size(&self) -> Option<u64> {
        self.size
    }

    /// The extension as it was given, with or without a dot; `None` where none was.
    #[must_use]
    pub fn ext(&self) -> Option<&str> {
        self.text("ext")
    }

    /// The hash of the contents, where the record has one.
    #[must_use]
    pub fn hash(&self) -> Option<&str> {
        self.text("hash")
    }

    /// Whether the record says a folder. One that says nothing says a file, as in Python.
    #[must_use]
    pub fn is_dir(&self) -> bool {
        self.is_dir
    }

    /// The number of files of a folder, where the record says it.
    #[must_use]
    pub fn item_count(&self) -> Option<u64> {
        self.item_count
    }

    /// When it was stored or referred to, as Python's `isoformat()`.
    #[must_use]
    pub fn timestamp(&self) -> Option<&str> {
        self.text("timestamp")
    }

    /// The [`timestamp`](Self::timestamp) as a time; `None` where there is none that can be understood.
    #[must_use]
    pub fn time(&self) -> Option<SystemTime> {
        timestamp::parse(self.timestamp()?)
    }

    /// The hash to compare with. Python takes an empty text for none.
    fn recorded_hash(&self) -> Option<&str> {
        self.hash().filter(|hash| !hash.is_empty())
    }

    fn text(&self, key: &str) -> Option<&str> {
        // Those that have to be texts were checked when the record was opened.
        self.record.text(key).ok().flatten()
    }

    /// Whether it is there: the file, or of a folder at least one file or the manifest.
    ///
    /// # Errors
    /// Where the store cannot tell.
    pub fn exists(&self) -> Result<bool> {
        if !self.is_dir {
            return self.as_file().exists();
        }
        let look = || {
            Ok(self.origin.is_folder(&self.path)?
                || self.origin.store.head(&self.manifest_path())?.is_some()
                || self.is_empty_folder())
        };
        look().map_err(|error| self.locate(error))
    }

    /// Whether a file system has a folder there, and the record counts nothing in it: one that Python staged has no manifest.
    fn is_empty_folder(&self) -> bool {
        self.item_count.is_none_or(|count| count == 0) && self.local_path().is_some_and(|path| path.is_dir())
    }

    /// The file that it is.
    ///
    /// # Errors
    /// Where it is a folder.
    pub fn file(&self) -> Result<StoredFile> {
        if self.is_dir {
            return Err(self.locate(
                Error::unsupported("this is a folder, which cannot be read as a file")
                    .advise("list its files, and open them with member"),
            ));
        }
        Ok(self.as_file())
    }

    fn as_file(&self) -> StoredFile {
        StoredFile::new(
            Arc::clone(&self.origin),
            self.path.clone(),
            self.name().to_owned(),
            self.size,
        )
    }

    /// A file of the folder that it is, by the path within it. Nothing is read.
    ///
    /// # Errors
    /// Where it is no folder, or the path leads out of it.
    pub fn member(&self, path: &str) -> Result<StoredFile> {
        if !self.is_dir {
            return Err(self.locate(Error::unsupported("this is a file, which has no files in it")));
        }
        check_path(path).map_err(|error| error.with_codec(self.origin.codec))?;
        Ok(self.member_of(path, None))
    }

    fn member_of(&self, path: &str, recorded: Option<u64>) -> StoredFile {
        let full = format!("{}/{path}", self.path);
        StoredFile::new(Arc::clone(&self.origin), full, path.to_owned(), recorded)
    }

    /// The whole file in memory.
    ///
    /// # Errors
    /// Where it is a folder, or as [`StoredFile::read`].
    pub fn read(&self) -> Result<Bytes> {
        self.file()?.read()
    }

    /// Some bytes of the file, and no others.
    ///
    /// # Errors
    /// Where it is a folder, or as [`StoredFile::read_range`].
    pub fn read_range(&self, range: Range<u64>) -> Result<Bytes> {
        self.file()?.read_range(range)
    }

    /// The file as a stream that can seek.
    ///
    /// # Errors
    /// Where it is a folder, or as [`StoredFile::open`].
    pub fn open(&self) -> Result<FileReader> {
        self.file()?.open()
    }

    /// Copies the file or folder into a folder of this machine, under the last part of its path, and returns where it is.
    /// The folder is made where it is not there; the copy appears when it is complete.
    ///
    /// # Errors
    /// As [`download_to`](Self::download_to), and where its name is none on this system.
    pub fn download_into(&self, folder: impl AsRef<Path>) -> Result<PathBuf> {
        self.download_into_with(folder, &mut |_| ControlFlow::Continue(()))
    }

    /// [`download_into`](Self::download_into), which says how far it is and stops where it is told to.
    ///
    /// # Errors
    /// As [`download_into`](Self::download_into), and where it was told to stop; nothing is left behind then.
    pub fn download_into_with(
        &self,
        folder: impl AsRef<Path>,
        progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<PathBuf> {
        let path = download::target(folder.as_ref(), self.name())?;
        self.download_to_with(&path, progress)?;
        Ok(path)
    }

    /// Copies the file or folder to this path. A file that is there is left as it is if it has the same contents; an empty
    /// folder gives way to a folder.
    ///
    /// # Errors
    /// [`AlreadyExists`](dj_codec_api::ErrorKind::AlreadyExists) where something else is there. Where something is
    /// missing in the store, or is not what the record says, or a file of the folder has a name that is none on this system;
    /// where the copy cannot be written. Nothing is left behind then.
    pub fn download_to(&self, path: impl AsRef<Path>) -> Result<()> {
        self.download_to_with(path, &mut |_| ControlFlow::Continue(()))
    }

    /// [`download_to`](Self::download_to), which says how far it is and stops where it is told to.
    ///
    /// # Errors
    /// As [`download_to`](Self::download_to), and where it was told to stop; nothing is left behind then.
    pub fn download_to_with(
        &self,
        path: impl AsRef<Path>,
        progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<()> {
        if !self.is_dir {
            return download::file(&self.as_file(), path.as_ref(), progress);
        }
        let files = self.checked_files()?;
        download::folder(self, &files, path.as_ref(), progress)
    }

    /// Where it is on this machine, for a store that is a folder of it. It may be read there, and not be changed.
    #[must_use]
    pub fn local_path(&self) -> Option<PathBuf> {
        self.origin.store.local_path(&self.path)
    }

    /// Size and SHA-256 of the file, or of every file of the folder, whether they are what the record says or not.
    ///
    /// # Errors
    /// Where it is not there, or cannot be read.
    pub fn load_as_found(&self) -> Result<Value> {
        if self.is_dir {
            return self.digests(&self.list()?);
        }
        let found = StoredFile::new(
            Arc::clone(&self.origin),
            self.path.clone(),
            self.name().to_owned(),
            None,
        );
        Ok(Value::File(Box::new(found.digest()?)))
    }

    fn digests(&self, files: &[FileEntry]) -> Result<Value> {
        let mut digests = Vec::with_capacity(files.len());
        self.each_file(files, &mut |file, source| {
            digests.push(crate::digest::of_stream(&file.path, source).map_err(crate::reader::from_io)?);
            Ok(())
        })?;
        Ok(Value::Folder(digests))
    }

    pub(crate) fn locate(&self, error: Error) -> Error {
        self.origin.locate(error, &self.path)
    }
}

/// The last part of a path.
pub(crate) fn last_part(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

impl Lazy for ObjectRef {
    fn type_name(&self) -> &'static str {
        if self.is_dir {
            "a stored folder"
        } else {
            "a stored file"
        }
    }

    fn load(&self) -> Result<Value> {
        if self.is_dir {
            return self.digests(&self.checked_files()?);
        }
        let file = self.as_file();
        let Some(recorded) = self.recorded_hash() else {
            return Ok(Value::File(Box::new(file.digest()?)));
        };
        let (digest, found) = file.digest_and_hash()?;
        if found != recorded {
            let how = Error::corrupt(format!("its hash is {found}, the record says {recorded}"))
                .advise("bring it back from a backup of the store");
            self.origin.differs(&self.path, how)?;
        }
        Ok(Value::File(Box::new(digest)))
    }
}
