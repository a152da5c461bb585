//! Every golden fixture decodes, and what loses nothing is written again byte for byte.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test asserts by panicking"
)]

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dj_blob_codecs::api::{Json, Registry, Stored};
use dj_blob_codecs::{BlobCodec, Compression, Dims, PackOptions, UnpackOptions, unpack};
use dj_codec_testkit::golden::Case;
use dj_hash_codecs::HashCodec;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/blob")
}

/// Each case whose column holds the blob, with its `case.json`.
fn cases() -> Vec<(Case, Json)> {
    let mut cases = Vec::new();
    for version in ["1", "2"] {
        for entry in std::fs::read_dir(fixtures().join(version)).unwrap() {
            let folder = entry.unwrap().path();
            let json = serde_json::from_slice(&std::fs::read(folder.join("case.json")).unwrap()).unwrap();
            let case = Case::read(&folder).unwrap();
            if matches!(case.stored, Stored::Bytes(_)) {
                cases.push((case, json));
            }
        }
    }
    assert!(cases.len() >= 224, "{}", cases.len());
    cases
}

fn blob(case: &Case) -> bytes::Bytes {
    match &case.stored {
        Stored::Bytes(blob) => blob.clone(),
        other => panic!("{}: {other:?}", case.id),
    }
}

#[test]
fn every_blob_decodes() {
    let mut registry = Registry::new();
    registry.register(Arc::new(BlobCodec::new())).unwrap();
    // Some are in a store.
    registry.register(Arc::new(HashCodec)).unwrap();
    dj_codec_testkit::assert_golden(fixtures(), &registry);
}

/// The blob, decompressed by other means than ours.
fn plain(blob: &[u8]) -> Vec<u8> {
    let Some(rest) = blob.strip_prefix(b"ZL123\0") else {
        return blob.to_vec();
    };
    let mut out = Vec::new();
    flate2::read::ZlibDecoder::new(&rest[8..])
        .read_to_end(&mut out)
        .unwrap();
    out
}

#[test]
fn what_loses_nothing_is_written_again_byte_for_byte() {
    let mut exact = 0;
    for (case, json) in cases() {
        let blob = blob(&case);
        let value = unpack(blob.clone()).unwrap();
        let again = PackOptions::new()
            .with_compression(Compression::None)
            .pack(&value)
            .unwrap();
        if json["repack_exact"] == Json::Bool(true) {
            exact += 1;
            assert_eq!(again, plain(&blob), "{}", case.id);
        }
        assert_eq!(unpack(again.clone()).unwrap(), value, "{}", case.id);
        let compressed = PackOptions::new().pack(&value).unwrap();
        assert_eq!(plain(&compressed), again, "{}", case.id);
        if let Some(front) = compressed.strip_prefix(b"ZL123\0") {
            assert_eq!(front[..8], (again.len() as u64).to_le_bytes(), "{}", case.id);
        }
    }
    assert!(exact >= 197, "{exact}");
}

#[test]
fn the_width_of_dimensions_is_found_or_told() {
    for (case, json) in cases() {
        let (right, wrong) = if json["dims"] == 32 {
            (Dims::Bits32, Dims::Bits64)
        } else {
            (Dims::Bits64, Dims::Bits32)
        };
        let told = UnpackOptions::new().with_dims(right).unpack(blob(&case)).unwrap();
        assert_eq!(unpack(blob(&case)).unwrap(), told, "{}", case.id);
        // The other width is an error, or the same value where a blob holds no size at all.
        if let Ok(value) = UnpackOptions::new().with_dims(wrong).unpack(blob(&case)) {
            assert_eq!(value, told, "{}", case.id);
        }
    }
}
