//! What every codec has to do, this one does.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test asserts by panicking"
)]

use dj_codec_api::{Array, FormatVersion, Order, Result};
use dj_codec_testkit::conformance::{Conformance, Written};
use dj_codec_testkit::memory::CountingAllocator;
use dj_codec_testkit::values;
use dj_npy_codecs::NpyCodec;
use proptest::prelude::*;

/// So that conformance sees how much memory damaged values take.
#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// The version is in the seventh and eighth byte of the file.
fn stamp(mut written: Written, version: FormatVersion) -> Result<Written> {
    for file in written.objects.values_mut() {
        let mut bytes = file.to_vec();
        bytes[6..8].copy_from_slice(&[version.major(), version.minor()].map(|part| part as u8));
        *file = bytes.into();
    }
    Ok(written)
}

#[test]
fn npy_conforms() {
    let square = Array::from_vec((0..12_u16).collect(), &[3, 4]).unwrap();
    Conformance::of(NpyCodec)
        .samples([
            square.clone(),
            square.to_order(Order::Fortran),
            Array::scalar(2.5_f64),
        ])
        .values(values::array().prop_map(Into::into))
        .stamped_by(stamp)
        .run()
        .assert();
}
