//! The wire format where the fixtures of other programs do not lead: what only Rust's values are, and what only damage makes.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test asserts by panicking"
)]

use dj_blob_codecs::api::value::{CharArray, ObjectArray, RecordArray, SparseMatrix, StructArray};
use dj_blob_codecs::api::{Array, ErrorKind, Field, Kind, Limits, Order, StructType, Value};
use dj_blob_codecs::{Compression, PackOptions, UnpackOptions, unpack};

fn plain(value: impl Into<Value>) -> Vec<u8> {
    let options = PackOptions::new().with_compression(Compression::None);
    options.pack(&value.into()).unwrap().to_vec()
}

fn array(dtype: &str, shape: &[usize], bytes: Vec<u8>) -> Array {
    Array::new(dtype.parse().unwrap(), shape, Order::C, bytes.into()).unwrap()
}

/// The code points of texts that are three long.
fn points(texts: &[&str], bytes: fn(u32) -> [u8; 4]) -> Vec<u8> {
    let padded = |text: &str| -> Vec<u32> {
        let mut points: Vec<u32> = text.chars().map(u32::from).collect();
        points.resize(3, 0);
        points
    };
    texts
        .iter()
        .flat_map(|text| padded(text))
        .flat_map(bytes)
        .collect()
}

#[test]
fn arrays_of_texts_are_packed_as_their_values() {
    let texts = ["ab", "", "é日𝄞", "c", "def", "x"];
    let values = texts.iter().map(|text| Value::from(*text)).collect();
    let expected = plain(ObjectArray::new(vec![2, 3], values).unwrap());
    assert_eq!(
        plain(array("<U3", &[2, 3], points(&texts, u32::to_le_bytes))),
        expected
    );
    assert_eq!(
        plain(array(">U3", &[2, 3], points(&texts, u32::to_be_bytes))),
        expected
    );

    let nothing = ObjectArray::new(vec![2], vec![Value::from(""), Value::from("")]).unwrap();
    assert_eq!(plain(array("<U0", &[2], Vec::new())), plain(nothing));
    let no_character = array("<U1", &[1], 0xd800_u32.to_le_bytes().to_vec());
    let error = PackOptions::new().pack(&no_character.into()).unwrap_err();
    assert_eq!(error.message(), "0xd800 is no character");
}

#[test]
fn single_bytes_are_packed_as_chars() {
    let units = b"spikes".iter().map(|&byte| u16::from(byte)).collect();
    let chars = CharArray::new(vec![2, 3], units).unwrap();
    assert_eq!(plain(array("|S1", &[2, 3], b"spikes".to_vec())), plain(chars));
}

#[test]
fn structures_are_packed_field_by_field() {
    let mut pair = Field::new("pair", "<u2".parse().unwrap(), 2);
    pair.shape = vec![2];
    let fields = vec![Field::new("flag", "|b1".parse().unwrap(), 0), pair];
    let dtype = dj_blob_codecs::api::DType::new(Kind::Struct(StructType::new(fields, 7).unwrap()));
    // Four elements of seven bytes, two of them between or after the fields.
    let bytes: Vec<u8> = (0..4_u8)
        .flat_map(|at| [at % 2, 0xee, 10 + at, 0, 20 + at, 1, 0xee])
        .collect();
    let records = Array::new(dtype, &[2, 2], Order::C, bytes.into()).unwrap();
    let flags = Array::from_vec(vec![false, true, false, true], &[2, 2]).unwrap();
    let pairs = vec![10_u16, 276, 11, 277, 12, 278, 13, 279];
    let pairs = Array::from_vec(pairs, &[2, 2, 2]).unwrap();
    let expected = RecordArray {
        shape: vec![2, 2],
        fields: vec![("flag".into(), flags.into()), ("pair".into(), pairs.into())],
    };
    assert_eq!(plain(records.clone()), plain(expected.clone()));
    assert_eq!(unpack(plain(records)).unwrap(), expected.into());
}

#[test]
fn complex_numbers_are_packed_part_after_part() {
    let numbers: Vec<f32> = (0..12_u8).map(f32::from).collect();
    let bytes: Vec<u8> = numbers.iter().flat_map(|part| part.to_le_bytes()).collect();
    let packed = plain(array("<c8", &[2, 3], bytes));
    let part = |at: usize| f32::from_le_bytes(packed[packed.len() - 48 + 4 * at..][..4].try_into().unwrap());
    let parts: Vec<f32> = (0..12).map(part).collect();
    assert_eq!(
        parts,
        [0.0, 6.0, 2.0, 8.0, 4.0, 10.0, 1.0, 7.0, 3.0, 9.0, 5.0, 11.0]
    );
}

#[test]
fn fields_of_every_kind_come_back() {
    let record = |fields: Vec<(&str, Value)>| RecordArray {
        shape: vec![2],
        fields: fields
            .into_iter()
            .map(|(name, field)| (name.into(), field))
            .collect(),
    };
    let numbers = Array::from_vec(vec![1_i16, 2, 3, 4], &[2, 2]).unwrap();
    let value = record(vec![
        ("chars", CharArray::new(vec![2], vec![97, 98]).unwrap().into()),
        (
            "objects",
            ObjectArray::new(vec![2], vec![Value::Null, 5_i64.into()])
                .unwrap()
                .into(),
        ),
        (
            "within",
            record(vec![("x", Array::from_vec(vec![1.5, 2.5], &[2]).unwrap().into())]).into(),
        ),
        ("pairs", numbers.into()),
    ]);
    assert_eq!(unpack(plain(value.clone())).unwrap(), value.into());
}

/// An array of mYm with one dimension.
fn mym(class: u32, complexity: u32, length: u64, data: &[u8]) -> Vec<u8> {
    let mut blob = b"mYm\0A".to_vec();
    blob.extend(1_u64.to_le_bytes());
    blob.extend(length.to_le_bytes());
    blob.extend(class.to_le_bytes());
    blob.extend(complexity.to_le_bytes());
    blob.extend(data);
    blob
}

#[test]
fn complex_integers_of_matlab_are_complex_floats() {
    macro_rules! check {
        ($class:expr, $type:ty) => {
            let parts: [$type; 4] = [<$type>::MIN / 2, <$type>::MAX / 4 + 1, 2, 3];
            let data: Vec<u8> = parts.iter().flat_map(|part| part.to_le_bytes()).collect();
            let expected: Vec<u8> = [parts[0], parts[2], parts[1], parts[3]]
                .iter()
                .flat_map(|part| (*part as f64).to_le_bytes())
                .collect();
            assert_eq!(
                unpack(mym($class, 1, 2, &data)).unwrap(),
                array("<c16", &[2], expected).into(),
                stringify!($type)
            );
        };
    }
    check!(8, i8);
    check!(9, u8);
    check!(10, i16);
    check!(11, u16);
    check!(12, i32);
    check!(13, u32);
    check!(14, i64);
    check!(15, u64);
    let inexact: Vec<u8> = [(1_i64 << 53) + 1, 0]
        .iter()
        .flat_map(|part| part.to_le_bytes())
        .collect();
    let error = unpack(mym(14, 1, 1, &inexact)).unwrap_err();
    assert!(error.message().contains("9007199254740993"), "{error}");
}

#[test]
fn only_numbers_are_complex() {
    for (class, data) in [(4, &b"a\0"[..]), (5, b""), (3, b"\x01\x01")] {
        let length = if class == 5 { 0 } else { 1 };
        assert!(unpack(mym(class, 1, length, data)).is_err(), "{class}");
    }
    let error = unpack(mym(3, 1, 1, b"\x01\x01")).unwrap_err();
    assert!(error.message().contains("is marked complex"), "{error}");
    let error = unpack(mym(6, 2, 0, b"")).unwrap_err();
    assert_eq!(error.message(), "an array's complexity is 2");
}

#[test]
fn wrapped_blobs_are_named_and_unwrapped_as_deep_as_the_limit() {
    let inner = plain("text");
    for (outer, name) in [(b"mYm\0", "mYm"), (b"dj0\0", "dj0")] {
        for (front, inside) in [(&b""[..], "dj0"), (b"mYm\0", "mYm"), (b"ZL123\0", "ZL123")] {
            let blob = [&outer[..], front, &inner].concat();
            let error = unpack(blob).unwrap_err();
            let message = format!("a blob is wrapped in another: {name} around {inside}");
            assert_eq!(error.message(), message);
        }
    }
    let options = UnpackOptions::new()
        .with_unwrap(true)
        .with_limits(Limits::default().with_depth(3));
    let wrapped = |times: usize| [b"dj0\0".repeat(times), inner.clone()].concat();
    assert_eq!(options.unpack(wrapped(2)).unwrap(), "text".into());
    let error = options.unpack(wrapped(4)).unwrap_err();
    let kind = error.kind();
    assert!(
        matches!(
            kind,
            ErrorKind::Limit {
                what: "nesting depth",
                asked: 4,
                allowed: 3,
            }
        ),
        "{kind:?}"
    );
}

#[test]
fn what_the_bytes_look_like_is_told() {
    let report = |bytes: &[u8]| unpack(bytes.to_vec()).unwrap_err().to_string();
    assert!(report(b"").contains("there are no bytes"));
    assert!(report(b"[1.5, 2.5]\n").contains("it looks like text"));
    assert!(!report(b"\x80\x03]q\x00").contains("it looks like text"));
    assert!(report(b"\x80\x03]q\x00").contains("a blob begins with mYm"));
}

#[test]
fn a_length_that_lies_about_what_is_compressed_is_told() {
    let packed = PackOptions::new()
        .pack(&Value::from("spikes ".repeat(1000)))
        .unwrap()
        .to_vec();
    let length = u64::from_le_bytes(packed[6..14].try_into().unwrap());
    let with_length = |length: u64| {
        let mut blob = packed.clone();
        blob[6..14].copy_from_slice(&length.to_le_bytes());
        unpack(blob).unwrap_err().message().to_owned()
    };
    let data = (packed.len() - 14) as u64;
    let most = data * 1032 + 64;
    let told =
        |length: u64, found: &str| format!("a compressed blob should have {length} bytes, and has {found}");
    assert_eq!(with_length(length + 1), told(length + 1, &length.to_string()));
    assert_eq!(with_length(length - 1), told(length - 1, "more"));
    assert_eq!(with_length(most + 1), told(most + 1, &format!("at most {most}")));
    assert_eq!(with_length(most), told(most, &length.to_string()));
    let mut cut = packed.clone();
    cut.truncate(packed.len() - 9);
    let error = unpack(cut).unwrap_err();
    assert!(error.message().contains("it ends early"), "{error}");
}

#[test]
fn values_of_several_steps_of_inflating_come_back() {
    let value = Value::Bytes(vec![0; 3 << 20].into());
    assert!(unpack(PackOptions::new().pack(&value).unwrap()).unwrap() == value);
}

#[test]
fn short_lengths_before_what_is_compressed_are_told_from_long_ones() {
    for seed in 0..100 {
        let value = Value::from(format!("spikes {seed} of {}", seed * seed).repeat(200));
        let packed = PackOptions::new().pack(&value).unwrap();
        let narrow = [&packed[..10], &packed[14..]].concat();
        assert_eq!(unpack(narrow).unwrap(), value, "{seed}");
    }
}

#[test]
fn structures_without_fields_and_sparse_flags_come_back() {
    let none = StructArray::new(vec![0, 0], Vec::new(), Vec::new()).unwrap();
    let list = Value::List(vec![none.into(), 5_i64.into()]);
    assert_eq!(unpack(plain(list.clone())).unwrap(), list);
    let matrix = SparseMatrix {
        shape: [3, 2],
        indptr: vec![0, 1, 2],
        indices: vec![2, 0],
        data: Array::from_vec(vec![true, true], &[2]).unwrap(),
    };
    assert_eq!(unpack(plain(matrix.clone())).unwrap(), matrix.into());
}

#[test]
fn every_container_counts_as_a_level() {
    let objects = |value: Value| ObjectArray::new(vec![1], vec![value]).unwrap();
    let containers: [fn(Value) -> Value; 4] = [
        |value| Value::Dict(vec![(1_i64.into(), value)]),
        |value| Value::Dict(vec![(value, 1_i64.into())]),
        |value| ObjectArray::new(vec![1], vec![value]).unwrap().into(),
        |value| {
            let fields = vec![("field".into(), value)];
            RecordArray {
                shape: vec![1],
                fields,
            }
            .into()
        },
    ];
    let limits = Limits::default().with_depth(6);
    for (which, container) in containers.into_iter().enumerate() {
        let nested = |times: usize| {
            let inner = Value::from(objects(5_i64.into()));
            (0..times).fold(inner, |value, _| container(value))
        };
        let pack = |times| {
            PackOptions::new()
                .with_limits(limits.clone())
                .pack(&nested(times))
        };
        assert_eq!(unpack(pack(2).unwrap()).unwrap(), nested(2), "{which}");
        let too_deep = [
            pack(10).unwrap_err(),
            UnpackOptions::new()
                .with_limits(limits.clone())
                .unpack(plain(nested(10)))
                .unwrap_err(),
        ];
        for error in too_deep {
            assert!(
                matches!(
                    error.kind(),
                    ErrorKind::Limit {
                        what: "nesting depth",
                        ..
                    }
                ),
                "{which}: {error}"
            );
        }
    }
}
