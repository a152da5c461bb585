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

    /// What zlib's level 6 makes of these, by Python's `len(zlib.compress(data, 6))`.
    #[test]
    fn no_kind_of_data_is_much_larger_than_zlib_has_it() {
        let numbers = |each: &dyn Fn(u64) -> [u8; 8]| (0..100_000_u64).flat_map(each).collect::<Vec<u8>>();
        // SplitMix64.
        let mixed = |number: u64| {
            let number = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let number = (number ^ number >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            number ^ number >> 27
        };
        let counts = numbers(&|at| {
            let quarter = |part: u64| (mixed(4 * at + part) >> 40 & 0xffff).count_ones() as u16;
            let [a, b, c, d] = [0, 1, 2, 3].map(|part| quarter(part).to_le_bytes());
            [a[0], a[1], b[0], b[1], c[0], c[1], d[0], d[1]]
        });
        let times = numbers(&|at| ((at * 100 + mixed(at) % 100) as f64 / 1000.0).to_le_bytes());
        let waves = numbers(&|at| {
            let wave = |part: u64| ((4 * at + part) % 1000) as i16 * 4 + (mixed(4 * at + part) % 64) as i16;
            let [a, b, c, d] = [0, 1, 2, 3].map(|part| wave(part).to_le_bytes());
            [a[0], a[1], b[0], b[1], c[0], c[1], d[0], d[1]]
        });
        let flags =
            numbers(&|at| [0, 1, 2, 3, 4, 5, 6, 7].map(|part| u8::from(mixed(8 * at + part) % 10 < 3)));
        let rare = numbers(&|at| {
            if mixed(at) % 50 == 0 {
                mixed(at + 1).to_le_bytes()
            } else {
                [0; 8]
            }
        });
        let text: Vec<u8> = (0..40_000_u64)
            .flat_map(|at| {
                format!(
                    "trial {} was {:.3}; ",
                    mixed(at) % 500,
                    mixed(at + 7) as f64 / 1e19
                )
                .into_bytes()
            })
            .collect();
        for (name, data, zlib) in [
            ("counts", counts, 208_999),
            ("times", times, 338_640),
            ("waves", waves, 608_006),
            ("flags", flags, 122_249),
            ("rare", rare, 24_365),
            ("text", text, 171_949),
        ] {
            let size = super::zlib(&data, Vec::new()).unwrap().len();
            assert!(size * 100 <= zlib * 101, "{name}: {size}, zlib {zlib}");
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
