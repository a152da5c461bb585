//! The exact unbiased inverse against the expected value by brute force, and against simulated light.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test asserts by panicking"
)]

#[path = "samples/random.rs"]
mod random;

use std::sync::LazyLock;

use dj_anscombe::{Anscombe, Error, UnbiasedInverse};
use proptest::prelude::*;
use random::Random;

/// `E{f | count}`: `forward` itself over the read noise, by the double exponential rule from the root's zero on.
fn over_noise(transform: Anscombe, count: f64) -> f64 {
    let (gain, offset) = (transform.gain(), transform.offset());
    let deviation = transform.variance().sqrt();
    let mean = gain * count + offset;
    if deviation == 0.0 {
        return transform.forward(mean);
    }
    let zero = offset - 0.375 * gain - transform.variance() / gain;
    let low = ((zero - mean) / deviation).max(-12.0);
    let (half, middle) = ((12.0 - low) / 2.0, (12.0 + low) / 2.0);
    let step = 0.04;
    let (mut sum, mut all) = (0.0, 0.0);
    for at in -100..=100 {
        let s = f64::from(at) * step;
        let turn = std::f64::consts::FRAC_PI_2 * s.sinh();
        let t = middle + half * turn.tanh();
        let weight =
            half * std::f64::consts::FRAC_PI_2 * s.cosh() / turn.cosh().powi(2) * step * (-0.5 * t * t).exp();
        sum += weight * transform.forward(mean + deviation * t);
        all += weight;
    }
    // Nothing is cut off above 12 deviations; below the zero there is nothing, but it counts.
    if low > -12.0 {
        sum / std::f64::consts::TAU.sqrt()
    } else {
        sum / all
    }
}

/// `E{f | photons}`: probabilities from the likeliest count outwards.
fn expected(transform: Anscombe, photons: f64) -> f64 {
    let mode = photons.floor();
    let reach = (12.0 * photons.sqrt() + 60.0) as i64;
    let (mut sum, mut all) = (0.0, 0.0);
    let mut probability = 1.0;
    for away in 0..reach {
        let count = mode + away as f64;
        sum += probability * over_noise(transform, count);
        all += probability;
        probability *= photons / (count + 1.0);
    }
    if photons > 0.0 {
        probability = 1.0;
        let mut count = mode;
        while count > 0.0 && mode - count < reach as f64 {
            probability *= count / photons;
            count -= 1.0;
            sum += probability * over_noise(transform, count);
            all += probability;
        }
    }
    sum / all
}

fn sensors() -> Vec<Anscombe> {
    [
        (1.0, 0.0, 0.0),
        (2.5, 100.0, 9.0),
        (12.5, -40.0, 3.0),
        (0.01, 1.0, 1e-5),
        (1.0, 0.0, 0.375),
        (3.0, 0.0, 2100.0),
        (1.0, 0.0, 255.5),
        (1.0, 10.0, 256.5),
        (1.0, 10.0, 1e4),
        (2.0, 0.0, 1e-12),
        (1e-150, 0.0, 0.0),
    ]
    .map(|(gain, offset, variance)| Anscombe::new(gain, offset, variance).unwrap())
    .to_vec()
}

#[test]
fn the_mean_comes_back() {
    let mut means = vec![0.0, 1e-9, 1e-6, 1e-4];
    means.extend((1..=60).map(|step| (f64::from(step) / 30.0).powi(3)));
    means.extend([
        10.0, 16.9, 17.3, 40.0, 77.0, 150.0, 240.0, 255.0, 255.62, 255.7, 256.0, 257.5,
    ]);
    means.extend([300.0, 500.0, 1000.0, 3333.3, 2e4]);
    let mut worst = (0.0, 0.0);
    for transform in sensors() {
        let exact = UnbiasedInverse::new(transform).unwrap();
        assert_eq!(exact.transform(), transform);
        let mut means = means.clone();
        if transform.variance() == 0.0 {
            means.extend([1e5, 1e6]);
        }
        for photons in means {
            let y = expected(transform, photons);
            let found = (exact.inverse(y) - transform.offset()) / transform.gain();
            let error = (found - photons).abs();
            assert!(
                error <= 1e-9 + 1e-12 * photons,
                "{transform:?}: {found} for {photons}"
            );
            if photons < 256.0 {
                worst.0 = f64::max(worst.0, error);
            } else {
                worst.1 = f64::max(worst.1, error / photons);
            }
        }
    }
    println!(
        "largest error: {:e} photons, {:e} of larger means",
        worst.0, worst.1
    );
}

#[test]
fn a_million_photons_with_read_noise_come_back() {
    let transform = Anscombe::new(2.5, 100.0, 400.0).unwrap();
    let exact = UnbiasedInverse::new(transform).unwrap();
    let found = (exact.inverse(expected(transform, 1e6)) - 100.0) / 2.5;
    assert!((found - 1e6).abs() < 1e-6, "{found}");
}

#[test]
fn simulated_light_comes_back() {
    let mut random = Random(11);
    for transform in [Anscombe::STANDARD, Anscombe::new(2.5, 100.0, 9.0).unwrap()] {
        let exact = UnbiasedInverse::new(transform).unwrap();
        for photons in [0.2, 1.0, 5.0, 17.0, 60.0] {
            let frames = 200_000;
            let mut sum = 0.0;
            for _ in 0..frames {
                let sample = transform.gain() * f64::from(random.poisson(photons))
                    + transform.offset()
                    + transform.variance().sqrt() * random.normal();
                sum += transform.forward(sample);
            }
            let found = (exact.inverse(sum / f64::from(frames)) - transform.offset()) / transform.gain();
            // Four standard errors of an average, read noise included.
            let most = 4.0 * ((photons + 2.0) / f64::from(frames)).sqrt();
            assert!(
                (found - photons).abs() < most,
                "{transform:?}: {found} for {photons}"
            );
            assert!(
                (transform.inverse_algebraic(sum / f64::from(frames))
                    - exact.inverse(sum / f64::from(frames)))
                .abs()
                    > 0.05
            );
        }
    }
}

#[test]
fn less_than_no_light_is_no_light() {
    for transform in sensors() {
        let exact = UnbiasedInverse::new(transform).unwrap();
        let least = expected(transform, 0.0);
        for y in [f64::NEG_INFINITY, -1.0, 0.0, 0.5 * least, least * (1.0 - 1e-12)] {
            assert_eq!(exact.inverse(y), transform.offset());
        }
        assert!(exact.inverse(f64::NAN).is_nan());
        assert!(exact.inverse_f32(f32::NAN).is_nan());
        assert_eq!(exact.inverse(f64::INFINITY), f64::INFINITY);
    }
}

#[test]
fn extremes_work_or_are_refused() {
    let new = |gain, variance| UnbiasedInverse::new(Anscombe::new(gain, 7.0, variance).unwrap());
    for (gain, variance) in [
        (1.0, 1.1e12),
        (1e-300, 1.0),
        (1e-6, 1e3),
        (1.0, f64::MAX),
        (5e-324, 1.0),
    ] {
        match new(gain, variance) {
            Err(Error::Parameter {
                name: "variance",
                value,
                why,
            }) => {
                assert_eq!(value, variance);
                assert!(why.contains("a million photons"));
            }
            other => panic!("{gain} {variance}: {other:?}"),
        }
    }
    // A million photons of read noise: as far as doubles tell photons.
    let exact = new(1.0, 1e12).unwrap();
    let y = 2.0 * (1e12_f64 + 5e6 + 0.375).sqrt();
    assert!((exact.inverse(y) - 7.0 - 5e6).abs() < 1.0, "{}", exact.inverse(y));
    for (gain, variance) in [(1e300, 0.0), (5e-324, 0.0), (1e300, f64::MAX), (1e-160, 1e-320)] {
        let exact = new(gain, variance).unwrap();
        assert_eq!(exact.inverse(0.0), 7.0);
        assert!(exact.inverse(30.0) >= 7.0);
    }
}

#[test]
fn slices_give_what_single_values_give() {
    let exact = UnbiasedInverse::new(Anscombe::new(2.5, 100.0, 9.0).unwrap()).unwrap();
    let values: Vec<f64> = (0..5000).map(|at| f64::from(at) * 0.01).collect();
    let narrow: Vec<f32> = values.iter().map(|y| *y as f32).collect();
    let (mut wide_out, mut narrow_out) = (vec![0.0; 5000], vec![0.0; 5000]);
    exact.inverse_into(&values, &mut wide_out).unwrap();
    exact.inverse_f32_into(&narrow, &mut narrow_out).unwrap();
    for at in 0..5000 {
        assert_eq!(wide_out[at], exact.inverse(values[at]));
        assert_eq!(narrow_out[at], exact.inverse(f64::from(narrow[at])) as f32);
    }
    let wrong = Err(Error::Length { input: 1, output: 2 });
    assert_eq!(exact.inverse_into(&[1.0], &mut [0.0; 2]), wrong);
    assert_eq!(exact.inverse_f32_into(&[1.0], &mut [0.0; 2]), wrong);
}

static INVERSES: LazyLock<Vec<UnbiasedInverse>> = LazyLock::new(|| {
    sensors()
        .into_iter()
        .map(|sensor| UnbiasedInverse::new(sensor).unwrap())
        .collect()
});

proptest! {
    /// Over the whole range, and where the table ends.
    #[test]
    fn more_is_never_less(which in 0..11_usize, y in prop_oneof![0.0..40.0_f64, 31.9..32.2_f64, 0.0..1e5_f64], more in prop_oneof![0.0..1e-6_f64, 0.0..1.0_f64]) {
        let exact = &INVERSES[which];
        let (one, other) = (exact.inverse(y), exact.inverse(y + more));
        // But for the rounding of the largest number in it, the read noise or the offset.
        let rounding = 1e-12 * (one.abs() + exact.transform().offset().abs())
            + 1e-15 * exact.transform().variance() / exact.transform().gain();
        prop_assert!(other >= one - rounding, "{} {}", one, other);
        prop_assert!(one >= exact.transform().offset());
    }
}
