//! Format 1.0: the metadata of Python's dj-zarr-codecs 0.1.0 with zarr 3.1.6, byte for byte.

use std::sync::Arc;

use dj_codec_api::{Array, FormatVersion, Order};
use dj_codec_testkit::MemoryStore;
use dj_zarr_codecs::{ZarrOptions, ZarrWriter};
use serde_json::json;

use crate::{context, movie, peer};

fn write(array: &Array) -> (serde_json::Value, String) {
    let store = Arc::new(MemoryStore::new());
    let cx = context(store.clone()).with_format_version(FormatVersion::new(1, 0));
    let record = ZarrWriter::write(array, &ZarrOptions::default(), &cx).unwrap();
    let document = peer::object(&store, record.path(), "zarr.json");
    (
        record.into_record().into_json(),
        String::from_utf8(document.to_vec()).unwrap(),
    )
}

/// What zarr 3.1.6 writes for these arrays, as its `zarr.json` files have it.
#[test]
fn the_metadata_is_that_of_zarr_python() {
    let zeros = |dtype: &str, shape: &[usize]| {
        let dtype: dj_codec_api::DType = dtype.parse().unwrap();
        let size = shape.iter().product::<usize>() * dtype.size();
        Array::new(dtype, shape, Order::C, vec![0; size].into()).unwrap()
    };
    for (name, array) in [
        ("int16_2x3", zeros(">i2", &[2, 3])),
        ("bool_2x1", zeros("|b1", &[2, 1])),
        ("complex64_3", zeros("<c8", &[3])),
        ("float64_scalar", zeros("<f8", &[])),
        ("int32_0x2", zeros("<i4", &[0, 2])),
        ("uint8_280x1000", zeros("|u1", &[280, 1000])),
    ] {
        let expected = std::fs::read_to_string(format!(
            "{}/tests/data/zarr-3.1.6/{name}.json",
            env!("CARGO_MANIFEST_DIR")
        ));
        assert_eq!(write(&array).1, expected.unwrap(), "{name}");
    }
}

/// The same for types that only zarr-python has.
#[test]
fn times_and_texts_are_written_as_python_does() {
    let array = |dtype: &str, bytes: &'static [u8]| {
        Array::new(dtype.parse().unwrap(), &[2], Order::C, bytes.into()).unwrap()
    };
    let times = array("<M8[s]", &[1; 16]);
    let texts = array("<U2", &[b'a', 0, 0, 0, b'b', 0, 0, 0, b'c', 0, 0, 0, 0, 0, 0, 0]);
    for (name, array) in [("datetime64_s_2", times), ("unicode2_2", texts)] {
        let expected = std::fs::read_to_string(format!(
            "{}/tests/data/zarr-3.1.6/{name}.json",
            env!("CARGO_MANIFEST_DIR")
        ));
        let expected: serde_json::Value = serde_json::from_str(&expected.unwrap()).unwrap();
        let found: serde_json::Value = serde_json::from_str(&write(&array).1).unwrap();
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn the_record_is_one_of_then() {
    let array = movie(&[2, 3]);
    let (record, _) = write(&array);
    assert_eq!(record["shape"], json!([2, 3]));
    assert_eq!(record["dtype"], "uint16");
    assert_eq!(record["store"], "main");
    assert!(record["provenance"]["dj-zarr-codecs"].is_string());
    assert_eq!(
        record.as_object().unwrap().len(),
        5,
        "no codec_version, no inventory: {record}"
    );
    let big = Array::new(">i2".parse().unwrap(), &[1], Order::C, vec![1, 2].into()).unwrap();
    assert_eq!(write(&big).0["dtype"], ">i2");
}

#[test]
fn an_array_of_several_chunks_is_read() {
    let array = movie(&[300, 700]);
    let store = Arc::new(MemoryStore::new());
    let cx = context(store.clone()).with_format_version(FormatVersion::new(1, 0));
    let record = ZarrWriter::write(&array, &ZarrOptions::default(), &cx).unwrap();
    assert!(store.paths().len() > 2);
    assert_eq!(peer::read(&store, record.path()).1, array.to_bytes(Order::C));
}
