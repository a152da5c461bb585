//! Which way of deflating suits the bytes.

use dj_codec_api::Result;
use zlib_rs::{DeflateConfig, Strategy};

use super::reference;
use super::stream::{WINDOW, deflate};

/// Ways of deflating. On whatever is stored one of them is as small as zlib's level 6, and nearly always it is several times faster.
/// None is so on everything: from level to level zlib-rs looks for other things, not only for longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    /// Looks for no repetitions: noise, in which only the bytes' frequencies are worth anything.
    Frequencies,
    /// Looks for one byte over and over: zeros with something between them.
    Runs,
    /// Looks for repetitions of four bytes and more, the longer the higher the level, which is 4 to 7.
    Search(i32),
    /// Looks for repetitions of three bytes, too: floats, and wide numbers whose differences are small.
    Triples,
}

/// Of each block this part is tried, at most so much of it.
const SAMPLE_SHARE: usize = 8;
const SAMPLE: usize = 16 << 10;
/// One part in so many more than zlib is as small.
const TOLERANCE: usize = 200;

impl Method {
    /// The fastest first. Searching for triples comes last: where much is repeated, it may take a hundred times as long.
    const ALL: [Self; 7] = [
        Self::Frequencies,
        Self::Runs,
        Self::Search(4),
        Self::Search(5),
        Self::Search(6),
        Self::Search(7),
        Self::Triples,
    ];

    /// Tries them on a piece from the middle of a block, and takes the fastest that is as small as zlib's level 6, or else as the
    /// smallest. Depends on the bytes alone, so that equal values are stored as equal bytes.
    pub(super) fn choose(block: &[u8]) -> Result<Self> {
        let length = (block.len() / SAMPLE_SHARE)
            .min(SAMPLE)
            .max(block.len().min(SAMPLE_SHARE << 10));
        let start = (block.len() - length) / 2;
        let sample = block.get(start..start + length).unwrap_or_default();
        // With what stands before it, so that repetitions are found as far back as deflate can look.
        let before = block.get(start.saturating_sub(WINDOW)..start).unwrap_or_default();
        let reference = {
            let from = start.saturating_sub(WINDOW);
            reference::level_6(block.get(from..start + length).unwrap_or_default(), start - from)
        };
        if reference < length / 64 {
            // The same again and again: a piece of it says nothing of how far the search must go, which is soon done.
            return Ok(Self::Search(7));
        }
        let near = |size: usize, to: usize| size <= to + to / TOLERANCE;
        let mut tried = Vec::with_capacity(Self::ALL.len());
        for method in Self::ALL {
            let size = deflate(sample, before, method, true)?.len();
            if near(size, reference) {
                return Ok(method);
            }
            tried.push((size, method));
        }
        let smallest = tried.iter().map(|&(size, _)| size).min().unwrap_or_default();
        let found = tried.iter().find(|&&(size, _)| near(size, smallest));
        Ok(found.map_or(Self::Search(6), |&(_, method)| method))
    }

    /// A raw stream of this way.
    pub(super) fn config(self) -> DeflateConfig {
        let (level, strategy) = match self {
            Self::Frequencies => (4, Strategy::HuffmanOnly),
            Self::Runs => (4, Strategy::Rle),
            Self::Search(level) => (level, Strategy::Default),
            Self::Triples => (9, Strategy::Default),
        };
        DeflateConfig {
            level,
            strategy,
            window_bits: -15,
            ..DeflateConfig::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fast_ways_leave_repetitions_out() {
        let size = |data: &[u8], method| deflate(data, &[], method, true).unwrap().len();
        let zeros = [0_u8; 8_000];
        // A bit a byte, where nothing is looked for.
        assert!(size(&zeros, Method::Frequencies) > zeros.len() / 8);
        assert!(size(&zeros, Method::Runs) < 100);
        let words = b"neither near nor far, ".repeat(400);
        assert!(size(&words, Method::Runs) > words.len() / 4);
        assert!(size(&words, Method::Search(4)) < words.len() / 40);
    }
}
