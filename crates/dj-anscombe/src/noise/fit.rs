//! A robust line of variance over intensity, and how sure it is.

use super::bins::{Bin, GROUPS, total};

/// Huber's constant: 95 % efficient where the noise is normal.
const HUBER: f64 = 1.345;
/// From the median of absolute residuals to a standard deviation.
const MAD: f64 = 1.4826;
/// Student's t of 97.5 % with one degree of freedom less than there are groups, 31.
const STUDENT: f64 = 2.0395;
/// The same of 99.5 %.
const STUDENT_99: f64 = 2.7440;
/// Gains that differ by this part at most are alike.
const ALIKE: f64 = 0.02;

/// A number and its standard error.
#[derive(Clone, Copy, Debug)]
pub(super) struct Estimate {
    pub(super) value: f64,
    pub(super) error: f64,
}

impl Estimate {
    /// With 95 % confidence.
    pub(super) fn interval(self) -> (f64, f64) {
        (
            self.value - STUDENT * self.error,
            self.value + STUDENT * self.error,
        )
    }

    /// The interval, and this value if it is outside.
    pub(super) fn interval_with(self, value: f64) -> (f64, f64) {
        let (low, high) = self.interval();
        (low.min(value), high.max(value))
    }

    /// Whether the value may be the true one: with 99 % confidence it is not another.
    fn allows(self, value: f64) -> bool {
        (value - self.value).abs() <= STUDENT_99 * self.error
    }
}

/// A line: variance = gain * (intensity - zero).
#[derive(Clone, Copy, Debug)]
pub(super) struct Fit {
    pub(super) gain: Estimate,
    pub(super) zero: Estimate,
}

impl Fit {
    /// The line through the bins, with the jackknife's errors: what leaving out each group changes.
    pub(super) fn of(bins: &[[Bin; GROUPS]]) -> Option<Self> {
        let all: Vec<Bin> = bins.iter().map(total).collect();
        let (gain, zero) = line(&all)?;
        let groups = (0..GROUPS).filter(|group| {
            bins.iter()
                .any(|bin| bin.get(*group).is_some_and(|bin| bin.n > 0.0))
        });
        let groups: Vec<usize> = groups.collect();
        let mut without = Vec::with_capacity(GROUPS);
        for group in &groups {
            let rest: Vec<Bin> = bins
                .iter()
                .zip(&all)
                .map(|(bin, all)| less(*all, bin.get(*group).copied()))
                .collect();
            without.push(line(&rest)?);
        }
        let count = without.len() as f64;
        if count < 2.0 {
            return None;
        }
        let error = |pick: fn(&(f64, f64)) -> f64| {
            let mean = without.iter().map(pick).sum::<f64>() / count;
            let squares: f64 = without.iter().map(|one| (pick(one) - mean).powi(2)).sum();
            ((count - 1.0) / count * squares).sqrt()
        };
        Some(Self {
            gain: Estimate {
                value: gain,
                error: error(|one| one.0),
            },
            zero: Estimate {
                value: zero,
                error: error(|one| one.1),
            },
        })
    }

    /// Whether the gain is known to within a half.
    pub(super) fn is_telling(&self) -> bool {
        self.gain.value > 0.0
            && STUDENT * self.gain.error <= 0.5 * self.gain.value
            && self.zero.error.is_finite()
    }

    /// Whether the other's values may be the true ones, and its gain is about the same.
    pub(super) fn allows(&self, other: &Self) -> bool {
        let alike = (other.gain.value - self.gain.value).abs() <= ALIKE * self.gain.value;
        alike && self.gain.allows(other.gain.value) && self.zero.allows(other.zero.value)
    }
}

fn less(all: Bin, group: Option<Bin>) -> Bin {
    let group = group.unwrap_or_default();
    Bin {
        n: all.n - group.n,
        x: all.x - group.x,
        y: all.y - group.y,
    }
}

/// Gain and zero of the line that the bins lie on, by least squares that are weighted anew: a bin's variance is known to a part
/// that depends on its number of samples only, and bins far off the line count less.
fn line(bins: &[Bin]) -> Option<(f64, f64)> {
    let points: Vec<(f64, f64, f64)> = bins
        .iter()
        .filter(|bin| bin.n > 0.0)
        .map(|bin| (bin.n, bin.x / bin.n, bin.y / bin.n))
        .collect();
    if points.len() < 3 {
        return None;
    }
    let count: f64 = points.iter().map(|point| point.0).sum();
    let floor = 0.01 * points.iter().map(|(n, _, y)| n * y).sum::<f64>() / count;
    if floor.is_nan() || floor <= 0.0 {
        return None;
    }
    let mut weights: Vec<f64> = points.iter().map(|point| point.0).collect();
    let mut found = None;
    for _ in 0..60 {
        let (gain, start) = least_squares(&points, &weights)?;
        let settled = found.is_some_and(|(last, before): (f64, f64)| {
            (gain - last).abs() <= 1e-10 * gain.abs()
                && (start - before).abs() <= 1e-10 * (start.abs() + floor)
        });
        found = Some((gain, start));
        if settled {
            break;
        }
        let known: Vec<(f64, f64)> = points
            .iter()
            .map(|(n, x, y)| {
                let model = (gain * x + start).max(floor);
                (n / (model * model), (y - gain * x - start) * n.sqrt() / model)
            })
            .collect();
        let scale = MAD * median(known.iter().map(|(_, residual)| residual.abs()).collect());
        for (slot, (weight, residual)) in weights.iter_mut().zip(known) {
            let far = residual.abs() / (HUBER * scale).max(1e-300);
            *slot = if far > 1.0 { weight / far } else { weight };
        }
    }
    let (gain, start) = found?;
    let zero = -start / gain;
    (gain.is_finite() && zero.is_finite()).then_some((gain, zero))
}

/// Slope and intercept.
fn least_squares(points: &[(f64, f64, f64)], weights: &[f64]) -> Option<(f64, f64)> {
    let sum = |value: fn(&(f64, f64, f64)) -> f64| -> f64 {
        points
            .iter()
            .zip(weights)
            .map(|(point, weight)| weight * value(point))
            .sum()
    };
    let all: f64 = weights.iter().sum();
    let (mean_x, mean_y) = (sum(|point| point.1) / all, sum(|point| point.2) / all);
    let (mut xx, mut xy) = (0.0, 0.0);
    for ((_, x, y), weight) in points.iter().zip(weights) {
        xx += weight * (x - mean_x) * (x - mean_x);
        xy += weight * (x - mean_x) * (y - mean_y);
    }
    let gain = xy / xx;
    gain.is_finite().then_some((gain, mean_y - gain * mean_x))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
