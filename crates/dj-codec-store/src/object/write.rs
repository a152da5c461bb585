//! Writing objects: in one request, or in parts where they are large or of unknown size.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use dj_codec_api::{Error, ErrorKind, Result};
use object_store::path::Path;
use object_store::{Error as StoreError, ObjectStoreExt as _, PutMode, PutOptions};

use super::upload::Upload;
use super::{ObjectStoreAdapter, Shared, errors};

/// Whether the server honours `If-None-Match` is not known.
pub(super) const UNTRIED: u8 = 0;
/// It does.
pub(super) const HONOURED: u8 = 1;
/// It does not.
const IGNORED: u8 = 2;

/// Object stores take no smaller parts than this, but for the last.
const MIN_PART_BYTES: u64 = 5 << 20;
/// Object stores take no more parts than 10,000. After so many the parts double.
const PARTS_OF_A_SIZE: u64 = 2400;
/// How often a write is repeated that met another writer of the same object.
const CONFLICT_ATTEMPTS: usize = 5;

impl Shared {
    /// The size of part number `index`.
    fn part_bytes(&self, index: u64) -> u64 {
        let doublings = u32::try_from(index / PARTS_OF_A_SIZE).unwrap_or(u32::MAX).min(20);
        self.options.part_bytes.max(MIN_PART_BYTES) << doublings
    }

    /// Writes an object in one request; false where there was one and `if_absent` forbids to replace it.
    async fn put_one(&self, name: &Path, data: Bytes, if_absent: bool) -> Result<bool> {
        let _permit = self.requests.acquire().await;
        if !if_absent {
            self.inner.put(name, data.into()).await.map_err(unwritable)?;
            return Ok(true);
        }
        let mut honoured = self.conditional_put.load(Ordering::Relaxed);
        let mut first = None;
        if honoured == UNTRIED {
            // Of many at once one finds out, and the others wait to be told.
            first = Some(self.finding_out.lock().await);
            honoured = self.conditional_put.load(Ordering::Relaxed);
        }
        let _first = first.filter(|_| honoured == UNTRIED);
        if honoured != HONOURED && self.is_there(name).await? {
            return Ok(false);
        }
        if honoured != IGNORED {
            match self.create(name, data.clone()).await {
                Ok(true) if honoured == UNTRIED => {
                    // There is an object now: the server must refuse the same request.
                    let refused = matches!(self.create(name, data).await, Ok(false));
                    self.conditional_put
                        .store(if refused { HONOURED } else { IGNORED }, Ordering::Relaxed);
                    return Ok(true);
                }
                Ok(created) => return Ok(created),
                Err(error) if errors::is_not_implemented(&error) => {
                    self.conditional_put.store(IGNORED, Ordering::Relaxed);
                }
                Err(error) => return Err(unwritable(error)),
            }
        }
        self.inner.put(name, data.into()).await.map_err(unwritable)?;
        Ok(true)
    }

    /// Asks the server to write an object unless there is one.
    async fn create(&self, name: &Path, data: Bytes) -> Result<bool, StoreError> {
        let mut attempts = CONFLICT_ATTEMPTS;
        loop {
            let options = PutOptions::from(PutMode::Create);
            match self.inner.put_opts(name, data.clone().into(), options).await {
                Ok(_) => return Ok(true),
                Err(error) if errors::is_conflict(&error) && attempts > 0 => attempts -= 1,
                Err(StoreError::AlreadyExists { .. } | StoreError::Precondition { .. }) => return Ok(false),
                Err(error) => return Err(error),
            }
        }
    }

    async fn is_there(&self, name: &Path) -> Result<bool> {
        match self.inner.head(name).await {
            Ok(_) => Ok(true),
            Err(StoreError::NotFound { .. }) => Ok(false),
            Err(error) => Err(unwritable(error)),
        }
    }
}

impl ObjectStoreAdapter {
    /// Writes an object; false where there was one and `if_absent` forbids to replace it.
    pub(super) fn put_bytes(&self, path: &str, data: Bytes, if_absent: bool) -> Result<bool> {
        if data.len() as u64 > 2 * self.shared.part_bytes(0) {
            return Ok(self
                .put_parts(path, &mut Pieces::Held(data), if_absent)?
                .is_some());
        }
        let (shared, name) = (Arc::clone(&self.shared), self.shared.locate(path)?);
        self.run(async move { shared.put_one(&name, data, if_absent).await })?
    }

    pub(super) fn put_source(
        &self,
        path: &str,
        source: &mut dyn std::io::Read,
        if_absent: bool,
    ) -> Result<u64> {
        let first = read_part(source, self.shared.part_bytes(0))?;
        let size = if (first.len() as u64) < self.shared.part_bytes(0) {
            let size = first.len() as u64;
            self.put_bytes(path, first, if_absent)?.then_some(size)
        } else {
            self.put_parts(path, &mut Pieces::Streamed { first, source }, if_absent)?
        };
        size.ok_or_else(already_there)
    }

    /// Writes an object in parts and returns its size; `None` where there was one and `if_absent` forbids to
    /// replace it.
    fn put_parts(&self, path: &str, pieces: &mut Pieces<'_>, if_absent: bool) -> Result<Option<u64>> {
        let name = self.shared.locate(path)?;
        let is_there = || {
            let (shared, name) = (Arc::clone(&self.shared), name.clone());
            self.run(async move { shared.is_there(&name).await })?
        };
        if if_absent && is_there()? {
            return Ok(None);
        }
        let mut upload = Upload::begin(self, &name)?;
        let mut size = 0;
        let mut index = 0;
        loop {
            let part = match pieces.next(self.shared.part_bytes(index)) {
                Ok(part) => part,
                Err(error) => {
                    upload.abort();
                    return Err(error);
                }
            };
            if part.is_empty() {
                break;
            }
            size += part.len() as u64;
            index += 1;
            upload = upload.put(part)?;
        }
        upload = upload.wait()?;
        if if_absent && is_there()? {
            upload.abort();
            return Ok(None);
        }
        upload.complete()?;
        Ok(Some(size))
    }
}

/// Where the parts of an object come from.
enum Pieces<'a> {
    /// From memory.
    Held(Bytes),
    /// From a stream, of which the first part has been read.
    Streamed {
        first: Bytes,
        source: &'a mut dyn std::io::Read,
    },
}

impl Pieces<'_> {
    /// The next part, of `length` bytes unless it is the last; empty after that.
    fn next(&mut self, length: u64) -> Result<Bytes> {
        match self {
            Self::Held(data) => {
                Ok(data.split_to(usize::try_from(length).unwrap_or(usize::MAX).min(data.len())))
            }
            Self::Streamed { first, source } => {
                if first.is_empty() {
                    read_part(*source, length)
                } else {
                    Ok(std::mem::take(first))
                }
            }
        }
    }
}

/// Reads up to `length` bytes; fewer at the end of the stream.
fn read_part(source: &mut dyn std::io::Read, length: u64) -> Result<Bytes> {
    use std::io::Read as _;
    let mut data = Vec::new();
    source
        .take(length)
        .read_to_end(&mut data)
        .map_err(|error| Error::store("what was to be stored cannot be read").caused_by(error))?;
    Ok(data.into())
}

pub(super) fn unwritable(error: StoreError) -> Error {
    errors::from_store(error, "the object cannot be written")
}

fn already_there() -> Error {
    Error::new(ErrorKind::AlreadyExists, "there is an object already")
}
