//! Stored files as streams.

use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use dj_codec_api::{Error, ErrorKind, Result, Store};

use crate::local;

/// The first read of a file that is not on this machine; each further one in a row is twice as long.
const FIRST: u64 = 64 << 10;
/// The most that is read ahead.
const AHEAD: u64 = 16 << 20;
/// What is read ahead is asked for in parts of this size, which a store with latency reads at once.
const PART: u64 = 4 << 20;

/// A stored file as a stream that can seek: what [`StoredFile::open`](crate::StoredFile::open) gives.
///
/// Of a file in a bucket, at most 16 MiB are in memory. Of a store that is a folder the file itself is read, without a buffer:
/// wrap the reader in a [`BufReader`](std::io::BufReader) to read it in small pieces.
pub struct FileReader {
    source: Source,
    size: u64,
    position: u64,
}

enum Source {
    Local(File),
    Remote(Remote),
}

struct Remote {
    store: Arc<dyn Store>,
    path: String,
    buffer: Bytes,
    start: u64,
    ahead: u64,
}

impl FileReader {
    /// Opens an object of which the store says that it has this size.
    pub(crate) fn open(store: &Arc<dyn Store>, path: &str, size: u64) -> Result<Self> {
        let source = match store.local_path(path) {
            Some(local) => Source::Local(local::open_file(&local)?.0),
            None => Source::Remote(Remote {
                store: Arc::clone(store),
                path: path.to_owned(),
                buffer: Bytes::new(),
                start: 0,
                ahead: FIRST,
            }),
        };
        Ok(Self {
            source,
            size,
            position: 0,
        })
    }

    /// The size of the file in bytes, as it was when it was opened.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }
}

impl Remote {
    /// What is in memory from this position on.
    fn buffered(&self, position: u64) -> &[u8] {
        let skip = position
            .checked_sub(self.start)
            .and_then(|skip| usize::try_from(skip).ok());
        skip.and_then(|skip| self.buffer.get(skip..)).unwrap_or_default()
    }

    fn fill(&mut self, position: u64, size: u64) -> Result<()> {
        let goes_on = position == self.start + self.buffer.len() as u64;
        self.ahead = if goes_on {
            self.ahead.saturating_mul(2).min(AHEAD)
        } else {
            FIRST
        };
        let end = position.saturating_add(self.ahead).min(size);
        let mut ranges: Vec<Range<u64>> = Vec::new();
        let mut at = position;
        while at < end {
            let next = at.saturating_add(PART).min(end);
            ranges.push(at..next);
            at = next;
        }
        self.buffer = Bytes::new();
        let parts = self.store.get_ranges(&self.path, &ranges)?;
        self.buffer = match parts.as_slice() {
            [part] => part.clone(),
            parts => parts.concat().into(),
        };
        self.start = position;
        if self.buffer.len() as u64 != end - position {
            return Err(Error::store(
                "the store returned other ranges than it was asked for",
            ));
        }
        Ok(())
    }
}

impl Read for FileReader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = match &mut self.source {
            Source::Local(file) => file.read(out)?,
            Source::Remote(_) if self.position >= self.size || out.is_empty() => 0,
            Source::Remote(remote) => {
                if remote.buffered(self.position).is_empty() {
                    remote.fill(self.position, self.size).map_err(into_io)?;
                }
                let here = remote.buffered(self.position);
                let count = here.len().min(out.len());
                if let (Some(to), Some(from)) = (out.get_mut(..count), here.get(..count)) {
                    to.copy_from_slice(from);
                }
                count
            }
        };
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for FileReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(offset) => self.size.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        let target = target.ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::InvalidInput,
                "a position before the beginning of the file",
            )
        })?;
        if let Source::Local(file) = &mut self.source {
            file.seek(SeekFrom::Start(target))?;
        }
        self.position = target;
        Ok(target)
    }
}

impl fmt::Debug for FileReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileReader")
            .field("size", &self.size)
            .field("position", &self.position)
            .finish_non_exhaustive()
    }
}

/// The error of a store for a reader, which knows no others. [`from_io`] brings it back.
fn into_io(error: Error) -> io::Error {
    let kind = match error.kind() {
        ErrorKind::NotFound => io::ErrorKind::NotFound,
        ErrorKind::PermissionDenied => io::ErrorKind::PermissionDenied,
        _ => io::ErrorKind::Other,
    };
    io::Error::new(kind, error)
}

/// The error of a store that came through a reader, or one that says that the file cannot be read.
pub(crate) fn from_io(error: io::Error) -> Error {
    match error.downcast::<Error>() {
        Ok(error) => error,
        Err(error) => Error::store("the file cannot be read").caused_by(error),
    }
}

#[cfg(test)]
mod tests {
    use dj_codec_api::MemoryStore;

    use super::*;

    #[test]
    fn a_reader_reads_and_seeks_as_a_file_does() {
        let bytes: Vec<u8> = (0..9 << 20).map(|at: u32| (at >> 5) as u8 ^ at as u8).collect();
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        store.put("x", bytes.clone().into()).unwrap();
        let mut reader = FileReader::open(&store, "x", bytes.len() as u64).unwrap();
        let mut all = Vec::new();
        reader.read_to_end(&mut all).unwrap();
        assert!(all == bytes);
        let mut reference = io::Cursor::new(&bytes);
        for to in [
            SeekFrom::Start(5),
            SeekFrom::Current(70_000),
            SeekFrom::End(-3),
            SeekFrom::Start(1 << 40),
            SeekFrom::Current(-(1 << 40) + 8),
            SeekFrom::End(0),
        ] {
            assert_eq!(reader.seek(to).unwrap(), reference.seek(to).unwrap());
            let (mut one, mut other) = ([0; 1000], [0; 1000]);
            let count = reader.read(&mut one).unwrap();
            assert_eq!(count, reference.read(&mut other).unwrap());
            assert_eq!(one, other);
        }
        assert!(reader.seek(SeekFrom::Current(i64::MIN)).is_err());
    }

    #[test]
    fn a_file_that_shrinks_is_an_error() {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        store.put("x", vec![1; 100].into()).unwrap();
        let mut reader = FileReader::open(&store, "x", 200).unwrap();
        let error = from_io(io::copy(&mut reader, &mut io::sink()).unwrap_err());
        assert_eq!(error.kind(), &ErrorKind::Corrupt);
        store.delete("x").unwrap();
        let error = from_io(reader.read(&mut [0; 5]).unwrap_err());
        assert_eq!(error.kind(), &ErrorKind::NotFound);
    }
}
