//! What is written for fixed arrays, byte for byte: a format changes only with a new version.
#![allow(clippy::unwrap_used, reason = "a test asserts by panicking")]

use dj_codec_api::{Array, DType, Field, Kind, Order, StructType};
use dj_codec_testkit::FormatLock;
use dj_npy_codecs::NpyCodec;

/// Zeros, ones and what comes after them, in elements of this type.
fn array(dtype: &str, shape: &[usize], order: Order) -> Array {
    array_of(dtype.parse().unwrap(), shape, order)
}

fn array_of(dtype: DType, shape: &[usize], order: Order) -> Array {
    let count = shape.iter().product::<usize>() * dtype.size();
    let bytes: Vec<u8> = (0..count).map(|at| (at * 29 % 251) as u8).collect();
    Array::new(dtype, shape, order, bytes.into()).unwrap()
}

/// A structure of these fields, one after the other but for a byte between.
fn structure(fields: &[(&str, &str, &[usize])]) -> DType {
    let mut end = 0;
    let fields = fields.iter().map(|(name, dtype, shape)| {
        let mut field = Field::new(*name, dtype.parse().unwrap(), end);
        field.shape = shape.to_vec();
        end += field.size().unwrap() + 1;
        field
    });
    let fields: Vec<Field> = fields.collect();
    DType::new(Kind::Struct(StructType::new(fields, end).unwrap()))
}

#[test]
fn the_formats_are_what_they_were() {
    let mut lock = FormatLock::of(
        NpyCodec,
        concat!(env!("CARGO_MANIFEST_DIR"), "/tests/locks/npy.json"),
    );
    for dtype in [
        "|b1", "|i1", "|u1", "<i2", ">i2", "<u4", ">u4", "<i8", "<u8", "<f2", "<f4", ">f8", "<f16", "<c8",
        ">c16", "|S3", "<U2", "|V5", "<M8[us]", "<m8[25s]",
    ] {
        lock = lock.value("1.0", dtype, array(dtype, &[3, 2], Order::C));
    }
    lock.value("1.0", "scalar", Array::scalar(2.5_f64))
        .value("1.0", "empty", array("<f4", &[0, 7], Order::C))
        .value("1.0", "fortran", array("<f4", &[3, 2], Order::Fortran))
        .value(
            "1.0",
            "strided",
            array("<i4", &[12], Order::C).rows(3..9).unwrap(),
        )
        .value(
            "1.0",
            "structure",
            array_of(
                structure(&[("a", "<i2", &[]), ("b", ">f8", &[2]), ("c", "|S3", &[])]),
                &[2],
                Order::C,
            ),
        )
        .value("2.0", "asked-for", array("<f4", &[3, 2], Order::C))
        .value("3.0", "asked-for", array("<f4", &[3, 2], Order::C))
        .value(
            "3.0",
            "field-name",
            array_of(structure(&[("é€", "<i2", &[])]), &[2], Order::C),
        )
        .assert();
}
