//! One file in a store.

use std::io;
use std::ops::{ControlFlow, Range};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use dj_codec_api::value::FileDigest;
use dj_codec_api::{Context, Error, Result, Store, Warning, WarningKind};

use crate::digest::{self, Hashing};
use crate::download::{self, Progress};
use crate::reader::{self, FileReader};

/// Where a value is, and what it is read with: shared by a record and the files of its folder.
#[derive(Debug)]
pub(crate) struct Origin {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) store_name: String,
    pub(crate) codec: &'static str,
    pub(crate) cx: Context,
    /// Whether what is in the store has to be what the record says. It has where DataJoint wrote both; files that a record only
    /// refers to are their owner's.
    pub(crate) binding: bool,
}

impl Origin {
    /// Names the codec and the file in an error.
    pub(crate) fn locate(&self, error: Error, path: &str) -> Error {
        error
            .with_codec(self.codec)
            .at(format!("{}:{path}", self.store_name))
    }

    /// What the store and the record say differently: an error where the record is binding, else a warning.
    pub(crate) fn differs(&self, path: &str, how: Error) -> Result<()> {
        if self.binding {
            return Err(self.locate(how, path));
        }
        self.cx.warn(&Warning::new(
            WarningKind::Contradiction,
            self.codec,
            path,
            format!("{path} has changed since it was referred to: {}", how.message()),
        ));
        Ok(())
    }

    /// Whether there is anything in this folder.
    pub(crate) fn is_folder(&self, path: &str) -> Result<bool> {
        let mut found = false;
        self.store.visit(path, &mut |_| {
            found = true;
            Ok(ControlFlow::Break(()))
        })?;
        Ok(found)
    }
}

/// One file in a store: an object that is a file, or a file of one that is a folder. Nothing is read before it is asked for.
#[derive(Debug, Clone)]
pub struct StoredFile {
    origin: Arc<Origin>,
    path: String,
    name: String,
    recorded: Option<u64>,
}

impl StoredFile {
    pub(crate) fn new(origin: Arc<Origin>, path: String, name: String, recorded: Option<u64>) -> Self {
        Self {
            origin,
            path,
            name,
            recorded,
        }
    }

    /// The path in the store.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The last part of the path, or for a file of a folder the path within the folder.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name of the store.
    #[must_use]
    pub fn store_name(&self) -> &str {
        &self.origin.store_name
    }

    /// The size in bytes that the record, or the manifest, says; `None` where neither does.
    #[must_use]
    pub fn recorded_size(&self) -> Option<u64> {
        self.recorded
    }

    /// Whether the file is there.
    ///
    /// # Errors
    /// Where the store cannot tell.
    pub fn exists(&self) -> Result<bool> {
        let found = self.origin.store.head(&self.path);
        found
            .map(|found| found.is_some())
            .map_err(|error| self.locate(error))
    }

    /// The size in bytes that the file in the store has, which has to be the recorded one.
    ///
    /// # Errors
    /// Where the file is not there, or has another size than the record says. A file that `<filepath@>` refers to
    /// may change; that is a warning of the context.
    pub fn size(&self) -> Result<u64> {
        let size = self.current_size()?;
        if let Some(recorded) = self.recorded.filter(|&recorded| recorded != size) {
            let how = Error::corrupt(format!("it has {size} bytes, the record says {recorded}"))
                .advise("bring it back from a backup of the store");
            self.origin.differs(&self.path, how)?;
        }
        Ok(size)
    }

    fn current_size(&self) -> Result<u64> {
        let find = || match self.origin.store.head(&self.path)? {
            Some(object) => Ok(object.size),
            None if self.origin.is_folder(&self.path)? => {
                Err(Error::corrupt("the record says a file, the store has a folder"))
            }
            None => Err(Error::not_found("there is no such file")),
        };
        find().map_err(|error| self.locate(error))
    }

    /// The whole file in memory.
    ///
    /// # Errors
    /// As [`size`](Self::size), and where the file cannot be read or is over the limit on array bytes.
    pub fn read(&self) -> Result<Bytes> {
        let size = self.size()?;
        let read = || {
            self.origin.cx.limits().check_array_bytes(size)?;
            let bytes = self.origin.store.get(&self.path)?;
            if bytes.len() as u64 != size {
                return Err(changed());
            }
            Ok(bytes)
        };
        read().map_err(|error| self.locate(error))
    }

    /// Some bytes of the file, and no others.
    ///
    /// # Errors
    /// Where the file is not there, ends before the range does, or the range is over the limit on array bytes.
    pub fn read_range(&self, range: Range<u64>) -> Result<Bytes> {
        let read = || {
            let length = range.end.checked_sub(range.start).ok_or_else(|| {
                Error::invalid_value(format!("the range {}..{} runs backwards", range.start, range.end))
            })?;
            self.origin.cx.limits().check_array_bytes(length)?;
            if length == 0 {
                return Ok(Bytes::new());
            }
            self.origin.store.get_range(&self.path, range.clone())
        };
        read().map_err(|error| self.locate(error))
    }

    /// The file as a stream that can seek.
    ///
    /// # Errors
    /// As [`size`](Self::size), and where the file cannot be opened.
    pub fn open(&self) -> Result<FileReader> {
        let size = self.size()?;
        FileReader::open(&self.origin.store, &self.path, size).map_err(|error| self.locate(error))
    }

    /// Name, size and SHA-256 of the file, which is streamed.
    ///
    /// # Errors
    /// As [`open`](Self::open), and where the file cannot be read to its end.
    pub fn digest(&self) -> Result<FileDigest> {
        let mut stream = self.open()?;
        let size = stream.size();
        let digest = digest::of_stream(&self.name, &mut stream).map_err(|error| self.failed(error))?;
        if digest.size == size {
            Ok(digest)
        } else {
            Err(self.locate(changed()))
        }
    }

    /// As [`digest`](Self::digest), with the [`content_hash`](Self::content_hash), in one reading.
    pub(crate) fn digest_and_hash(&self) -> Result<(FileDigest, String)> {
        let mut stream = self.open()?;
        let size = stream.size();
        let mut hashing = Hashing::new(&mut stream, true);
        let digest = digest::of_stream(&self.name, &mut hashing).map_err(|error| self.failed(error))?;
        if digest.size != size {
            return Err(self.locate(changed()));
        }
        Ok((digest, hashing.finish()))
    }

    /// The hash that Python's `ObjectRef.verify` compares with the record: the lower-case base32 of the MD5. The file is
    /// streamed.
    ///
    /// # Errors
    /// As [`digest`](Self::digest).
    pub fn content_hash(&self) -> Result<String> {
        digest::content_hash_of(&mut self.open()?).map_err(|error| self.failed(error))
    }

    /// Writes the file into a folder under the last part of its name, and returns where it is. The folder is made where it
    /// is not there, the file appears when it is complete.
    ///
    /// # Errors
    /// As [`download_to`](Self::download_to), and where its name is none on this system.
    pub fn download_into(&self, folder: impl AsRef<Path>) -> Result<PathBuf> {
        let path = download::target(folder.as_ref(), &self.name)?;
        self.download_to(&path)?;
        Ok(path)
    }

    /// Writes the file to this path. What is there is left as it is if it has the same contents.
    ///
    /// # Errors
    /// [`AlreadyExists`](dj_codec_api::ErrorKind::AlreadyExists) where something else is there; else as
    /// [`open`](Self::open), or where the file cannot be written.
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
        download::file(self, path.as_ref(), progress)
    }

    /// Where the file is on this machine, for a store that is a folder of it. It may be read there, and not be changed.
    #[must_use]
    pub fn local_path(&self) -> Option<PathBuf> {
        self.origin.store.local_path(&self.path)
    }

    /// What went wrong while the file was read as a stream.
    pub(crate) fn failed(&self, error: io::Error) -> Error {
        self.locate(reader::from_io(error))
    }

    pub(crate) fn locate(&self, error: Error) -> Error {
        self.origin.locate(error, &self.path)
    }
}

/// A file had another length than the store said just before.
pub(crate) fn changed() -> Error {
    Error::store("the file changed while it was read").advise("read it again")
}
