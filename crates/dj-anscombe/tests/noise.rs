//! The noise model: the Python package's movies, simulated ones, and what is refused.
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

use dj_anscombe::{Error, Method, NoiseEstimator, estimate};
use random::Random;

/// A movie of `side` x `side` pixels of gamma-distributed brightness, which do not change but for noise.
fn movie(random: &mut Random, frames: usize, side: usize, mean: f64, camera: (f64, f64, f64)) -> Vec<f64> {
    let (gain, offset, read) = camera;
    let scene: Vec<f64> = (0..side * side)
        .map(|_| -0.5 * mean * (random.uniform() * random.uniform()).ln())
        .collect();
    let mut movie = Vec::with_capacity(frames * scene.len());
    for _ in 0..frames {
        for light in &scene {
            let noise = if read > 0.0 { read * random.normal() } else { 0.0 };
            movie.push((gain * f64::from(random.poisson(*light)) + offset + noise).round_ties_even());
        }
    }
    movie
}

fn as_type<T>(movie: &[f64], cast: fn(f64) -> T) -> Vec<T> {
    movie.iter().map(|sample| cast(*sample)).collect()
}

fn why<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    match result {
        Err(Error::Movie { why }) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_packages_movies_have_its_results() {
    for case in written::cases().iter().filter(|case| case["kind"] == "gain") {
        let name = written::id(case);
        let bytes =
            std::fs::read(written::data("anscombe-transform-1.0.0").join(case["file"].as_str().unwrap()))
                .unwrap();
        // NumPy's format 1.0, little-endian int16, in C order: the header's length is in bytes 8 and 9.
        let start = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
        let header = String::from_utf8(bytes[10..start].to_vec()).unwrap();
        assert!(
            header.contains("'<i2'") && header.contains("'fortran_order': False"),
            "{header}"
        );
        let movie = as_type(&written::numbers("<i2", &bytes[start..]), |sample| sample as i16);
        let frame = if name == "gain-3" { 20 * 20 } else { 40 * 40 };
        let model = estimate(&movie, frame).unwrap();
        let truth = |key: &str| case["truth"][key].as_f64().unwrap();
        let (low, high) = model.gain_interval;
        assert!(
            low < truth("conversion_gain") && truth("conversion_gain") < high,
            "{name}: {model:?}"
        );
        let line = truth("zero_level") - truth("read_noise").powi(2) / truth("conversion_gain");
        let (low, high) = model.zero_interval;
        assert!(low < line && line < high, "{name}: {model:?}, {line}");
        if case["expected"]["error"] == true {
            // The package wants more than a hundred intensities. Here 16 will do, and 4000 samples for the interval to say so.
            assert!(
                model.gain_interval.1 - model.gain_interval.0 < 1.0,
                "{name}: {model:?}"
            );
            continue;
        }
        assert_eq!(model.method, Method::Pairs, "{name}: {model:?}");
        let highest = case["fit"]["max_intensity"].as_f64().unwrap();
        for expected in [&case["expected"], &case["optimum"]] {
            let gain = expected["conversion_gain"].as_f64().unwrap();
            let zero = expected["zero_level"].as_f64().unwrap();
            assert!(
                (model.conversion_gain / gain - 1.0).abs() < 0.01,
                "{name}: {model:?}, {expected}"
            );
            assert!(
                (model.zero_level - zero).abs() < 0.01 * highest,
                "{name}: {model:?}, {expected}"
            );
        }
    }
}

/// In 95 of 100 movies, the interval should hold the truth. In 100 fewer than 89 hold it in less than one run of 200; the seed
/// is fixed. (In 200 movies each of 24 frames of 32 x 32 pixels, 188 to 196 of 200 did.)
#[test]
fn the_interval_holds_the_truth_as_often_as_it_says() {
    for (name, frames, mean, camera) in [
        ("counts", 16, 3.0, (1.0, 0.0, 0.0)),
        ("camera", 16, 12.0, (12.0, 100.0, 5.0)),
        ("negative", 16, 8.0, (7.3, -15.0, 6.0)),
    ] {
        let (gain, offset, read) = camera;
        // Rounding is noise too, of a variance of 1/12, where samples are not integers by themselves.
        let rounding = if read > 0.0 { 1.0 / 12.0 } else { 0.0 };
        let zero = offset - (read * read + rounding) / gain;
        let mut random = Random(20_260_131);
        let (mut gains, mut zeros) = (0, 0);
        let (mut gain_sum, mut zero_sum) = (0.0, 0.0);
        for _ in 0..100 {
            let model = estimate(&movie(&mut random, frames, 24, mean, camera), 24 * 24).unwrap();
            gains += usize::from(model.gain_interval.0 <= gain && gain <= model.gain_interval.1);
            zeros += usize::from(model.zero_interval.0 <= zero && zero <= model.zero_interval.1);
            gain_sum += model.conversion_gain / 100.0;
            zero_sum += model.zero_level / 100.0;
        }
        println!(
            "{name}: gain in {gains} of 100, mean {gain_sum:.4}; zero level in {zeros}, mean {zero_sum:.4} ({zero:.4})"
        );
        assert!((89..=100).contains(&gains), "{name}: {gains} of 100");
        assert!((89..=100).contains(&zeros), "{name}: {zeros} of 100");
        assert!((gain_sum / gain - 1.0).abs() < 0.02, "{name}: {gain_sum}");
    }
}

#[test]
fn the_type_of_the_samples_does_not_matter() {
    let movie = movie(&mut Random(7), 30, 24, 6.0, (2.0, 10.0, 0.0));
    let model = estimate(&movie, 24 * 24).unwrap();
    assert!((model.conversion_gain - 2.0).abs() < 0.1, "{model:?}");
    assert_eq!(
        estimate(&as_type(&movie, |sample| sample as u8), 24 * 24).unwrap(),
        model
    );
    assert_eq!(
        estimate(&as_type(&movie, |sample| sample as i16), 24 * 24).unwrap(),
        model
    );
    assert_eq!(
        estimate(&as_type(&movie, |sample| sample as u16), 24 * 24).unwrap(),
        model
    );
    assert_eq!(
        estimate(&as_type(&movie, |sample| sample as i32), 24 * 24).unwrap(),
        model
    );
    assert_eq!(
        estimate(&as_type(&movie, |sample| sample as f32), 24 * 24).unwrap(),
        model
    );
    assert_eq!((model.frames, model.samples), (30, 29 * 24 * 24));
}

#[test]
fn negative_samples_count_like_others() {
    let movie = movie(&mut Random(11), 60, 32, 6.0, (5.0, 0.0, 0.0));
    let model = estimate(&movie, 32 * 32).unwrap();
    let lower: Vec<f64> = movie.iter().map(|sample| sample - 300.0).collect();
    let shifted = estimate(&lower, 32 * 32).unwrap();
    assert!(
        (shifted.conversion_gain / model.conversion_gain - 1.0).abs() < 0.01,
        "{model:?} {shifted:?}"
    );
    assert!(
        (shifted.zero_level + 300.0 - model.zero_level).abs() < 1.0,
        "{model:?} {shifted:?}"
    );
}

#[test]
fn samples_need_not_be_integers() {
    let counts = movie(&mut Random(13), 40, 32, 5.0, (1.0, 0.0, 0.0));
    for factor in [3.7e-6, 0.25, 1.0 / 3.0, 4.2e5] {
        let movie: Vec<f32> = counts.iter().map(|count| (count * factor) as f32).collect();
        let model = estimate(&movie, 32 * 32).unwrap();
        assert!(
            (model.conversion_gain / factor - 1.0).abs() < 0.05,
            "{factor}: {model:?}"
        );
    }
}

/// Counts of photons have few levels, and a uniform scene tells nothing by its brightness.
#[test]
fn few_levels_and_uniform_scenes_are_enough() {
    let mut random = Random(17);
    let uniform: Vec<u16> = (0..100 * 32 * 32).map(|_| random.poisson(3.0) as u16).collect();
    let model = estimate(&uniform, 32 * 32).unwrap();
    assert_eq!(model.method, Method::Pairs);
    assert!((model.conversion_gain - 1.0).abs() < 0.03, "{model:?}");
    assert!(model.zero_level.abs() < 0.1, "{model:?}");
    assert!(
        model.gain_interval.0 < 1.0 && 1.0 < model.gain_interval.1,
        "{model:?}"
    );

    let dim: Vec<u8> = as_type(&movie(&mut random, 200, 32, 0.5, (1.0, 0.0, 0.0)), |sample| {
        sample as u8
    });
    let model = estimate(&dim, 32 * 32).unwrap();
    assert!((model.conversion_gain - 1.0).abs() < 0.05, "{model:?}");
}

/// Cells that flash, and a bright pixel that is broken: a robust line does not follow them.
#[test]
fn outliers_do_not_move_the_line() {
    let mut random = Random(19);
    let mut movie = movie(&mut random, 60, 32, 10.0, (4.0, 50.0, 0.0));
    for frame in 0..60 {
        movie[frame * 1024 + 5] = if frame % 2 == 0 { 3000.0 } else { 10.0 };
        if frame % 20 == 10 {
            for pixel in 100..110 {
                movie[frame * 1024 + pixel] += 100.0;
            }
        }
    }
    let model = estimate(&movie, 1024).unwrap();
    assert!((model.conversion_gain / 4.0 - 1.0).abs() < 0.06, "{model:?}");
}

#[test]
fn frames_one_by_one_are_the_movie() {
    let movie = as_type(&movie(&mut Random(23), 20, 32, 9.0, (3.0, 20.0, 0.0)), |sample| {
        sample as u16
    });
    let mut estimator = NoiseEstimator::default();
    for frame in movie.chunks(1024) {
        estimator.push_frame(frame).unwrap();
    }
    assert_eq!(estimator.frames(), 20);
    assert_eq!(estimator.finish(), estimate(&movie, 1024));
    // One may look in between, and go on.
    estimator.push_frame(&movie[..1024]).unwrap();
    assert_eq!(estimator.finish().unwrap().frames, 21);
}

#[test]
fn what_has_no_noise_model_is_refused_with_the_reason() {
    let good = movie(&mut Random(29), 20, 32, 9.0, (3.0, 20.0, 0.0));
    assert!(why(estimate(&good[..3 * 1024], 1024)).contains("3 frames"));
    assert!(why(estimate(&good[..3 * 1024 + 5], 1024)).contains("not a whole number of frames"));
    assert!(why(estimate::<f64>(&[], 1024)).contains("0 frames"));
    assert!(why(estimate(&good, 0)).contains("frames of 0"));
    assert!(why(estimate(&vec![100_u16; 20 * 64], 64)).contains("constant"));
    // Every pixel its own value, but always the same one.
    let still: Vec<u16> = (0..20 * 64).map(|sample| sample % 64).collect();
    assert!(why(estimate(&still, 64)).contains("constant"));

    let mut estimator = NoiseEstimator::new();
    estimator.push_frame(&good[..1024]).unwrap();
    assert!(why(estimator.push_frame(&good[..1000])).contains("frame 1 has 1000 samples"));
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let mut frame = good[..1024].to_vec();
        frame[77] = bad;
        assert!(why(estimator.push_frame(&frame)).contains("sample 77 of frame 1"));
    }
    assert_eq!(estimator.frames(), 1);

    // A camera of 12 bits whose brightest pixels are at its end, and one of 8.
    let cut: Vec<u16> = good
        .iter()
        .map(|sample| (sample * 50.0).min(4095.0) as u16)
        .collect();
    assert!(
        why(estimate(&cut, 1024)).contains("saturated"),
        "{:?}",
        estimate(&cut, 1024)
    );
    let cut: Vec<u8> = good
        .iter()
        .map(|sample| (sample * 2.0).min(255.0) as u8)
        .collect();
    assert!(why(estimate(&cut, 1024)).contains("saturated"));

    // Noise that does not grow with light is not that of photons.
    let mut random = Random(31);
    let flat: Vec<f32> = (0..30 * 1024)
        .map(|sample| (sample % 1024) as f32 + 5.0 * random.normal() as f32)
        .collect();
    assert!(
        why(estimate(&flat, 1024)).contains("does not clearly grow"),
        "{:?}",
        estimate(&flat, 1024)
    );
}

#[test]
fn extreme_values_neither_panic_nor_fill_the_memory() {
    for values in [
        [f64::MAX, -f64::MAX, 0.0, 1.0],
        [1e300, 1e-300, -1e300, 0.0],
        [5e-324, 0.0, 1e-323, -5e-324],
        [9e15, -9e15, 1e9, 3.0],
    ] {
        let movie: Vec<f64> = (0..16 * 64)
            .map(|sample| values[(sample * 7 + sample / 64) % 4])
            .collect();
        let _ = estimate(&movie, 64);
    }
    let wide: Vec<i64> = (0..16 * 64)
        .map(|sample| {
            if sample % 3 == 0 {
                i64::MIN
            } else {
                i64::MAX - sample
            }
        })
        .collect();
    let _ = estimate(&wide, 64);
}

/// Not all pixels of large frames are looked at, but those that are tell the same; and what is refused is refused wherever it is.
#[test]
fn large_frames_are_sampled() {
    let small = movie(&mut Random(37), 5, 100, 6.0, (2.0, 10.0, 0.0));
    // The scene nine times, in a frame of 300 x 300.
    let large: Vec<f32> = small
        .chunks(10_000)
        .flat_map(|frame| frame.repeat(9))
        .map(|sample| sample as f32)
        .collect();
    let model = estimate(&large, 90_000).unwrap();
    assert!((model.conversion_gain - 2.0).abs() < 0.2, "{model:?}");
    assert!((2 * 30_000..4 * 65_536).contains(&model.samples), "{model:?}");
    for at in [0, 44_444, 89_999] {
        let mut bad = large.clone();
        bad[2 * 90_000 + at] = f32::NAN;
        assert!(why(estimate(&bad, 90_000)).contains(&format!("sample {at} of frame 2")));
    }
    let mut cut = large.clone();
    for pixel in 50_000..50_200 {
        for frame in 0..5 {
            cut[frame * 90_000 + pixel] = 4095.0;
        }
    }
    assert!(why(estimate(&cut, 90_000)).contains("saturated"));
}
