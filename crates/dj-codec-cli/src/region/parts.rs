//! A region in parts that are read one after the other.

use std::ops::Range;

/// How much is read at once, where the array's own parts are not larger.
pub(crate) const BYTES: u64 = 64 << 20;

/// The parts of a region, one after the other. They begin and end where what is read at once does, so that nothing is read
/// twice.
#[derive(Debug)]
pub(crate) struct Parts {
    axes: Vec<Axis>,
    /// Which piece of each axis is next; `None` after the last part.
    next: Option<Vec<u64>>,
}

/// The range of an axis in pieces.
#[derive(Debug)]
struct Axis {
    range: Range<u64>,
    /// Where the first piece would begin if it were whole.
    base: u64,
    length: u64,
}

impl Parts {
    /// A region in parts of at most `budget` bytes where the array can be read in such parts, at `item` bytes an element.
    pub(crate) fn new(region: &[Range<u64>], grain: &[u64], item: u64, budget: u64) -> Self {
        let grain: Vec<u64> = grain.iter().map(|&length| length.max(1)).collect();
        let mut bytes = grain
            .iter()
            .fold(item.max(1), |bytes, &length| bytes.saturating_mul(length));
        // How many grains a part takes along each axis. What is last lies nearest together.
        let mut axes = Vec::new();
        for (range, &grain) in region.iter().zip(&grain).rev() {
            let base = range.start / grain * grain;
            let grains = range.end.saturating_sub(base).div_ceil(grain).max(1);
            let taken = grains.min((budget / bytes.max(1)).max(1));
            bytes = bytes.saturating_mul(taken);
            axes.push(Axis {
                range: range.clone(),
                base,
                length: grain.saturating_mul(taken),
            });
        }
        axes.reverse();
        let next = axes
            .iter()
            .all(|axis| !axis.range.is_empty())
            .then(|| vec![0; axes.len()]);
        Self { axes, next }
    }

    /// How many parts there are.
    pub(crate) fn total(&self) -> u64 {
        self.axes
            .iter()
            .fold(1, |count: u64, axis| count.saturating_mul(axis.pieces()))
    }
}

impl Axis {
    fn pieces(&self) -> u64 {
        self.range
            .end
            .saturating_sub(self.base)
            .div_ceil(self.length.max(1))
    }

    fn piece(&self, index: u64) -> Range<u64> {
        let start = self.base.saturating_add(index.saturating_mul(self.length));
        start.max(self.range.start)..start.saturating_add(self.length).min(self.range.end)
    }
}

impl Iterator for Parts {
    type Item = Vec<Range<u64>>;

    fn next(&mut self) -> Option<Self::Item> {
        let index = self.next.as_mut()?;
        let part = self
            .axes
            .iter()
            .zip(&*index)
            .map(|(axis, at)| axis.piece(*at))
            .collect();
        let more = index.iter_mut().zip(&self.axes).rev().any(|(at, axis)| {
            *at += 1;
            let within = *at < axis.pieces();
            if !within {
                *at = 0;
            }
            within
        });
        if !more {
            self.next = None;
        }
        Some(part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(region: &[Range<u64>], grain: &[u64], item: u64, budget: u64) -> Vec<Vec<Range<u64>>> {
        let parts = Parts::new(region, grain, item, budget);
        let count = parts.total();
        let parts: Vec<_> = parts.collect();
        assert_eq!(parts.len() as u64, count);
        parts
    }

    #[test]
    fn parts_follow_what_is_read_at_once() {
        // A movie in chunks of 10 frames, two of which fit.
        let parts = of(&[3..47, 0..8, 0..8], &[10, 8, 8], 2, 20 * 64 * 2 + 5);
        let frames: Vec<_> = parts.iter().map(|part| part[0].clone()).collect();
        assert_eq!(frames, [3..20, 20..40, 40..47]);
        assert!(parts.iter().all(|part| part[1..] == [0..8, 0..8]));
    }

    #[test]
    fn a_large_frame_is_read_in_tiles() {
        let parts = of(&[0..4, 0..100, 0..100], &[2, 10, 10], 1, 450);
        // Two grains along the last axis, one along the others.
        assert_eq!(parts.len(), 2 * 10 * 5);
        assert_eq!(parts[0], [0..2, 0..10, 0..20]);
        // Whatever the budget, one grain is read.
        assert_eq!(of(&[5..6, 0..10], &[10, 10], 8, 1), [[5..6, 0..10]]);
    }

    #[test]
    fn every_element_is_in_one_part() {
        let (region, shape) = ([1..9_u64, 2..7, 0..5], [10, 7, 5]);
        for budget in [1, 7, 30, 1000] {
            for grain in [[1, 1, 1], [3, 2, 5], [10, 7, 5], [4, 7, 2]] {
                let mut seen = vec![0; shape.iter().product()];
                for part in of(&region, &grain, 1, budget) {
                    for (a, b, c) in part[0]
                        .clone()
                        .flat_map(|a| part[1].clone().map(move |b| (a, b)))
                        .flat_map(|(a, b)| part[2].clone().map(move |c| (a as usize, b as usize, c as usize)))
                    {
                        seen[(a * 7 + b) * 5 + c] += 1;
                    }
                }
                assert_eq!(seen.iter().sum::<i32>(), 8 * 5 * 5);
                assert!(seen.iter().all(|&count| count <= 1));
            }
        }
    }
}
