//! The small synchronous face of an object store that codecs write through.

use std::fmt;
use std::ops::{ControlFlow, Range};
use std::path::PathBuf;

use bytes::Bytes;

use crate::{Error, Result};

/// What is known of an object without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ObjectMeta {
    /// The path of the object, relative to the store's location.
    pub path: String,
    /// Its size in bytes.
    pub size: u64,
}

impl ObjectMeta {
    /// The metadata of an object of `size` bytes.
    pub fn new(path: impl Into<String>, size: u64) -> Self {
        Self {
            path: path.into(),
            size,
        }
    }
}

/// An object, or a part of one, to read with [`Store::get_many`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// The path of the object.
    pub path: String,
    /// The bytes wanted; `None` for the whole object.
    pub range: Option<Range<u64>>,
}

/// Where codecs keep objects: a folder, a bucket, memory.
///
/// Paths are relative to the store's location, `/` between parts, and taken as they stand: a `%2F` in a path is
/// three characters. Every method refuses a path that [`check_path`](crate::layout::check_path) refuses, with
/// [`ErrorKind::UnsafePath`](crate::ErrorKind::UnsafePath). An object that is not there is
/// [`NotFound`](crate::ErrorKind::NotFound); one that may not be read is
/// [`PermissionDenied`](crate::ErrorKind::PermissionDenied), never an absent one.
///
/// The methods block. An implementation over an asynchronous store must work when called from inside and from
/// outside of an asynchronous runtime, and from many threads at once.
pub trait Store: fmt::Debug + Send + Sync {
    /// The whole object.
    ///
    /// # Errors
    /// Where it is not there, not readable, or larger than the store hands out at once.
    fn get(&self, path: &str) -> Result<Bytes>;

    /// One part of an object for each of `ranges`, in their order.
    ///
    /// # Errors
    /// As [`get`](Self::get); also where a range ends beyond the object.
    fn get_ranges(&self, path: &str, ranges: &[Range<u64>]) -> Result<Vec<Bytes>>;

    /// One part of an object.
    ///
    /// # Errors
    /// As [`get_ranges`](Self::get_ranges).
    fn get_range(&self, path: &str, range: Range<u64>) -> Result<Bytes> {
        self.get_ranges(path, std::slice::from_ref(&range))?
            .pop()
            .ok_or_else(|| Error::store("the store returned nothing for a range").at(path))
    }

    /// Several objects or parts of them at once, each with its own outcome, in the order asked for.
    /// A store with latency reads them concurrently; the default reads one after the other.
    fn get_many(&self, reads: &[Read]) -> Vec<Result<Bytes>> {
        reads
            .iter()
            .map(|read| match &read.range {
                Some(range) => self.get_range(&read.path, range.clone()),
                None => self.get(&read.path),
            })
            .collect()
    }

    /// Writes an object so that a reader sees all of it or what was there before, and nothing in between.
    ///
    /// # Errors
    /// Where the store cannot be written; what was there before is unchanged.
    fn put(&self, path: &str, data: Bytes) -> Result<()>;

    /// Writes an object unless there is one; `false` means that there was one, and that it is unchanged.
    ///
    /// # Errors
    /// Where the store cannot be written.
    fn put_if_absent(&self, path: &str, data: Bytes) -> Result<bool>;

    /// Writes an object of any size from a stream, atomically as [`put`](Self::put), and returns its size.
    /// `if_absent` asks for the care of [`put_if_absent`](Self::put_if_absent); an object that is there is then
    /// [`AlreadyExists`](crate::ErrorKind::AlreadyExists).
    ///
    /// # Errors
    /// Where the stream cannot be read or the store not written; nothing is left behind.
    fn put_stream(&self, path: &str, source: &mut dyn std::io::Read, if_absent: bool) -> Result<u64>;

    /// Writes an object that is in memory in several parts, as [`put_stream`](Self::put_stream) does. A store that need
    /// not copy them together overrides the default, which makes a stream of them.
    ///
    /// # Errors
    /// As [`put_stream`](Self::put_stream).
    fn put_parts(&self, path: &str, parts: &[Bytes], if_absent: bool) -> Result<u64> {
        self.put_stream(path, &mut Joined(parts, &[]), if_absent)
    }

    /// What is known of an object, `None` where there is none.
    ///
    /// # Errors
    /// Where the store cannot tell.
    fn head(&self, path: &str) -> Result<Option<ObjectMeta>>;

    /// Calls `each` for every object below the folder `prefix` (for all objects where it is empty), at any depth,
    /// in no particular order, until it breaks off. The prefix is a whole folder: `a/b` does not visit `a/bc`.
    ///
    /// # Errors
    /// Where the store cannot be listed, or `each` fails. A folder that is not there has no objects.
    fn visit(&self, prefix: &str, each: &mut dyn FnMut(ObjectMeta) -> Result<ControlFlow<()>>) -> Result<()>;

    /// Every object below the folder `prefix`, as [`visit`](Self::visit), sorted by path.
    ///
    /// # Errors
    /// Where the store cannot be listed.
    fn list(&self, prefix: &str) -> Result<Vec<ObjectMeta>> {
        let mut objects = Vec::new();
        self.visit(prefix, &mut |object| {
            objects.push(object);
            Ok(ControlFlow::Continue(()))
        })?;
        objects.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        Ok(objects)
    }

    /// Removes an object. One that is not there is no error.
    ///
    /// # Errors
    /// Where the store refuses.
    fn delete(&self, path: &str) -> Result<()>;

    /// Where the object is in the local file system, for a store that is a folder of it. The object need not
    /// exist.
    fn local_path(&self, path: &str) -> Option<PathBuf> {
        let _ = path;
        None
    }
}

/// Parts as one stream: those to come, and what is left of the one at hand.
struct Joined<'a>(&'a [Bytes], &'a [u8]);

impl std::io::Read for Joined<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        while self.1.is_empty() {
            let Some((first, rest)) = self.0.split_first() else {
                return Ok(0);
            };
            (self.0, self.1) = (rest, first);
        }
        self.1.read(out)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn parts_are_one_stream() {
        let parts = ["ab", "", "cde", ""].map(Bytes::from);
        let mut whole = String::new();
        Joined(&parts, &[]).read_to_string(&mut whole).unwrap();
        assert_eq!(whole, "abcde");
        assert_eq!(Joined(&[], &[]).read(&mut [0; 4]).unwrap(), 0);
    }
}
