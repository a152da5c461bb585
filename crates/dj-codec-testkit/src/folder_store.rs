//! A folder that is only read: the store tree of a golden fixture.

use std::fs::File;
use std::io::{ErrorKind as Io, Read, Seek as _, SeekFrom};
use std::ops::{ControlFlow, Range};
use std::path::{Path, PathBuf};

use dj_codec_api::layout::check_path;
use dj_codec_api::{Bytes, Error, ErrorKind, ObjectMeta, Result, Store};

/// A folder as a store that refuses to be written to, so that no test changes a fixture.
#[derive(Debug, Clone)]
pub struct FolderStore {
    root: PathBuf,
}

impl FolderStore {
    /// The store whose objects are the files below `root`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    fn file(&self, path: &str) -> Result<PathBuf> {
        check_path(path)?;
        Ok(self.root.join(path))
    }

    fn refuse<T>(path: &str) -> Result<T> {
        Err(Error::new(
            ErrorKind::PermissionDenied,
            "the store of a golden fixture is never written to",
        )
        .at(path))
    }
}

fn failed(error: std::io::Error, path: &str) -> Error {
    match error.kind() {
        Io::NotFound | Io::NotADirectory => Error::not_found("there is no such object").at(path),
        Io::PermissionDenied => Error::new(ErrorKind::PermissionDenied, "the file may not be read").at(path),
        _ => Error::store("the file cannot be read").at(path).caused_by(error),
    }
}

impl Store for FolderStore {
    fn get(&self, path: &str) -> Result<Bytes> {
        std::fs::read(self.file(path)?)
            .map(Bytes::from)
            .map_err(|error| failed(error, path))
    }

    fn get_ranges(&self, path: &str, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        let mut file = File::open(self.file(path)?).map_err(|error| failed(error, path))?;
        let size = file.metadata().map_err(|error| failed(error, path))?.len();
        let mut read = |range: &Range<u64>| {
            let length = range.end.checked_sub(range.start).filter(|_| range.end <= size);
            let length =
                length.ok_or_else(|| Error::corrupt(format!("bytes {range:?} of {size}")).at(path))?;
            let mut part = vec![0; usize::try_from(length).unwrap_or(usize::MAX)];
            file.seek(SeekFrom::Start(range.start))
                .and_then(|_| file.read_exact(&mut part))
                .map_err(|error| failed(error, path))?;
            Ok(part.into())
        };
        ranges.iter().map(&mut read).collect()
    }

    fn put(&self, path: &str, _: Bytes) -> Result<()> {
        Self::refuse(path)
    }

    fn put_if_absent(&self, path: &str, _: Bytes) -> Result<bool> {
        Self::refuse(path)
    }

    fn put_stream(&self, path: &str, _: &mut dyn Read, _: bool) -> Result<u64> {
        Self::refuse(path)
    }

    fn head(&self, path: &str) -> Result<Option<ObjectMeta>> {
        match std::fs::metadata(self.file(path)?) {
            Ok(meta) if meta.is_file() => Ok(Some(ObjectMeta::new(path, meta.len()))),
            Ok(_) => Ok(None),
            Err(error) => match failed(error, path) {
                error if error.kind() == &ErrorKind::NotFound => Ok(None),
                error => Err(error),
            },
        }
    }

    fn visit(&self, prefix: &str, each: &mut dyn FnMut(ObjectMeta) -> Result<ControlFlow<()>>) -> Result<()> {
        let start = if prefix.is_empty() {
            self.root.clone()
        } else {
            self.file(prefix)?
        };
        let mut folders = vec![start];
        while let Some(folder) = folders.pop() {
            let entries = match std::fs::read_dir(&folder) {
                Ok(entries) => entries,
                Err(error) if matches!(error.kind(), Io::NotFound | Io::NotADirectory) => continue,
                Err(error) => return Err(failed(error, prefix)),
            };
            for entry in entries {
                let path = entry.map_err(|error| failed(error, prefix))?.path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let size = path.metadata().map_err(|error| failed(error, prefix))?.len();
                if each(ObjectMeta::new(relative(&self.root, &path), size))?.is_break() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn delete(&self, path: &str) -> Result<()> {
        Self::refuse(path)
    }

    fn local_path(&self, path: &str) -> Option<PathBuf> {
        self.file(path).ok()
    }
}

fn relative(root: &Path, path: &Path) -> String {
    let parts = path.strip_prefix(root).unwrap_or(path).components();
    parts
        .map(|part| part.as_os_str().to_string_lossy())
        .collect::<Vec<_>>()
        .join("/")
}
