//! Writes the golden fixtures of data format 2.0, once:
//!
//! ```text
//! cargo test -p dj-zarr-codecs --test fixtures_2_0 -- --ignored
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

#[path = "samples/arrays.rs"]
mod arrays;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use dj_codec_api::{Context, Json, Order, StoreMap, Value, notation};
use dj_codec_store::FileStore;
use serde_json::json;

/// The version that wrote them. Fixtures of another version of the writer are others, and get another name.
const VERSION: &str = "0.1.0";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/zarr/2.0")
}

fn case(name: &str) -> PathBuf {
    folder().join(format!("by-dj-zarr-codecs-{VERSION}-{name}"))
}

fn write(sample: &arrays::Sample, case: &Path) {
    let location = case.join("store");
    std::fs::create_dir_all(&location).unwrap();
    let store = Arc::new(FileStore::open(&location).unwrap());
    let cx = Context::new(StoreMap::new().with("main", store).with_default("main"))
        .with_field("lab", "zarr_types", "z")
        .with_key("kind", sample.name.as_str());
    let record = sample.write(&cx).unwrap();

    // A token that stays, so that a fixture written again would be the same.
    let path = format!(
        "_schema/lab/zarr_types/kind={}/z_{:-<8}.zarr",
        sample.name, "Fixture"
    );
    std::fs::rename(location.join(record.path()), location.join(&path)).unwrap();
    let stored = record.into_record().with("path", path);

    let array = sample.array.to_little_endian().to_order(Order::C);
    let document = json!({
        "codec": "zarr",
        "type_spec": "<zarr@main>",
        "format_version": "2.0",
        "writer": format!("dj-zarr-codecs {VERSION} (Rust)"),
        "stored": stored.into_json(),
        "expected": notation::to_json(&Value::Array(Box::new(array))).unwrap(),
        "store": "store",
    });
    std::fs::write(case.join("case.json"), pretty(&document)).unwrap();
}

fn pretty(json: &Json) -> String {
    serde_json::to_string_pretty(json).unwrap() + "\n"
}

#[test]
#[ignore = "writes golden fixtures"]
fn write_fixtures_that_are_not_there() {
    for sample in arrays::all() {
        let case = case(&sample.name);
        if !case.exists() {
            write(&sample, &case);
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
    for sample in arrays::all() {
        let again = tempfile::tempdir().unwrap();
        write(&sample, again.path());
        assert_eq!(read(again.path()), read(&case(&sample.name)), "{}", sample.name);
    }
}
