//! A movie ten times as large as the memory that is allowed is written, averaged and read in parts within it.
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

use dj_codec_api::{Array, Context, StoreMap};
use dj_codec_store::FileStore;
use dj_codec_testkit::memory::{CountingAllocator, peak_of_process};
use dj_photon_codecs::{MovieWriter, PhotonCodec, PhotonOptions, Quantize};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

#[test]
fn a_movie_ten_times_the_memory_fits() {
    const SIDE: usize = 128;
    const PIXELS: usize = SIDE * SIDE;
    // A chunk has 16 frames, 512 KiB; the threads of a large machine hold some each.
    const CHUNK: u64 = 16;
    let allowed = (9 << 20) + rayon::current_num_threads() * (3 << 20);
    let frames = (10 * allowed).div_ceil(2 * PIXELS);
    let folder = tempfile::tempdir().unwrap();
    let mut random = movies::random(1);
    let noise: Vec<u16> = (0..2 * PIXELS).map(|_| (random() % 7) as u16 * 10).collect();
    let base = Array::from_vec(noise, &[2 * PIXELS]).unwrap();
    // A frame is a window on the noise, another one each time.
    let frame = |number: usize| {
        let start = number * 7919 % PIXELS;
        base.rows(start..start + PIXELS)
            .unwrap()
            .reshape(&[SIDE, SIDE])
            .unwrap()
    };
    let mut sums = vec![0_u64; 16];
    for number in 0..frames {
        let frame = frame(number);
        for (pixel, sum) in sums.iter_mut().enumerate() {
            let bytes = frame.element_bytes(&[0, pixel]).unwrap();
            *sum += u64::from(u16::from_le_bytes([bytes[0], bytes[1]]));
        }
    }
    for options in [
        PhotonOptions::default().with_compression_level(1),
        PhotonOptions::default()
            .with_compression_level(1)
            .with_quantize(Quantize::new(10.0, 0.0)),
    ] {
        let quantized = options.quantize().is_some();
        let store = Arc::new(FileStore::create(folder.path().join(format!("{quantized}"))).unwrap());
        let cx = Context::new(StoreMap::new().with("main", store).with_default("main"))
            .with_field("lab", "recording", "movie")
            .with_key("id", 1_i64);
        let (record, most) = peak_of_process(|| {
            let options = options.with_frames_per_chunk(CHUNK);
            let mut writer =
                MovieWriter::create(&"uint16".parse().unwrap(), &[SIDE, SIDE], &options, &cx).unwrap();
            for number in 0..frames {
                writer.push(&frame(number)).unwrap();
            }
            writer.finish().unwrap()
        });
        println!(
            "encoding: {most} bytes of {allowed} allowed, the movie has {}",
            frames * 2 * PIXELS
        );
        assert!(most <= allowed, "{most} bytes to encode");
        assert!(most > 2 * PIXELS, "the allocator counts nothing");

        let movie = PhotonCodec::default().open(record, &cx).unwrap();
        assert_eq!(movie.len(), frames as u64);
        // What is done for one form takes the same way for the other.
        let view = if quantized {
            movie.stabilized()
        } else {
            movie.counts().unwrap()
        };
        let (mean, most) = peak_of_process(|| view.mean(0..movie.len()).unwrap());
        println!("averaging {}: {most} bytes", view.dtype());
        assert!(most <= allowed, "{most} bytes to average {}", view.dtype());
        if !quantized {
            for (mean, sum) in mean.to_vec::<f64>().unwrap().iter().zip(&sums) {
                assert!((mean - *sum as f64 / frames as f64).abs() < 1e-9);
            }
        }
        let ((), most) = peak_of_process(|| {
            for number in (0..frames as u64).step_by(97) {
                let read = movie.counts().unwrap().frame(number).unwrap();
                assert!(quantized || read == frame(number as usize));
            }
        });
        assert!(most <= allowed, "{most} bytes to read frames");
    }
}
