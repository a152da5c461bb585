//! Times one operation on a movie, for the side-by-side measurement in `bench/photon.py`:
//!
//! ```text
//! photon encode   MOVIE.npy FOLDER VERSION REPEATS [GAIN ZERO_LEVEL]
//! photon decode   FOLDER counts|stabilized REPEATS
//! photon compress MOVIE.npy REPEATS
//! ```
//!
//! `encode` leaves the record in `FOLDER/record.json`; `compress` is what Blosc alone needs for the chunks of format 2.0. Seconds
//! come out as a JSON list; the first, unmeasured, run warms up.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a measurement that cannot go on ends"
)]

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use dj_codec_api::{Array, Bytes, Context, DType, Kind, Order, Record, Store, StoreMap};
use dj_codec_store::FileStore;
use dj_photon_codecs::{PhotonCodec, PhotonOptions, Quantize};
use rayon::prelude::*;
use zarrs::array::codec::{BloscCompressor, BloscShuffleMode, blosc_compress_bytes};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let seconds = match arguments.as_slice() {
        ["encode", movie, folder, version, repeats, rest @ ..] => {
            let quantize = match rest {
                [gain, zero] => Some(Quantize::new(gain.parse().unwrap(), zero.parse().unwrap())),
                _ => None,
            };
            encode(
                Path::new(movie),
                Path::new(folder),
                version,
                quantize,
                repeats.parse().unwrap(),
            )
        }
        ["decode", folder, view, repeats] => decode(Path::new(folder), view, repeats.parse().unwrap()),
        ["compress", movie, repeats] => compress(Path::new(movie), repeats.parse().unwrap()),
        _ => {
            println!("see the top of examples/photon.rs");
            std::process::exit(2);
        }
    };
    println!("{}", serde_json::to_string(&seconds).unwrap());
}

/// Runs and times `work`, once more than asked; `prepare` is not timed.
fn timed(repeats: usize, mut prepare: impl FnMut(), mut work: impl FnMut()) -> Vec<f64> {
    (0..=repeats)
        .map(|_| {
            prepare();
            let begun = Instant::now();
            work();
            begun.elapsed().as_secs_f64()
        })
        .skip(1)
        .collect()
}

/// A `.npy` file of 16-bit counts as `numpy.save` writes it: a header of a line, then the elements.
fn load(path: &Path) -> Array {
    let bytes = Bytes::from(std::fs::read(path).unwrap());
    let header = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let text = std::str::from_utf8(&bytes[10..header]).unwrap();
    assert!(
        text.contains("'<u2'") && text.contains("'fortran_order': False"),
        "{text}"
    );
    let shape = text.split_once('(').unwrap().1.split_once(')').unwrap().0;
    let shape: Vec<usize> = shape
        .split(',')
        .filter_map(|length| length.trim().parse().ok())
        .collect();
    Array::new(DType::new(Kind::UInt16), &shape, Order::C, bytes.slice(header..)).unwrap()
}

fn context(folder: &Path) -> Context {
    let store: Arc<dyn Store> = Arc::new(FileStore::create(folder).unwrap());
    Context::new(StoreMap::new().with("main", store).with_default("main"))
        .with_field("lab", "recording", "movie")
        .with_key("id", 1_i64)
}

fn encode(
    movie: &Path,
    folder: &Path,
    version: &str,
    quantize: Option<Quantize>,
    repeats: usize,
) -> Vec<f64> {
    let movie = load(movie);
    let mut options = PhotonOptions::default();
    if let Some(quantize) = quantize {
        options = options.with_quantize(quantize);
    }
    let codec = PhotonCodec::new(options);
    let clear = || {
        let _ = std::fs::remove_dir_all(folder);
    };
    timed(repeats, clear, || {
        let cx = context(folder).with_format_version(version.parse().unwrap());
        let record = codec.write(&movie, &cx).unwrap().into_record();
        std::fs::write(folder.join("record.json"), record.into_json().to_string()).unwrap();
    })
}

fn decode(folder: &Path, view: &str, repeats: usize) -> Vec<f64> {
    let json = serde_json::from_slice(&std::fs::read(folder.join("record.json")).unwrap()).unwrap();
    let movie = PhotonCodec::default()
        .open(Record::from_json(json).unwrap(), &context(folder))
        .unwrap();
    let view = match view {
        "counts" => movie.counts().unwrap(),
        "stabilized" => movie.stabilized(),
        other => panic!("there is no view {other}"),
    };
    timed(repeats, || (), || drop(black_box(view.read().unwrap())))
}

fn compress(movie: &Path, repeats: usize) -> Vec<f64> {
    let movie = load(movie);
    let frame: usize = movie.shape()[1..].iter().product::<usize>() * 2;
    // As dj-zarr-codecs has it: chunks of 4 MiB, level 5 with bit shuffle as zstd's level 3, in blocks of 256 KiB.
    let chunk = ((4 << 20) / frame).max(1) * frame;
    let bytes = movie.to_bytes(Order::C);
    timed(
        repeats,
        || (),
        || {
            let stored: usize = bytes
                .par_chunks(chunk)
                .with_max_len(1)
                .map(|chunk| {
                    let level = 2.try_into().unwrap();
                    let (shuffle, codec) = (BloscShuffleMode::BitShuffle, BloscCompressor::Zstd);
                    blosc_compress_bytes(chunk, level, shuffle, 2, codec, 256 << 10, 1)
                        .unwrap()
                        .len()
                })
                .sum();
            black_box(stored);
        },
    )
}
