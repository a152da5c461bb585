//! Writes the golden fixtures of data format 2.0, once:
//!
//! ```text
//! cargo test -p dj-photon-codecs --test fixtures_2_0 -- --ignored
//! ```
//!
//! A fixture that is there is never written again. Golden files are for ever: `tests/golden.rs` decodes them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test asserts by panicking"
)]

#[path = "samples/movies.rs"]
mod movies;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use dj_codec_api::{Array, Context, FormatVersion, Json, Kind, Order, StoreMap, Value, notation};
use dj_codec_store::FileStore;
use dj_photon_codecs::{Anscombe, PhotonCodec};
use serde_json::json;

/// The version that wrote them. Fixtures of another version of the writer are others, and get another name.
const VERSION: &str = "0.1.0";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/photon/2.0")
}

fn case(name: &str) -> PathBuf {
    folder().join(format!("by-dj-photon-codecs-{VERSION}-{name}"))
}

fn write(sample: &movies::Sample, case: &Path) {
    let location = case.join("store");
    std::fs::create_dir_all(&location).unwrap();
    let store = Arc::new(FileStore::open(&location).unwrap());
    let cx = Context::new(StoreMap::new().with("main", store).with_default("main"))
        .with_field("lab", "movie", "photons")
        .with_key("kind", sample.name.as_str());
    let record = sample.write(&cx).unwrap();

    // A token that stays, so that a fixture written again would be the same.
    let path = format!(
        "_schema/lab/movie/kind={}/photons_{:-<8}.zarr",
        sample.name, "Fixture"
    );
    std::fs::rename(location.join(record.path().unwrap()), location.join(&path)).unwrap();
    let stored = record.with("path", path);

    let movie = PhotonCodec::default().open(stored.clone(), &cx).unwrap();
    let original = sample.array.to_little_endian().to_order(Order::C);
    // Of a movie that was written without loss, what is expected does not come from reading it.
    let expected = match movie.quantization() {
        None => stabilized(&original, movie.noise()),
        Some(_) => movie.stabilized().read().unwrap(),
    };
    let notation = |array: &Array| notation::to_json(&Value::from(array.clone())).unwrap();
    let document = json!({
        "codec": "photon",
        "type_spec": "<photon@main>",
        "format_version": "2.0",
        "writer": format!("dj-photon-codecs {VERSION} (Rust)"),
        "stored": stored.into_json(),
        "expected": notation(&expected),
        "original": notation(&original),
        "store": "store",
    });
    std::fs::write(case.join("case.json"), pretty(&document)).unwrap();
}

/// The formula, element by element.
fn stabilized(counts: &Array, noise: Anscombe) -> Array {
    let shape = counts.shape();
    if let Ok(counts) = counts.to_vec::<f32>() {
        return Array::from_vec(
            counts.iter().map(|count| 2.0 * (count + 0.375).sqrt()).collect(),
            shape,
        )
        .unwrap();
    }
    let bytes = counts.to_bytes(Order::C);
    let floats: Vec<f64> = match counts.dtype().kind() {
        Kind::Float16 => bytes
            .chunks_exact(2)
            .map(|two| half(u16::from_le_bytes([two[0], two[1]])))
            .collect(),
        Kind::Float64 => counts.to_vec().unwrap(),
        _ => bytes
            .chunks_exact(counts.dtype().size())
            .map(|bytes| {
                bytes
                    .iter()
                    .rev()
                    .fold(0_u64, |number, byte| number << 8 | u64::from(*byte)) as f64
            })
            .collect(),
    };
    let (gain, offset, variance) = (noise.gain(), noise.offset(), noise.variance());
    let transform = |count: &f64| {
        let root = gain * count + (gain * gain * 0.375 + variance - gain * offset);
        2.0 / gain * root.max(0.0).sqrt()
    };
    Array::from_vec(floats.iter().map(transform).collect(), shape).unwrap()
}

/// A float16 that is a whole number.
fn half(bits: u16) -> f64 {
    if bits == 0 {
        return 0.0;
    }
    f64::from((bits & 0x3ff) | 0x400) * 2f64.powi(i32::from(bits >> 10) - 25)
}

fn pretty(json: &Json) -> String {
    serde_json::to_string_pretty(json).unwrap() + "\n"
}

#[test]
#[ignore = "writes golden fixtures"]
fn write_fixtures_that_are_not_there() {
    for sample in movies::all()
        .iter()
        .filter(|sample| sample.has(FormatVersion::new(2, 0)))
    {
        let case = case(&sample.name);
        if !case.exists() {
            write(sample, &case);
        }
    }
}

/// Each input has its fixture, and would still be written alike, the work of compression libraries apart.
#[test]
fn the_fixtures_are_what_is_written() {
    let read = |case: &Path| -> Json {
        let text = std::fs::read_to_string(case.join("case.json"))
            .unwrap_or_else(|error| panic!("{}: {error}; see the top of this file", case.display()));
        let mut document: Json = serde_json::from_str(&text).unwrap();
        let inventory = document
            .pointer_mut("/stored/inventory")
            .unwrap()
            .as_object_mut()
            .unwrap();
        assert!(inventory.remove("digest").is_some() && inventory.remove("bytes").is_some());
        document
    };
    for sample in movies::all()
        .iter()
        .filter(|sample| sample.has(FormatVersion::new(2, 0)))
    {
        let again = tempfile::tempdir().unwrap();
        write(sample, again.path());
        assert_eq!(read(again.path()), read(&case(&sample.name)), "{}", sample.name);
    }
}
