//! Reading files and parts of them.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::ops::Range;
use std::path::Path;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use bytes::Bytes;
use dj_codec_api::{Error, Read, Result, Store as _};

use super::{FileStore, errors};
use crate::path::{beyond_end, range_length};

/// Fewer reads than this are not worth a thread each.
const READS_A_THREAD: usize = 4;

impl FileStore {
    /// The size of an object, `None` where there is none.
    pub(super) fn size_of(&self, path: &str) -> Result<Option<u64>> {
        match fs::metadata(self.file_of(path)?) {
            Ok(meta) => Ok(meta.is_file().then_some(meta.len())),
            Err(error) if errors::is_absent(&error) => self.check_root().map(|()| None),
            Err(error) => Err(errors::from_io(error, "the object cannot be looked at")),
        }
    }

    /// Opens an object. It is looked at first, since opening a named pipe would wait for a writer.
    fn open_object(&self, path: &str) -> Result<(File, u64)> {
        let file = self.file_of(path)?;
        let open = |file: &Path| -> io::Result<Option<(File, u64)>> {
            let meta = fs::metadata(file)?;
            Ok(if meta.is_file() {
                Some((File::open(file)?, meta.len()))
            } else {
                None
            })
        };
        match open(&file) {
            Ok(Some(opened)) => Ok(opened),
            Ok(None) => Err(errors::not_found().advise("what is there is not a file")),
            Err(error) if errors::is_absent(&error) => {
                self.check_root()?;
                Err(errors::not_found())
            }
            Err(error) => Err(unreadable(error)),
        }
    }

    pub(super) fn read_whole(&self, path: &str) -> Result<Bytes> {
        let (mut file, size) = self.open_object(path)?;
        let allowed = self.options.max_object_bytes;
        if size > allowed {
            return Err(Error::limit("object bytes", size, allowed));
        }
        let mut data = buffer(size)?;
        (&mut file)
            .take(allowed)
            .read_to_end(&mut data)
            .map_err(unreadable)?;
        Ok(data.into())
    }

    pub(super) fn read_ranges(&self, path: &str, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        let (file, size) = self.open_object(path)?;
        ranges
            .iter()
            .map(|range| {
                let length = range_length(range)?;
                if range.end > size {
                    return Err(beyond_end(range, size));
                }
                let mut data = buffer(length)?;
                read_at(&file, range.start, length, &mut data).map_err(unreadable)?;
                if data.len() as u64 != length {
                    return Err(beyond_end(range, range.start + data.len() as u64));
                }
                Ok(data.into())
            })
            .collect()
    }

    /// Reads on several threads: on a disk of the network each read waits, and on one in the machine the copying
    /// out of its cache takes more than one core can do.
    pub(super) fn read_many(&self, reads: &[Read]) -> Vec<Result<Bytes>> {
        let read_one = |read: &Read| match &read.range {
            Some(range) => self.get_range(&read.path, range.clone()),
            None => self.get(&read.path),
        };
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let threads = (2 * cores)
            .min(self.options.concurrency)
            .min(reads.len() / READS_A_THREAD);
        if threads < 2 {
            return reads.iter().map(read_one).collect();
        }
        let next = AtomicUsize::new(0);
        let results = Mutex::new(Vec::with_capacity(reads.len()));
        let work = || {
            while let Some((index, read)) = {
                let index = next.fetch_add(1, Ordering::Relaxed);
                reads.get(index).map(|read| (index, read))
            } {
                let result = read_one(read);
                results
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push((index, result));
            }
        };
        thread::scope(|scope| {
            for _ in 1..threads {
                // Where the system has no thread left, the others do its share.
                let _ = thread::Builder::new().spawn_scoped(scope, work);
            }
            work();
        });
        let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
        results.sort_unstable_by_key(|(index, _)| *index);
        results.into_iter().map(|(_, result)| result).collect()
    }
}

fn unreadable(error: io::Error) -> Error {
    errors::from_io(error, "the object cannot be read")
}

/// An empty buffer with room for `size` bytes.
fn buffer(size: u64) -> Result<Vec<u8>> {
    let mut data = Vec::new();
    usize::try_from(size)
        .ok()
        .and_then(|size| data.try_reserve_exact(size).ok())
        .ok_or_else(|| {
            Error::store(format!("there is no memory for {size} bytes")).advise("read it in parts")
        })?;
    Ok(data)
}

/// Appends up to `length` bytes from `offset` on; less at the end of the file. Does not move the file's position,
/// so that threads can share a file.
fn read_at(file: &File, offset: u64, length: u64, data: &mut Vec<u8>) -> io::Result<()> {
    struct At<'a>(&'a File, u64);

    impl io::Read for At<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            #[cfg(unix)]
            let count = std::os::unix::fs::FileExt::read_at(self.0, buffer, self.1)?;
            #[cfg(windows)]
            let count = std::os::windows::fs::FileExt::seek_read(self.0, buffer, self.1)?;
            self.1 += count as u64;
            Ok(count)
        }
    }

    At(file, offset).take(length).read_to_end(data).map(|_| ())
}
