//! How much is lost.

use super::Decoder;
use super::Params;
use crate::{Error, Result};

/// How far decoded samples can be from encoded ones: the largest of all samples of a table, each tried.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bound {
    /// The largest `|decode(encode(x)) - x|`, in sample units.
    pub absolute: f64,
    /// A sample with that difference.
    pub at: u32,
    /// The largest `|decode(encode(x)) - x|` in standard deviations of the noise at `x`, as [`Params::noise`] has it.
    pub in_noise: f64,
}

/// The largest sample that the decoded type gives back within the bound.
pub(super) fn high(params: &Params, levels: &[i64], decoder: &Decoder) -> Result<u32> {
    let (_, most) = params.decoded.range();
    let last = u32::try_from(most.min(i128::from(params.input_max))).unwrap_or(params.input_max);
    let mut high = last;
    loop {
        let level = levels.get(high as usize).copied().unwrap_or_default();
        if decoder
            .middle(level)
            .is_some_and(|middle| middle.trunc() <= most as f64)
        {
            return Ok(high);
        }
        high = high.checked_sub(1).ok_or_else(|| Error::Table {
            why: format!(
                "the steps are so wide that even sample 0 is decoded as more than {} holds (conversion_gain {}): choose a wider decoded type",
                params.decoded, params.conversion_gain
            ),
        })?;
    }
}

/// Tries every sample up to `high`.
pub(super) fn measure(params: &Params, levels: &[i64], decoder: &Decoder, high: u32) -> Result<Bound> {
    let mut bound = Bound {
        absolute: 0.0,
        at: 0,
        in_noise: 0.0,
    };
    for (sample, level) in (0..=high).zip(levels) {
        let Some(middle) = decoder.middle(*level) else {
            return Err(Error::Table {
                why: format!("the code {level} of sample {sample} stands for others too"),
            });
        };
        let decoded = if params.decoded.is_integer() {
            middle.trunc()
        } else {
            middle
        };
        let error = (decoded - f64::from(sample)).abs();
        if error > bound.absolute {
            bound.absolute = error;
            bound.at = sample;
        }
        bound.in_noise = bound.in_noise.max(error / params.noise(f64::from(sample)));
    }
    Ok(bound)
}
