//! What is packed for fixed values, byte for byte: a format changes only with a new version. Values are packed uncompressed,
//! for of compressed ones only what they become is promised.
#![allow(clippy::unwrap_used, reason = "a test asserts by panicking")]

use dj_blob_codecs::api::value::{
    CellArray, CharArray, Date, DateTime, ObjectArray, RecordArray, SparseMatrix, StructArray, Time,
};
use dj_blob_codecs::api::{Array, BigInt, DType, Order, Uuid};
use dj_blob_codecs::{BlobCodec, Compression, PackOptions, Value};
use dj_codec_testkit::FormatLock;

fn array(dtype: &str, shape: &[usize], order: Order) -> Array {
    let dtype: DType = dtype.parse().unwrap();
    let count = shape.iter().product::<usize>() * dtype.size();
    let bytes: Vec<u8> = (0..count).map(|at| (at * 29 % 251) as u8).collect();
    Array::new(dtype, shape, order, bytes.into()).unwrap()
}

/// What MATLAB has: mYm, format 1.
fn matlab() -> Vec<(&'static str, Value)> {
    let numbers = || array("<i2", &[2, 3], Order::Fortran);
    let cell = |items| CellArray::new(vec![1, 2], items).unwrap();
    vec![
        ("array", numbers().into()),
        ("array-c-order", array("<f8", &[2, 3], Order::C).into()),
        ("array-big-endian", array(">u4", &[2, 1], Order::Fortran).into()),
        ("array-complex", array("<c16", &[1, 2], Order::Fortran).into()),
        (
            "array-bool",
            Array::from_vec(vec![true, false], &[2, 1]).unwrap().into(),
        ),
        ("array-empty", array("<f4", &[0, 4], Order::Fortran).into()),
        ("chars", CharArray::line("né").into()),
        (
            "cell",
            cell(vec![numbers().into(), CharArray::line("x").into()]).into(),
        ),
        (
            "struct",
            StructArray::new(
                vec![2, 1],
                vec!["a".into(), "b".into()],
                vec![numbers().into(); 4],
            )
            .unwrap()
            .into(),
        ),
        (
            "sparse",
            SparseMatrix {
                shape: [3, 2],
                indptr: vec![0, 1, 3],
                indices: vec![2, 0, 1],
                data: Array::from_vec(vec![1.5, -2.0, 3.0], &[3]).unwrap(),
            }
            .into(),
        ),
    ]
}

/// What Python alone has: dj0, format 2.
fn python() -> Vec<(&'static str, Value)> {
    let date = Date::new(2024, 2, 29).unwrap();
    let time = Time::new(23, 59, 58, 123_456).unwrap();
    let nested = Value::Dict(vec![
        ("spikes".into(), Value::List(vec![1.5.into(), Value::Null])),
        (Value::Int(-7), Value::Tuple(vec![true.into(), "é".into()])),
    ]);
    vec![
        ("none", Value::List(vec![Value::Null])),
        ("bool", true.into()),
        ("int", (-129_i64).into()),
        ("int-large", Value::int(BigInt::from(1_u8) << 100)),
        ("float", f64::NEG_INFINITY.into()),
        ("complex", Value::Complex(1.5, -0.0)),
        ("str", "né\u{0}€".into()),
        ("bytes", b"\x00\xff".as_slice().into()),
        (
            "uuid",
            Uuid::from_u128(0x0102_0304_0506_0708_090a_0b0c_0d0e_0f10).into(),
        ),
        ("decimal", Value::Decimal("-1.50E+3".into())),
        ("date", date.into()),
        ("time", time.into()),
        ("datetime", DateTime { date, time }.into()),
        ("set", Value::Set(vec![1_i64.into(), "a".into()])),
        ("nested", nested.clone()),
        (
            "array-in-list",
            Value::List(vec![array("<i8", &[3], Order::C).into()]),
        ),
        (
            "dates",
            Value::List(vec![array("<M8[us]", &[2], Order::C).into()]),
        ),
        (
            "objects",
            Value::List(vec![
                ObjectArray::new(vec![2], vec![nested, Value::Null])
                    .unwrap()
                    .into(),
            ]),
        ),
        (
            "record",
            Value::List(vec![
                RecordArray {
                    shape: vec![2],
                    fields: vec![
                        ("a".into(), array("<i2", &[2], Order::C).into()),
                        ("b".into(), array("<f4", &[2, 3], Order::C).into()),
                    ],
                }
                .into(),
            ]),
        ),
    ]
}

#[test]
fn the_formats_are_what_they_were() {
    let codec = BlobCodec::new().with_pack(PackOptions::new().with_compression(Compression::None));
    let mut lock = FormatLock::of(
        codec,
        concat!(env!("CARGO_MANIFEST_DIR"), "/tests/locks/blob.json"),
    );
    for (name, value) in matlab() {
        lock = lock.value("1", name, value);
    }
    for (name, value) in python() {
        lock = lock.value("2", name, value);
    }
    lock.assert();
}
