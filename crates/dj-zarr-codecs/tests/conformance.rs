//! What every codec has to do, this one does: with arrays in one chunk, in several, and in shards.
#![allow(clippy::unwrap_used, reason = "a test asserts by panicking")]

use dj_codec_api::{Array, FormatVersion, Json, Result};
use dj_codec_testkit::conformance::{Conformance, Written};
use dj_codec_testkit::memory::CountingAllocator;
use dj_codec_testkit::values;
use dj_zarr_codecs::{Sharding, ZarrCodec, ZarrOptions};
use proptest::prelude::*;

/// So that conformance sees how much memory damaged values take.
#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// The version is in the attributes, which are believed before the record.
fn stamp(written: Written, version: FormatVersion) -> Result<Written> {
    let mut written = written.with_key("codec_version", version.to_string());
    for (_, metadata) in written
        .objects
        .iter_mut()
        .filter(|(path, _)| path.ends_with("/zarr.json"))
    {
        let mut json: Json = serde_json::from_slice(metadata).unwrap();
        *json.pointer_mut("/attributes/codec_version").unwrap() = version.to_string().into();
        *metadata = serde_json::to_vec(&json).unwrap().into();
    }
    Ok(written)
}

#[test]
fn zarr_conforms() {
    let shape = prop::collection::vec(0..6_usize, 0..4);
    Conformance::of(ZarrCodec::new(ZarrOptions::default().with_portable(false)))
        .values(shape.prop_flat_map(values::array_of).prop_map(Into::into))
        .stamped_by(stamp)
        .run()
        .assert();
}

#[test]
fn zarr_in_pieces_conforms() {
    let chunks = ZarrOptions::default().with_chunk_shape(&[4, 3]);
    let shards = chunks.clone().with_sharding(Sharding::Shape(vec![8, 6]));
    let numbers = Array::from_vec((0..70_i32).map(|at| at * at - 9).collect(), &[10, 7]).unwrap();
    // Chunks of zeros are not written.
    let holes = Array::from_vec((0..70_u16).map(|at| at / 50).collect(), &[10, 7]).unwrap();
    for options in [chunks, shards] {
        Conformance::of(ZarrCodec::new(options))
            .samples([numbers.clone(), holes.clone()])
            .positions(120)
            .stamped_by(stamp)
            .run()
            .assert();
    }
}
