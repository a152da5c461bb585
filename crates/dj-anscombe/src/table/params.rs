//! What a table is made from.

use super::forward;
use crate::{DType, Error, Result};

/// The parameters of a table. [`new`](Self::new) has the Python package's defaults; the fields can be changed after.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Params {
    /// Sample units a photon.
    pub conversion_gain: f64,
    /// The sample without light.
    pub zero_level: f64,
    /// The type of the codes.
    pub encoded: DType,
    /// The type of the samples.
    pub decoded: DType,
    /// The step from one code to the next, in standard deviations of the noise. The codec's is 0.5, which its configuration
    /// does not have.
    pub beta: f64,
    /// The largest sample in the table. The codec's is 32767, which its configuration does not have.
    pub input_max: u32,
}

impl Params {
    /// The largest sample of the codec's tables.
    pub const INPUT_MAX: u32 = 0x7FFF;
    /// The codec's step, in standard deviations of the noise.
    pub const BETA: f64 = 0.5;
    /// The largest [`input_max`](Self::input_max) that a table is made for: one of more would take gigabytes.
    pub const LARGEST_INPUT_MAX: u32 = (1 << 24) - 1;

    /// Codes of `uint8` for samples of `int16`, as the package has it where nothing else is said.
    pub const fn new(conversion_gain: f64, zero_level: f64) -> Self {
        Self {
            conversion_gain,
            zero_level,
            encoded: DType::U8,
            decoded: DType::I16,
            beta: Self::BETA,
            input_max: Self::INPUT_MAX,
        }
    }

    /// The smallest of `uint8`, `uint16` and `uint32` that the highest code fits.
    pub(crate) fn smallest_encoded(&self) -> Result<DType> {
        let top = forward::levels(self)?.last().copied().unwrap_or_default();
        let fits = |dtype: &DType| dtype.holds(i128::from(top));
        Ok([DType::U8, DType::U16]
            .into_iter()
            .find(fits)
            .unwrap_or(DType::U32))
    }

    /// Whether the parameters have a meaning.
    pub(crate) fn check(&self) -> Result<()> {
        let wrong = |name, value, why| Err(Error::Parameter { name, value, why });
        if !(self.conversion_gain.is_finite() && self.conversion_gain > 0.0) {
            return wrong(
                "conversion_gain",
                self.conversion_gain,
                "expected a positive number, the sample units of one photon",
            );
        }
        if !self.zero_level.is_finite() {
            return wrong(
                "zero_level",
                self.zero_level,
                "expected a number, the sample without light",
            );
        }
        if !(self.beta.is_finite() && self.beta > 0.0) {
            return wrong(
                "beta",
                self.beta,
                "expected a positive number, the step in standard deviations of the noise",
            );
        }
        if !(1..=Self::LARGEST_INPUT_MAX).contains(&self.input_max) {
            return wrong(
                "input_max",
                f64::from(self.input_max),
                "expected 1 to 16777215, the largest sample",
            );
        }
        Ok(())
    }

    /// The standard deviation of the noise of a sample around `x`, as the code has it: that of the model's photons, whose
    /// number is taken as 3/8 higher, and as 0 below the zero level.
    pub fn noise(&self, x: f64) -> f64 {
        let photons = ((x - self.zero_level) / self.conversion_gain).max(0.0);
        self.conversion_gain * (photons + 0.375).sqrt()
    }
}
