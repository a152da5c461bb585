//! The generalised Anscombe transform.

mod counts;
mod expectation;
mod inverse;
mod unbiased;

use crate::table::look_up;
use crate::{Error, Result, Sample};

pub use unbiased::UnbiasedInverse;

/// The generalised Anscombe transform of samples `gain * p + n`, where `p` is a Poisson variable and `n` a normal one of mean
/// `offset` and the variance `variance`:
///
/// ```text
/// f(x) = (2 / gain) * sqrt(gain * x + 3/8 * gain^2 + variance - gain * offset)
/// ```
///
/// and 0 where the root's argument is negative. The variance of `f(x)` is close to 1 whatever the mean is: within 2 % for means
/// of 4 photons and more (without read noise); below, it falls to 0 with the mean.
///
/// Sources: F. J. Anscombe, *The transformation of Poisson, binomial and negative-binomial data*, Biometrika 35 (1948),
/// doi:10.1093/biomet/35.3-4.246; the general form: F. Murtagh, J.-L. Starck, A. Bijaoui, *Image restoration with noise
/// suppression using a multiresolution support*, A&AS 112 (1995).
///
/// ```
/// use dj_anscombe::Anscombe;
///
/// assert_eq!(Anscombe::STANDARD.forward(10.0), 2.0 * (10.0_f64 + 0.375).sqrt());
///
/// let camera = Anscombe::new(2.5, 100.0, 9.0)?;
/// let bright = camera.forward(1100.0);
/// assert!((camera.inverse_algebraic(bright) - 1100.0).abs() < 1e-9);
/// # Ok::<(), dj_anscombe::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Anscombe {
    gain: f64,
    offset: f64,
    variance: f64,
}

impl Anscombe {
    /// `2 * sqrt(x + 3/8)`: counts of photons as they are, gain 1, offset 0, no read noise.
    pub const STANDARD: Self = Self {
        gain: 1.0,
        offset: 0.0,
        variance: 0.0,
    };

    /// A transform for a sensor: `gain`, sample units a photon; `offset`, the sample without light; `variance`, that of the read
    /// noise, in squared sample units.
    ///
    /// # Errors
    ///
    /// [`Error::Parameter`] unless all are finite, the gain positive, and the variance not negative.
    pub fn new(gain: f64, offset: f64, variance: f64) -> Result<Self> {
        let wrong = |name, value, why| Err(Error::Parameter { name, value, why });
        if !(gain.is_finite() && gain > 0.0) {
            return wrong(
                "gain",
                gain,
                "expected a positive number, the sample units of one photon",
            );
        }
        if !offset.is_finite() {
            return wrong("offset", offset, "expected a number, the sample without light");
        }
        if !(variance.is_finite() && variance >= 0.0) {
            return wrong(
                "variance",
                variance,
                "expected the read noise's variance, 0 or more",
            );
        }
        Ok(Self {
            gain,
            offset,
            variance,
        })
    }

    /// Sample units a photon.
    pub const fn gain(self) -> f64 {
        self.gain
    }

    /// The sample without light.
    pub const fn offset(self) -> f64 {
        self.offset
    }

    /// The variance of the read noise, in squared sample units.
    pub const fn variance(self) -> f64 {
        self.variance
    }

    /// Whether this is [`STANDARD`](Self::STANDARD).
    pub fn is_standard(self) -> bool {
        self == Self::STANDARD
    }

    /// What is added to `gain * x` under the root.
    fn shift(self) -> f64 {
        self.gain * self.gain * 0.375 + self.variance - self.gain * self.offset
    }

    /// Transforms one sample. The standard transform of a count is NumPy's `2 * sqrt(x + 3/8)` in float64, bit for bit. NaN stays
    /// NaN.
    #[inline]
    pub fn forward(self, x: f64) -> f64 {
        if self.is_standard() {
            return standard(x);
        }
        2.0 / self.gain * root(self.gain * x + self.shift())
    }

    /// Transforms one sample in float32 arithmetic, as NumPy does for float32 input: the standard transform is `2 * sqrt(x + 3/8)`
    /// with every step rounded to float32. Parameters are rounded to float32 first.
    #[inline]
    pub fn forward_f32(self, x: f32) -> f32 {
        if self.is_standard() {
            return standard_f32(x);
        }
        2.0 / self.gain as f32 * root_f32(self.gain as f32 * x + self.shift() as f32)
    }

    /// Transforms samples of any type into float64. What [`forward`](Self::forward) gives of each, in one pass.
    ///
    /// # Errors
    ///
    /// [`Error::Length`] if `output` is not as long as `input`.
    pub fn forward_into<T: Sample>(self, input: &[T], output: &mut [f64]) -> Result<()> {
        same_length(input.len(), output.len())?;
        // Small integers are looked up, which takes half as long as roots.
        if let Some(table) = self.table(input) {
            look_up(&table, input, output);
        } else {
            self.compute(input.iter().map(|x| x.to_f64()), output);
        }
        Ok(())
    }

    /// The transformed values of 0, 1, 2, ... up to the largest sample or further, if there are so many samples for so few
    /// values that this pays.
    fn table<T: Sample>(self, input: &[T]) -> Option<Vec<f64>> {
        const MOST: u64 = 1 << 16;
        const TIMES: usize = 8;
        if input.len() < TIMES {
            return None;
        }
        let values = T::union(input).filter(|union| *union < MOST)? as usize + 1;
        if input.len() / TIMES < values {
            return None;
        }
        let mut table = vec![0.0; values];
        self.compute((0..values).map(|x| x as f64), &mut table);
        Some(table)
    }

    fn compute(self, input: impl Iterator<Item = f64>, output: &mut [f64]) {
        if self.is_standard() {
            for (y, x) in output.iter_mut().zip(input) {
                *y = standard(x);
            }
        } else {
            let (scale, gain, shift) = (2.0 / self.gain, self.gain, self.shift());
            for (y, x) in output.iter_mut().zip(input) {
                *y = scale * root(gain * x + shift);
            }
        }
    }

    /// Transforms float32 samples in float32 arithmetic. What [`forward_f32`](Self::forward_f32) gives of each.
    ///
    /// # Errors
    ///
    /// [`Error::Length`] if `output` is not as long as `input`.
    pub fn forward_f32_into(self, input: &[f32], output: &mut [f32]) -> Result<()> {
        same_length(input.len(), output.len())?;
        if self.is_standard() {
            for (y, x) in output.iter_mut().zip(input) {
                *y = standard_f32(*x);
            }
        } else {
            let (gain, shift) = (self.gain as f32, self.shift() as f32);
            let scale = 2.0 / gain;
            for (y, x) in output.iter_mut().zip(input) {
                *y = scale * root_f32(gain * x + shift);
            }
        }
        Ok(())
    }
}

#[inline(always)]
fn standard(x: f64) -> f64 {
    2.0 * root(x + 0.375)
}

#[inline(always)]
fn standard_f32(x: f32) -> f32 {
    2.0 * root_f32(x + 0.375)
}

/// The root, 0 of what is negative; NaN stays.
#[inline(always)]
fn root(y: f64) -> f64 {
    (if y < 0.0 { 0.0 } else { y }).sqrt()
}

#[inline(always)]
fn root_f32(y: f32) -> f32 {
    (if y < 0.0 { 0.0 } else { y }).sqrt()
}

fn same_length(input: usize, output: usize) -> Result<()> {
    if input == output {
        Ok(())
    } else {
        Err(Error::Length { input, output })
    }
}
