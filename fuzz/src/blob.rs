//! Bytes as a blob: an error or a value, and a value is written and read again as what it is.

use bytes::Bytes;
use dj_blob_codecs::{Compression, Dims, PackOptions, UnpackOptions, inspect};

use crate::limits;

pub fn run(data: &[u8]) {
    let options = UnpackOptions::new().with_limits(limits());
    let blob = Bytes::copy_from_slice(data);
    let info = inspect(&blob, &limits());
    let _ = options
        .clone()
        .with_dims(Dims::Bits32)
        .with_unwrap(true)
        .unpack(blob.clone());
    let Ok(value) = options.clone().unpack(blob) else {
        return;
    };
    info.expect("what is a blob is told to be one");
    let again = PackOptions::new()
        .with_compression(Compression::None)
        .pack(&value)
        .expect("what was read can be written");
    let back = options
        .with_dims(Dims::Bits64)
        .unpack(again)
        .expect("what was written can be read");
    assert_eq!(back, value);
}
