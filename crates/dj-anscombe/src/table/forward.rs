//! From samples to codes: the package's formula, and what is wrong with a table of it.

use super::Params;
use crate::{DType, Error, Result};

/// Codes beyond these are no longer exact in the floats that they are computed in.
const LARGEST_LEVEL: f64 = 9_007_199_254_740_992.0;

/// The codes of the samples 0 to `input_max` before they are put into the encoded type: monotonic integers. Every step is in the
/// order of the package, so that rounding falls alike.
pub(super) fn levels(params: &Params) -> Result<Vec<i64>> {
    params.check()?;
    let Params {
        conversion_gain,
        zero_level,
        beta,
        ..
    } = *params;
    let root = 0.375_f64.sqrt();
    let slope = 1.0 / beta / root;
    let offset = zero_level * slope / conversion_gain;
    let mut levels = Vec::with_capacity(params.input_max as usize + 1);
    let mut previous = i64::MIN;
    for sample in 0..=params.input_max {
        let photons = (f64::from(sample) - zero_level) / conversion_gain;
        let curve = if photons < 0.0 {
            photons * slope
        } else {
            2.0 / beta * ((photons + 0.375).sqrt() - root)
        };
        let level = (offset + curve).round_ties_even();
        if level.is_nan() || level.abs() > LARGEST_LEVEL {
            return Err(Error::Table {
                why: format!(
                    "the code of sample {sample} would be {level}: conversion_gain {conversion_gain} is too small, or the zero level \
                     {zero_level} too far away"
                ),
            });
        }
        let level = level as i64;
        if level < previous {
            return Err(Error::Table {
                why: format!("the code of sample {sample} is lower than the one before it"),
            });
        }
        previous = level;
        levels.push(level);
    }
    Ok(levels)
}

/// What makes the package's reader or writer fail with these levels.
pub(super) fn check(params: &Params, levels: &[i64]) -> Result<()> {
    let wrong = |why| Err(Error::Table { why });
    let Params {
        conversion_gain,
        zero_level,
        encoded,
        ..
    } = *params;
    if !encoded.is_integer() {
        return wrong(format!(
            "the Python package cannot decode codes of {encoded}: choose uint8 or uint16"
        ));
    }
    let first = levels.first().copied().unwrap_or_default();
    if first != 0 {
        return wrong(format!(
            "the code of sample 0 is {first}, and the Python package takes the lowest code for 0 (conversion_gain \
             {conversion_gain}, zero_level {zero_level}): choose zero_level 0, which makes the steps finer than asked"
        ));
    }
    let skipped = levels
        .iter()
        .zip(levels.iter().skip(1))
        .position(|(one, next)| next - one > 1);
    if let Some(sample) = skipped {
        let gain = match smallest_gain(zero_level) {
            Ok(gain) => format!("a conversion_gain of {gain} or more works"),
            Err(_) => "zero_level 0 and a higher conversion_gain work".to_owned(),
        };
        return wrong(format!(
            "there are codes between those of samples {sample} and {}, which no sample has and which the Python package leaves out \
             when it counts (conversion_gain {conversion_gain}, zero_level {zero_level}): {gain}, with steps wider than half a noise \
             standard deviation by the root of the gains' ratio; or store the data lossless",
            sample + 1
        ));
    }
    if params.decoded.size() == 1 && encoded.size() > 1 {
        return wrong(format!(
            "zarr-python cannot read an array of {} whose codes are {encoded}: a conversion_gain so high that codes are 8 bits \
             would do (about 7.9, more with a zero level), or store the data lossless",
            params.decoded
        ));
    }
    let unfit = levels.iter().position(|level| !encoded.holds(i128::from(*level)));
    if let Some(sample) = unfit {
        let level = levels.get(sample).copied().unwrap_or_default();
        let top = levels.last().copied().unwrap_or_default();
        let wider = [DType::U16, DType::U32]
            .into_iter()
            .find(|dtype| dtype.holds(i128::from(top)));
        let wider = wider.map_or("a wider type", DType::name);
        return wrong(format!(
            "the code {level} of sample {sample} does not fit {encoded}, in which the Python package wraps it: choose {wider}, which \
             holds all codes up to {top}"
        ));
    }
    Ok(())
}

/// See [`Table::smallest_gain`](super::Table::smallest_gain).
pub(super) fn smallest_gain(zero_level: f64) -> Result<f64> {
    if !zero_level.is_finite() {
        return Err(Error::Parameter {
            name: "zero_level",
            value: zero_level,
            why: "expected a number, the sample without light",
        });
    }
    let right = |thousandths: u32| {
        let mut params = Params::new(f64::from(thousandths) / 1000.0, zero_level);
        // Steps are widest at and below the zero level: no gap opens further on.
        params.input_max = (zero_level.max(0.0) as u32)
            .saturating_add(64)
            .clamp(64, Params::INPUT_MAX);
        levels(&params).is_ok_and(|levels| {
            levels.first() == Some(&0)
                && levels
                    .iter()
                    .zip(levels.iter().skip(1))
                    .all(|(one, next)| next - one <= 1)
        })
    };
    // No table skips from a slope of 1 code a sample on, which is at 3.27; the last gain below that is looked for downwards.
    const SLOPE_1: u32 = 3266;
    if !right(SLOPE_1) {
        return Err(Error::Table {
            why: format!(
                "no conversion gain makes a right table with zero_level {zero_level}: choose zero_level 0"
            ),
        });
    }
    let mut gain = SLOPE_1;
    while gain > 1 && right(gain - 1) {
        gain -= 1;
    }
    Ok(f64::from(gain) / 1000.0)
}
