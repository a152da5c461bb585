//! Where the chunks of one array go.

use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use dj_codec_api::{Array, Error, ErrorKind, Result};

use super::gather::{gather, zeroed};
use super::grid::Grid;
use super::ledger::Ledger;
use super::plan::Plan;
use super::pool::Permits;
use super::shard::{Assembler, Finished};
use crate::adapter::Folder;
use crate::inventory::{Inventory, ObjectDigest};

/// Takes chunks from any thread, encodes them, puts them into the array's folder and keeps the books.
pub(super) struct Sink {
    pub(super) plan: Plan,
    pub(super) folder: Folder,
    chunks: Grid,
    ledger: Mutex<Ledger>,
    assembler: Option<Mutex<Assembler>>,
    encoders: Permits,
}

impl Sink {
    /// `encoders` chunks are cut and encoded at a time, however many are on their way into the store.
    pub(super) fn new(plan: Plan, folder: Folder, encoders: usize) -> Self {
        let (chunks, objects) = (plan.chunk_grid(), plan.object_grid());
        let assembler = plan.shard.as_ref().map(|shard| {
            Mutex::new(Assembler::new(
                chunks.clone(),
                objects.clone(),
                &plan.chunk,
                shard,
            ))
        });
        Self {
            plan,
            folder,
            chunks,
            ledger: Mutex::new(Ledger::new(objects)),
            assembler,
            encoders: Permits::new(encoders),
        }
    }

    /// How many chunks there are to one along the first axis.
    pub(super) fn band(&self) -> u64 {
        self.chunks.band()
    }

    /// Cuts the chunk of this number out of the rows that hold it, encodes and stores it.
    ///
    /// # Errors
    /// Where that fails; the text has the coordinates of the chunk.
    pub(super) fn store_chunk(&self, band: Array, number: u64) -> Result<()> {
        let at = self.chunks.coordinates(number);
        let plan = &self.plan;
        let encoded = self.encoders.with(move || {
            let across = at.get(1..).unwrap_or_default();
            let cut = gather(&band, &plan.chunk, across, &plan.fill, plan.map.as_deref());
            // The rows may be the last of a large buffer.
            drop(band);
            cut.and_then(|raw| raw.map(|raw| encode(plan, raw)).transpose())
                .map_err(|error| about("chunk", &at, self.folder.path(), error))
        })?;
        match &self.assembler {
            None => self.store_object((number, encoded)),
            Some(assembler) => {
                let finished = lock(assembler).add(number, encoded);
                finished
                    .into_iter()
                    .try_for_each(|shard| self.store_object(shard))
            }
        }
    }

    /// Stores what is left of shards, and says what was written. All chunks have been stored before.
    ///
    /// # Errors
    /// Where the last shards cannot be stored.
    pub(super) fn finish(&self) -> Result<Inventory> {
        if let Some(assembler) = &self.assembler {
            let finished = lock(assembler).finish();
            finished
                .into_iter()
                .try_for_each(|shard| self.store_object(shard))?;
        }
        Ok(lock(&self.ledger).inventory())
    }

    fn store_object(&self, (number, object): Finished) -> Result<()> {
        let Some(bytes) = object else {
            lock(&self.ledger).finish(number, None);
            return Ok(());
        };
        let key = {
            let mut ledger = lock(&self.ledger);
            ledger.begin(number);
            ledger.key(number)
        };
        let digest = ObjectDigest::of(&bytes);
        match put_new(&self.folder, &key, bytes) {
            Ok(()) => {
                lock(&self.ledger).finish(number, Some(digest));
                Ok(())
            }
            Err(error) => {
                if *error.kind() == ErrorKind::AlreadyExists {
                    lock(&self.ledger).leave(number);
                }
                let what = if self.assembler.is_some() {
                    "shard"
                } else {
                    "chunk"
                };
                Err(about(
                    what,
                    &self.plan.object_grid().coordinates(number),
                    self.folder.path(),
                    error,
                ))
            }
        }
    }

    /// Removes every object that was, or may have been, written. No thread may be writing.
    ///
    /// # Errors
    /// The first refusal of the store; the other objects are removed all the same.
    pub(super) fn remove_all(&self) -> Result<()> {
        let keys: Vec<String> = lock(&self.ledger).keys().collect();
        let mut outcome = Ok(());
        for key in keys {
            let removed = self.folder.store().delete(&self.folder.object(&key));
            if outcome.is_ok() {
                outcome = removed;
            }
        }
        outcome
    }
}

/// The elements of a chunk as they are stored.
fn encode(plan: &Plan, raw: Bytes) -> Result<Bytes> {
    let Some(filter) = &plan.filter else {
        return plan.encoding.encode(&raw);
    };
    let count = raw.len() / plan.dtype.size().max(1);
    let mut stored = zeroed(count.saturating_mul(filter.encoded().size()))?;
    filter.encode(&raw, &mut stored)?;
    drop(raw);
    plan.encoding.encode(&stored.into())
}

/// Puts an object that must not be there yet.
///
/// # Errors
/// [`AlreadyExists`](ErrorKind::AlreadyExists) where another one is there, which stays as it is.
pub(super) fn put_new(folder: &Folder, key: &str, bytes: Bytes) -> Result<()> {
    let path = folder.object(key);
    if folder.store().put_if_absent(&path, bytes.clone())? {
        return Ok(());
    }
    // A store that tried again after a lost answer may have met its own object.
    if folder.store().get(&path)? == bytes {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::AlreadyExists,
        "somebody else has written here while this array was written",
    )
    .at(path))
}

/// An error that says which chunk or shard it is about, and keeps what went wrong as its source.
fn about(what: &str, at: &[u64], path: &str, error: Error) -> Error {
    Error::new(error.kind().clone(), format!("{what} {at:?} cannot be written"))
        .at(path)
        .caused_by(error)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
