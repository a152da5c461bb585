//! Which way of deflating suits the bytes.

use dj_codec_api::Result;
use zlib_rs::{DeflateConfig, Strategy};

use super::stream::{WINDOW, deflate};

/// Ways of deflating, of which one is as small as zlib's level 6 and several times faster on nearly everything that is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    /// Looks for repetitions of four bytes and more: texts, containers, counts, images.
    Fast,
    /// Looks for repetitions of three, too, and for long: floats and wide numbers, in which there is little to be found, so that
    /// it does not take long.
    Thorough,
    /// Looks for none: noise, in which only the bytes' frequencies are worth anything.
    Frequencies,
}

/// Of each block this part is tried, at most so much of it.
const SAMPLE_SHARE: usize = 8;
const SAMPLE: usize = 16 << 10;

impl Method {
    /// Tries all on a piece from the middle of a block. Depends on the bytes alone, so that equal values are stored as equal
    /// bytes.
    pub(super) fn choose(block: &[u8]) -> Result<Self> {
        let length = (block.len() / SAMPLE_SHARE)
            .min(SAMPLE)
            .max(block.len().min(SAMPLE_SHARE << 10));
        let start = (block.len() - length) / 2;
        let sample = block.get(start..start + length).unwrap_or_default();
        // With what stands before it, so that repetitions are found as far back as deflate can look.
        let before = block.get(start.saturating_sub(WINDOW)..start).unwrap_or_default();
        let size = |method| deflate(sample, before, method, true).map(|deflated| deflated.len());
        let (fast, frequencies) = (size(Self::Fast)?, size(Self::Frequencies)?);
        if frequencies.saturating_sub(fast) > length / 8 {
            // Much is repeated: a thorough search would take long, and gain little.
            return Ok(Self::Fast);
        }
        let thorough = size(Self::Thorough)?;
        // A thorough search takes several times as long: it has to gain half of what the fast one does, and 3% at least.
        let (gained, best) = (frequencies.saturating_sub(fast), frequencies.min(fast));
        let gains = best.saturating_sub(thorough);
        Ok(if gains > gained / 2 && gains > best / 32 {
            Self::Thorough
        } else if frequencies <= fast {
            Self::Frequencies
        } else {
            Self::Fast
        })
    }

    /// A raw stream of this way.
    pub(super) fn config(self) -> DeflateConfig {
        let (level, strategy) = match self {
            Self::Fast => (4, Strategy::Default),
            Self::Thorough => (9, Strategy::Default),
            Self::Frequencies => (4, Strategy::HuffmanOnly),
        };
        DeflateConfig {
            level,
            strategy,
            window_bits: -15,
            ..DeflateConfig::default()
        }
    }
}
