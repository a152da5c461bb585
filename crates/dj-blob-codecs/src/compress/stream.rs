//! One zlib stream, made in blocks on all cores.
//!
//! As `pigz` does it: each block is deflated on its own with the 32 KiB before it as a dictionary, and ends at a byte, so that
//! the blocks one after the other are the stream that one thread would have made, but for five bytes a block.

use dj_codec_api::{Error, Result};
use rayon::prelude::*;
use zlib_rs::adler32::{adler32, adler32_combine};
use zlib_rs::{Deflate, DeflateFlush, Status, compress_bound};

use super::method::Method;

/// Enough blocks for many cores, large enough that their seams do not show in the size.
const BLOCK: usize = 1 << 20;
/// How far back deflate looks.
pub(super) const WINDOW: usize = 1 << 15;
/// Deflate with a window of 32 KiB, made at the default level.
const HEADER: [u8; 2] = [0x78, 0x9c];

struct Block {
    deflated: Vec<u8>,
    adler: u32,
    length: u64,
}

/// Appends `data` as a zlib stream.
pub(super) fn zlib(data: &[u8], mut out: Vec<u8>) -> Result<Vec<u8>> {
    let count = data.len().div_ceil(BLOCK).max(1);
    let blocks: Vec<Block> = (0..count)
        .into_par_iter()
        .map(|index| block(data, index, index + 1 == count))
        .collect::<Result<_>>()?;
    out.reserve_exact(blocks.iter().map(|block| block.deflated.len()).sum::<usize>() + 6);
    out.extend_from_slice(&HEADER);
    let mut adler = 1;
    for block in &blocks {
        out.extend_from_slice(&block.deflated);
        adler = adler32_combine(adler, block.adler, block.length);
    }
    out.extend_from_slice(&adler.to_be_bytes());
    Ok(out)
}

fn block(data: &[u8], index: usize, last: bool) -> Result<Block> {
    let start = index * BLOCK;
    let block = data.get(start..data.len().min(start + BLOCK)).unwrap_or_default();
    let before = data.get(start.saturating_sub(WINDOW)..start).unwrap_or_default();
    let deflated = deflate(block, before, Method::choose(block)?, last)?;
    Ok(Block {
        deflated,
        adler: adler32(1, block),
        length: block.len() as u64,
    })
}

/// Deflates `data`, which follows `before`.
pub(super) fn deflate(data: &[u8], before: &[u8], method: Method, last: bool) -> Result<Vec<u8>> {
    let failed = |why: &str| Error::store(format!("a blob could not be compressed: {why}"));
    let mut state = Deflate::new_with_config(method.config());
    if !before.is_empty() {
        state
            .set_dictionary(before)
            .map_err(|error| failed(error.as_str()))?;
    }
    let flush = if last {
        DeflateFlush::Finish
    } else {
        DeflateFlush::SyncFlush
    };
    let mut out = vec![0; compress_bound(data.len()) + 64];
    loop {
        let (taken, made) = (state.total_in() as usize, state.total_out() as usize);
        let rest = data.get(taken..).unwrap_or_default();
        let room = out.get_mut(made..).unwrap_or_default();
        let status = state
            .compress(rest, room, flush)
            .map_err(|error| failed(error.as_str()))?;
        let made = state.total_out() as usize;
        // A flush is complete when it leaves room.
        let done = if last {
            matches!(status, Status::StreamEnd)
        } else {
            made < out.len()
        };
        if done && state.total_in() as usize == data.len() {
            out.truncate(made);
            return Ok(out);
        }
        out.resize(out.len() + out.len() / 2, 0);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use flate2::read::ZlibDecoder;

    use super::*;

    /// Bytes without a pattern, of which one in `every` is not zero.
    fn noise(length: usize, every: u32) -> Vec<u8> {
        let mut state = 0x2545_f491_u32;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            state
        };
        (0..length)
            .map(|_| {
                if next().is_multiple_of(every) {
                    next() as u8
                } else {
                    0
                }
            })
            .collect()
    }

    #[test]
    fn the_stream_is_one_that_zlib_reads() {
        for length in [0, 1, 1001, WINDOW, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 17] {
            for every in [1, 2, 50] {
                let data = noise(length, every);
                let stream = zlib(&data, vec![7]).unwrap();
                let mut reader = ZlibDecoder::new(&stream[1..]);
                let mut back = Vec::new();
                reader.read_to_end(&mut back).unwrap();
                assert!(back == data, "{length} {every}");
                assert_eq!(reader.total_in() as usize, stream.len() - 1);
            }
        }
    }

    #[test]
    fn blocks_look_back_over_their_seams() {
        // Noise of 20 KiB again and again: no block but the first has to spell it out.
        let period = noise(20 << 10, 1);
        let data: Vec<u8> = period.iter().copied().cycle().take(4 * BLOCK).collect();
        let stream = zlib(&data, Vec::new()).unwrap();
        let alone = |block: &[u8]| {
            deflate(block, &[], Method::choose(block).unwrap(), true)
                .unwrap()
                .len()
        };
        let apart: usize = data.chunks(BLOCK).map(alone).sum();
        assert!(stream.len() + 3 * (18 << 10) < apart, "{} {apart}", stream.len());
    }
}
