//! Packing and unpacking beside what bounds them: the deflate of one core, and a copy of the bytes.
//!
//! `cargo bench -p dj-blob-codecs`; `BLOB_BENCH_MIB` sets another size of the arrays. `bench/blob.py` has Python beside it.
#![allow(
    clippy::unwrap_used,
    clippy::semicolon_if_nothing_returned,
    reason = "a benchmark that cannot go on ends, and hands its results to criterion"
)]

use std::hint::black_box;
use std::io::Write as _;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use dj_blob_codecs::api::Array;
use dj_blob_codecs::{Compression, PackOptions, Value, pack, unpack};

fn words() -> impl Iterator<Item = u64> {
    std::iter::successors(Some(1_u64), |state| {
        Some(
            state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407),
        )
    })
}

/// Counts of mean 8: how many of 16 coins show heads.
fn counts(mib: usize) -> Value {
    let counts = words()
        .take(mib << 19)
        .map(|word| ((word >> 40) as u16).count_ones() as u16);
    Array::from_vec(counts.collect::<Vec<_>>(), &[mib << 19])
        .unwrap()
        .into()
}

fn floats(mib: usize) -> Value {
    let floats = words()
        .take(mib << 17)
        .map(|word| (word >> 11) as f64 / (1_u64 << 53) as f64);
    Array::from_vec(floats.collect::<Vec<_>>(), &[mib << 17])
        .unwrap()
        .into()
}

fn blobs(c: &mut Criterion) {
    let mib = std::env::var("BLOB_BENCH_MIB")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(64);
    let entry = |at: i64| {
        (
            Value::from(format!("key{at}")),
            Value::Tuple(vec![at.into(), Value::Float(at as f64), Value::Null]),
        )
    };
    let values = [
        ("counts", counts(mib)),
        ("floats", floats(mib)),
        (
            "million ints",
            Value::List((0..1_000_000_i64).map(Value::from).collect()),
        ),
        ("dict", Value::Dict((0..100_000).map(entry).collect())),
    ];
    let plain = PackOptions::new().with_compression(Compression::None);
    for (name, value) in &values {
        let (small, large) = (pack(value).unwrap(), plain.pack(value).unwrap());
        let mut group = c.benchmark_group(*name);
        group
            .sample_size(10)
            .throughput(Throughput::Bytes(large.len() as u64));
        group.bench_function("pack", |b| b.iter_with_large_drop(|| pack(value).unwrap()));
        group.bench_function("pack uncompressed", |b| {
            b.iter_with_large_drop(|| plain.pack(value).unwrap())
        });
        group.bench_function("unpack", |b| {
            b.iter_with_large_drop(|| unpack(small.clone()).unwrap())
        });
        group.bench_function("unpack uncompressed", |b| {
            b.iter_with_large_drop(|| unpack(large.clone()).unwrap())
        });
        group.bench_function("deflate alone, level 6", |b| {
            b.iter_with_large_drop(|| {
                let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::new(6));
                encoder.write_all(&large).unwrap();
                encoder.finish().unwrap()
            })
        });
        group.bench_function("copy of the bytes", |b| {
            b.iter_batched_ref(
                || vec![0_u8; large.len()],
                |to| black_box(to).copy_from_slice(&large),
                BatchSize::LargeInput,
            )
        });
        group.finish();
    }
}

criterion_group!(benches, blobs);
criterion_main!(benches);
