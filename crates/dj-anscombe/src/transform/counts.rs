//! The counts behind transformed values, proved.

use super::{Anscombe, same_length, standard};
use crate::{Error, Integer, Result};

/// Values that are tried together.
const BLOCK: usize = 1024;
/// Below this, counts are so far apart that no two have one transform: their transforms differ by 2^-42 of themselves, and are
/// rounded to 2^-52.
const APART: f64 = (1_u64 << 40) as f64;

/// The counts of the standard transform, if all of them are plain; else `output` means nothing.
fn standard_counts<T: Integer>(input: &[f64], output: &mut [T]) -> bool {
    let mut right = true;
    for (value, slot) in input.iter().zip(output) {
        // The nearest count: y^2 / 4 - 3/8, rounded.
        let count = T::truncated(0.25 * value * value + 0.125);
        let back = count.to_f64();
        right &= back < APART && standard(back).to_bits() == value.to_bits();
        *slot = count;
    }
    right
}

/// The same error, of a value so many further on.
fn moved(error: Error, by: usize) -> Error {
    match error {
        Error::NotACount { index, value, why } => Error::NotACount {
            index: index + by,
            value,
            why,
        },
        other => other,
    }
}

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
        for (block, (input, output)) in input.chunks(BLOCK).zip(output.chunks_mut(BLOCK)).enumerate() {
            if self.is_standard() && standard_counts(input, output) {
                continue;
            }
            let is = |count: T, value: f64| self.forward(count.to_f64()).to_bits() == value.to_bits();
            self.counts(input.iter().copied(), output, is)
                .map_err(|error| moved(error, block * BLOCK))?;
        }
        Ok(())
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
            let has = |candidate| T::narrow(candidate).filter(|count| is(*count, value));
            // The formula may be off by one.
            let found = [guess, guess - 1, guess + 1]
                .into_iter()
                .find_map(|candidate| Some((candidate, has(candidate)?)));
            let (place, count) = found.ok_or_else(|| wrong("no integer of the type transforms to it"))?;
            // Transforms grow with counts: those of one transform are next to each other.
            if has(place - 1).is_some() || has(place + 1).is_some() {
                return Err(wrong("two counts have it, too large for floats to tell apart"));
            }
            *slot = count;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_the_block_the_counts_and_the_index_are_right() {
        let counts: Vec<u32> = (0..5000).map(|at| at * 7919 % 1_000_003).collect();
        let mut values = vec![0.0; counts.len()];
        Anscombe::STANDARD.forward_into(&counts, &mut values).unwrap();
        let mut back = vec![0_u32; counts.len()];
        Anscombe::STANDARD.counts_exact(&values, &mut back).unwrap();
        assert_eq!(back, counts);
        for at in [0, 1023, 1024, 3333] {
            let mut wrong = values.clone();
            wrong[at] = wrong[at].next_up();
            let error = Anscombe::STANDARD.counts_exact(&wrong, &mut back).unwrap_err();
            assert!(
                matches!(error, Error::NotACount { index, .. } if index == at),
                "{error}"
            );
        }
        // Large counts are proved one by one.
        let large = [1_u64 << 45, 3, (1 << 50) - 1];
        let mut values = [0.0; 3];
        Anscombe::STANDARD.forward_into(&large, &mut values).unwrap();
        let mut back = [0_u64; 3];
        Anscombe::STANDARD.counts_exact(&values, &mut back).unwrap();
        assert_eq!(back, large);
    }

    #[test]
    fn a_count_that_shares_its_transform_is_refused_at_the_end_of_its_type_too() {
        // The formula gives 2^64 for the largest, which is no u64; the count below it has the same transform.
        for largest in [u64::MAX, u64::MAX - 1, i64::MAX as u64, 1 << 60, (1 << 60) + 1] {
            let mut value = [0.0];
            Anscombe::STANDARD.forward_into(&[largest], &mut value).unwrap();
            let error = Anscombe::STANDARD.counts_exact(&value, &mut [0_u64]).unwrap_err();
            assert!(error.to_string().contains("two counts"), "{largest}: {error}");
        }
        let mut value = [0.0];
        Anscombe::STANDARD.forward_into(&[i64::MAX], &mut value).unwrap();
        assert!(Anscombe::STANDARD.counts_exact(&value, &mut [0_i64]).is_err());
    }
}
