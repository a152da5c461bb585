//! Which way of deflating suits the bytes.

use dj_codec_api::Result;
use zlib_rs::{DeflateConfig, Strategy};

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

impl Method {
    /// Tries them on a piece from the middle of a block, and takes the fastest of those that come near the smallest. Depends on
    /// the bytes alone, so that equal values are stored as equal bytes.
    pub(super) fn choose(block: &[u8]) -> Result<Self> {
        let length = (block.len() / SAMPLE_SHARE)
            .min(SAMPLE)
            .max(block.len().min(SAMPLE_SHARE << 10));
        let start = (block.len() - length) / 2;
        let sample = block.get(start..start + length).unwrap_or_default();
        // With what stands before it, so that repetitions are found as far back as deflate can look.
        let before = block.get(start.saturating_sub(WINDOW)..start).unwrap_or_default();
        let size = |method| deflate(sample, before, method, true).map(|deflated| deflated.len());
        // Whether the slower way is smaller by more than one in so many.
        let gains = |slow: usize, fast: usize, share: usize| fast.saturating_sub(slow) > fast / share;

        let [four, five, six, seven] = [4, 5, 6, 7].map(Self::Search);
        let [at_four, at_five, at_six, at_seven] = [size(four)?, size(five)?, size(six)?, size(seven)?];
        let (mut best, mut smallest) = (four, at_four);
        // Level 6 takes some three times as long as level 4, and level 7 twice as long again.
        for (slower, size, share) in [(five, at_five, 200), (six, at_six, 200), (seven, at_seven, 64)] {
            if gains(size, smallest, share) {
                (best, smallest) = (slower, size);
            }
        }
        // Level 9 may take a hundred times as long where much is repeated, or where looking longer finds more.
        if smallest > length / 8 && !gains(at_six, at_five, 100) {
            let triples = size(Self::Triples)?;
            if gains(triples, smallest, 100) || smallest.saturating_sub(triples) > length / 320 {
                (best, smallest) = (Self::Triples, triples);
            }
        }
        if smallest < length / 4 {
            let runs = size(Self::Runs)?;
            if runs <= smallest {
                (best, smallest) = (Self::Runs, runs);
            }
        }
        if !gains(smallest, size(Self::Frequencies)?, 320) {
            best = Self::Frequencies;
        }
        Ok(best)
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
