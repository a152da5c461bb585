//! The transform beside a copy of its output, and the codes.
//!
//! `cargo bench -p dj-anscombe`. What counts is the ratio to `copy`, which moves as many bytes as the transform writes.
#![allow(
    clippy::unwrap_used,
    clippy::semicolon_if_nothing_returned,
    reason = "a benchmark that cannot go on ends, and hands its results to criterion"
)]

use std::hint::black_box;
use std::time::Duration;

use criterion::{
    BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main, measurement::WallTime,
};
use dj_anscombe::{Anscombe, DType, Integer, NoiseEstimator, Table, UnbiasedInverse};

/// 64 frames of 512 x 512 pixels: more than a cache holds.
const SAMPLES: usize = 64 * 512 * 512;

/// Counts with a bell around 14.
fn counts() -> impl Iterator<Item = u16> {
    let mut state = 1_u64;
    std::iter::repeat_with(move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((state >> 40 & 7) + (state >> 46 & 7) + (state >> 52 & 7) + (state >> 58 & 7)) as u16
    })
}

fn group<'a>(c: &'a mut Criterion, name: &str, bytes: usize) -> BenchmarkGroup<'a, WallTime> {
    let mut group = c.benchmark_group(name);
    group.sample_size(20).measurement_time(Duration::from_secs(3));
    group.throughput(Throughput::Bytes(bytes as u64));
    group
}

fn forward(c: &mut Criterion) {
    let movie: Vec<u16> = counts().take(SAMPLES).collect();
    let mut stable = vec![0.0_f64; SAMPLES];
    Anscombe::STANDARD.forward_into(&movie, &mut stable).unwrap();
    let mut output = stable.clone();
    let mut group = group(c, "float64", SAMPLES * 8);
    group.bench_function("copy", |b| {
        b.iter(|| black_box(&mut output).copy_from_slice(black_box(&stable)))
    });
    fn from<T: Integer>(
        group: &mut BenchmarkGroup<'_, WallTime>,
        name: &str,
        movie: &[u16],
        output: &mut [f64],
    ) {
        let movie: Vec<T> = movie
            .iter()
            .map(|count| T::narrow(i128::from(*count)).unwrap())
            .collect();
        group.bench_function(format!("forward {name}"), |b| {
            b.iter(|| {
                Anscombe::STANDARD
                    .forward_into(black_box(&movie), black_box(output))
                    .unwrap()
            })
        });
    }
    from::<u8>(&mut group, "uint8", &movie, &mut output);
    from::<u16>(&mut group, "uint16", &movie, &mut output);
    from::<i16>(&mut group, "int16", &movie, &mut output);
    from::<u32>(&mut group, "uint32", &movie, &mut output);
    from::<i64>(&mut group, "int64", &movie, &mut output);
    let floats: Vec<f64> = movie.iter().map(|count| f64::from(*count)).collect();
    group.bench_function("forward float64", |b| {
        b.iter(|| {
            Anscombe::STANDARD
                .forward_into(black_box(&floats), black_box(&mut output))
                .unwrap()
        })
    });
    let camera = Anscombe::new(2.5, 100.0, 9.0).unwrap();
    group.bench_function("forward uint16, a camera's", |b| {
        b.iter(|| {
            camera
                .forward_into(black_box(&movie), black_box(&mut output))
                .unwrap()
        })
    });
    group.bench_function("inverse_algebraic", |b| {
        b.iter(|| {
            Anscombe::STANDARD
                .inverse_algebraic_into(black_box(&stable), black_box(&mut output))
                .unwrap()
        })
    });
    group.bench_function("inverse_unbiased", |b| {
        b.iter(|| {
            Anscombe::STANDARD
                .inverse_unbiased_into(black_box(&stable), black_box(&mut output))
                .unwrap()
        })
    });
    let exact = UnbiasedInverse::new(Anscombe::STANDARD).unwrap();
    group.bench_function("UnbiasedInverse", |b| {
        b.iter(|| {
            exact
                .inverse_into(black_box(&stable), black_box(&mut output))
                .unwrap()
        })
    });
    let mut back = vec![0_u16; SAMPLES];
    group.bench_function("counts_exact uint16", |b| {
        b.iter(|| {
            Anscombe::STANDARD
                .counts_exact(black_box(&stable), black_box(&mut back))
                .unwrap()
        })
    });
    group.finish();
}

fn forward_f32(c: &mut Criterion) {
    let movie: Vec<f32> = counts().take(SAMPLES).map(f32::from).collect();
    let mut output = movie.clone();
    let mut group = group(c, "float32", SAMPLES * 4);
    group.bench_function("copy", |b| {
        b.iter(|| black_box(&mut output).copy_from_slice(black_box(&movie)))
    });
    group.bench_function("forward", |b| {
        b.iter(|| {
            Anscombe::STANDARD
                .forward_f32_into(black_box(&movie), black_box(&mut output))
                .unwrap()
        })
    });
    group.finish();
}

fn codes(c: &mut Criterion) {
    let table = Table::choose(12.5, 100.0, DType::U16).unwrap();
    let movie: Vec<u16> = counts().take(SAMPLES).map(|count| count * 37).collect();
    let mut codes = vec![0_u8; SAMPLES];
    let mut output = movie.clone();
    let mut group = group(c, "codes", SAMPLES * 2);
    group.bench_function("copy of the samples", |b| {
        b.iter(|| black_box(&mut output).copy_from_slice(black_box(&movie)))
    });
    group.bench_function("encode uint16 to uint8", |b| {
        b.iter(|| table.encode(black_box(&movie), black_box(&mut codes)).unwrap())
    });
    group.bench_function("decode uint8 to uint16", |b| {
        b.iter(|| table.decode(black_box(&codes), black_box(&mut output)).unwrap())
    });
    group.bench_function("a table", |b| {
        b.iter(|| Table::choose(black_box(12.5), 100.0, DType::U16).unwrap())
    });
    group.finish();
}

fn noise(c: &mut Criterion) {
    let movie: Vec<u16> = counts().take(SAMPLES).collect();
    let mut group = group(c, "noise", SAMPLES * 2);
    group.sample_size(10);
    group.bench_function("push_frame uint16", |b| {
        b.iter(|| {
            let mut estimator = NoiseEstimator::new();
            for frame in movie.chunks(512 * 512) {
                estimator.push_frame(black_box(frame)).unwrap();
            }
            black_box(estimator.frames())
        })
    });
    group.finish();
}

criterion_group!(benches, forward, forward_f32, codes, noise);
criterion_main!(benches);
