//! A streaming write holds a few chunks, whatever the length of the array, also into a store with latency.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test asserts by panicking"
)]

use std::ops::{ControlFlow, Range};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use dj_codec_api::{Array, Bytes, Context, DType, Kind, ObjectMeta, Order, Result, Store, StoreMap};
use dj_codec_testkit::memory::{CountingAllocator, peak_of_process};
use dj_zarr_codecs::{Compressor, ZarrOptions, ZarrWriter};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// A store that takes its time and keeps only sizes.
#[derive(Debug, Default)]
struct Slow {
    objects: AtomicUsize,
    bytes: AtomicUsize,
}

impl Store for Slow {
    fn get(&self, path: &str) -> Result<Bytes> {
        Err(dj_codec_api::Error::not_found("nothing is kept").at(path))
    }

    fn get_ranges(&self, path: &str, _: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.get(path).map(|bytes| vec![bytes])
    }

    fn put(&self, path: &str, data: Bytes) -> Result<()> {
        self.put_if_absent(path, data).map(|_| ())
    }

    fn put_if_absent(&self, _: &str, data: Bytes) -> Result<bool> {
        std::thread::sleep(Duration::from_millis(5));
        self.objects.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(data.len(), Ordering::Relaxed);
        Ok(true)
    }

    fn put_stream(&self, path: &str, _: &mut dyn std::io::Read, _: bool) -> Result<u64> {
        self.put(path, Bytes::new()).map(|()| 0)
    }

    fn head(&self, _: &str) -> Result<Option<ObjectMeta>> {
        Ok(None)
    }

    fn visit(&self, _: &str, _: &mut dyn FnMut(ObjectMeta) -> Result<ControlFlow<()>>) -> Result<()> {
        Ok(())
    }

    fn delete(&self, _: &str) -> Result<()> {
        Ok(())
    }
}

#[test]
fn memory_is_bounded_by_chunks_in_flight() {
    const FRAME: usize = 256 * 512;
    const CHUNK: usize = 8 * FRAME * 2;
    let cores = rayon::current_num_threads();
    // The worst case: what cannot be compressed and is copied for its checksum.
    for compressor in [Compressor::None, Compressor::Zstd { level: 1 }] {
        let store = Arc::new(Slow::default());
        let cx = Context::new(StoreMap::new().with("main", store.clone()).with_default("main"))
            .with_field("lab", "recording", "movie")
            .with_key("id", 1_i64);
        let options = ZarrOptions::default()
            .with_chunk_shape(&[8, 256, 512])
            .with_compressor(compressor);
        let mut seed = 1_u64;
        let mut noise = Vec::with_capacity(FRAME * 2);
        while noise.len() < FRAME * 2 {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            noise.extend_from_slice(&(seed >> 32).to_le_bytes()[..4]);
        }
        let frame = Array::new(DType::new(Kind::UInt16), &[1, 256, 512], Order::C, noise.into()).unwrap();

        let mut writer = ZarrWriter::create(frame.dtype(), &[256, 512], &options, &cx).unwrap();
        let frames = 8 * 20 * cores;
        let ((), peak) = peak_of_process(|| {
            for _ in 0..frames {
                writer.append(&frame).unwrap();
            }
            writer.finish().unwrap();
        });
        assert_eq!(store.objects.load(Ordering::Relaxed), 20 * cores + 1);
        assert!(store.bytes.load(Ordering::Relaxed) >= 20 * cores * FRAME);
        println!(
            "{} bytes at most, {:.1} chunks a core",
            peak,
            peak as f64 / (CHUNK * cores) as f64
        );
        assert!(
            peak < 8 * CHUNK * cores,
            "{peak} bytes for chunks of {CHUNK} and {cores} cores"
        );
        assert!(peak > CHUNK, "the allocator counts nothing");
    }
}
