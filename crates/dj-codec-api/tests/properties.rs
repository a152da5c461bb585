//! What holds for every value and every name.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test asserts by panicking"
)]
#![forbid(unsafe_code)]

use dj_codec_api::array::Order;
use dj_codec_api::layout::{
    ObjectPath, check_filepath, check_path, encode_pk_value, hash_path, normalize_path,
};
use dj_codec_api::value::{CellArray, Date, DateTime, ObjectArray, RecordArray, StructArray, Time};
use dj_codec_api::{
    Array, BigInt, Bytes, DType, ErrorKind, Limits, StoreLayout, TypeSpec, Uuid, Value, notation,
};
use proptest::collection::vec;
use proptest::prelude::*;

fn array() -> impl Strategy<Value = Array> {
    const DTYPES: [&str; 13] = [
        "|b1", "|i1", "<u2", ">i4", "<f8", ">c8", "<M8[us]", ">m8[25s]", "|S3", "|V5", "<f2", "<U0", "|S0",
    ];
    (
        prop::sample::select(&DTYPES[..]),
        vec(0..4_usize, 0..4),
        any::<u8>(),
        any::<bool>(),
    )
        .prop_map(|(dtype, shape, seed, fortran)| {
            let dtype: DType = dtype.parse().unwrap();
            let size = shape.iter().product::<usize>() * dtype.size();
            let bytes: Vec<u8> = (0..size)
                .map(|at| seed.wrapping_mul(31).wrapping_add(at as u8))
                .collect();
            let order = if fortran { Order::Fortran } else { Order::C };
            Array::new(dtype, &shape, order, Bytes::from(bytes)).unwrap()
        })
}

fn texts() -> impl Strategy<Value = Array> {
    vec("[a-zé日𝄞]{0,4}", 0..5).prop_map(|items| {
        let codes = items
            .iter()
            .flat_map(|item| item.chars().map(u32::from).chain(std::iter::repeat(0)).take(4));
        let bytes: Vec<u8> = codes.flat_map(u32::to_le_bytes).collect();
        Array::new(
            "<U4".parse().unwrap(),
            &[items.len()],
            Order::C,
            Bytes::from(bytes),
        )
        .unwrap()
    })
}

fn date() -> impl Strategy<Value = Date> {
    (1..=9999_u16, 1..=12_u8, 1..=28_u8).prop_map(|(year, month, day)| Date::new(year, month, day).unwrap())
}

fn time() -> impl Strategy<Value = Time> {
    (0..24_u8, 0..60_u8, 0..60_u8, 0..1_000_000_u32)
        .prop_map(|(hour, minute, second, micro)| Time::new(hour, minute, second, micro).unwrap())
}

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        (-3..3_i64).prop_map(Value::Int),
        vec(any::<u8>(), 0..20).prop_map(|bytes| Value::int(BigInt::from_signed_bytes_le(&bytes))),
        any::<f64>().prop_map(Value::Float),
        any::<(f64, f64)>().prop_map(|(real, imaginary)| Value::Complex(real, imaginary)),
        any::<String>().prop_map(Value::Str),
        "\\$?[a-z]{0,3}".prop_map(Value::Str),
        vec(any::<u8>(), 0..20).prop_map(|bytes| Value::Bytes(bytes.into())),
        any::<u128>().prop_map(|bits| Value::Uuid(Uuid::from_u128(bits))),
        "-?[0-9]{1,9}(\\.[0-9]{1,9})?(E[+-][0-9]{1,3})?".prop_map(Value::Decimal),
        date().prop_map(Value::Date),
        time().prop_map(Value::Time),
        (date(), time()).prop_map(|(date, time)| Value::DateTime(DateTime { date, time })),
        array().prop_map(Value::from),
        texts().prop_map(Value::from),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(4, 40, 5, |inner| {
        let list = vec(inner.clone(), 0..5);
        prop_oneof![
            list.clone().prop_map(Value::List),
            list.clone().prop_map(Value::Tuple),
            list.clone().prop_map(Value::Set),
            vec((inner.clone(), inner.clone()), 0..4).prop_map(Value::Dict),
            vec(("[a-z$]{0,3}", inner.clone()), 0..4).prop_map(|entries| Value::Dict(
                entries
                    .into_iter()
                    .map(|(key, value)| (Value::Str(key), value))
                    .collect()
            )),
            list.clone()
                .prop_map(|items| ObjectArray::new(vec![1, items.len()], items).unwrap().into()),
            list.clone()
                .prop_map(|items| CellArray::new(vec![items.len()], items).unwrap().into()),
            (list, any::<bool>()).prop_map(|(items, tall)| {
                let fields: Vec<String> = (0..items.len()).map(|at| format!("f{at}")).collect();
                let shape = if tall { vec![1, 1] } else { vec![] };
                StructArray::new(shape, fields, items).unwrap().into()
            }),
            array().prop_map(|column| {
                let shape = column.shape().iter().take(1).copied().collect();
                RecordArray {
                    shape,
                    fields: vec![("día".into(), column.into())],
                }
                .into()
            }),
        ]
    })
}

const PARTS: &[&str] = &[
    "..", ".", "/", "\\", "C:", "\0", " ", "_hash", "_schema", "a", "é", "%2F", "=",
];

fn odd() -> impl Strategy<Value = String> {
    let parts = prop::sample::select(PARTS);
    prop_oneof![
        vec(parts, 0..6).prop_map(|parts| parts.concat()),
        any::<String>(),
        "[a-z_]{1,8}"
    ]
}

/// Whether a path joined to a folder stays in it, here or on Windows.
fn stays_inside(path: &str) -> bool {
    !path.is_empty()
        && !path.contains('\0')
        && !path.starts_with(['/', '\\'])
        && !matches!(path.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic())
        && path.split(['/', '\\']).all(|part| part != "." && part != "..")
}

proptest! {
    #[test]
    fn every_value_comes_back_from_its_notation(value in value()) {
        let limits = Limits::default();
        let text = notation::to_string(&value).unwrap();
        let back = notation::from_str(&text, &limits).unwrap();
        prop_assert_eq!(&back, &value);
        prop_assert_eq!(notation::to_string(&back).unwrap(), text.clone());
        let json = notation::to_json(&value).unwrap();
        prop_assert_eq!(&serde_json::from_str::<serde_json::Value>(&text).unwrap(), &json);
        let from_json = notation::from_json(&json, &limits).unwrap();
        prop_assert_eq!(notation::to_json(&from_json).unwrap(), json);
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "[\\[\\]{}\",:$a-z0-9.\\\\eE+-]{0,60}") {
        let _ = notation::from_str(&text, &Limits::default());
    }

    #[test]
    fn no_changed_notation_makes_the_reader_panic(value in value(), at in any::<prop::sample::Index>(), with in "[ -~]{0,2}") {
        let text = notation::to_string(&value).unwrap();
        let mut chars: Vec<char> = text.chars().collect();
        let at = at.index(chars.len());
        chars.splice(at..=at, with.chars());
        let changed: String = chars.into_iter().collect();
        if let Ok(value) = notation::from_str(&changed, &Limits::default()) {
            notation::to_string(&value).unwrap();
        }
    }

    #[test]
    fn object_paths_stay_in_the_store(
        names in (odd(), odd(), odd()),
        key in vec((odd(), prop_oneof![leaf(), odd().prop_map(Value::Str)]), 0..4),
        ext in proptest::option::of(odd()),
        prefix in odd(),
        pattern in proptest::option::of(odd()),
    ) {
        let (schema, table, field) = names;
        let mut layout = StoreLayout::default();
        layout.schema_prefix = prefix;
        layout.partition_pattern = pattern;
        let path = ObjectPath { schema: &schema, table: &table, field: &field, primary_key: &key, ext: ext.as_deref(), layout: &layout };
        match path.build() {
            Ok(path) => {
                prop_assert!(stays_inside(&path), "{path:?}");
                prop_assert!(check_path(&path).is_ok());
            }
            Err(error) => prop_assert!(matches!(error.kind(), ErrorKind::UnsafePath | ErrorKind::InvalidValue), "{error}"),
        }
    }

    #[test]
    fn a_key_value_is_one_part_of_a_path(value in leaf()) {
        if let Ok(text) = encode_pk_value(&value) {
            prop_assert!(!text.contains(['/', '\\']), "{text:?}");
        }
    }

    #[test]
    fn plain_names_always_have_a_path(key in vec(("[a-z][a-z0-9_]{0,8}", "[^\0]{0,120}"), 0..4)) {
        let key: Vec<(String, Value)> = key.into_iter().map(|(name, value)| (name, Value::Str(value))).collect();
        let layout = StoreLayout::default();
        let path = ObjectPath { schema: "lab", table: "#t", field: "f", primary_key: &key, ext: Some("npy"), layout: &layout };
        let path = path.build().unwrap();
        prop_assert_eq!(path.split('/').count(), 4 + key.len());
    }

    #[test]
    fn hash_paths_stay_in_the_store(schema in odd(), prefix in odd(), folds in proptest::option::of(vec(-30..30_i64, 0..4))) {
        let mut layout = StoreLayout::default();
        layout.hash_prefix = prefix;
        layout.subfolding = folds;
        if let Ok(path) = hash_path("lvauakv4jmvhnolrtwiraf6fsi", &schema, &layout) {
            prop_assert!(stays_inside(&path) && path.ends_with("/lvauakv4jmvhnolrtwiraf6fsi"), "{path:?}");
        }
    }

    #[test]
    fn no_file_path_is_in_a_section(path in odd()) {
        if let Ok(path) = check_filepath(&path, &StoreLayout::default()) {
            prop_assert!(stays_inside(&path), "{path:?}");
            prop_assert!(!path.starts_with("_hash/") && !path.starts_with("_schema/"), "{path:?}");
            prop_assert_eq!(normalize_path(&path).unwrap(), path);
        }
    }

    #[test]
    fn checked_paths_stay_inside(path in odd()) {
        prop_assert!(check_path(&path).is_err() || stays_inside(&path), "{path:?}");
    }

    #[test]
    fn specs_print_as_they_were(name in "[a-z][a-z0-9_]{0,9}", store in proptest::option::of("[a-z0-9_-]{0,9}")) {
        let spec = match store {
            Some(store) => TypeSpec::codec(name).in_store(store),
            None => TypeSpec::codec(name),
        };
        prop_assert_eq!(spec.to_string().parse::<TypeSpec>().unwrap(), spec);
    }
}
