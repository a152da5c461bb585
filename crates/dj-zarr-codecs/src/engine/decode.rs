//! From the stored bytes of one chunk to its places in the output.

use std::borrow::Cow;
use std::cell::RefCell;
use std::ops::Range;

use dj_codec_api::{DType, Error, Limits, Result};
use rayon::prelude::*;

use super::blosc::{HEADER, Header};
use super::bytes_codec::BytesCodec;
use super::chain::Chain;
use super::output::Output;
use super::part::Part;
use super::source::{LocalObject, limit};
use super::swap::{has_big_endian, to_little_endian};
use super::turn::Turn;
use crate::open::Metadata;

/// Where the stored bytes of a chunk are.
pub(super) enum Source<'a> {
    File(&'a LocalObject),
    /// Fetched; the first `skipped` bytes of the object were not.
    Bytes {
        bytes: &'a [u8],
        skipped: u64,
    },
}

/// Decodes the chunks of one array into one output.
pub(super) struct ChunkDecoder<'a> {
    chain: &'a Chain,
    stored: DType,
    swap: bool,
    /// The size of a stored element. Parts are in these units, on the side of the output too.
    item: usize,
    bytes: usize,
    limit: usize,
    output: Output<'a>,
    /// What becomes of the stored elements on their way into the output; `None` where they stay what they are.
    turn: Option<Turn<'a>>,
    fill: Fill<'a>,
}

/// What stands for chunks that are not there.
pub(super) enum Fill<'a> {
    /// The output holds it already.
    There,
    /// An element of the output.
    Element(&'a [u8]),
    /// The map that the caller wants has none, for this reason.
    Unmapped(String),
}

thread_local! {
    static ENCODED: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static DECODED: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static BLOCK: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static BLOCK_ENCODED: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// A thread keeps its buffers up to this size; larger ones are given back.
const KEPT_BYTES: usize = 64 << 20;
/// Pieces of this size are read from a file straight into the output; smaller ones together with their neighbours.
const DIRECT_BYTES: usize = 32 << 10;
/// How much of a stored chunk is read at a time otherwise.
const WINDOW: usize = 256 << 10;

/// Lends the thread's buffer, with at least this many bytes.
fn with_buffer<R>(
    kept: &'static std::thread::LocalKey<RefCell<Vec<u8>>>,
    length: usize,
    use_it: impl FnOnce(&mut [u8]) -> Result<R>,
) -> Result<R> {
    // Taken out, so that a use within a use makes a buffer of its own instead of a panic.
    let mut buffer = kept.take();
    if buffer.len() < length {
        buffer.try_reserve_exact(length - buffer.len()).map_err(|error| {
            Error::limit("chunk bytes", length as u64, u64::MAX)
                .advise("there is no memory for the chunk")
                .caused_by(error)
        })?;
        buffer.resize(length, 0);
    }
    let result = match buffer.get_mut(..length) {
        Some(buffer) => use_it(buffer),
        None => Err(Error::store("a buffer has another length")),
    };
    if buffer.capacity() <= KEPT_BYTES {
        kept.replace(buffer);
    }
    result
}

impl<'a> ChunkDecoder<'a> {
    pub(super) fn new(
        metadata: &'a Metadata,
        dtype: &DType,
        output: Output<'a>,
        turn: Option<Turn<'a>>,
        fill: Fill<'a>,
        limits: &Limits,
    ) -> Result<Self> {
        let stored = metadata.stored_dtype().unwrap_or_else(|| dtype.clone());
        let item = stored.size();
        let bytes = metadata
            .chunk_shape()
            .iter()
            .try_fold(item, |product, &length| {
                product.checked_mul(usize::try_from(length).ok()?)
            })
            .ok_or_else(|| Error::limit("chunk bytes", u64::MAX, limits.chunk_bytes))?;
        Ok(Self {
            chain: metadata.chain(),
            swap: has_big_endian(&stored),
            stored,
            item,
            bytes,
            // What filters make of a chunk may be larger than the chunk.
            limit: limit(limits.chunk_bytes).min(limit(Chain::bound(bytes))),
            output,
            turn,
            fill,
        })
    }

    /// The size of a stored element.
    pub(super) fn item(&self) -> usize {
        self.item
    }

    /// The bytes of a decoded chunk.
    pub(super) fn chunk_bytes(&self) -> usize {
        self.bytes
    }

    /// Whether the bytes of a decoded chunk go into the output as they are.
    fn is_plain(&self) -> bool {
        !self.swap && self.turn.is_none()
    }

    /// Where bytes that a part places are in the output, whose elements may be larger or smaller than stored ones.
    fn in_output(&self, to: usize, length: usize) -> Range<usize> {
        match &self.turn {
            None => to..to + length,
            // The output was allocated, so its size fits.
            Some(turn) => {
                let (start, count) = (to / self.item.max(1), length / self.item.max(1));
                start * turn.item()..(start + count) * turn.item()
            }
        }
    }

    /// Which bytes of the stored chunk are enough for a part, where it is stored as it is.
    pub(super) fn stored_span(&self, part: &Part) -> Option<Range<u64>> {
        let span = part.span();
        self.chain
            .codecs
            .is_empty()
            .then_some(span.start as u64..span.end as u64)
    }

    /// Fills the part's places with the fill value.
    ///
    /// # Errors
    /// Where the fill value cannot be mapped.
    pub(super) fn fill(&self, part: &Part) -> Result<()> {
        let fill = match &self.fill {
            Fill::There => return Ok(()),
            Fill::Element(fill) => *fill,
            Fill::Unmapped(why) => {
                return Err(Error::corrupt(format!(
                    "it is not there, and the value that stands for it cannot be mapped: {why}"
                )));
            }
        };
        part.pieces(0..self.bytes, |_, to, length| {
            #[expect(unsafe_code, reason = "threads share the output")]
            // SAFETY: the parts of different chunks do not overlap in the output, and a chunk is filled by one thread.
            let out = unsafe { self.output.slice(self.in_output(to, length)) };
            out.chunks_exact_mut(fill.len().max(1))
                .for_each(|element| element.copy_from_slice(fill));
        });
        Ok(())
    }

    /// Decodes a chunk; with `parallel` on all threads, where it has blocks.
    ///
    /// # Errors
    /// Where it is damaged.
    pub(super) fn decode(&self, part: &Part, source: &Source<'_>, parallel: bool) -> Result<()> {
        if self.chain.codecs.is_empty() {
            return self.copy_stored(part, source, parallel);
        }
        let object = match source {
            Source::Bytes { bytes, .. } => {
                self.check_encoded(bytes.len() as u64)?;
                return self.decode_bytes(part, bytes, parallel);
            }
            Source::File(object) => object,
        };
        self.check_encoded(object.length())?;
        if matches!(self.chain.codecs.as_slice(), [BytesCodec::Blosc])
            && !self.swap
            && let Some(done) = self.decode_blosc_file(part, object, parallel)?
        {
            return Ok(done);
        }
        with_buffer(&ENCODED, limit(object.length()), |encoded| {
            object.read_exact(0, encoded)?;
            self.decode_bytes(part, encoded, parallel)
        })
    }

    /// Decodes a chunk that is in memory.
    fn decode_bytes(&self, part: &Part, encoded: &[u8], parallel: bool) -> Result<()> {
        let first = self.chain.codecs.first();
        let bytes = self
            .chain
            .undo(Cow::Borrowed(encoded), Some(self.bytes), self.limit, 1)?;
        if matches!(first, Some(BytesCodec::Blosc)) && !self.swap {
            let header = Header::parse(&bytes, bytes.len())?;
            self.check_length(header.decoded)?;
            if self.by_block(&header) {
                let extents = header.extents(bytes.get(HEADER..header.table_end()).unwrap_or_default())?;
                return self.each_block(part, &header, parallel, |block, use_it| {
                    let extent = extents.get(block).cloned().unwrap_or_default();
                    use_it(bytes.get(extent).unwrap_or_default())
                });
            }
        }
        let decode_into = |out: &mut [u8]| match first {
            Some(codec) => codec.decode_into(&bytes, out),
            None => Ok(()),
        };
        if let Some(range) = part.whole(self.bytes)
            && self.is_plain()
        {
            #[expect(unsafe_code, reason = "threads share the output")]
            // SAFETY: the parts of different chunks do not overlap in the output, and one thread decodes this one.
            let out = unsafe { self.output.slice(range) };
            return decode_into(out);
        }
        // A part that ends early needs no more than what comes before its end.
        let end = part.span().end;
        let needed = match first {
            Some(codec) if codec.has_prefix() && end < self.bytes / 4 * 3 => end,
            _ => self.bytes,
        };
        with_buffer(&DECODED, needed, |chunk| {
            match first {
                Some(codec) if needed < self.bytes => codec.decode_prefix(&bytes, chunk)?,
                _ => decode_into(chunk)?,
            }
            if self.swap {
                to_little_endian(&self.stored, chunk);
            }
            self.copy(part, 0, chunk)
        })
    }

    /// Whether the chunk can be decoded block by block: no element may lie in two of them.
    fn by_block(&self, header: &Header) -> bool {
        header.by_block() && (self.turn.is_none() || header.block_bytes().is_multiple_of(self.item.max(1)))
    }

    /// Copies what a part wants of the bytes of a chunk that begin at `start`, and turns the elements into what the output
    /// has. The bytes are whole elements.
    ///
    /// # Errors
    /// Where an element cannot be turned.
    fn copy(&self, part: &Part, start: usize, bytes: &[u8]) -> Result<()> {
        let mut outcome = Ok(());
        part.pieces(start..start.saturating_add(bytes.len()), |from, to, length| {
            if outcome.is_err() {
                return;
            }
            #[expect(unsafe_code, reason = "threads share the output")]
            // SAFETY: the parts of different chunks do not overlap in the output, and threads that work on one chunk call
            // this for different bytes of it, which go to different places.
            let out = unsafe { self.output.slice(self.in_output(to, length)) };
            let piece = bytes.get(from - start..from - start + length).unwrap_or_default();
            match &self.turn {
                None => copy_small(piece, out),
                Some(turn) => outcome = turn.apply(piece, out),
            }
        });
        outcome
    }

    fn check_encoded(&self, length: u64) -> Result<()> {
        if length <= Chain::bound(self.bytes) {
            return Ok(());
        }
        Err(Error::corrupt(format!(
            "the object has {length} bytes, which is absurd for a chunk of {}",
            self.bytes
        )))
    }

    fn check_length(&self, decoded: usize) -> Result<()> {
        if decoded == self.bytes {
            return Ok(());
        }
        Err(Error::corrupt(format!(
            "it decodes to {decoded} bytes where {} belong",
            self.bytes
        )))
    }

    /// Reads and decodes only the blocks that are wanted; `None` where that cannot be done.
    fn decode_blosc_file(&self, part: &Part, object: &LocalObject, parallel: bool) -> Result<Option<()>> {
        // Most headers come with their table of blocks in one read.
        let mut head = [0; 2048];
        let length = limit(object.length());
        let head = head.get_mut(..length.min(2048)).unwrap_or_default();
        object.read_exact(0, head)?;
        let header = Header::parse(head, length)?;
        self.check_length(header.decoded)?;
        if !self.by_block(&header) {
            return Ok(None);
        }
        let extents = match head.get(HEADER..header.table_end()) {
            Some(table) => header.extents(table)?,
            None => {
                let mut table = vec![0; header.table_end() - HEADER];
                object.read_exact(HEADER as u64, &mut table)?;
                header.extents(&table)?
            }
        };
        self.each_block(part, &header, parallel, |block, use_it| {
            let extent = extents.get(block).cloned().unwrap_or_default();
            with_buffer(&BLOCK_ENCODED, extent.len(), |encoded| {
                object.read_exact(extent.start as u64, encoded)?;
                use_it(encoded)
            })
        })
        .map(Some)
    }

    /// Decodes the blocks of a Blosc buffer that a part wants. `with_block` calls what it is given with the encoded bytes
    /// of a block.
    fn each_block(
        &self,
        part: &Part,
        header: &Header,
        parallel: bool,
        with_block: impl Fn(usize, &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> + Sync,
    ) -> Result<()> {
        let span = part.span();
        let size = header.block_bytes().max(1);
        let blocks = span.start / size..span.end.div_ceil(size).min(header.blocks());
        let one = |block: usize| {
            let range = header.block_range(block);
            if !part.meets(&range) {
                return Ok(());
            }
            with_block(block, &mut |encoded| {
                // A block that stays in the cache is copied faster than it would be decoded into fresh memory.
                with_buffer(&BLOCK, range.len(), |decoded| {
                    header.decode_block(block, encoded, decoded)?;
                    self.copy(part, range.start, decoded)
                })
            })
        };
        if parallel && blocks.len() > 1 {
            blocks.into_par_iter().try_for_each(one)
        } else {
            blocks.into_iter().try_for_each(one)
        }
    }

    /// Copies from a chunk that is stored as it is.
    fn copy_stored(&self, part: &Part, source: &Source<'_>, parallel: bool) -> Result<()> {
        let span = part.span();
        let cut = || Error::corrupt("the object is cut short");
        match source {
            Source::Bytes { bytes, skipped } => {
                let from = usize::try_from(span.start as u64 - skipped.min(&(span.start as u64)))
                    .map_err(|_| cut())?;
                let wanted = bytes.get(from..from.saturating_add(span.len())).ok_or_else(cut)?;
                self.copy_turned(part, span.start, wanted)
            }
            Source::File(object) => {
                if object.length() != self.bytes as u64 {
                    return Err(Error::corrupt(format!(
                        "the object has {} bytes where {} belong",
                        object.length(),
                        self.bytes
                    )));
                }
                // A window begins and ends with an element, so that elements can be turned.
                let window = WINDOW.next_multiple_of(self.item.max(1));
                let count = span.len().div_ceil(window);
                let one = |index: usize| {
                    let start = span.start + index * window;
                    self.copy_window(part, object, start..(start + window).min(span.end))
                };
                if parallel && count > 1 {
                    (0..count).into_par_iter().try_for_each(one)
                } else {
                    (0..count).try_for_each(one)
                }
            }
        }
    }

    /// Copies what a part wants of these bytes of a file.
    fn copy_window(&self, part: &Part, object: &LocalObject, window: Range<usize>) -> Result<()> {
        let mut small: Option<Range<usize>> = None;
        let mut outcome = Ok(());
        part.pieces(window.clone(), |from, to, length| {
            if outcome.is_err() {
                return;
            }
            if length >= DIRECT_BYTES && self.is_plain() {
                #[expect(unsafe_code, reason = "threads share the output")]
                // SAFETY: as in `copy`; windows are different bytes of the chunk.
                let out = unsafe { self.output.slice(to..to + length) };
                outcome = object.read_exact(from as u64, out);
            } else {
                let start = small.as_ref().map_or(from, |small| small.start);
                small = Some(start..from + length);
            }
        });
        outcome?;
        let Some(small) = small else { return Ok(()) };
        with_buffer(&DECODED, small.len(), |bytes| {
            object.read_exact(small.start as u64, bytes)?;
            if self.swap {
                to_little_endian(&self.stored, bytes);
            }
            self.copy(part, small.start, bytes)
        })
    }

    fn copy_turned(&self, part: &Part, start: usize, bytes: &[u8]) -> Result<()> {
        if !self.swap {
            return self.copy(part, start, bytes);
        }
        let mut turned = bytes.to_vec();
        to_little_endian(&self.stored, &mut turned);
        self.copy(part, start, &turned)
    }
}

/// Copies; elements of usual sizes as one load and one store, for pieces are often single elements.
fn copy_small(from: &[u8], to: &mut [u8]) {
    macro_rules! sized {
        ($($size:literal)+) => {
            match from.len() {
                $($size => {
                    if let (Some(from), Some(to)) = (from.first_chunk::<$size>(), to.first_chunk_mut::<$size>()) {
                        *to = *from;
                    }
                })+
                length if length == to.len() => to.copy_from_slice(from),
                _ => {}
            }
        };
    }
    sized!(1 2 4 8 16);
}
