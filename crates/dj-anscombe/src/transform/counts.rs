//! The counts behind transformed values, proved.

use super::{Anscombe, same_length};
use crate::{Error, Integer, Result};

impl Anscombe {
    /// The counts that `input` was computed from in float64, each proved: transformed again it has the same bits, and neither
    /// neighbour has them.
    ///
    /// ```
    /// use dj_anscombe::Anscombe;
    ///
    /// let mut stored = [0.0; 3];
    /// Anscombe::STANDARD.forward_into(&[0_u16, 7, 65535], &mut stored)?;
    /// let mut counts = [0_u16; 3];
    /// Anscombe::STANDARD.counts_exact(&stored, &mut counts)?;
    /// assert_eq!(counts, [0, 7, 65535]);
    /// # Ok::<(), dj_anscombe::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::NotACount`] names the first value that no count of type `T` has (the data were not integers, or not of this
    /// transform), or that two have (counts from about 2^51 on). What was written into `output` means nothing then.
    /// [`Error::Length`] if `output` is not as long as `input`.
    pub fn counts_exact<T: Integer>(self, input: &[f64], output: &mut [T]) -> Result<()> {
        same_length(input.len(), output.len())?;
        self.counts(input.iter().copied(), output, |count, value| {
            self.forward(count.to_f64()).to_bits() == value.to_bits()
        })
    }

    /// [`counts_exact`](Self::counts_exact) for values computed in float32 from float32 samples, which must be integers: counts
    /// up to about 2^21 can be told apart.
    ///
    /// # Errors
    ///
    /// As of [`counts_exact`](Self::counts_exact).
    pub fn counts_exact_f32<T: Integer>(self, input: &[f32], output: &mut [T]) -> Result<()> {
        same_length(input.len(), output.len())?;
        self.counts(
            input.iter().map(|value| f64::from(*value)),
            output,
            |count, value| self.forward_f32(count.to_f64() as f32).to_bits() == (value as f32).to_bits(),
        )
    }

    fn counts<T: Integer>(
        self,
        input: impl Iterator<Item = f64>,
        output: &mut [T],
        is: impl Fn(T, f64) -> bool,
    ) -> Result<()> {
        for (index, (value, slot)) in input.zip(output).enumerate() {
            let wrong = |why| Error::NotACount { index, value, why };
            let guess = self.inverse_algebraic(value).round();
            // `as` saturates, and so a value beyond `T` is one that its transform does not match.
            if !guess.is_finite() {
                return Err(wrong("it is not finite"));
            }
            let guess = guess as i128;
            let mut found = None;
            for candidate in [guess, guess - 1, guess + 1] {
                let Some(count) = T::narrow(candidate).filter(|count| is(*count, value)) else {
                    continue;
                };
                if found.replace(count).is_some() {
                    return Err(wrong("two counts have it, too large for floats to tell apart"));
                }
            }
            *slot = found.ok_or_else(|| wrong("no integer of the type transforms to it"))?;
        }
        Ok(())
    }
}
