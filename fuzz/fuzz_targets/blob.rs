//! Bytes as a blob: an error or a value, and a value is written and read again as what it is.
#![no_main]

use dj_blob_codecs::api::Limits;
use dj_blob_codecs::{Compression, Dims, PackOptions, UnpackOptions};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let limits =
        Limits::default().with_array_bytes(1 << 20).with_decompressed_bytes(1 << 20).with_items(1 << 16).with_depth(64);
    let options = UnpackOptions::new().with_limits(limits);
    let blob = bytes::Bytes::copy_from_slice(data);
    let _ = options.clone().with_dims(Dims::Bits32).with_unwrap(true).unpack(blob.clone());
    let Ok(value) = options.clone().unpack(blob) else { return };
    let again = PackOptions::new()
        .with_compression(Compression::None)
        .pack(&value)
        .expect("what was read can be written");
    let back = options.with_dims(Dims::Bits64).unpack(again).expect("what was written can be read");
    assert_eq!(back, value);
});
