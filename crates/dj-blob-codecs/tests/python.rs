//! Generated values through Python's own `datajoint.blob` and back: equal values, and uncompressed the same bytes.
//!
//! Needs Python with DataJoint: `DJ_PYTHON=path/to/python cargo test -p dj-blob-codecs --test python -- --ignored`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test asserts by panicking"
)]

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use dj_blob_codecs::api::value::{CellArray, Date, DateTime, RecordArray, StructArray, Time};
use dj_blob_codecs::api::{Array, BigInt, DType, Kind, Order, TimeBase, TimeUnit, Uuid};
use dj_blob_codecs::{Compression, PackOptions, Value, pack, unpack};
use proptest::collection::{btree_map, btree_set, vec};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

/// Arrays that Python reads without loss: the parts of complex numbers are finite, and no zero has a sign.
fn array_of(shape: Vec<usize>) -> impl Strategy<Value = Value> {
    let date = |base| Kind::DateTime64(TimeUnit { base, count: 1 });
    let kinds = vec![
        Kind::Bool,
        Kind::Int8,
        Kind::Int16,
        Kind::Int32,
        Kind::Int64,
        Kind::UInt8,
        Kind::UInt16,
        Kind::UInt32,
        Kind::UInt64,
        Kind::Float32,
        Kind::Float64,
        Kind::Complex64,
        Kind::Complex128,
        date(TimeBase::Day),
        date(TimeBase::Nanosecond),
    ];
    (prop::sample::select(kinds), any::<bool>()).prop_flat_map(move |(kind, fortran)| {
        let (dtype, shape) = (DType::new(kind), shape.clone());
        let order = if fortran { Order::Fortran } else { Order::C };
        let count: usize = shape.iter().product();
        vec(any::<i32>(), count * 2).prop_map(move |words| {
            let byte = |at: usize| words[at / 16 % words.len().max(1)].to_le_bytes()[at % 4];
            let number = |at: usize| f64::from(words[at]) + 0.5;
            let data: Vec<u8> = match dtype.kind() {
                Kind::Bool => words.iter().take(count).map(|word| u8::from(*word > 0)).collect(),
                Kind::Complex64 => (0..2 * count)
                    .flat_map(|at| (number(at) as f32).to_le_bytes())
                    .collect(),
                Kind::Complex128 => (0..2 * count).flat_map(|at| number(at).to_le_bytes()).collect(),
                _ => (0..count * dtype.size()).map(byte).collect(),
            };
            Array::new(dtype.clone(), &shape, order, data.into())
                .unwrap()
                .into()
        })
    })
}

fn array() -> impl Strategy<Value = Value> {
    vec(0..5_usize, 0..4).prop_flat_map(array_of)
}

fn time() -> impl Strategy<Value = Time> {
    (0..24_u8, 0..60_u8, 0..60_u8, 0..1_000_000_u32)
        .prop_map(|(h, m, s, micro)| Time::new(h, m, s, micro).unwrap())
}

fn date() -> impl Strategy<Value = Date> {
    (1..=9999_u16, 1..=12_u8, 1..=28_u8).prop_map(|(year, month, day)| Date::new(year, month, day).unwrap())
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        (-300..300_i64).prop_map(Value::Int),
        vec(any::<u8>(), 0..40).prop_map(|bytes| Value::int(BigInt::from_signed_bytes_le(&bytes))),
        any::<f64>().prop_map(Value::Float),
        any::<(f64, f64)>().prop_map(|(real, imaginary)| Value::Complex(real, imaginary)),
        any::<String>().prop_map(Value::Str),
        vec(any::<u8>(), 0..2000).prop_map(|bytes| Value::Bytes(bytes.into())),
        any::<u128>().prop_map(|bits| Value::Uuid(Uuid::from_u128(bits))),
        "-?[1-9][0-9]{0,9}(\\.[0-9]{1,9})?".prop_map(Value::Decimal),
        date().prop_map(Value::Date),
        time().prop_map(Value::Time),
        (date(), time()).prop_map(|(date, time)| Value::DateTime(DateTime { date, time })),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![2 => scalar(), 2 => array()].prop_recursive(4, 60, 6, |inner| {
        let list = vec(inner.clone(), 0..6);
        prop_oneof![
            list.clone().prop_map(Value::List),
            list.prop_map(Value::Tuple),
            // Python keeps no order in a set of more than one.
            btree_set(any::<i64>(), 0..2)
                .prop_map(|items| Value::Set(items.into_iter().map(Value::Int).collect())),
            btree_map(any::<String>(), inner.clone(), 0..5).prop_map(|entries| Value::Dict(
                entries
                    .into_iter()
                    .map(|(key, value)| (key.into(), value))
                    .collect()
            )),
            btree_map(any::<i64>(), inner.clone(), 0..5).prop_map(|entries| Value::Dict(
                entries
                    .into_iter()
                    .map(|(key, value)| (key.into(), value))
                    .collect()
            )),
            vec(inner.clone(), 6).prop_map(|items| CellArray::new(vec![2, 3], items).unwrap().into()),
            vec(inner.clone(), 4).prop_map(|items| {
                StructArray::new(vec![2, 1], vec!["x".into(), "y".into()], items)
                    .unwrap()
                    .into()
            }),
            (array_of(vec![2]), array_of(vec![2])).prop_map(|(a, b)| {
                RecordArray {
                    shape: vec![2],
                    fields: vec![("a".into(), a), ("é".into(), b)],
                }
                .into()
            }),
        ]
    })
}

fn frame(from: &mut impl Read) -> Vec<u8> {
    let mut length = [0; 8];
    from.read_exact(&mut length).expect("Python stopped");
    let mut blob = vec![0; u64::from_le_bytes(length) as usize];
    from.read_exact(&mut blob).unwrap();
    blob
}

#[test]
#[ignore = "needs Python with DataJoint; DJ_PYTHON says which"]
fn generated_values_go_through_python_and_back() {
    let python = std::env::var("DJ_PYTHON").unwrap_or_else(|_| "python3".into());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/repack.py");
    let mut child = Command::new(python)
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python starts");
    let (mut to, mut from) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let mut runner = TestRunner::default();
    let plain = PackOptions::new().with_compression(Compression::None);
    for round in 0..2000 {
        let value = value().new_tree(&mut runner).unwrap().current();
        let blob = pack(&value).unwrap();
        to.write_all(&(blob.len() as u64).to_le_bytes()).unwrap();
        to.write_all(&blob).unwrap();
        to.flush().unwrap();
        assert_eq!(
            frame(&mut from),
            plain.pack(&value).unwrap(),
            "round {round}: {value:?}"
        );
        assert_eq!(unpack(frame(&mut from)).unwrap(), value, "round {round}");
    }
    drop(to);
    assert!(child.wait().unwrap().success());
}
