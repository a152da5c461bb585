//! A store that says what it is told to, without a lock or a map in the way.

use std::fmt;
use std::ops::{ControlFlow, Range};

use bytes::Bytes;
use dj_codec_api::layout::check_path;
use dj_codec_api::{Error, ObjectMeta, Result, Store};

/// Finds the object of a path.
pub(crate) trait Find: Send + Sync {
    fn find(&self, path: &str) -> Option<Bytes>;

    /// What is below any folder.
    fn list(&self) -> &[&str] {
        &[]
    }
}

impl<F: Fn(&str) -> Option<Bytes> + Send + Sync> Find for F {
    fn find(&self, path: &str) -> Option<Bytes> {
        self(path)
    }
}

/// Reads what `Find` finds; writes nothing.
pub(crate) struct Told<F>(pub(crate) F);

impl<F> fmt::Debug for Told<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Told")
    }
}

fn read_only() -> Error {
    Error::store("this store is only read")
}

impl<F: Find> Store for Told<F> {
    fn get(&self, path: &str) -> Result<Bytes> {
        check_path(path)?;
        self.0
            .find(path)
            .ok_or_else(|| Error::not_found("there is no such object").at(path))
    }

    fn get_ranges(&self, path: &str, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        let object = self.get(path)?;
        let slice = |range: &Range<u64>| {
            let within = range.start <= range.end && range.end <= object.len() as u64;
            within
                .then(|| object.slice(range.start as usize..range.end as usize))
                .ok_or_else(|| Error::store("the range is beyond the object").at(path))
        };
        ranges.iter().map(slice).collect()
    }

    fn put(&self, _: &str, _: Bytes) -> Result<()> {
        Err(read_only())
    }

    fn put_if_absent(&self, _: &str, _: Bytes) -> Result<bool> {
        Err(read_only())
    }

    fn put_stream(&self, _: &str, _: &mut dyn std::io::Read, _: bool) -> Result<u64> {
        Err(read_only())
    }

    fn head(&self, path: &str) -> Result<Option<ObjectMeta>> {
        check_path(path)?;
        Ok(self
            .0
            .find(path)
            .map(|object| ObjectMeta::new(path, object.len() as u64)))
    }

    fn visit(&self, prefix: &str, each: &mut dyn FnMut(ObjectMeta) -> Result<ControlFlow<()>>) -> Result<()> {
        for name in self.0.list() {
            let path = if prefix.is_empty() {
                (*name).to_owned()
            } else {
                format!("{prefix}/{name}")
            };
            let size = self.0.find(&path).map_or(0, |object| object.len() as u64);
            if each(ObjectMeta::new(path, size))?.is_break() {
                break;
            }
        }
        Ok(())
    }

    fn delete(&self, _: &str) -> Result<()> {
        Err(read_only())
    }
}
