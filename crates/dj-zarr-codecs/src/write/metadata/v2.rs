//! The metadata documents of a Zarr V2 array, byte for byte as zarr-python 2.18 writes them: keys sorted, four blanks a level.

use std::collections::BTreeMap;

use dj_codec_api::{Error, Json, Result};
use serde::Serialize;
use serde_json::json;
use serde_json::ser::{PrettyFormatter, Serializer};

use super::super::options::{BloscCompressor, Compressor, Shuffle};
use super::super::plan::Plan;
use crate::fill;

/// The `.zarray` for an array of `shape` as it was planned.
///
/// # Errors
/// Where the fill value is none of the dtype.
pub(in crate::write) fn document(plan: &Plan, shape: &[u64]) -> Result<Vec<u8>> {
    let filters = match &plan.filter {
        None => Json::Null,
        Some(filter) => {
            let mut entry = super::members(filter.configuration());
            entry.insert("id".into(), filter.name().into());
            json!([entry])
        }
    };
    let members: BTreeMap<&str, Json> = [
        ("chunks", json!(plan.chunk)),
        ("compressor", compressor(&plan.encoding.compressor)),
        ("dtype", json!(plan.dtype.numpy_str())),
        ("fill_value", fill::v3_json(&plan.fill, &plan.dtype)?),
        ("filters", filters),
        ("order", json!("C")),
        ("shape", json!(shape)),
        ("zarr_format", json!(2)),
    ]
    .into_iter()
    .collect();
    pretty(&sorted(&json!(members)))
}

/// The `.zattrs` of an array as it was planned.
///
/// # Errors
/// None that a caller could cause.
pub(in crate::write) fn attributes(plan: &Plan) -> Result<Vec<u8>> {
    pretty(&sorted(&json!(plan.attributes())))
}

fn compressor(compressor: &Compressor) -> Json {
    match *compressor {
        Compressor::Blosc {
            codec,
            level,
            shuffle,
        } => json!({
            "id": "blosc",
            "cname": BloscCompressor::name(codec),
            "clevel": level,
            "shuffle": match shuffle {
                Shuffle::None => 0,
                Shuffle::Byte => 1,
                Shuffle::Bit => 2,
            },
            "blocksize": 0,
        }),
        Compressor::Zstd { level } => json!({"id": "zstd", "level": level}),
        Compressor::Gzip { level } => json!({"id": "gzip", "level": level}),
        Compressor::None => Json::Null,
    }
}

/// JSON with sorted keys, whatever order `serde_json` was built with.
enum Sorted {
    Members(BTreeMap<String, Sorted>),
    Items(Vec<Sorted>),
    Plain(Json),
}

impl Serialize for Sorted {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        match self {
            Self::Members(members) => members.serialize(serializer),
            Self::Items(items) => items.serialize(serializer),
            Self::Plain(json) => json.serialize(serializer),
        }
    }
}

fn sorted(json: &Json) -> Sorted {
    match json {
        Json::Object(members) => Sorted::Members(
            members
                .iter()
                .map(|(key, value)| (key.clone(), sorted(value)))
                .collect(),
        ),
        Json::Array(items) => Sorted::Items(items.iter().map(sorted).collect()),
        other => Sorted::Plain(other.clone()),
    }
}

fn pretty(json: &Sorted) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    let mut serializer = Serializer::with_formatter(&mut out, PrettyFormatter::with_indent(b"    "));
    json.serialize(&mut serializer)
        .map_err(|error| Error::invalid_value("the metadata cannot be written as JSON").caused_by(error))?;
    Ok(out)
}
