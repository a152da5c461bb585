//! The noise model of a movie: conversion gain and zero level, from the movie alone.

mod bins;
mod fit;
mod saturation;

use std::collections::VecDeque;

use bins::{Bins, GROUPS};
use fit::{Estimate, Fit};
use saturation::Saturation;

use crate::{Anscombe, Error, Result, Sample};

/// Pixels that follow each other are put into one group by as many at most.
const RUN: usize = 64;
/// Of larger frames so many pixels are looked at, in runs that are spread over them.
const SAMPLED: usize = 1 << 16;
/// Levels from which on the Python package's own regression is possible: it wants more than 100.
const PACKAGE_LEVELS: usize = 100;

/// How a [`NoiseModel`] was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Method {
    /// By pairs of frames: the squared difference of two frames over the mean of the same two, as the Python package does. Where
    /// [`Method::Quads`] is possible too, this result is not other than its by more than 2 % of the gain, nor with 99 % confidence.
    Pairs,
    /// By four frames in turn: the squared difference of the inner two over their mean, for pixels that were alike in the outer two.
    /// Unbiased with read noise, which pairs are not.
    Quads,
}

/// The noise of a movie: the variance of a sample in time is `conversion_gain * (mean - zero_level)`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NoiseModel {
    /// Sample units a photon.
    pub conversion_gain: f64,
    /// The sample at which the line has no variance: the dark level less the read noise's variance over the gain.
    pub zero_level: f64,
    /// Holds the true gain with 95 % confidence.
    pub gain_interval: (f64, f64),
    /// Holds the true zero level with 95 % confidence.
    pub zero_interval: (f64, f64),
    /// How it was found.
    pub method: Method,
    /// Frames that were looked at.
    pub frames: u64,
    /// Pairs or quads of samples that were looked at.
    pub samples: u64,
}

impl NoiseModel {
    /// The transform that stabilises this noise.
    ///
    /// # Errors
    ///
    /// [`Error::Parameter`] if the model's numbers were changed into ones without meaning.
    pub fn anscombe(&self) -> Result<Anscombe> {
        Anscombe::new(self.conversion_gain, self.zero_level, 0.0)
    }
}

/// Estimates the noise model of a movie, of which every frame has `frame_len` samples: [`NoiseEstimator`] for one that is in
/// memory.
///
/// ```
/// use dj_anscombe::estimate;
///
/// // 40 frames of 32 x 32 pixels, brighter to the right: binomial counts, which are like those of photons here.
/// let mut state = 7_u64;
/// let mut random = move || {
///     state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
///     state >> 33
/// };
/// let mut movie = Vec::new();
/// for pixel in 0..40 * 32 * 32 {
///     let chances = 200 + 60 * (pixel % 32);
///     movie.push(100 + (0..chances).filter(|_| random() % 64 == 0).count() as u16);
/// }
/// let model = estimate(&movie, 32 * 32)?;
/// assert!((model.conversion_gain - 63.0 / 64.0).abs() < 0.05);
/// assert!((model.zero_level - 100.0).abs() < 1.0);
/// # Ok::<(), dj_anscombe::Error>(())
/// ```
///
/// # Errors
///
/// [`Error::Movie`], as of [`NoiseEstimator`].
pub fn estimate<T: Sample>(movie: &[T], frame_len: usize) -> Result<NoiseModel> {
    if frame_len == 0 || !movie.len().is_multiple_of(frame_len) {
        let why = format!(
            "its {} samples are not a whole number of frames of {frame_len}",
            movie.len()
        );
        return Err(Error::Movie { why });
    }
    let mut estimator = NoiseEstimator::new();
    for frame in movie.chunks_exact(frame_len) {
        estimator.push_frame(frame)?;
    }
    estimator.finish()
}

/// Estimates the noise model of a movie that comes frame by frame. Memory: at most 40 MB, however large frames are.
///
/// # How
///
/// Light and noise are told apart by time: the difference `d` of a pixel's samples in two frames is noise, if the scene did not
/// change much, and `d^2 / 2` has the variance of one sample as its mean. That variance is regressed on intensity, robustly
/// (Huber's loss, each intensity weighted by how well its variance is known), twice:
///
/// - *Quads*: of frames `p a b q`, pixels are put into bins by `p + q`; in each bin the mean of `(a - b)^2 / 2` stands against the
///   mean of `(a + b) / 2`. As the noise of `p` and `q` has nothing to do with that of `a` and `b`, both are unbiased. This gives
///   the confidence interval. It needs pixels of different brightness.
/// - *Pairs*: pixels are put into bins by `a + b` itself, as the Python package does. This needs no different pixels, but it is biased
///   by read noise. It gives the model where its gain is within 2 % of the quads', and they do not tell it from theirs with 99 %
///   confidence, which makes the models comparable with the package's; the interval is that of the quads, widened to hold it. It also gives the model where quads tell
///   nothing because the scene is uniform; the interval is then its own.
///
/// Of frames of more than 65536 pixels about so many are looked at, always the same, spread over the frame; saturation, and
/// numbers that are none, are looked for in all. Samples are taken as they are: negative ones stay, and one level or a hundred thousand do not matter. The confidence interval
/// is a delete-one-group jackknife over 32 groups of pixels (Student's t, 31 degrees of freedom). All samples of a pixel are
/// in one group, so that it holds whatever the correlation in time; the noise of different pixels is taken as independent.
///
/// # What is refused
///
/// Movies with fewer than 4 frames or frames of different sizes, samples that are not finite, saturated movies (whose
/// largest sample is too frequent), movies without change in time, and those whose variance does not grow with intensity, or not
/// clearly enough: where half the interval's width is more than half the gain.
#[derive(Clone, Debug)]
pub struct NoiseEstimator {
    recent: VecDeque<Vec<f64>>,
    frame_len: usize,
    saturation: Saturation,
    axis: Option<Axis>,
    pairs: Bins,
    quads: Bins,
    frames: u64,
}

/// From samples to bins.
#[derive(Clone, Copy, Debug)]
struct Axis {
    /// Bins a sample unit.
    scale: f64,
    /// Pixels that follow each other in one group.
    run: usize,
}

impl Default for NoiseEstimator {
    fn default() -> Self {
        Self::new()
    }
}

impl NoiseEstimator {
    /// An estimator that has seen nothing.
    pub fn new() -> Self {
        Self {
            recent: VecDeque::with_capacity(4),
            frame_len: 0,
            saturation: Saturation::default(),
            axis: None,
            pairs: Bins::new(),
            quads: Bins::new(),
            frames: 0,
        }
    }

    /// Takes the next frame, its samples in the same order as before.
    ///
    /// # Errors
    ///
    /// [`Error::Movie`] for an empty frame, one of another size than those before, or a sample that is not finite; names the frame
    /// and the sample. The frame is then not counted.
    pub fn push_frame<T: Sample>(&mut self, frame: &[T]) -> Result<()> {
        let number = self.frames;
        if frame.is_empty() {
            return Err(Error::Movie {
                why: format!("frame {number} has no samples"),
            });
        }
        if self.frame_len != 0 && self.frame_len != frame.len() {
            let why = format!(
                "frame {number} has {} samples, those before have {}",
                frame.len(),
                self.frame_len
            );
            return Err(Error::Movie { why });
        }
        if let Some(at) = frame
            .iter()
            .position(|sample| !T::DTYPE.is_integer() && !sample.to_f64().is_finite())
        {
            let found = frame.get(at).map_or(f64::NAN, |sample| sample.to_f64());
            let why = format!("sample {at} of frame {number} is {found}, not a finite number");
            return Err(Error::Movie { why });
        }
        self.frame_len = frame.len();
        // The oldest frame's memory is used again.
        let mut samples = if self.recent.len() == 4 {
            self.recent.pop_front().unwrap_or_default()
        } else {
            Vec::new()
        };
        samples.clear();
        let part = frame.len().div_ceil(SAMPLED);
        let mut block = [0.0; RUN];
        for (at, run) in frame.chunks(RUN).enumerate() {
            let block = block.get_mut(..run.len()).unwrap_or_default();
            for (slot, sample) in block.iter_mut().zip(run) {
                *slot = sample.to_f64();
            }
            self.saturation.add(block);
            if bins::is_sampled(at, part) {
                samples.extend_from_slice(block);
            }
        }
        self.saturation.look_at_end(T::DTYPE);
        let axis = *self.axis.get_or_insert_with(|| Axis::of(&samples));
        self.recent.push_back(samples);
        self.frames += 1;
        let mut latest = self.recent.iter().rev();
        let (Some(q), Some(b)) = (latest.next(), latest.next()) else {
            return Ok(());
        };
        self.pairs.add(b, q, b, q, axis.scale / 2.0, axis.run);
        if let (Some(a), Some(p)) = (latest.next(), latest.next()) {
            self.quads.add(p, q, a, b, axis.scale / 2.0, axis.run);
        }
        Ok(())
    }

    /// Frames taken so far.
    pub const fn frames(&self) -> u64 {
        self.frames
    }

    /// The noise model of the frames so far.
    ///
    /// # Errors
    ///
    /// [`Error::Movie`], with the reason, for what the type's documentation says is refused.
    pub fn finish(&self) -> Result<NoiseModel> {
        let no = |why: String| Err(Error::Movie { why });
        if self.frames < 4 {
            return no(format!(
                "it has {} frames, and 4 are the least to tell noise from light by",
                self.frames
            ));
        }
        if let Some(why) = self.saturation.reason() {
            return no(why);
        }
        if self.pairs.is_still() {
            return no("no sample changes in time: it is constant, and has no noise".to_owned());
        }
        let quads = Fit::of(&self.quads.merged()).filter(Fit::is_telling);
        let pairs = Fit::of(&self.package_bins());
        let model = |method, gain: Estimate, zero: Estimate, within: &Fit, samples| NoiseModel {
            conversion_gain: gain.value,
            zero_level: zero.value,
            gain_interval: within.gain.interval_with(gain.value),
            zero_interval: within.zero.interval_with(zero.value),
            method,
            frames: self.frames,
            samples,
        };
        match (quads, pairs) {
            (Some(quads), Some(pairs)) if quads.allows(&pairs) => Ok(model(
                Method::Pairs,
                pairs.gain,
                pairs.zero,
                &quads,
                self.pairs.samples(),
            )),
            (Some(quads), _) => Ok(model(
                Method::Quads,
                quads.gain,
                quads.zero,
                &quads,
                self.quads.samples(),
            )),
            (None, Some(pairs)) if pairs.is_telling() => Ok(model(
                Method::Pairs,
                pairs.gain,
                pairs.zero,
                &pairs,
                self.pairs.samples(),
            )),
            (None, Some(pairs)) => {
                let (low, high) = pairs.gain.interval();
                no(format!(
                    "the variance in time does not clearly grow with intensity (the gain would be {:.4}, from {low:.4} to {high:.4}): the \
                     movie is too short, too uniform, or its noise is not that of photons",
                    pairs.gain.value
                ))
            }
            (None, None) => no(format!(
                "{} pairs of samples, of the same few intensities, are too few for a line of variance over intensity",
                self.pairs.samples()
            )),
        }
    }

    /// The pairs in the bins that the package takes, or in bins of many pairs each where those are too few.
    fn package_bins(&self) -> Vec<[bins::Bin; GROUPS]> {
        let run = self.pairs.package_run();
        if run.len() > PACKAGE_LEVELS {
            run
        } else {
            self.pairs.merged()
        }
    }
}

impl Axis {
    fn of(frame: &[f64]) -> Self {
        let (low, high) = frame.iter().fold((f64::MAX, f64::MIN), |(low, high), sample| {
            (low.min(*sample), high.max(*sample))
        });
        let whole = frame.iter().all(|sample| sample.fract() == 0.0);
        let range = high - low;
        // Integers have a bin each. Others have about a thousand in the first frame's range, by a power of two.
        let scale = if whole || range <= 0.0 {
            1.0
        } else {
            (1024.0 / range).log2().round().clamp(-900.0, 900.0).exp2()
        };
        // At least 16 runs a group where there are so many pixels.
        let run = (frame.len() / (GROUPS * 16)).clamp(1, RUN);
        Self { scale, run }
    }
}
