//! The bytes of a chunk in a file.

use std::fs::File;
use std::io::{Error as IoError, ErrorKind as Io};
use std::ops::Range;
use std::path::PathBuf;

use dj_codec_api::{Error, ErrorKind, Result};

/// A file, or the part of one that is a chunk in a shard.
pub(super) struct LocalObject {
    file: File,
    start: u64,
    length: u64,
}

impl LocalObject {
    /// Opens the file; `None` where it is not there.
    ///
    /// # Errors
    /// Where it may not be read, or is no file, or shorter than the range.
    pub(super) fn open(path: Option<PathBuf>, range: Option<Range<u64>>) -> Result<Option<Self>> {
        let path = path.ok_or_else(|| Error::unsafe_path("the object's path leads nowhere"))?;
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if matches!(error.kind(), Io::NotFound | Io::NotADirectory) => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let about = file.metadata().map_err(failed)?;
        if !about.is_file() {
            return Err(Error::corrupt("there is a folder where an object is expected"));
        }
        let range = range.unwrap_or(0..about.len());
        if range.end > about.len() {
            return Err(Error::corrupt("the object is cut short"));
        }
        Ok(Some(Self {
            file,
            start: range.start,
            length: range.end.saturating_sub(range.start),
        }))
    }

    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Fills `out` from the bytes at `offset`.
    ///
    /// # Errors
    /// Where there are not so many, or the file cannot be read.
    pub(super) fn read_exact(&self, offset: u64, out: &mut [u8]) -> Result<()> {
        let end = offset.checked_add(out.len() as u64);
        if end.is_none_or(|end| end > self.length) {
            return Err(Error::corrupt("the object is cut short"));
        }
        read_exact_at(&self.file, out, self.start.saturating_add(offset)).map_err(failed)
    }
}

#[cfg(unix)]
fn read_exact_at(file: &File, out: &mut [u8], at: u64) -> std::io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, out, at)
}

#[cfg(windows)]
fn read_exact_at(file: &File, mut out: &mut [u8], mut at: u64) -> std::io::Result<()> {
    while !out.is_empty() {
        let read = std::os::windows::fs::FileExt::seek_read(file, out, at)?;
        if read == 0 {
            return Err(Io::UnexpectedEof.into());
        }
        out = out.split_at_mut(read).1;
        at += read as u64;
    }
    Ok(())
}

fn failed(error: IoError) -> Error {
    match error.kind() {
        Io::PermissionDenied => Error::new(ErrorKind::PermissionDenied, "the object may not be read")
            .advise("ask for the right to read it: whether it holds data or not cannot be told"),
        // It was longer a moment ago.
        Io::UnexpectedEof => Error::corrupt("the object is cut short"),
        _ => Error::store("the object cannot be read").caused_by(error),
    }
}

/// A limit of bytes as a length in memory.
pub(super) fn limit(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}
