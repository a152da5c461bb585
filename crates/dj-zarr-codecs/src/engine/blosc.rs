//! Reads Blosc 1 buffers block by block, so that a part of a chunk costs a part of the work and the blocks of one chunk
//! decode on all cores. Compressors that have no code here (BloscLZ, Snappy) go through the C library that `zarrs` brings.

use std::cell::RefCell;
use std::io::Read as _;

use dj_codec_api::{Error, Result};
use zarrs::array::codec::{blosc_decompress_bytes, blosc_validate};

use super::bitshuffle;

/// The bytes of the header.
pub(super) const HEADER: usize = 16;

/// c-blosc splits a block by the bytes of its elements only where they are at most so many ...
const MAX_SPLITS: usize = 16;
/// ... and each part has at least so many bytes.
const MIN_SPLIT_BYTES: usize = 128;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shuffle {
    None,
    Byte,
    Bit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Compressor {
    Stored,
    Lz4,
    Zlib,
    Zstd,
    Other,
}

/// What the header of a Blosc buffer says, checked against the buffer's length.
#[derive(Debug, Clone)]
pub(super) struct Header {
    compressor: Compressor,
    split: bool,
    shuffle: Shuffle,
    element: usize,
    /// The bytes that the buffer decodes to.
    pub(super) decoded: usize,
    block: usize,
    encoded: usize,
}

fn damaged(what: &str) -> Error {
    Error::corrupt(format!("the Blosc buffer is damaged: {what}"))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<usize> {
    bytes
        .get(at..)?
        .first_chunk::<4>()
        .map(|four| u32::from_le_bytes(*four) as usize)
}

impl Header {
    /// Reads the header of a buffer of `length` bytes.
    ///
    /// # Errors
    /// Where it contradicts itself or the length.
    pub(super) fn parse(head: &[u8], length: usize) -> Result<Self> {
        let Some(&[version, inner_version, flags, element]) = head.first_chunk::<4>() else {
            return Err(damaged("it is shorter than a header"));
        };
        let (Some(decoded), Some(block), Some(encoded)) =
            (u32_at(head, 4), u32_at(head, 8), u32_at(head, 12))
        else {
            return Err(damaged("it is shorter than a header"));
        };
        if version != 2 {
            return Err(damaged(&format!("it is of version {version}, where 2 is known")));
        }
        if encoded != length {
            return Err(damaged(&format!(
                "its header says {encoded} bytes, there are {length}"
            )));
        }
        if decoded > i32::MAX as usize || (decoded > 0 && (block == 0 || block > decoded)) || element == 0 {
            return Err(damaged("its header contradicts itself"));
        }
        let compressor = match (flags & 2 != 0, flags >> 5) {
            (true, _) => Compressor::Stored,
            (_, 1) if inner_version == 1 => Compressor::Lz4,
            (_, 3) if inner_version == 1 => Compressor::Zlib,
            (_, 4) if inner_version == 1 => Compressor::Zstd,
            _ => Compressor::Other,
        };
        let element = usize::from(element);
        let shuffle = match (flags & 1 != 0 && element > 1, flags & 4 != 0) {
            (true, _) => Shuffle::Byte,
            (_, true) => Shuffle::Bit,
            _ => Shuffle::None,
        };
        let header = Self {
            compressor,
            split: flags & 0x10 == 0,
            shuffle,
            element,
            decoded,
            block,
            encoded,
        };
        let fits = match compressor {
            Compressor::Stored => decoded + HEADER == encoded,
            _ => header.table_end() <= encoded,
        };
        if fits {
            Ok(header)
        } else {
            Err(damaged("it is shorter than its header says"))
        }
    }

    /// Whether the blocks can be decoded one by one here.
    pub(super) fn by_block(&self) -> bool {
        match self.compressor {
            Compressor::Stored => true,
            Compressor::Other => false,
            _ => self.shuffle != Shuffle::Bit || bitshuffle::knows_bit_shuffle(self.element),
        }
    }

    /// How many blocks there are.
    pub(super) fn blocks(&self) -> usize {
        if self.decoded == 0 {
            0
        } else {
            self.decoded.div_ceil(self.block)
        }
    }

    /// The bytes of a block but the last.
    pub(super) fn block_bytes(&self) -> usize {
        self.block
    }

    /// The decoded bytes of this block.
    pub(super) fn block_range(&self, index: usize) -> std::ops::Range<usize> {
        let start = index.saturating_mul(self.block).min(self.decoded);
        start..start.saturating_add(self.block).min(self.decoded)
    }

    /// Where the table of blocks ends, counted from the beginning of the buffer.
    pub(super) fn table_end(&self) -> usize {
        match self.compressor {
            Compressor::Stored => HEADER,
            _ => HEADER.saturating_add(self.blocks().saturating_mul(4)),
        }
    }

    /// Where each block's encoded bytes are in the buffer. `table` is what stands between the header and
    /// [`table_end`](Self::table_end). c-blosc's threads write blocks in any order: one ends where another begins.
    ///
    /// # Errors
    /// Where a block lies outside of the buffer.
    pub(super) fn extents(&self, table: &[u8]) -> Result<Vec<std::ops::Range<usize>>> {
        if self.compressor == Compressor::Stored {
            return Ok((0..self.blocks())
                .map(|index| {
                    let range = self.block_range(index);
                    HEADER + range.start..HEADER + range.end
                })
                .collect());
        }
        let starts: Vec<usize> = (0..self.blocks())
            .map_while(|index| u32_at(table, 4 * index))
            .collect();
        let inside = |start: &usize| (self.table_end()..self.encoded).contains(start);
        if starts.len() != self.blocks() || !starts.iter().all(inside) {
            return Err(damaged("a block lies outside of it"));
        }
        let mut sorted = starts.clone();
        sorted.sort_unstable();
        Ok(starts
            .into_iter()
            .map(|start| {
                let next = sorted.partition_point(|&other| other <= start);
                start..sorted.get(next).copied().unwrap_or(self.encoded)
            })
            .collect())
    }

    /// Decodes a block from its encoded bytes into `out`, which has the block's length.
    ///
    /// # Errors
    /// Where the block is damaged.
    pub(super) fn decode_block(&self, index: usize, encoded: &[u8], out: &mut [u8]) -> Result<()> {
        if out.len() != self.block_range(index).len() {
            return Err(damaged("a block has another length"));
        }
        if self.compressor == Compressor::Stored {
            let stored = encoded
                .get(..out.len())
                .ok_or_else(|| damaged("a block is cut short"))?;
            out.copy_from_slice(stored);
            return Ok(());
        }
        if self.shuffle == Shuffle::None || (self.shuffle == Shuffle::Bit && out.len() < self.element) {
            return self.decompress(encoded, out);
        }
        SHUFFLED.with_borrow_mut(|shuffled| {
            // Kept from block to block; it grows to the largest one that the thread meets.
            if shuffled.len() < out.len() {
                shuffled.resize(out.len(), 0);
            }
            let Some(shuffled) = shuffled.get_mut(..out.len()) else {
                return Err(damaged("a block has another length"));
            };
            self.decompress(encoded, shuffled)?;
            let done = match self.shuffle {
                Shuffle::Bit => bitshuffle::bit_unshuffle(self.element, shuffled, out),
                _ => bitshuffle::byte_unshuffle(self.element, shuffled, out),
            };
            if done {
                Ok(())
            } else {
                Err(damaged("its elements have a size that is not known"))
            }
        })
    }

    /// Decompresses the parts that a block was split into.
    fn decompress(&self, encoded: &[u8], out: &mut [u8]) -> Result<()> {
        let whole = out.len() == self.block;
        let split =
            self.split && whole && self.element <= MAX_SPLITS && self.block / self.element >= MIN_SPLIT_BYTES;
        let parts = if split { self.element } else { 1 };
        if out.is_empty() || !out.len().is_multiple_of(parts) {
            return Err(damaged("a block cannot be split"));
        }
        let each = out.len() / parts;
        let mut rest = encoded;
        for part in out.chunks_exact_mut(each) {
            let cut = || damaged("a block is cut short");
            let (length, after) = rest.split_first_chunk::<4>().ok_or_else(cut)?;
            let length = u32::from_le_bytes(*length) as usize;
            let (compressed, after) = after.split_at_checked(length).ok_or_else(cut)?;
            rest = after;
            if length == each {
                part.copy_from_slice(compressed);
            } else {
                self.decompress_part(compressed, part)?;
            }
        }
        Ok(())
    }

    fn decompress_part(&self, compressed: &[u8], part: &mut [u8]) -> Result<()> {
        let length = match self.compressor {
            Compressor::Zstd => zstd_into(compressed, part)?,
            Compressor::Lz4 => lz4_flex::block::decompress_into(compressed, part)
                .map_err(|error| damaged("a block is no LZ4").caused_by(error))?,
            Compressor::Zlib => {
                flate2::read::ZlibDecoder::new(compressed)
                    .read_exact(part)
                    .map_err(|error| damaged("a block is no zlib").caused_by(error))?;
                part.len()
            }
            Compressor::Stored | Compressor::Other => 0,
        };
        if length == part.len() {
            Ok(())
        } else {
            Err(damaged("a block decodes to another length"))
        }
    }
}

thread_local! {
    static SHUFFLED: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static ZSTD: RefCell<Option<zstd::bulk::Decompressor<'static>>> = const { RefCell::new(None) };
}

/// Decompresses zstd frames into `out` and says how many bytes they had. The thread keeps its context.
///
/// # Errors
/// Where they are damaged or longer than `out`.
pub(super) fn zstd_into(compressed: &[u8], out: &mut [u8]) -> Result<usize> {
    let failed = |error: std::io::Error| Error::corrupt("the zstd data is damaged").caused_by(error);
    ZSTD.with_borrow_mut(|kept| {
        if kept.is_none() {
            *kept = Some(zstd::bulk::Decompressor::new().map_err(failed)?);
        }
        match kept {
            Some(decompressor) => decompressor.decompress_to_buffer(compressed, out).map_err(failed),
            None => Ok(0),
        }
    })
}

/// Decodes a whole buffer into `out`, whose length it must have.
///
/// # Errors
/// Where it is damaged, or of another length.
pub(super) fn decode_into(encoded: &[u8], out: &mut [u8]) -> Result<()> {
    let header = Header::parse(encoded, encoded.len())?;
    if header.decoded != out.len() {
        return Err(Error::corrupt(format!(
            "it decodes to {} bytes where {} belong",
            header.decoded,
            out.len()
        )));
    }
    if !header.by_block() {
        out.copy_from_slice(&decode_elsewhere(encoded, &header)?);
        return Ok(());
    }
    if out.is_empty() {
        return Ok(());
    }
    let table = encoded.get(HEADER..header.table_end()).unwrap_or_default();
    let extents = header.extents(table)?;
    for (index, (block, extent)) in out.chunks_mut(header.block).zip(extents).enumerate() {
        let bytes = encoded
            .get(extent)
            .ok_or_else(|| damaged("a block lies outside of it"))?;
        header.decode_block(index, bytes, block)?;
    }
    Ok(())
}

/// Decodes a whole buffer of at most `limit` bytes.
///
/// # Errors
/// Where it is damaged, or longer.
pub(super) fn decode(encoded: &[u8], limit: usize) -> Result<Vec<u8>> {
    let header = Header::parse(encoded, encoded.len())?;
    if header.decoded > limit {
        return Err(Error::limit("chunk bytes", header.decoded as u64, limit as u64));
    }
    let mut out = vec![0; header.decoded];
    decode_into(encoded, &mut out)?;
    Ok(out)
}

/// Decodes with the C library. It checks the buffer against its header, and the decoder stays within both.
fn decode_elsewhere(encoded: &[u8], header: &Header) -> Result<Vec<u8>> {
    if blosc_validate(encoded) != Some(header.decoded) {
        return Err(damaged("the Blosc library refuses it"));
    }
    let decoded = blosc_decompress_bytes(encoded, header.decoded, 1)
        .map_err(|error| damaged("the Blosc library cannot decode it").caused_by(error))?;
    if decoded.len() == header.decoded {
        Ok(decoded)
    } else {
        Err(damaged("it decodes to another length"))
    }
}

#[cfg(test)]
mod tests {
    use zarrs::array::codec::{BloscCompressor, BloscShuffleMode, blosc_compress_bytes};

    use super::*;

    fn sample(kind: usize, length: usize) -> Vec<u8> {
        let mut state = 12345_u64;
        (0..length)
            .map(|i| match kind {
                0 => (i / 64) as u8,
                1 => 7,
                _ => {
                    state = state
                        .wrapping_mul(6364136223846793005)
                        .wrapping_add(1442695040888963407);
                    (state >> 56) as u8
                }
            })
            .collect()
    }

    #[test]
    fn every_buffer_of_c_blosc_decodes() {
        use BloscCompressor::{BloscLZ, LZ4, LZ4HC, Snappy, Zlib, Zstd};
        for compressor in [BloscLZ, LZ4, LZ4HC, Snappy, Zlib, Zstd] {
            for shuffle in [
                BloscShuffleMode::NoShuffle,
                BloscShuffleMode::Shuffle,
                BloscShuffleMode::BitShuffle,
            ] {
                for element in [1, 2, 3, 4, 8, 12, 16, 20, 32] {
                    for (length, block) in [(1, 0), (100, 0), (4096, 256), (20_001, 0), (40_001, 1 << 12)] {
                        for kind in 0..3 {
                            let data = sample(kind, length);
                            let level = 5u8.try_into().unwrap();
                            let encoded =
                                blosc_compress_bytes(&data, level, shuffle, element, compressor, block, 1)
                                    .unwrap();
                            let mut out = vec![0; length];
                            decode_into(&encoded, &mut out).unwrap();
                            assert!(
                                out == data,
                                "{compressor:?} {shuffle:?} {element} {length} {block} {kind}"
                            );
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn damage_is_an_error_and_never_a_panic() {
        let data = sample(0, 5000);
        for compressor in [
            BloscCompressor::Zstd,
            BloscCompressor::LZ4,
            BloscCompressor::Zlib,
            BloscCompressor::BloscLZ,
        ] {
            let good = blosc_compress_bytes(
                &data,
                5u8.try_into().unwrap(),
                BloscShuffleMode::Shuffle,
                4,
                compressor,
                1 << 11,
                1,
            )
            .unwrap();
            let mut out = vec![0; data.len()];
            for end in 0..good.len() {
                assert!(decode_into(&good[..end], &mut out).is_err(), "{end}");
            }
            for at in 0..good.len() {
                for bit in 0..8 {
                    let mut bad = good.clone();
                    bad[at] ^= 1 << bit;
                    // Blosc has no checksum: what matters is that nothing breaks.
                    let _ = decode_into(&bad, &mut out);
                }
            }
        }
        assert!(
            decode(
                &[2, 1, 2, 1, 255, 255, 255, 127, 255, 255, 255, 127, 16, 0, 0, 0],
                1 << 20
            )
            .is_err()
        );
    }
}
