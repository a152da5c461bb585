//! Bytes as a blob of the program's own types: an error or one of them, which is written and read again as the same.

use std::collections::BTreeMap;

use bytes::Bytes;
use dj_blob_codecs::api::value::DateTime;
use dj_blob_codecs::api::{Array, Uuid, Value};
use dj_blob_codecs::{Compression, PackOptions, UnpackOptions, from_slice, from_value, native, to_value};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::limits;

#[derive(Serialize, Deserialize)]
struct Session {
    #[serde(alias = "a")]
    id: u32,
    #[serde(default)]
    note: Option<String>,
    #[serde(default, alias = "b")]
    ranges: Vec<(i64, f32)>,
    #[serde(default, flatten)]
    rest: BTreeMap<String, serde_json::Value>,
}

#[derive(Serialize, Deserialize)]
enum Stimulus {
    Blank,
    Grating(f64),
    Movie(u8, String),
    Noise { seed: u64, mask: Vec<bool> },
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Either {
    Number(i128),
    Stimulus(Stimulus),
    Text(char),
    Nested(Vec<Either>),
}

#[derive(Serialize, Deserialize)]
struct Kept {
    #[serde(with = "native", alias = "x")]
    trace: Array,
    #[serde(with = "native", alias = "y")]
    any: Value,
}

#[derive(Serialize, Deserialize)]
struct Identity(#[serde(with = "native")] Uuid, #[serde(with = "native")] DateTime);

/// Written, a value of the type is the same blob again, which also holds for a NaN.
fn as_type<T: Serialize + DeserializeOwned>(value: &Value) {
    let Ok(typed) = from_value::<T>(value.clone()) else {
        return;
    };
    let pack = |typed: &T| {
        let plain = PackOptions::new().with_compression(Compression::None);
        to_value(typed).and_then(|value| plain.pack(&value))
    };
    // A type can hold what no blob does, such as the text of a dtype that is not stored.
    let Ok(blob) = pack(&typed) else { return };
    let back: T = from_slice(&blob).expect("what was written can be read");
    assert_eq!(pack(&back).expect("as before"), blob);
}

pub fn run(data: &[u8]) {
    let Ok(value) = UnpackOptions::new()
        .with_limits(limits())
        .unpack(Bytes::copy_from_slice(data))
    else {
        return;
    };
    as_type::<Session>(&value);
    as_type::<Stimulus>(&value);
    as_type::<Either>(&value);
    as_type::<Kept>(&value);
    as_type::<Identity>(&value);
    as_type::<Vec<f64>>(&value);
    as_type::<Vec<Vec<u16>>>(&value);
    as_type::<BTreeMap<String, Option<i32>>>(&value);
    as_type::<(String, [u8; 2], f32)>(&value);
    as_type::<serde_json::Value>(&value);
}
