//! Whether the brightest samples were cut off.

use crate::DType;

/// A movie is saturated where more than this part of its samples is the largest one ...
const PART: f64 = 1e-3;
/// ... and that one is so many times as frequent as the next smaller one.
const TIMES: f64 = 2.0;
/// At the type's own end, this part is enough.
const PART_AT_END: f64 = 1e-4;

/// The two largest samples so far, and how often they came.
#[derive(Clone, Debug, Default)]
pub(super) struct Saturation {
    largest: Option<(f64, u64)>,
    next: Option<(f64, u64)>,
    samples: u64,
    at_end: bool,
}

impl Saturation {
    pub(super) fn add(&mut self, samples: &[f64]) {
        self.samples += samples.len() as u64;
        let least = self.next.map_or(f64::NEG_INFINITY, |(next, _)| next);
        for sample in samples {
            if *sample >= least {
                self.take(*sample);
            }
        }
    }

    fn take(&mut self, sample: f64) {
        match (&mut self.largest, &mut self.next) {
            (Some((largest, count)), _) if sample == *largest => *count += 1,
            (Some((largest, _)), next) if sample < *largest => match next {
                Some((value, count)) if sample == *value => *count += 1,
                Some((value, _)) if sample < *value => {}
                _ => *next = Some((sample, 1)),
            },
            _ => {
                self.next = self.largest;
                self.largest = Some((sample, 1));
            }
        }
    }

    /// Whether the largest is the largest of its type.
    pub(super) fn look_at_end(&mut self, dtype: DType) {
        let end = dtype.range().1 as f64;
        self.at_end = dtype.is_integer() && self.largest.is_some_and(|(largest, _)| largest >= end);
    }

    /// Why the movie is taken as saturated, if it is.
    pub(super) fn reason(&self) -> Option<String> {
        let (largest, count) = self.largest?;
        let (_, next) = self.next?;
        let part = count as f64 / self.samples.max(1) as f64;
        let cut = part > PART && count as f64 > TIMES * next as f64;
        let ended = self.at_end && part > PART_AT_END;
        (cut || ended).then(|| {
            format!(
                "it is saturated: {:.3} % of its samples are {largest}, the largest one, where the noise of brighter light was cut \
                 off. Leave out the saturated pixels, or estimate from a movie with less light",
                100.0 * part
            )
        })
    }
}
