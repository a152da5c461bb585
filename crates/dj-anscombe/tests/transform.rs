//! The transform against NumPy's bits, and its inverses against what they should be.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test asserts by panicking"
)]

#[path = "samples/random.rs"]
mod random;
#[path = "samples/written.rs"]
mod written;

use dj_anscombe::{Anscombe, Error};
use random::Random;

const STANDARD: Anscombe = Anscombe::STANDARD;

/// What `<photon@>` 1.0 stored, from NumPy: float64 for integers, float32 for float32.
#[test]
fn stored_movies_have_these_bits() {
    let cases = written::cases_of("dj-photon-codecs-0.1.0.json");
    assert_eq!(cases.len(), 10);
    for case in &cases {
        let name = written::id(case);
        let (from, samples) = written::array(&case["original"]);
        let (to, expected) = written::array(&case["expected"]);
        let mut stable = vec![0.0_f64; samples.len()];
        macro_rules! counts {
            ($type:ty) => {{
                let samples: Vec<$type> = samples.iter().map(|sample| *sample as $type).collect();
                STANDARD.forward_into(&samples, &mut stable).unwrap();
                let mut counts = vec![0; samples.len()];
                STANDARD.counts_exact(&expected, &mut counts).unwrap();
                assert_eq!(counts, samples, "{name}");
            }};
        }
        match (from, to) {
            ("|u1", "<f8") => counts!(u8),
            ("<u2", "<f8") => counts!(u16),
            ("<i4", "<f8") => counts!(i32),
            // One movie of float32 was transformed in float64, as the format's documentation says.
            ("<f4", "<f8") => {
                let samples: Vec<f32> = samples.iter().map(|sample| *sample as f32).collect();
                STANDARD.forward_into(&samples, &mut stable).unwrap();
                let mut counts = vec![0_u32; samples.len()];
                STANDARD.counts_exact(&expected, &mut counts).unwrap();
                assert!(counts.iter().map(|count| *count as f32).eq(samples), "{name}");
            }
            ("<f4", "<f4") => {
                let samples: Vec<f32> = samples.iter().map(|sample| *sample as f32).collect();
                let mut narrow = vec![0.0_f32; samples.len()];
                STANDARD.forward_f32_into(&samples, &mut narrow).unwrap();
                stable = narrow.iter().map(|value| f64::from(*value)).collect();
            }
            other => panic!("{other:?}"),
        }
        assert!(
            stable
                .iter()
                .map(|y| y.to_bits())
                .eq(expected.iter().map(|y| y.to_bits())),
            "{name}"
        );
    }
}

#[test]
fn all_16_bit_counts_and_the_ends_of_the_others_come_back() {
    fn there_and_back<T: dj_anscombe::Integer + Default>(counts: &[T]) {
        let mut stable = vec![0.0; counts.len()];
        STANDARD.forward_into(counts, &mut stable).unwrap();
        for (count, y) in counts.iter().zip(&stable) {
            assert_eq!(y.to_bits(), (2.0 * (count.to_f64() + 0.375).sqrt()).to_bits());
        }
        let mut back = vec![T::default(); counts.len()];
        STANDARD.counts_exact(&stable, &mut back).unwrap();
        assert!(back == counts);
    }
    there_and_back(&(0..=u16::MAX).collect::<Vec<u16>>());
    there_and_back(&(0..=u8::MAX).collect::<Vec<u8>>());
    there_and_back(&(0..=i8::MAX).collect::<Vec<i8>>());
    there_and_back(&(0..=i16::MAX).collect::<Vec<i16>>());
    there_and_back(&[0, 1, 65_536, 1 << 24, u32::MAX - 1, u32::MAX]);
    there_and_back(&[0, 1, 65_536, 1 << 24, i32::MAX - 1, i32::MAX]);
    there_and_back(&[0_u64, 1 << 40, (1 << 50) + 1]);
    there_and_back(&[0_i64, 1 << 40, (1 << 50) + 1]);
}

#[test]
fn values_that_are_no_counts_are_named() {
    let mut out = [0_u16; 3];
    let error = |values: [f64; 3], out: &mut [u16; 3]| match STANDARD.counts_exact(&values, out) {
        Err(Error::NotACount { index, why, .. }) => (index, why),
        other => panic!("{other:?}"),
    };
    let one = STANDARD.forward(1.0);
    assert_eq!(error([one, one.next_up(), one], &mut out).0, 1);
    assert_eq!(error([one, one, one.next_down()], &mut out).0, 2);
    assert_eq!(error([STANDARD.forward(2.5), one, one], &mut out).0, 0);
    assert_eq!(
        error([one, STANDARD.forward(65_536.0), one], &mut out).0,
        1,
        "beyond the type"
    );
    assert!(error([f64::NAN, one, one], &mut out).1.contains("not finite"));
    assert!(
        error([one, f64::INFINITY, one], &mut out)
            .1
            .contains("not finite")
    );
    assert_eq!(error([0.0, one, one], &mut out).0, 0);
    assert_eq!(error([-one, one, one], &mut out).0, 0);

    // So large that neighbours have the same bits.
    let mut large = [0_u64];
    let y = STANDARD.forward((1_u64 << 60) as f64);
    assert!(matches!(
        STANDARD.counts_exact(&[y], &mut large),
        Err(Error::NotACount { index: 0, .. })
    ));
    let mut huge = [0_u64];
    assert!(STANDARD.counts_exact(&[1e200], &mut huge).is_err());
    assert_eq!(
        STANDARD.counts_exact(&[one], &mut out),
        Err(Error::Length { input: 1, output: 3 })
    );
}

#[test]
fn float32_counts_come_back_where_they_can_be_told() {
    let counts: Vec<u32> = (0..100_000).chain([1 << 20, (1 << 20) + 1]).collect();
    let samples: Vec<f32> = counts.iter().map(|count| *count as f32).collect();
    let mut stable = vec![0.0; samples.len()];
    STANDARD.forward_f32_into(&samples, &mut stable).unwrap();
    for (y, x) in stable.iter().zip(&samples) {
        assert_eq!(y.to_bits(), STANDARD.forward_f32(*x).to_bits());
    }
    let mut back = vec![0_u32; samples.len()];
    STANDARD.counts_exact_f32(&stable, &mut back).unwrap();
    assert_eq!(back, counts);
    let far = [STANDARD.forward_f32(1e7)];
    assert!(matches!(
        STANDARD.counts_exact_f32(&far, &mut [0_u32]),
        Err(Error::NotACount { .. })
    ));
    let half = [STANDARD.forward_f32(2.5)];
    assert!(matches!(
        STANDARD.counts_exact_f32(&half, &mut [0_u32]),
        Err(Error::NotACount { .. })
    ));
}

#[test]
fn slices_give_what_single_values_give() {
    let samples: Vec<f64> = (-50..2000).map(|x| f64::from(x) * 0.7).collect();
    for transform in [
        STANDARD,
        Anscombe::new(2.5, 100.0, 9.0).unwrap(),
        Anscombe::new(1e-3, -5.0, 0.0).unwrap(),
    ] {
        let mut stable = vec![0.0; samples.len()];
        transform.forward_into(&samples, &mut stable).unwrap();
        let mut algebraic = vec![0.0; samples.len()];
        transform.inverse_algebraic_into(&stable, &mut algebraic).unwrap();
        let mut unbiased = vec![0.0; samples.len()];
        transform.inverse_unbiased_into(&stable, &mut unbiased).unwrap();
        let narrow: Vec<f32> = stable.iter().map(|y| *y as f32).collect();
        let (mut narrow_algebraic, mut narrow_unbiased) =
            (vec![0.0; samples.len()], vec![0.0; samples.len()]);
        transform
            .inverse_algebraic_f32_into(&narrow, &mut narrow_algebraic)
            .unwrap();
        transform
            .inverse_unbiased_f32_into(&narrow, &mut narrow_unbiased)
            .unwrap();
        for (at, x) in samples.iter().enumerate() {
            let y = stable[at];
            assert_eq!(y, transform.forward(*x));
            assert_eq!(algebraic[at], transform.inverse_algebraic(y));
            assert_eq!(unbiased[at], transform.inverse_unbiased(y));
            assert_eq!(
                narrow_algebraic[at],
                transform.inverse_algebraic(f64::from(narrow[at])) as f32
            );
            assert_eq!(
                narrow_unbiased[at],
                transform.inverse_unbiased(f64::from(narrow[at])) as f32
            );
            if y > 0.0 {
                let scale = x.abs().max(transform.offset().abs()).max(1.0);
                assert!(
                    (algebraic[at] - x).abs() < 1e-12 * scale,
                    "{x}: {}",
                    algebraic[at]
                );
            }
            assert!(unbiased[at] >= transform.offset());
        }
    }
    assert!(STANDARD.forward(f64::NAN).is_nan() && STANDARD.forward_f32(f32::NAN).is_nan());
    assert_eq!(STANDARD.forward(-1.0), 0.0);
}

#[test]
fn parameters_without_meaning_are_refused() {
    for (gain, offset, variance) in [
        (0.0, 0.0, 0.0),
        (-1.0, 0.0, 0.0),
        (f64::NAN, 0.0, 0.0),
        (f64::INFINITY, 0.0, 0.0),
        (1.0, f64::NAN, 0.0),
        (1.0, 0.0, -1.0),
        (1.0, 0.0, f64::NAN),
    ] {
        assert!(matches!(
            Anscombe::new(gain, offset, variance),
            Err(Error::Parameter { .. })
        ));
    }
    assert!(Anscombe::new(1.0, 0.0, 0.0).unwrap().is_standard());
}

/// The mean of the transformed samples of this many photons, summed over all counts, and over the read noise.
fn mean_of_transformed(transform: Anscombe, photons: f64) -> f64 {
    let (gain, offset, deviation) = (transform.gain(), transform.offset(), transform.variance().sqrt());
    let last = (photons + 12.0 * photons.sqrt() + 40.0) as u32;
    let mut log_factorial = 0.0;
    let mut mean = 0.0;
    for count in 0..=last {
        log_factorial += if count > 0 { f64::from(count).ln() } else { 0.0 };
        let log = if photons > 0.0 {
            f64::from(count) * photons.ln()
        } else {
            f64::from(count) * -1e300
        };
        let part = (log - photons - log_factorial).exp();
        let at = |noise: f64| transform.forward(gain * f64::from(count) + offset + deviation * noise);
        mean += part
            * if deviation > 0.0 {
                // By the trapezoidal rule, which is exact to many digits for a bell.
                let steps = (-400..=400).map(|step| f64::from(step) * 0.02);
                let weight = |noise: f64| (-0.5 * noise * noise).exp() / std::f64::consts::TAU.sqrt() * 0.02;
                steps.map(|noise| weight(noise) * at(noise)).sum()
            } else {
                at(0.0)
            };
    }
    mean
}

#[test]
fn the_unbiased_inverse_is_close_to_the_exact_one() {
    let means = || {
        [0.0].into_iter().chain(
            (0..60)
                .map(|step| 1e-3 * 1.26_f64.powi(step))
                .filter(|mean| *mean < 600.0),
        )
    };
    let mut worst_algebraic: f64 = 0.0;
    for mean in means() {
        let y = mean_of_transformed(STANDARD, mean);
        let error = (STANDARD.inverse_unbiased(y) - mean).abs();
        assert!(error < 0.019, "{mean}: {error}");
        worst_algebraic = worst_algebraic.max((STANDARD.inverse_algebraic(y) - mean).abs());
    }
    assert!(
        worst_algebraic > 0.2,
        "the other inverse is biased: {worst_algebraic}"
    );
    for deviation in [0.1, 0.3, 0.5, 1.0, 2.0, 5.0] {
        for (gain, offset) in [(1.0, 0.0), (7.5, 100.0)] {
            let variance = (deviation * gain) * (deviation * gain);
            let transform = Anscombe::new(gain, offset, variance).unwrap();
            for mean in means().step_by(4) {
                let y = mean_of_transformed(transform, mean);
                let photons = (transform.inverse_unbiased(y) - offset) / gain;
                assert!((photons - mean).abs() < 0.043, "{deviation} {mean}: {photons}");
            }
        }
    }
}

/// For means over 4 photons the variance is within 2 % of 1, the sampling error of 300,000 samples included (its standard deviation
/// is 0.26 %).
#[test]
fn the_variance_of_photons_is_stabilised() {
    let mut random = Random(1948);
    let variance = |transform: Anscombe, samples: &[f64]| {
        let mut stable = vec![0.0; samples.len()];
        transform.forward_into(samples, &mut stable).unwrap();
        let mean = stable.iter().sum::<f64>() / stable.len() as f64;
        stable.iter().map(|y| (y - mean) * (y - mean)).sum::<f64>() / (stable.len() - 1) as f64
    };
    for mean in [4.1, 5.0, 7.0, 10.0, 30.0, 100.0] {
        let counts: Vec<f64> = (0..300_000).map(|_| f64::from(random.poisson(mean))).collect();
        let found = variance(STANDARD, &counts);
        assert!((found - 1.0).abs() < 0.02, "mean {mean}: {found}");
        let camera = Anscombe::new(3.5, 200.0, 16.0).unwrap();
        let samples: Vec<f64> = counts
            .iter()
            .map(|count| 3.5 * count + 200.0 + 4.0 * random.normal())
            .collect();
        let found = variance(camera, &samples);
        // Read noise of 1.14 photons makes the plain formula's variance up to 5 % too large at such means.
        let within = if mean < 10.0 { 0.06 } else { 0.02 };
        assert!((found - 1.0).abs() < within, "camera, mean {mean}: {found}");
    }
    // Below, it falls: that is where the plain transform ends.
    let dim: Vec<f64> = (0..100_000).map(|_| f64::from(random.poisson(1.0))).collect();
    let found = variance(STANDARD, &dim);
    assert!((found - 0.717).abs() < 0.02, "{found}");
}
