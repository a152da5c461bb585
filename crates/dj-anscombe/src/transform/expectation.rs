//! The expected value of transformed photons, to rounding: what the unbiased inverse inverts.

/// From here on of `photons + 3/8 + noise`, [`series`] is as good as the sum.
const LARGE: f64 = 256.0;

/// `E{f | photons}` of the generalised transform for one read noise, by summing over the Poisson variable. The unit is the
/// photon; `noise` is a variance, squared photons, everywhere here.
pub(super) struct Expectation {
    terms: Vec<Term>,
}

/// What a count contributes.
struct Term {
    /// The expected value over the read noise.
    value: f64,
    /// That of the next count, less this.
    difference: f64,
    /// One over the next count.
    reciprocal: f64,
}

impl Expectation {
    pub(super) fn new(noise: f64) -> Self {
        let mut next = over_noise(0.0, noise);
        let terms = (1..=last_count(LARGE)).map(|count| {
            let value = next;
            next = over_noise(count as f64, noise);
            Term {
                value,
                difference: next - value,
                reciprocal: 1.0 / count as f64,
            }
        });
        Self {
            terms: terms.collect(),
        }
    }

    /// The mean from which on [`series`] serves; 0 or less if it does everywhere.
    pub(super) fn large(noise: f64) -> f64 {
        LARGE - 0.375 - noise
    }

    /// The expected value for a mean of up to a little more than [`LARGE`], and its derivative by the mean.
    pub(super) fn sum(&self, photons: f64) -> (f64, f64) {
        let mut probability = (-photons).exp();
        let (mut all, mut value, mut slope) = (0.0, 0.0, 0.0);
        for term in self.terms.iter().take(last_count(photons)) {
            all += probability;
            value += probability * term.value;
            slope += probability * term.difference;
            probability *= photons * term.reciprocal;
        }
        (value / all, slope / all)
    }

    /// The mean with the expected value `y`, and its derivative by `y`, starting from a guess. For means that
    /// [`sum`](Self::sum) takes.
    pub(super) fn solve(&self, y: f64, guess: f64) -> (f64, f64) {
        // Newton's steps square the error; four are enough from any neighbour in the table.
        let (mut photons, mut slope) = (guess, 0.0);
        for _ in 0..8 {
            let (value, derivative) = self.sum(photons);
            slope = 1.0 / derivative;
            let step = (y - value) * slope;
            photons = (photons + step).max(0.0);
            if step.abs() < 1e-8 {
                break;
            }
        }
        (photons, slope)
    }
}

/// Counts above have no weight in a double, ten standard deviations and more from the mean.
fn last_count(photons: f64) -> usize {
    (photons + 10.0 * photons.sqrt() + 40.0) as usize
}

/// The expected value of `2 sqrt(max(0, count + 3/8 + noise + n))`, `n` normal with the variance `noise`: by the trapezoidal
/// rule, whose error falls exponentially for such integrands.
fn over_noise(count: f64, noise: f64) -> f64 {
    let shift = count + 0.375 + noise;
    let deviation = noise.sqrt();
    // The zero of the root, in standard deviations below the mean.
    let zero = shift / deviation;
    let mut sum = 0.0;
    if zero < 9.0 {
        // With `zero + t = u^2` the root's kink is gone, and what is under the integral is even in `u`.
        const STEP: f64 = 1.0 / 16.0;
        for at in 1..=72 {
            let u = f64::from(at) * STEP;
            sum += 2.0 * u * u * normal(u * u - zero) * STEP;
        }
        2.0 * deviation.sqrt() * sum
    } else {
        const STEP: f64 = 0.5;
        let mut all = 0.0;
        for at in -18..=18 {
            let t = f64::from(at) * STEP;
            all += normal(t);
            sum += normal(t) * (shift + deviation * t).max(0.0).sqrt();
        }
        2.0 * sum / all
    }
}

/// The density of the normal distribution.
fn normal(t: f64) -> f64 {
    const ONE_OVER_SQRT_2_PI: f64 = 0.398_942_280_401_432_7;
    ONE_OVER_SQRT_2_PI * (-0.5 * t * t).exp()
}

/// The expected value where `m = photons + 3/8 + noise` is large: the root's Taylor series about `m` to the twelfth order, with
/// the exact central moments of Poisson variable and noise. What is left out falls with the seventh power of `m`.
pub(super) fn series(photons: f64, noise: f64) -> f64 {
    const ORDER: usize = 12;
    let m = photons + 0.375 + noise;
    // Moments from cumulants. The Poisson variable's are all its mean; the normal one has the second only.
    let mut moments = vec![1.0, 0.0];
    for n in 2..=ORDER {
        let (mut moment, mut binomial) = (0.0, 1.0);
        for (j, lower) in moments.iter().enumerate() {
            let cumulant = match n - j {
                1 => 0.0,
                2 => photons + noise,
                _ => photons,
            };
            moment += binomial * lower * cumulant;
            binomial *= (n - 1 - j) as f64 / (j + 1) as f64;
        }
        moments.push(moment);
    }
    let (mut sum, mut factor) = (0.0, 1.0);
    for (n, moment) in moments.iter().enumerate() {
        sum += factor * moment;
        // The next binomial coefficient of 1/2, over the next power of m.
        factor *= (0.5 - n as f64) / ((n + 1) as f64 * m);
    }
    2.0 * m.sqrt() * sum
}

/// The mean for which [`series`] gives `y`.
pub(super) fn solve_series(y: f64, noise: f64) -> f64 {
    let mut photons = (0.25 * y * y - 0.125 - noise).max(0.0);
    // The derivative is one over this root but for a part in `m`, so that each step divides the error by 200 and more.
    for _ in 0..8 {
        let step = (y - series(photons, noise)) * (photons + 0.375 + noise).sqrt();
        photons = (photons + step).max(0.0);
    }
    photons
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sum_and_series_meet() {
        for noise in [0.0, 1e-6, 0.04, 0.3, 1.0, 9.0, 50.0, 100.0, 200.0, 255.0] {
            let (sum, slope) = Expectation::new(noise).sum(Expectation::large(noise));
            let series = series(Expectation::large(noise), noise);
            assert!((sum - series).abs() < 1e-11, "{noise}: {sum} {series}");
            assert!((slope * LARGE.sqrt() - 1.0).abs() < 0.01, "{noise}: {slope}");
        }
    }

    #[test]
    fn both_rules_over_the_noise_agree() {
        // On either side of nine standard deviations.
        let (noise, deviation) = (1.0_f64, 1.0_f64);
        let at = 9.0 * deviation - 0.375 - noise;
        let (below, above) = (over_noise(at - 1e-9, noise), over_noise(at + 1e-9, noise));
        assert!(
            (above - below - 2e-9 / (at + 1.375).sqrt()).abs() < 1e-11,
            "{below} {above}"
        );
    }
}
