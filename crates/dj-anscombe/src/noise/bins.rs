//! Sums of intensity and variance by intensity, for groups of pixels.

/// Groups of pixels, each left out once for the confidence interval.
pub(super) const GROUPS: usize = 32;
/// Bins at most; beyond, two become one.
const MOST: usize = 8192;
/// Keys stay within what can be shifted and subtracted.
const FARTHEST: f64 = (1_i64 << 52) as f64;
/// Merged bins are about so many, and have so many samples at least.
const MERGED: f64 = 200.0;
const MERGED_SAMPLES: f64 = 200.0;

/// Sums over the samples in a bin.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bin {
    /// How many.
    pub(super) n: f64,
    /// The sum of their intensities.
    pub(super) x: f64,
    /// The sum of the variances.
    pub(super) y: f64,
}

impl Bin {
    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            n: self.n + other.n,
            x: self.x + other.x,
            y: self.y + other.y,
        }
    }
}

/// The sum over all groups.
pub(super) fn total(groups: &[Bin; GROUPS]) -> Bin {
    groups.iter().fold(Bin::default(), |sum, bin| sum.plus(*bin))
}

/// Bins of equal width along intensity, for each group. They grow to both sides as samples come, and get wider when they are too
/// many.
#[derive(Clone, Debug)]
pub(super) struct Bins {
    groups: Vec<Vec<Bin>>,
    /// The first bin's key, in units of the present width.
    base: i64,
    /// The bins of one key each, or of 2, 4, 8 ... keys.
    shift: u32,
    /// The keys of the pixels that are added, kept for their memory.
    keys: Vec<i64>,
}

impl Bins {
    pub(super) fn new() -> Self {
        Self {
            groups: vec![Vec::new(); GROUPS],
            base: 0,
            shift: 0,
            keys: Vec::new(),
        }
    }

    /// Adds the pixels of frames: into the bin of the sum of `key_a` and `key_b`, the mean of `a` and `b` and half the square of
    /// their difference.
    pub(super) fn add(&mut self, key_a: &[f64], key_b: &[f64], a: &[f64], b: &[f64], scale: f64, run: usize) {
        let mut keys = std::mem::take(&mut self.keys);
        keys.clear();
        // Halves are rounded up, as by the package.
        keys.extend(
            key_a
                .iter()
                .zip(key_b)
                .map(|(one, other)| floor((one + other) * scale + 0.5)),
        );
        let (low, high) = keys.iter().fold((i64::MAX, i64::MIN), |(low, high), key| {
            (low.min(*key), high.max(*key))
        });
        if low <= high {
            self.make_room(low, high);
            let (base, shift) = (self.base, self.shift);
            let runs = keys.chunks(run).zip(a.chunks(run).zip(b.chunks(run)));
            for (number, (keys, (run_a, run_b))) in runs.enumerate() {
                let Some(bins) = self.groups.get_mut(group_of(number)) else {
                    continue;
                };
                for (key, (a, b)) in keys.iter().zip(run_a.iter().zip(run_b)) {
                    // What is below the base would be far beyond the last bin.
                    if let Some(bin) = bins.get_mut(((key >> shift) - base) as usize) {
                        let difference = a - b;
                        bin.n += 1.0;
                        bin.x += 0.5 * (a + b);
                        bin.y += 0.5 * difference * difference;
                    }
                }
            }
        }
        self.keys = keys;
    }

    /// Makes bins for keys from `low` to `high`.
    fn make_room(&mut self, low: i64, high: i64) {
        let len = self.groups.first().map_or(0, Vec::len);
        if len == 0 {
            self.base = low >> self.shift;
        }
        loop {
            let first = self.base.min(low >> self.shift);
            let last = (self.base + self.len() as i64 - 1).max(high >> self.shift);
            let wanted = usize::try_from(last - first + 1).unwrap_or(usize::MAX);
            if wanted <= MOST {
                let before = usize::try_from(self.base - first).unwrap_or_default();
                for bins in &mut self.groups {
                    bins.splice(0..0, std::iter::repeat_n(Bin::default(), before));
                    bins.resize(wanted, Bin::default());
                }
                self.base = first;
                return;
            }
            self.widen();
        }
    }

    fn len(&self) -> usize {
        self.groups.first().map_or(0, Vec::len)
    }

    /// Makes one bin of two.
    fn widen(&mut self) {
        let odd = self.base.rem_euclid(2) == 1;
        for bins in &mut self.groups {
            let lead = odd.then(Bin::default);
            let all: Vec<Bin> = lead.into_iter().chain(bins.drain(..)).collect();
            bins.extend(
                all.chunks(2)
                    .map(|two| two.iter().fold(Bin::default(), |sum, bin| sum.plus(*bin))),
            );
        }
        self.base >>= 1;
        self.shift += 1;
    }

    /// The bins in order, the groups of each.
    fn columns(&self) -> impl Iterator<Item = [Bin; GROUPS]> + '_ {
        (0..self.len()).map(|at| {
            let mut column = [Bin::default(); GROUPS];
            for (slot, bins) in column.iter_mut().zip(&self.groups) {
                *slot = bins.get(at).copied().unwrap_or_default();
            }
            column
        })
    }

    /// How many samples were added.
    pub(super) fn samples(&self) -> u64 {
        self.groups.iter().flatten().map(|bin| bin.n).sum::<f64>() as u64
    }

    /// Whether no difference was ever other than 0.
    pub(super) fn is_still(&self) -> bool {
        self.groups.iter().flatten().all(|bin| bin.y == 0.0)
    }

    /// Neighbouring bins put together until each has enough samples.
    pub(super) fn merged(&self) -> Vec<[Bin; GROUPS]> {
        let enough = MERGED_SAMPLES.max(self.samples() as f64 / MERGED);
        let mut merged: Vec<[Bin; GROUPS]> = Vec::new();
        let mut open = [Bin::default(); GROUPS];
        for column in self.columns() {
            open = sum(&open, &column);
            if total(&open).n >= enough {
                merged.push(open);
                open = [Bin::default(); GROUPS];
            }
        }
        if let Some(last) = merged.last_mut() {
            *last = sum(last, &open);
        }
        merged
    }

    /// The bins that the Python package takes: the longest run of bins with more than a hundredth of the mean number of samples
    /// each, without the lowest three hundredths of its range.
    pub(super) fn package_run(&self) -> Vec<[Bin; GROUPS]> {
        let columns: Vec<_> = self.columns().collect();
        let least = 0.01 * self.samples() as f64 / columns.len().max(1) as f64;
        let mut longest = 0..0;
        let mut start = 0;
        for (at, column) in columns.iter().enumerate() {
            if total(column).n <= least {
                start = at + 1;
            } else if at + 1 - start > longest.len() {
                longest = start..at + 1;
            }
        }
        let first = self.base + longest.start as i64;
        let end = self.base + longest.end as i64;
        let cut = if first >= 0 {
            first.max(end * 3 / 100)
        } else {
            first + (end - first) * 3 / 100
        };
        let skipped = usize::try_from(cut - first).unwrap_or_default();
        columns
            .get(longest)
            .unwrap_or(&[])
            .iter()
            .skip(skipped)
            .copied()
            .collect()
    }
}

fn sum(one: &[Bin; GROUPS], other: &[Bin; GROUPS]) -> [Bin; GROUPS] {
    let mut sum = *one;
    for (slot, bin) in sum.iter_mut().zip(other) {
        *slot = slot.plus(*bin);
    }
    sum
}

/// Spreads runs of pixels over the groups, in no pattern that a frame's width could share.
fn group_of(run: usize) -> usize {
    (hash(run) >> 59) as usize
}

/// Whether a run is one of those that are looked at, a part of all.
pub(super) fn is_sampled(run: usize, part: usize) -> bool {
    hash(run).is_multiple_of(part.max(1) as u64)
}

fn hash(run: usize) -> u64 {
    let mixed = (run as u64).wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9)
}

/// The next lower integer, within what can be shifted and subtracted. (`f64::floor` is a call on older processors.)
fn floor(value: f64) -> i64 {
    let whole = value.clamp(-FARTHEST, FARTHEST) as i64;
    whole - i64::from(whole as f64 > value)
}
