//! A movie of 16-bit counts: writing it whole and frame by frame, reading all of it, one frame, a column of pixels.
//!
//! `cargo bench -p dj-zarr-codecs`; `ZARR_BENCH_MIB` sets another size than 64 MiB. Other libraries are measured beside this
//! one by `bench/movie.py`.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::semicolon_if_nothing_returned,
    reason = "a benchmark that cannot go on ends, and hands its results to criterion"
)]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use dj_codec_api::{Array, Context, StoreMap};
use dj_codec_store::FileStore;
use dj_zarr_codecs::{Compressor, Sharding, ZarrCodec, ZarrOptions, ZarrWriter};

/// Frames of 512 x 512 pixels, half a mebibyte each, of counts that compress about as those of a camera do.
fn movie() -> Array {
    let mib: usize = std::env::var("ZARR_BENCH_MIB")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(64);
    let frames = mib * 2;
    let mut state = 1_u64;
    let pixels = (0..frames * 512 * 512).map(|_| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        // The sum of four small numbers has the bell that counts have.
        ((state >> 40 & 7) + (state >> 46 & 7) + (state >> 52 & 7) + (state >> 58 & 7)) as u16
    });
    Array::from_vec(pixels.collect(), &[frames, 512, 512]).unwrap()
}

fn all(c: &mut Criterion) {
    let movie = movie();
    let frames = movie.shape()[0];
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(FileStore::create(folder.path()).unwrap());
    let cx = Context::new(StoreMap::new().with("main", store).with_default("main"))
        .with_field("lab", "recording", "movie")
        .with_key("id", 1_i64);
    let size = Throughput::Bytes(movie.nbytes() as u64);

    let mut group = c.benchmark_group("write");
    group
        .sample_size(10)
        .measurement_time(Duration::from_secs(5))
        .throughput(size.clone());
    let empty = || drop(std::fs::remove_dir_all(folder.path().join("_schema")));
    for (name, options) in [
        ("blosc zstd 5", ZarrOptions::default()),
        (
            "no compressor",
            ZarrOptions::default().with_compressor(Compressor::None),
        ),
        (
            "sharded",
            ZarrOptions::default()
                .with_chunk_shape(&[8, 512, 512])
                .with_sharding(Sharding::Shape(vec![64, 512, 512])),
        ),
    ] {
        group.bench_function(name, |b| {
            b.iter_batched(
                empty,
                |()| ZarrWriter::write(&movie, &options, &cx).unwrap(),
                BatchSize::PerIteration,
            )
        });
    }
    group.bench_function("frame by frame", |b| {
        b.iter_batched(
            empty,
            |()| {
                let mut writer =
                    ZarrWriter::create(movie.dtype(), &movie.shape()[1..], &ZarrOptions::default(), &cx)
                        .unwrap();
                for frame in 0..frames {
                    writer.append(&movie.rows(frame..frame + 1).unwrap()).unwrap();
                }
                writer.finish().unwrap()
            },
            BatchSize::PerIteration,
        )
    });
    group.finish();

    empty();
    let codec = ZarrCodec::default();
    let stored = codec.open(codec.write(&movie, &cx).unwrap(), &cx).unwrap();
    let middle = frames as u64 / 2;
    let mut group = c.benchmark_group("read");
    group.sample_size(20).measurement_time(Duration::from_secs(4));
    group.throughput(size);
    group.bench_function("all", |b| b.iter(|| black_box(stored.read().unwrap())));
    group.throughput(Throughput::Elements(1));
    group.bench_function("a frame", |b| b.iter(|| black_box(stored.frame(middle).unwrap())));
    let column = [0..frames as u64, 200..264, 200..264];
    group.bench_function("a column of 64 x 64 pixels", |b| {
        b.iter(|| black_box(stored.read_region(&column).unwrap()))
    });
    group.finish();
}

criterion_group!(benches, all);
criterion_main!(benches);
