//! Reads a region of an array into one prepared output.

use std::ops::Range;

use bytes::Bytes;
use dj_codec_api::{DType, Error, Limits, Read, Result};
use rayon::prelude::*;

use super::chain::{Chain, Codecs};
use super::decode::{ChunkDecoder, Fill, Source};
use super::output::Output;
use super::part::Part;
use super::shard::{ShardCache, ShardIndex, ShardLayout};
use super::source::{self, LocalObject};
use super::turn::Turn;
use crate::adapter::{Folder, absent_is_none};
use crate::filter::ElementMap;
use crate::inventory::Inventory;
use crate::open::Metadata;
use crate::write::grid::Grid;

/// What a read needs of an array.
pub(crate) struct Reader<'a> {
    pub(crate) metadata: &'a Metadata,
    pub(crate) folder: &'a Folder,
    pub(crate) inventory: Option<&'a Inventory>,
    pub(crate) limits: &'a Limits,
    pub(crate) shards: &'a ShardCache,
}

/// One chunk to read.
pub(super) struct Job {
    /// The coordinates of the chunk in the grid of chunks, for messages.
    pub(super) at: Vec<u64>,
    part: Part,
    what: What,
}

enum What {
    /// The whole object, of this key.
    Object { key: String, at: Vec<u64> },
    /// A part of a shard.
    Within { key: String, range: Range<u64> },
    /// A chunk that is not there.
    Fill,
}

/// Chunks that are worked on together. Coordinates are made no faster than chunks are read.
const BATCH: usize = 1024;
/// From a store with latency so many bytes of decoded chunks are asked for at once, if there are many small ones.
const REMOTE_BYTES: usize = 32 << 20;
const REMOTE_CHUNKS: usize = 64;

impl Reader<'_> {
    /// Reads `region` into `out`, which has its elements in C order: those of `dtype`, or what `map` makes of them. `zeroed`
    /// says that `out` holds zeros.
    ///
    /// # Errors
    /// Where a chunk cannot be read, is damaged or lost, or an element cannot be mapped; its text has the coordinates of
    /// the chunk.
    pub(crate) fn read(
        &self,
        dtype: &DType,
        region: &[Range<u64>],
        map: Option<&dyn ElementMap>,
        out: &mut [u8],
        zeroed: bool,
    ) -> Result<()> {
        if out.is_empty() {
            return Ok(());
        }
        let output = Output::new(out);
        let raw = self.metadata.fill.as_slice();
        let mut mapped = vec![0; map.map_or(0, |map| map.target().size())];
        let fill = match map.map(|map| map.apply(raw, &mut mapped)) {
            // Only where a chunk is not there does it matter.
            Some(Err(error)) => Fill::Unmapped(error.to_string()),
            outcome => {
                let element = if outcome.is_some() { mapped.as_slice() } else { raw };
                if zeroed && element.iter().all(|&byte| byte == 0) {
                    Fill::There
                } else {
                    Fill::Element(element)
                }
            }
        };
        let turn = Turn::new(self.metadata.chain().filter.as_ref(), map);
        let decoder = ChunkDecoder::new(self.metadata, dtype, output, turn, fill, self.limits)?;
        let item = decoder.item();
        let mut objects = Coordinates::new(region, &self.metadata.object_shape);
        loop {
            let mut jobs = Vec::new();
            match &self.metadata.codecs {
                Codecs::Chunk(_) => {
                    for at in objects.by_ref().take(BATCH) {
                        let key = self.metadata.keys.key(&at);
                        self.push(&mut jobs, region, item, at.clone(), What::Object { key, at });
                    }
                }
                Codecs::Shard(layout) => {
                    if let Some(at) = objects.next() {
                        self.read_shard(layout, &at, region, item, &decoder)?;
                        continue;
                    }
                }
            }
            if jobs.is_empty() {
                return Ok(());
            }
            self.run(&decoder, jobs)?;
        }
    }

    fn read_shard(
        &self,
        layout: &ShardLayout,
        shard: &[u64],
        region: &[Range<u64>],
        item: usize,
        decoder: &ChunkDecoder<'_>,
    ) -> Result<()> {
        let key = self.metadata.keys.key(shard);
        let index = self.shard_index(layout, shard, &key)?;
        // What the region wants of this shard.
        let within: Vec<Range<u64>> = region
            .iter()
            .zip(shard)
            .zip(&self.metadata.object_shape)
            .map(|((range, &at), &length)| {
                let start = at.saturating_mul(length);
                range.start.max(start)..range.end.min(start.saturating_add(length))
            })
            .collect();
        let mut chunks = Coordinates::new(&within, &layout.chunk);
        loop {
            let mut jobs = Vec::new();
            for at in chunks.by_ref().take(BATCH) {
                let range = index
                    .as_ref()
                    .and_then(|index| index.get(layout.position(&at)).cloned().flatten());
                let what = match range {
                    Some(range) => What::Within {
                        key: key.clone(),
                        range,
                    },
                    None => What::Fill,
                };
                self.push(&mut jobs, region, item, at, what);
            }
            if jobs.is_empty() {
                return Ok(());
            }
            self.run(decoder, jobs)?;
        }
    }

    fn push(&self, jobs: &mut Vec<Job>, region: &[Range<u64>], item: usize, at: Vec<u64>, what: What) {
        let shape = self.metadata.chunk_shape();
        let origin: Vec<u64> = at
            .iter()
            .zip(shape)
            .map(|(at, length)| at.saturating_mul(*length))
            .collect();
        let order = self.metadata.chain().order.as_deref();
        if let Some(part) = Part::new(region, shape, &origin, item, order) {
            jobs.push(Job { at, part, what });
        }
    }

    /// Where the chunks of a shard are; `None` where the shard is not there and need not be.
    fn shard_index(
        &self,
        layout: &ShardLayout,
        at: &[u64],
        key: &str,
    ) -> Result<Option<std::sync::Arc<ShardIndex>>> {
        if let Some(index) = self.shards.get(at) {
            return Ok(Some(index));
        }
        let path = self.folder.object(key);
        let read = || -> Result<Option<ShardIndex>> {
            let Some(length) = self.folder.size(key)? else {
                self.check_missing(at)?;
                return Ok(None);
            };
            let range = layout.index_range(length)?;
            let bytes = self.folder.store().get_range(&path, range)?;
            layout.parse_index(&bytes, length).map(Some)
        };
        let index = read().map_err(|error| in_chunk("shard", at, &path, error))?;
        Ok(index.map(|index| self.shards.put(at, index)))
    }

    /// An object that is not there: a hole, or lost.
    fn check_missing(&self, at: &[u64]) -> Result<()> {
        match self.inventory {
            None => Ok(()),
            Some(inventory) => {
                let grid = Grid::of_shape(&self.metadata.shape, &self.metadata.object_shape);
                inventory.check_missing(at, &grid, self.folder, self.limits)
            }
        }
    }

    /// Reads and decodes chunks. No thread holds more than one encoded and one decoded chunk at a time: chunks are
    /// decoded in parallel, or the blocks of one chunk, but never both, since a thread that waits for blocks would begin
    /// with another chunk.
    fn run(&self, decoder: &ChunkDecoder<'_>, jobs: Vec<Job>) -> Result<()> {
        if self
            .folder
            .store()
            .local_path(&self.folder.object("zarr.json"))
            .is_none()
        {
            return self.run_remote(decoder, &jobs);
        }
        let threads = rayon::current_num_threads().max(1);
        // Those that do not fill all threads share them.
        let (many, few) = jobs.split_at(jobs.len() / threads * threads);
        if threads == 1 || many.len() <= 1 {
            many.iter()
                .try_for_each(|job| self.run_local(decoder, job, false))?;
        } else {
            many.par_iter()
                .with_max_len(1)
                .try_for_each(|job| self.run_local(decoder, job, false))?;
        }
        few.iter().try_for_each(|job| self.run_local(decoder, job, true))
    }

    fn run_local(&self, decoder: &ChunkDecoder<'_>, job: &Job, parallel: bool) -> Result<()> {
        let (key, range) = match &job.what {
            What::Fill => return self.absent(decoder, job),
            What::Object { key, .. } => (key, None),
            What::Within { key, range } => (key, Some(range.clone())),
        };
        let path = self.folder.object(key);
        let read = || {
            let Some(object) = LocalObject::open(self.folder.store().local_path(&path), range)? else {
                return self.absent(decoder, job);
            };
            decoder.decode(&job.part, &Source::File(&object), parallel)
        };
        read().map_err(|error| in_chunk("chunk", &job.at, &path, error))
    }

    fn absent(&self, decoder: &ChunkDecoder<'_>, job: &Job) -> Result<()> {
        match &job.what {
            What::Object { at, .. } => self.check_missing(at)?,
            What::Within { .. } => return Err(Error::corrupt("the shard is gone")),
            What::Fill => {}
        }
        decoder.fill(&job.part)
    }

    /// Fetches the next chunks while those before are decoded.
    fn run_remote(&self, decoder: &ChunkDecoder<'_>, jobs: &[Job]) -> Result<()> {
        let threads = rayon::current_num_threads().max(1);
        let small = (REMOTE_BYTES / decoder.chunk_bytes().max(1)).min(REMOTE_CHUNKS);
        let mut batches = jobs.chunks(small.max(2 * threads));
        let mut next = batches.next().map(|batch| (batch, self.fetch(decoder, batch)));
        while let Some((batch, fetched)) = next {
            let following = batches.next();
            let (decoded, ready) = std::thread::scope(|scope| {
                let fetching =
                    following.map(|batch| (batch, scope.spawn(move || self.fetch(decoder, batch))));
                let decoded = batch
                    .par_iter()
                    .zip(fetched.into_par_iter())
                    .with_max_len(1)
                    .try_for_each(|(job, object)| self.run_fetched(decoder, job, object));
                let ready = fetching.map(|(batch, thread)| {
                    let gone = || {
                        (0..batch.len())
                            .map(|_| Err(Error::store("the thread that fetches chunks died")))
                            .collect()
                    };
                    (batch, thread.join().unwrap_or_else(|_| gone()))
                });
                (decoded, ready)
            });
            decoded?;
            next = ready;
        }
        Ok(())
    }

    /// The encoded bytes that each job needs, in order; `None` where an object is not there or none is needed.
    fn fetch(&self, decoder: &ChunkDecoder<'_>, jobs: &[Job]) -> Vec<Result<Option<Bytes>>> {
        let mut reads = Vec::new();
        let mut slots = Vec::with_capacity(jobs.len());
        for job in jobs {
            let (key, range) = match &job.what {
                What::Fill => {
                    slots.push(false);
                    continue;
                }
                // Of chunks that are stored as they are, only what is wanted is fetched.
                What::Object { key, .. } => (key, decoder.stored_span(&job.part)),
                What::Within { key, range } => {
                    let wanted = decoder.stored_span(&job.part).map(|span| {
                        let at = |offset: u64| range.start.saturating_add(offset).min(range.end);
                        at(span.start)..at(span.end)
                    });
                    (key, Some(wanted.unwrap_or_else(|| range.clone())))
                }
            };
            reads.push(Read {
                path: self.folder.object(key),
                range,
            });
            slots.push(true);
        }
        let mut results = self.folder.store().get_many(&reads).into_iter();
        slots
            .into_iter()
            .map(|wanted| match wanted {
                false => Ok(None),
                true => absent_is_none(
                    results
                        .next()
                        .unwrap_or_else(|| Err(Error::store("the store returned too little"))),
                ),
            })
            .collect()
    }

    fn run_fetched(
        &self,
        decoder: &ChunkDecoder<'_>,
        job: &Job,
        object: Result<Option<Bytes>>,
    ) -> Result<()> {
        let key = match &job.what {
            What::Fill => return self.absent(decoder, job),
            What::Object { key, .. } | What::Within { key, .. } => key,
        };
        let done = object.and_then(|object| match object {
            None => self.absent(decoder, job),
            Some(bytes) => {
                let skipped = decoder.stored_span(&job.part).map_or(0, |span| span.start);
                decoder.decode(
                    &job.part,
                    &Source::Bytes {
                        bytes: &bytes,
                        skipped,
                    },
                    false,
                )
            }
        });
        done.map_err(|error| in_chunk("chunk", &job.at, &self.folder.object(key), error))
    }

    /// The decoded bytes of the object at these coordinates, whose elements have no fixed size; `None` where it is not
    /// there.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub(crate) fn read_variable(&self, at: &[u64], chain: &Chain) -> Result<Option<Vec<u8>>> {
        let key = self.metadata.keys.key(at);
        let read = || -> Result<Option<Vec<u8>>> {
            let limit = source::limit(self.limits.chunk_bytes);
            let Some(length) = self.folder.size(&key)? else {
                self.check_missing(at)?;
                return Ok(None);
            };
            self.limits.check_chunk_bytes(length)?;
            let Some(bytes) = self.folder.get(&key)? else {
                return Ok(None);
            };
            chain
                .undo(bytes.as_ref().into(), None, limit, 0)
                .map(|bytes| Some(bytes.into_owned()))
        };
        read().map_err(|error| in_chunk("chunk", at, &self.folder.object(&key), error))
    }
}

/// Says which chunk an error is about.
pub(crate) fn in_chunk(what: &str, at: &[u64], path: &str, error: Error) -> Error {
    let text = format!("{what} {at:?}: {}", error.message());
    // An inventory says the coordinates itself.
    let text = if error.message().contains(&format!("{at:?}")) {
        error.message().to_owned()
    } else {
        text
    };
    let advice = error.advice().map(str::to_owned);
    let mut named = Error::new(error.kind().clone(), text).at(path);
    if let Some(advice) = advice {
        named = named.advise(advice);
    }
    match std::error::Error::source(&error).map(ToString::to_string) {
        Some(cause) => named.caused_by(cause),
        None => named,
    }
}

/// The coordinates of the chunks that a region touches, in C order.
pub(crate) struct Coordinates {
    ranges: Vec<Range<u64>>,
    next: Option<Vec<u64>>,
}

impl Coordinates {
    pub(crate) fn new(region: &[Range<u64>], chunk: &[u64]) -> Self {
        let ranges: Vec<Range<u64>> = region
            .iter()
            .zip(chunk)
            .map(|(range, &length)| range.start / length.max(1)..range.end.div_ceil(length.max(1)))
            .collect();
        let empty = region.iter().any(Range::is_empty) || ranges.iter().any(Range::is_empty);
        let next = (!empty).then(|| ranges.iter().map(|range| range.start).collect());
        Self { ranges, next }
    }
}

impl Iterator for Coordinates {
    type Item = Vec<u64>;

    fn next(&mut self) -> Option<Vec<u64>> {
        let current = self.next.take()?;
        let mut following = current.clone();
        for (at, range) in following.iter_mut().zip(&self.ranges).rev() {
            *at += 1;
            if *at < range.end {
                self.next = Some(following);
                break;
            }
            *at = range.start;
        }
        Some(current)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chunks_of_a_region() {
        let all: Vec<_> = Coordinates::new(&[3..7, 0..1], &[3, 2]).collect();
        assert_eq!(all, [[1, 0], [2, 0]]);
        assert_eq!(
            Coordinates::new(&[], &[]).collect::<Vec<_>>(),
            [Vec::<u64>::new()]
        );
        assert_eq!(Coordinates::new(&[3..3, 0..2], &[2, 2]).count(), 0);
        assert_eq!(Coordinates::new(&[0..4, 0..6], &[2, 2]).count(), 6);
    }
}
