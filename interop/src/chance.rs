//! Numbers by chance that are the same in every run with the same seed.

use std::time::Duration;

/// SplitMix64.
#[derive(Debug, Clone)]
pub(crate) struct Chance(u64);

impl Chance {
    /// The seed of `DJ_INTEROP_SEED`, or one that is always the same; `stream` tells users of it apart.
    pub(crate) fn new(stream: u64) -> Self {
        let seed = std::env::var("DJ_INTEROP_SEED").ok();
        let seed = seed.and_then(|seed| seed.parse::<u64>().ok()).unwrap_or(20_261);
        Self(seed ^ stream.rotate_left(32))
    }

    /// A number below this one, which is not 0.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end.max(1)
    }

    /// A time shorter than this one.
    pub(crate) fn within(&mut self, longest: Duration) -> Duration {
        let micros = u64::try_from(longest.as_micros()).unwrap_or(u64::MAX);
        Duration::from_micros(self.below(micros))
    }
}
