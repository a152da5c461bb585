//! A movie of 512 MiB: writing, reading, one frame, each beside the plain file operation that it cannot beat.
//!
//! `cargo bench -p dj-npy-codecs`; `NPY_BENCH_MIB` sets another size.
#![allow(
    clippy::unwrap_used,
    clippy::semicolon_if_nothing_returned,
    reason = "a benchmark that cannot go on ends, and hands its results to criterion"
)]

use std::fs::File;
use std::hint::black_box;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::sync::Arc;
use std::time::Duration;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use dj_codec_api::{Array, Context, Limits, Order, Store as _, StoreMap};
use dj_codec_store::FileStore;
use dj_npy_codecs::{NpyCodec, load_npy, map_npy, save_npy};

/// Frames of 512 x 512 pixels, half a megabyte each.
fn movie() -> Array {
    let mib: usize = std::env::var("NPY_BENCH_MIB")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(512);
    let frames = mib * 2;
    let mut state = 1_u64;
    let pixels = (0..frames * 512 * 512).map(|_| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u16
    });
    Array::from_vec(pixels.collect::<Vec<u16>>(), &[frames, 512, 512]).unwrap()
}

fn plain_and_ours(c: &mut Criterion) {
    let movie = movie();
    let frame = movie.nbytes() as u64 / movie.shape().first().copied().unwrap_or(1) as u64;
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(FileStore::create(folder.path()).unwrap());
    let cx = Context::new(StoreMap::new().with("main", store.clone()).with_default("main"))
        .with_field("lab", "t", "movie");
    let bytes = movie.to_bytes(Order::C);
    let (plain, ours) = (folder.path().join("plain.bin"), folder.path().join("ours.npy"));

    let mut group = c.benchmark_group("write");
    group
        .sample_size(10)
        .measurement_time(Duration::from_secs(8))
        .throughput(Throughput::Bytes(movie.nbytes() as u64));
    // Each makes a new file, as an insert does; removing the old one is not measured.
    group.bench_function("fs::write", |b| {
        let remove = || drop(std::fs::remove_file(&plain));
        b.iter_batched(
            remove,
            |()| std::fs::write(&plain, &bytes).unwrap(),
            BatchSize::PerIteration,
        );
    });
    group.bench_function("save_npy", |b| {
        let remove = || drop(std::fs::remove_file(&ours));
        b.iter_batched(
            remove,
            |()| save_npy(&ours, &movie).unwrap(),
            BatchSize::PerIteration,
        );
    });
    group.bench_function("NpyCodec::write", |b| {
        b.iter_batched(
            || {
                store
                    .list("_schema")
                    .unwrap()
                    .iter()
                    .for_each(|object| store.delete(&object.path).unwrap());
            },
            |()| NpyCodec::write(&movie, &cx).unwrap(),
            BatchSize::PerIteration,
        );
    });
    group.finish();

    let lazy = NpyCodec::open(NpyCodec::write(&movie, &cx).unwrap(), &cx).unwrap();
    save_npy(&ours, &movie).unwrap();
    std::fs::write(&plain, &bytes).unwrap();
    drop(bytes);
    let mut group = c.benchmark_group("read");
    group
        .sample_size(10)
        .measurement_time(Duration::from_secs(8))
        .throughput(Throughput::Bytes(movie.nbytes() as u64));
    group.bench_function("fs::read", |b| b.iter(|| std::fs::read(&plain).unwrap()));
    group.bench_function("load_npy", |b| {
        b.iter(|| load_npy(&ours, &Limits::default()).unwrap())
    });
    group.bench_function("NpyRef::load", |b| b.iter(|| lazy.load().unwrap()));
    group.finish();

    let mut group = c.benchmark_group("one frame");
    group.throughput(Throughput::Bytes(frame));
    let middle = movie.shape().first().copied().unwrap_or_default() as u64 / 2;
    group.bench_function("open, seek, read", |b| {
        b.iter(|| {
            let mut file = File::open(&plain).unwrap();
            file.seek(SeekFrom::Start(middle * frame)).unwrap();
            let mut out = vec![0; usize::try_from(frame).unwrap()];
            file.read_exact(&mut out).unwrap();
            out
        });
    });
    group.bench_function("NpyRef::rows", |b| {
        b.iter(|| lazy.rows(middle..middle + 1).unwrap())
    });
    let mapped = map_npy(&ours, &Limits::default()).unwrap();
    let row = usize::try_from(middle).unwrap();
    group.bench_function("map_npy, copied out", |b| {
        b.iter(|| black_box(mapped.rows(row..row + 1).unwrap().to_bytes(Order::C).to_vec()));
    });
    group.finish();
}

criterion_group!(benches, plain_and_ours);
criterion_main!(benches);
