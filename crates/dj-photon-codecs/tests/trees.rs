//! Arrays that PyPI's anscombe-transform 1.0.0 wrote, read as `<zarr@>` with the filter of this crate.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test asserts by panicking"
)]

use std::path::Path;
use std::sync::Arc;

use dj_codec_api::{Context, Json, Limits, Record, StoreMap, Value, notation};
use dj_codec_testkit::FolderStore;
use dj_photon_codecs::AnscombeFilters;
use dj_zarr_codecs::{ArrayFilters, ZarrArray, ZarrCodec};

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data")
}

fn cases() -> Vec<Json> {
    serde_json::from_slice(&std::fs::read(folder().join("trees/cases.json")).unwrap()).unwrap()
}

#[test]
fn what_the_package_wrote_is_read() {
    let filters = ArrayFilters::new().with(Arc::new(AnscombeFilters));
    let mut decoded = 0;
    for case in cases() {
        let path = case["tree"].as_str().unwrap();
        let store = Arc::new(FolderStore::new(folder()));
        let plain = ZarrArray::open_path(store.clone(), path).unwrap_err();
        assert!(plain.to_string().contains("anscombe-v1"), "{plain}");

        // As a column would have it.
        let cx = Context::new(StoreMap::new().with("main", store).with_default("main"));
        let codec = ZarrCodec::default().with_filters(filters.clone());
        let array = codec.open(Record::new().with("path", path), &cx).unwrap();
        let read = array.read();
        if case["expected"].get("error").is_some() {
            // Python cannot read it either: its metadata does not say how wide the codes are.
            match read {
                Err(error) => assert!(error.to_string().contains("[0, 0, 0]"), "{error}"),
                Ok(read) => assert_eq!(notation::to_json(&Value::from(read)).unwrap(), case["intended"]),
            }
            continue;
        }
        let expected = notation::from_json(&case["expected"], &Limits::default())
            .and_then(Value::into_array)
            .unwrap();
        assert_eq!(read.unwrap(), expected, "{}", case["id"]);
        decoded += 1;
        // A region takes the same way.
        let shape = array.shape().to_vec();
        let region = [1..shape[0], 0..shape[1] - 1, 1..2];
        let part = array.read_region(&region).unwrap();
        let (rows, columns) = (shape[1] as usize, shape[2] as usize);
        let size = expected.dtype().size();
        let whole = expected.to_bytes(dj_codec_api::Order::C);
        let mut wanted = Vec::new();
        for frame in 1..shape[0] as usize {
            for row in 0..rows - 1 {
                let at = ((frame * rows + row) * columns + 1) * size;
                wanted.extend_from_slice(&whole[at..at + size]);
            }
        }
        assert_eq!(part.to_bytes(dj_codec_api::Order::C), wanted, "{}", case["id"]);
    }
    assert_eq!(decoded, 5);
}

#[test]
fn linked_crates_bring_their_filters() {
    assert_eq!(ArrayFilters::linked().names(), ["anscombe-v1"]);
}
