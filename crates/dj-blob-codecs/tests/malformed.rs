//! Damaged blobs are errors, or the value that Python reads.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test asserts by panicking"
)]

use std::path::Path;

use dj_blob_codecs::api::{Json, Limits, notation};
use dj_blob_codecs::unpack;

#[test]
fn damaged_blobs_are_errors_or_what_python_reads() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/malformed");
    let manifest: Json =
        serde_json::from_slice(&std::fs::read(folder.join("manifest.json")).unwrap()).unwrap();
    let cases = manifest["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 47);
    let mut errors = 0;
    for case in cases {
        let id = case["id"].as_str().unwrap();
        let blob = std::fs::read(folder.join(case["file"].as_str().unwrap())).unwrap();
        let value = match unpack(blob) {
            Ok(value) => value,
            Err(error) => {
                assert!(error.message().len() > 10, "{id}: {error}");
                errors += 1;
                continue;
            }
        };
        // A reader may follow the bytes where Python fails by a limit of its own, or accepts what is odd.
        let allowed = [
            ("either", &case["intended"]),
            ("python_accepts", &case["python"]["returns"]),
        ];
        let allowed = allowed.iter().find(|(mark, _)| case[*mark] == Json::Bool(true));
        let Some((_, wanted)) = allowed else {
            panic!("{id} decodes to {value:?}")
        };
        let wanted = notation::from_json(wanted, &Limits::default()).unwrap();
        assert_eq!(value, wanted, "{id}");
    }
    assert!(errors >= 40, "{errors}");
}
