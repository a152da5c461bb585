//! What the writer writes for fixed inputs, byte for byte: a format changes only with a new version.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test asserts by panicking"
)]

#[path = "samples/movies.rs"]
mod movies;

use dj_codec_api::Stored;
use dj_codec_testkit::FormatLock;
use dj_photon_codecs::PhotonCodec;

#[test]
fn the_formats_are_what_they_were() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/locks/photon.json");
    let mut lock = FormatLock::of(PhotonCodec::default(), path)
        // What the inventory says of the chunks changes with them.
        .payload_in_record("/inventory")
        .payload(|path| {
            ![".zarray", ".zattrs", "zarr.json"]
                .iter()
                .any(|name| path.ends_with(&format!("/{name}")))
        });
    for version in ["1.0", "2.0"] {
        for sample in movies::all() {
            if !sample.has(version.parse().unwrap()) {
                continue;
            }
            let name = sample.name.clone();
            lock = lock.case(version, &name, move |cx| {
                Ok(Stored::Json(sample.write(cx)?.into_json()))
            });
        }
    }
    lock.assert();
}
