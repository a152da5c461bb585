//! Which bytes of a chunk go where in the output.

use std::ops::Range;

/// An axis of a part, in the order in which the chunk stores them.
#[derive(Debug, Clone, Copy)]
struct Axis {
    count: usize,
    chunk_stride: usize,
    out_stride: usize,
}

/// A chunk's part of a region: runs of bytes that stand together in the chunk and in the output, in the order of the
/// chunk.
///
/// The parts of different chunks never overlap in the output, and different bytes of one chunk never go to one place.
#[derive(Debug, Clone)]
pub(super) struct Part {
    axes: Vec<Axis>,
    run: usize,
    runs: usize,
    chunk_start: usize,
    out_start: usize,
}

impl Part {
    /// The part of the chunk of `shape` at `origin` that `region` wants; `None` where they do not meet. `item` is the
    /// size of an element. `order` says which axis of the array each stored axis is, outermost first; `None` for C order.
    pub(super) fn new(
        region: &[Range<u64>],
        shape: &[u64],
        origin: &[u64],
        item: usize,
        order: Option<&[usize]>,
    ) -> Option<Self> {
        let mut dims = Vec::with_capacity(shape.len());
        let mut out_stride = item;
        for ((range, &length), &first) in region.iter().zip(shape).zip(origin).rev() {
            let (low, high) = (
                range.start.max(first),
                range.end.min(first.saturating_add(length)),
            );
            if low >= high {
                return None;
            }
            // The output was allocated and the chunk is below its limit, so both fit.
            let (count, length) = (usize::try_from(high - low).ok()?, usize::try_from(length).ok()?);
            let (in_chunk, in_out) = (
                usize::try_from(low - first).ok()?,
                usize::try_from(low - range.start).ok()?,
            );
            dims.push((count, length, in_chunk, in_out, out_stride));
            out_stride = out_stride.checked_mul(usize::try_from(range.end - range.start).ok()?)?;
        }
        dims.reverse();
        let (mut run, mut chunk_stride, mut chunk_start, mut out_start) = (item, item, 0, 0);
        let mut axes: Vec<Axis> = Vec::with_capacity(dims.len());
        for stored in (0..dims.len()).rev() {
            let &(count, length, in_chunk, in_out, out_stride) =
                dims.get(order.map_or(Some(stored), |order| order.get(stored).copied())?)?;
            chunk_start += in_chunk * chunk_stride;
            out_start += in_out * out_stride;
            // A step along an axis continues the run where it is as long as the run on both sides.
            if count > 1 && axes.is_empty() && run == chunk_stride && run == out_stride {
                run *= count;
            } else if count > 1 {
                axes.push(Axis {
                    count,
                    chunk_stride,
                    out_stride,
                });
            }
            chunk_stride *= length;
        }
        axes.reverse();
        let runs = axes.iter().map(|axis| axis.count).product();
        Some(Self {
            axes,
            run,
            runs,
            chunk_start,
            out_start,
        })
    }

    /// Where the part is in the output, if it is one run of all the chunk's `bytes`.
    pub(super) fn whole(&self, bytes: usize) -> Option<Range<usize>> {
        (self.runs == 1 && self.run == bytes).then(|| self.out_start..self.out_start + self.run)
    }

    /// The bytes of the chunk from the first to the last that is wanted.
    pub(super) fn span(&self) -> Range<usize> {
        self.chunk_start..self.at(self.runs.saturating_sub(1)).0 + self.run
    }

    /// Where a run begins in the chunk and in the output.
    fn at(&self, mut index: usize) -> (usize, usize) {
        let (mut in_chunk, mut in_out) = (self.chunk_start, self.out_start);
        for axis in self.axes.iter().rev() {
            let step = index % axis.count;
            index /= axis.count;
            in_chunk += step * axis.chunk_stride;
            in_out += step * axis.out_stride;
        }
        (in_chunk, in_out)
    }

    /// The first run that ends after byte `low` of the chunk. Runs are in the order of the chunk.
    fn first_after(&self, low: usize) -> usize {
        let (mut from, mut to) = (0, self.runs);
        while from < to {
            let middle = from + (to - from) / 2;
            if self.at(middle).0 + self.run <= low {
                from = middle + 1;
            } else {
                to = middle;
            }
        }
        from
    }

    /// Whether any of these bytes of the chunk is wanted.
    pub(super) fn meets(&self, chunk: &Range<usize>) -> bool {
        let first = self.first_after(chunk.start);
        first < self.runs && self.at(first).0 < chunk.end
    }

    /// Calls `each(start in the chunk, start in the output, length)` for every piece of a run within these bytes of the
    /// chunk.
    pub(super) fn pieces(&self, chunk: Range<usize>, mut each: impl FnMut(usize, usize, usize)) {
        let mut index = self.first_after(chunk.start);
        // The innermost axis is walked without divisions.
        let inner = self.axes.last().copied().unwrap_or(Axis {
            count: 1,
            chunk_stride: 0,
            out_stride: 0,
        });
        while index < self.runs {
            let (mut in_chunk, mut in_out) = self.at(index);
            let line = inner.count - index % inner.count;
            for _ in 0..line {
                if in_chunk >= chunk.end {
                    return;
                }
                let (start, end) = (in_chunk.max(chunk.start), (in_chunk + self.run).min(chunk.end));
                if start < end {
                    each(start, in_out + (start - in_chunk), end - start);
                }
                in_chunk += inner.chunk_stride;
                in_out += inner.out_stride;
            }
            index += line;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Copies by the definition and by the part, element by element against runs.
    fn check(shape: &[u64], origin: &[u64], region: &[Range<u64>], order: Option<&[usize]>, block: usize) {
        let item = 2;
        let n: u64 = shape.iter().product();
        let identity: Vec<usize> = (0..shape.len()).collect();
        let stored_order = order.unwrap_or(&identity);
        let out_length: u64 = region.iter().map(|range| range.end - range.start).product();
        let mut expected = vec![0u8; out_length as usize * item];
        let mut met = false;
        for number in 0..n {
            // `number` is the position in the chunk as stored.
            let (mut rest, mut index) = (number, vec![0; shape.len()]);
            for &axis in stored_order.iter().rev() {
                index[axis] = rest % shape[axis];
                rest /= shape[axis];
            }
            let global: Vec<u64> = index.iter().zip(origin).map(|(a, b)| a + b).collect();
            if global.iter().zip(region).all(|(at, range)| range.contains(at)) {
                met = true;
                let at = global.iter().zip(region).fold(0, |sum, (at, range)| {
                    sum * (range.end - range.start) + at - range.start
                });
                expected[at as usize * item..][..item].copy_from_slice(&(number as u16 + 1).to_le_bytes());
            }
        }
        let chunk: Vec<u8> = (0..n)
            .flat_map(|number| (number as u16 + 1).to_le_bytes())
            .collect();
        let Some(part) = Part::new(region, shape, origin, item, order) else {
            assert!(!met);
            return;
        };
        let mut out = vec![0u8; expected.len()];
        for start in (0..chunk.len()).step_by(block) {
            let range = start..(start + block).min(chunk.len());
            let mut any = false;
            part.pieces(range.clone(), |from, to, length| {
                any = true;
                assert!(range.contains(&from) && from + length <= range.end);
                out[to..to + length].copy_from_slice(&chunk[from..from + length]);
            });
            assert_eq!(any, part.meets(&range));
        }
        assert_eq!(out, expected, "{shape:?} {origin:?} {region:?} {order:?} {block}");
        if let Some(range) = part.whole(chunk.len()) {
            assert_eq!(&out[range], &chunk[..]);
        }
    }

    #[test]
    fn every_part_is_copied_right() {
        let shapes: [&[u64]; 5] = [&[], &[6], &[3, 4], &[2, 3, 4], &[1, 3, 1, 2]];
        for shape in shapes {
            let orders: Vec<Option<Vec<usize>>> = match shape.len() {
                2 => vec![None, Some(vec![1, 0])],
                3 => vec![
                    None,
                    Some(vec![2, 1, 0]),
                    Some(vec![2, 0, 1]),
                    Some(vec![0, 2, 1]),
                ],
                4 => vec![None, Some(vec![3, 2, 1, 0])],
                _ => vec![None],
            };
            for order in &orders {
                for seed in 0..40_u64 {
                    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x1234_5678;
                    let mut random = |below: u64| {
                        state = state
                            .wrapping_mul(6364136223846793005)
                            .wrapping_add(1442695040888963407);
                        (state >> 33) % below
                    };
                    let origin: Vec<u64> = shape.iter().map(|&length| length * random(3)).collect();
                    let region: Vec<Range<u64>> = shape
                        .iter()
                        .map(|&length| {
                            let start = random(3 * length);
                            start..start + 1 + random(3 * length)
                        })
                        .collect();
                    for block in [1, 5, 8, 1000] {
                        check(shape, &origin, &region, order.as_deref(), block);
                    }
                }
            }
        }
    }

    #[test]
    fn slabs_are_one_run() {
        let part = Part::new(&[0..10, 0..4], &[5, 4], &[5, 0], 2, None).unwrap();
        assert_eq!(part.whole(40), Some(40..80));
        let part = Part::new(&[6..7, 0..4], &[5, 4], &[5, 0], 2, None).unwrap();
        assert_eq!((part.span(), part.run, part.runs), (8..16, 8, 1));
    }
}
