//! For any movie: nothing is lost in format 2.0, and no more than is said where it is quantised.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test asserts by panicking"
)]

#[path = "samples/movies.rs"]
mod movies;

use std::sync::Arc;

use dj_codec_api::{Array, Context, DType, Order, StoreMap};
use dj_codec_testkit::MemoryStore;
use dj_photon_codecs::{Anscombe, Movie, PhotonCodec, PhotonOptions, Quantize};
use proptest::prelude::*;

fn context() -> Context {
    let stores = StoreMap::new().with("main", Arc::new(MemoryStore::new()));
    Context::new(stores.with_default("main"))
        .with_field("lab", "recording", "movie")
        .with_key("id", 1_i64)
}

fn stored(array: &Array, options: PhotonOptions, version: &str) -> Movie {
    let cx = context().with_format_version(version.parse().unwrap());
    let codec = PhotonCodec::new(options);
    let record = codec.write(array, &cx).unwrap();
    codec.open(record, &cx).unwrap()
}

/// A movie of an integer type whose counts are few, spread over all of the type, or its extremes.
fn integers() -> impl Strategy<Value = Array> {
    let types = [
        "uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64",
    ];
    let shape = prop::collection::vec(0_usize..6, 2..4);
    (0..types.len(), 0_usize..40, shape, 0..4, any::<u64>()).prop_map(
        move |(which, frames, frame, spread, seed)| {
            let dtype: DType = types[which].parse().unwrap();
            let shape: Vec<usize> = std::iter::once(frames).chain(frame).collect();
            let bits = dtype.size() * 8 - usize::from(which > 3);
            let most = u64::MAX >> (64 - bits);
            let mut random = movies::random(seed);
            let mut bytes = Vec::new();
            for _ in 0..shape.iter().product::<usize>() {
                let wide = random() << 33 ^ random();
                let count = match spread {
                    0 => wide % 20,
                    1 => wide & most,
                    2 => [0, most][(wide & 1) as usize],
                    _ => 0,
                };
                bytes.extend_from_slice(&count.min(most).to_le_bytes()[..dtype.size()]);
            }
            Array::new(dtype, &shape, Order::C, bytes.into()).unwrap()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn nothing_is_lost(array in integers(), fortran in any::<bool>(), chunk in prop::option::of(1_u64..9)) {
        let mut options = PhotonOptions::default();
        if let Some(frames) = chunk {
            options = options.with_frames_per_chunk(frames);
        }
        let given = if fortran { array.to_order(Order::Fortran) } else { array.clone() };
        let movie = stored(&given, options, "2.0");
        prop_assert_eq!(movie.counts().unwrap().read().unwrap(), array.clone());
        // The formula, from the counts as floats.
        let floats = movie.algebraic_counts().read().unwrap().to_vec::<f64>().unwrap();
        let stabilized = movie.stabilized().read().unwrap().to_vec::<f64>().unwrap();
        for (count, value) in floats.iter().zip(stabilized) {
            prop_assert_eq!((2.0 * (count + 0.375).sqrt()).to_bits(), value.to_bits());
        }
    }

    #[test]
    fn format_1_0_gives_the_counts_back(array in integers()) {
        let movie = stored(&array, PhotonOptions::default(), "1.0");
        let whole = stored(&array, PhotonOptions::default(), "2.0");
        prop_assert_eq!(movie.stabilized().read().unwrap(), whole.stabilized().read().unwrap());
        match movie.counts().unwrap().read() {
            Ok(counts) => prop_assert_eq!(counts, array),
            // Counts that floats cannot tell apart are an error, never another count.
            Err(error) => {
                let floats = whole.algebraic_counts().read().unwrap().to_vec::<f64>().unwrap();
                prop_assert!(floats.iter().any(|count| *count > 2f64.powi(50)), "{}", error);
            }
        }
    }
}

/// Every value that has a code, at many gains and zero levels: the loss is within the stated bound, and the bound is reached.
#[test]
fn the_loss_is_what_is_said() {
    let mut random = movies::random(3);
    let mut gains = vec![3.3, 4.0, 10.0, 12.5, 100.0, 1000.0, 30_000.0];
    gains.extend((0..8).map(|_| 3.3 + (random() % 10_000) as f64 / 37.0));
    for (number, gain) in gains.into_iter().enumerate() {
        let zero = [0.0, 20.0, 300.5][number % 3];
        let options = PhotonOptions::default().with_quantize(Quantize::new(gain, zero));
        let values: Vec<u16> = (0..32_768).map(|value| value as u16).collect();
        let array = Array::from_vec(values, &[8, 64, 64]).unwrap();
        let movie = match std::panic::catch_unwind(|| stored(&array, options.clone(), "2.0")) {
            Ok(movie) => movie,
            // Not every zero level has a table at every gain; these are refused.
            Err(_) if zero != 0.0 => {
                let refused = PhotonCodec::new(options).write(&array, &context()).unwrap_err();
                assert!(refused.to_string().contains("quantised"), "{refused}");
                continue;
            }
            Err(panic) => std::panic::resume_unwind(panic),
        };
        let said = movie.quantization().unwrap();
        assert_eq!(said.largest_value, 32_767, "gain {gain}, zero {zero}");
        let decoded = movie.counts().unwrap().read().unwrap().to_vec::<u16>().unwrap();
        let (mut worst, mut worst_in_noise) = (0.0_f64, 0.0_f64);
        for (value, decoded) in decoded.into_iter().enumerate() {
            let lost = (f64::from(decoded) - value as f64).abs();
            let photons = ((value as f64 - zero) / gain).max(0.0);
            worst = worst.max(lost);
            worst_in_noise = worst_in_noise.max(lost / (gain * (photons + 0.375).sqrt()));
        }
        assert_eq!(worst, said.max_error, "gain {gain}, zero {zero}");
        assert!(worst_in_noise <= said.max_error_in_noise * (1.0 + 1e-12));
    }
}

/// Simulated photons: stabilised, their noise has a variance of 1.
#[test]
fn the_noise_of_photons_is_stabilised() {
    let mut random = movies::random(11);
    let mut uniform = move || (random() as f64 + 0.5) / 2f64.powi(31);
    for (mean, gain, offset) in [
        (4.5_f32, 1.0, 0.0),
        (10.0, 1.0, 0.0),
        (40.0, 1.0, 0.0),
        (12.0, 8.0, 100.0),
    ] {
        // Knuth's way of drawing from the Poisson distribution.
        let mut draw = || {
            let (limit, mut product, mut count) = ((-f64::from(mean)).exp(), uniform(), 0.0_f64);
            while product > limit {
                product *= uniform();
                count += 1.0;
            }
            count
        };
        let counts: Vec<u16> = (0..200_000).map(|_| (gain * draw() + offset) as u16).collect();
        let array = Array::from_vec(counts, &[20, 100, 100]).unwrap();
        let options = PhotonOptions::default().with_noise(Anscombe::new(gain, offset, 0.0).unwrap());
        let values = stored(&array, options, "2.0")
            .stabilized()
            .read()
            .unwrap()
            .to_vec::<f64>()
            .unwrap();
        let average = values.iter().sum::<f64>() / values.len() as f64;
        let variance =
            values.iter().map(|value| (value - average).powi(2)).sum::<f64>() / values.len() as f64;
        assert!(
            (variance - 1.0).abs() < 0.02,
            "mean {mean}, gain {gain}: {variance}"
        );
    }
}
