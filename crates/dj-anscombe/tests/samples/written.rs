//! What other programs wrote, as the tests read it.
#![allow(dead_code, reason = "not every test needs all of it")]

use std::path::PathBuf;

use data_encoding::BASE64;
use serde_json::Value;

pub(crate) fn data(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(path)
}

/// The cases of the Python package, in order.
pub(crate) fn cases() -> Vec<Value> {
    cases_of("anscombe-transform-1.0.0/manifest.json")
}

pub(crate) fn cases_of(path: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(data(path)).unwrap();
    let manifest: Value = serde_json::from_str(&text).unwrap();
    manifest["cases"].as_array().unwrap().clone()
}

pub(crate) fn id(case: &Value) -> &str {
    case["id"].as_str().unwrap()
}

/// NumPy's name of an array's type and its elements as floats, which hold all of them exactly.
pub(crate) fn array(value: &Value) -> (&str, Vec<f64>) {
    let array = &value["$array"];
    let bytes = BASE64.decode(array["data"].as_str().unwrap().as_bytes()).unwrap();
    let dtype = array["dtype"].as_str().unwrap();
    (dtype, numbers(dtype, &bytes))
}

pub(crate) fn numbers(dtype: &str, bytes: &[u8]) -> Vec<f64> {
    macro_rules! as_type {
        ($type:ty) => {
            bytes
                .as_chunks()
                .0
                .iter()
                .map(|chunk| <$type>::from_le_bytes(*chunk) as f64)
                .collect()
        };
    }
    match dtype {
        "|u1" | "|b1" => as_type!(u8),
        "|i1" => as_type!(i8),
        "<u2" => as_type!(u16),
        "<i2" => as_type!(i16),
        "<u4" => as_type!(u32),
        "<i4" => as_type!(i32),
        "<i8" => as_type!(i64),
        "<f4" => as_type!(f32),
        "<f8" => as_type!(f64),
        other => panic!("type {other}"),
    }
}
