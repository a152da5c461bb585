//! What the writer writes for fixed inputs, byte for byte: a format changes only with a new version.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test asserts by panicking"
)]

#[path = "samples/arrays.rs"]
mod arrays;

use dj_codec_api::Stored;
use dj_codec_testkit::FormatLock;
use dj_zarr_codecs::ZarrCodec;

#[test]
fn the_formats_are_what_they_were() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/locks/zarr.json");
    let mut lock = FormatLock::of(ZarrCodec::default(), path)
        .ignoring("/provenance/dj-zarr-codecs")
        // What the inventory says of the chunks changes with them.
        .payload_in_record("/inventory")
        .payload(|path| !path.ends_with("/zarr.json"));
    for version in ["1.0", "2.0"] {
        for sample in arrays::all() {
            let name = sample.name.clone();
            lock = lock.case(version, &name, move |cx| {
                let record = sample.write(cx)?;
                Ok(Stored::Json(record.into_record().into_json()))
            });
        }
    }
    lock.assert();
}
