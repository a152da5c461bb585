//! Values of any kind, through blobs and back.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test asserts by panicking"
)]

use dj_blob_codecs::api::value::{CellArray, StructArray};
use dj_blob_codecs::api::{Array, DType, ErrorKind, Kind, Order};
use dj_blob_codecs::{Compression, Dims, PackOptions, UnpackOptions, Value, pack, unpack};
use dj_codec_testkit::values;
use proptest::collection::vec;
use proptest::prelude::*;

proptest! {
    #[test]
    fn every_value_comes_back(value in values::anything()) {
        let blob = PackOptions::new().with_compression(Compression::None).pack(&value).unwrap();
        let back = unpack(blob.clone()).unwrap();
        prop_assert_eq!(&back, &value);
        prop_assert_eq!(PackOptions::new().with_compression(Compression::None).pack(&back).unwrap(), blob.clone());
        let small = pack(&value).unwrap();
        prop_assert!(small.len() <= blob.len());
        prop_assert_eq!(unpack(small).unwrap(), value);
    }

    #[test]
    fn what_matlab_has_is_written_for_matlab(value in values::matlab()) {
        let blob = PackOptions::new().for_matlab(true).with_compression(Compression::None).pack(&value).unwrap();
        prop_assert!(blob.starts_with(b"mYm\0"));
        prop_assert_eq!(UnpackOptions::new().with_dims(Dims::Bits64).unpack(blob).unwrap(), value);
    }

    #[test]
    fn what_matlab_has_not_is_refused_for_matlab(value in values::scalar()) {
        let in_cell = CellArray::new(vec![1, 1], vec![value]).unwrap().into();
        let error = PackOptions::new().for_matlab(true).pack(&in_cell).unwrap_err();
        prop_assert_eq!(error.kind(), &ErrorKind::InvalidValue);
    }

    #[test]
    fn damage_is_an_error_or_another_value(value in values::anything(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut blob = pack(&value).unwrap().to_vec();
        let at = at.index(blob.len());
        blob[at] = byte;
        let _ = unpack(blob.clone());
        blob.truncate(at);
        let _ = unpack(blob);
    }

    #[test]
    fn no_bytes_panic(magic in prop::sample::select(vec!["mYm", "dj0", "ZL123"]), bytes in vec(any::<u8>(), 0..200)) {
        let blob = [magic.as_bytes(), &[0], &bytes].concat();
        let _ = unpack(blob);
    }
}

#[test]
fn arrays_in_a_blob_are_views_of_it() {
    let array = Array::from_vec((0..600_u16).collect(), &[20, 30])
        .unwrap()
        .to_order(Order::Fortran);
    let blob = PackOptions::new()
        .with_compression(Compression::None)
        .pack(&array.clone().into())
        .unwrap();
    let Value::Array(back) = unpack(blob.clone()).unwrap() else {
        panic!("no array")
    };
    assert_eq!(*back, array);
    assert_eq!(back.strides(), array.strides());
    let (inside, whole) = (back.data().as_ptr() as usize, blob.as_ptr() as usize);
    assert_eq!(inside - whole, blob.len() - array.nbytes());
}

#[test]
fn narrow_dimensions_are_found_by_themselves() {
    let mut blob = b"mYm\0A".to_vec();
    blob.extend([2_u32, 2, 3, 9, 0].iter().flat_map(|word| word.to_le_bytes()));
    blob.extend([1, 2, 3, 4, 5, 6]);
    let data = bytes::Bytes::from_static(&[1, 2, 3, 4, 5, 6]);
    let wanted: Value = Array::new(DType::new(Kind::UInt8), &[2, 3], Order::Fortran, data)
        .unwrap()
        .into();
    assert_eq!(unpack(blob.clone()).unwrap(), wanted);
    assert!(UnpackOptions::new().with_dims(Dims::Bits64).unpack(blob).is_err());
}

#[test]
fn a_blob_that_reads_two_ways_is_an_error() {
    // Eight structs without fields; or, narrow, no structs with eight fields whose names are empty.
    let mut blob = b"mYm\0S".to_vec();
    blob.extend([1_u64, 8].iter().flat_map(|word| word.to_le_bytes()));
    blob.extend(0_u32.to_le_bytes());
    let told = |dims| UnpackOptions::new().with_dims(dims).unpack(blob.clone()).unwrap();
    assert_eq!(
        told(Dims::Bits64),
        StructArray::new(vec![8], Vec::new(), Vec::new()).unwrap().into()
    );
    assert_eq!(
        told(Dims::Bits32),
        StructArray::new(vec![0], vec![String::new(); 8], Vec::new())
            .unwrap()
            .into()
    );
    let error = unpack(blob.clone()).unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::Corrupt);
    assert!(error.to_string().contains("with_dims"), "{error}");
}

#[test]
fn what_a_blob_is_takes_only_its_front() {
    let limits = dj_blob_codecs::api::Limits::default();
    let large = Value::from(Array::from_vec(vec![7_u8; 5000], &[5000]).unwrap());
    let plain = PackOptions::new()
        .with_compression(Compression::None)
        .pack(&large)
        .unwrap();
    let small = pack(&large).unwrap();
    let front = small.slice(..small.len() - 10);
    for (blob, compressed) in [(&plain, false), (&small, true), (&front, true)] {
        let info = dj_blob_codecs::inspect(blob, &limits).unwrap();
        assert_eq!(
            (info.protocol, info.compressed),
            (dj_blob_codecs::Protocol::Mym, compressed)
        );
        assert_eq!(info.size, plain.len() as u64);
    }
    assert!(unpack(front).is_err());
    assert!(dj_blob_codecs::inspect(&small.slice(..15), &limits).is_err());
    assert!(dj_blob_codecs::inspect(&small, &limits.with_decompressed_bytes(4999)).is_err());
}

#[test]
fn what_is_no_blob_says_what_it_is() {
    let error = unpack("[[1.0, 2.5], [3.0, 4.0]]").unwrap_err();
    assert!(
        error
            .to_string()
            .contains("begin with \"[[1.0, 2.5], [3.0, 4.0]]\""),
        "{error}"
    );
    assert!(error.advice().unwrap().contains("text"), "{error}");
    let error = unpack(vec![0x93, b'N', b'U']).unwrap_err();
    assert!(error.to_string().contains("\\x93NU"), "{error}");
    let array = Value::from(Array::from_vec(vec![1.5], &[1]).unwrap());
    let wrapped = [&b"dj0\0"[..], &pack(&array).unwrap()].concat();
    let error = unpack(wrapped.clone()).unwrap_err();
    assert!(error.message().contains("dj0 around mYm"), "{error}");
    assert_eq!(
        UnpackOptions::new().with_unwrap(true).unpack(wrapped).unwrap(),
        array
    );
}
