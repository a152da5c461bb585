//! Times one operation on a movie, for the side-by-side measurement in `bench/`:
//!
//! ```text
//! movie write  MOVIE.npy FOLDER CHUNK_FRAMES COMPRESSOR REPEATS
//! movie read   STORE PATH REPEATS
//! movie frame  STORE PATH REPEATS
//! movie column STORE PATH REPEATS
//! ```
//!
//! `CHUNK_FRAMES` is a number, or `auto`; `COMPRESSOR` is `blosc`, `zstd0` or `none`. Seconds come out as a JSON list; the
//! first, unmeasured, run warms up.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a measurement that cannot go on ends"
)]

use std::hint::black_box;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use dj_codec_api::{Array, Bytes, Context, DType, Kind, Order, Store, StoreMap};
use dj_codec_store::FileStore;
use dj_zarr_codecs::{Compressor, ZarrArray, ZarrOptions, ZarrWriter};

/// The frame, and the corner of the column of pixels, that every peer reads.
const FRAME: u64 = 537;
const CORNER: u64 = 200;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let seconds = match arguments.as_slice() {
        ["write", movie, folder, frames, compressor, repeats] => write(
            Path::new(movie),
            Path::new(folder),
            frames,
            compressor,
            repeats.parse().unwrap(),
        ),
        [what, store, path, repeats] => read(what, Path::new(store), path, repeats.parse().unwrap()),
        _ => {
            println!("see the top of examples/movie.rs");
            std::process::exit(2);
        }
    };
    println!("{}", serde_json::to_string(&seconds).unwrap());
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

fn write(movie: &Path, folder: &Path, frames: &str, compressor: &str, repeats: usize) -> Vec<f64> {
    let movie = load(movie);
    let mut options = ZarrOptions::default();
    if let Ok(frames) = frames.parse() {
        let frame = movie.shape()[1..].iter().map(|&length| length as u64);
        let chunk: Vec<u64> = std::iter::once(frames).chain(frame).collect();
        options = options.with_chunk_shape(&chunk);
    }
    options = match compressor {
        "blosc" => options,
        "zstd0" => options.with_compressor(Compressor::Zstd { level: 0 }),
        "none" => options.with_compressor(Compressor::None),
        other => panic!("no compressor {other}"),
    };
    (0..=repeats)
        .map(|_| {
            let _ = std::fs::remove_dir_all(folder);
            let store: Arc<dyn Store> = Arc::new(FileStore::create(folder).unwrap());
            let cx = Context::new(StoreMap::new().with("main", store).with_default("main"))
                .with_field("lab", "recording", "movie")
                .with_key("id", 1_i64);
            let begun = Instant::now();
            black_box(ZarrWriter::write(&movie, &options, &cx).unwrap());
            begun.elapsed().as_secs_f64()
        })
        .skip(1)
        .collect()
}

fn read(what: &str, store: &Path, path: &str, repeats: usize) -> Vec<f64> {
    let store: Arc<dyn Store> = Arc::new(FileStore::open(store).unwrap());
    let movie = ZarrArray::open_path(store, path).unwrap();
    let whole: Vec<Range<u64>> = movie.shape().iter().map(|&length| 0..length).collect();
    let region = match what {
        "read" => whole,
        "frame" => vec![FRAME..FRAME + 1, whole[1].clone(), whole[2].clone()],
        "column" => vec![whole[0].clone(), CORNER..CORNER + 64, CORNER..CORNER + 64],
        other => panic!("nothing to measure is called {other}"),
    };
    (0..=repeats)
        .map(|_| {
            let begun = Instant::now();
            black_box(movie.read_region(&region).unwrap());
            begun.elapsed().as_secs_f64()
        })
        .skip(1)
        .collect()
}
