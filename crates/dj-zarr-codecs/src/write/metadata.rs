//! The metadata document of an array, `zarr.json`, key by key as zarr-python writes it.

mod v2;

use std::collections::BTreeMap;

use dj_codec_api::{DType, Error, Json, Result};
use serde::Serialize;

use super::options::Compressor;
use super::plan::Plan;
use crate::{dtype, fill};

pub(super) use v2::{attributes as v2_attributes, document as v2_document};

/// A `zarr.json`. The keys are written in this order, whatever order of keys `serde_json` was built with.
#[derive(Serialize)]
struct ArrayMetadata<'a> {
    shape: &'a [u64],
    data_type: DataType,
    chunk_grid: Extension<ChunkShape<'a>>,
    chunk_key_encoding: Extension<Separator>,
    fill_value: Json,
    codecs: Vec<Codec<'a>>,
    attributes: &'a BTreeMap<String, Json>,
    zarr_format: u8,
    node_type: &'static str,
    storage_transformers: [(); 0],
}

#[derive(Serialize)]
struct Extension<C, N = &'static str> {
    name: N,
    configuration: C,
}

#[derive(Serialize)]
#[serde(untagged)]
enum DataType {
    Plain(String),
    Configured {
        name: String,
        configuration: BTreeMap<String, Json>,
    },
}

#[derive(Serialize)]
struct ChunkShape<'a> {
    chunk_shape: &'a [u64],
}

#[derive(Serialize)]
struct Separator {
    separator: char,
}

#[derive(Serialize)]
#[serde(tag = "name", content = "configuration", rename_all = "snake_case")]
enum Codec<'a> {
    #[serde(rename = "bytes")]
    PlainBytes,
    Bytes {
        endian: &'static str,
    },

    Blosc {
        typesize: usize,
        cname: &'static str,
        clevel: u8,
        shuffle: &'static str,
        blocksize: usize,
    },
    Zstd {
        level: i32,
        checksum: bool,
    },
    Gzip {
        level: u8,
    },
    Crc32c,
    ShardingIndexed {
        chunk_shape: &'a [u64],
        codecs: Vec<Codec<'a>>,
        index_codecs: Vec<Codec<'a>>,
        index_location: &'static str,
    },
    /// A codec of another crate.
    #[serde(untagged)]
    Filter(Extension<BTreeMap<String, Json>, String>),
}

const LITTLE: Codec<'static> = Codec::Bytes { endian: "little" };

/// The document for an array of `shape` as it was planned.
///
/// # Errors
/// Where Zarr has no name for the dtype, or the fill value is none of it.
pub(super) fn document(plan: &Plan, shape: &[u64]) -> Result<Vec<u8>> {
    let attributes = plan.attributes();
    let metadata = ArrayMetadata {
        shape,
        data_type: data_type(&plan.dtype)?,
        chunk_grid: Extension {
            name: "regular",
            configuration: ChunkShape {
                chunk_shape: plan.shard.as_deref().unwrap_or(&plan.chunk),
            },
        },
        chunk_key_encoding: Extension {
            name: "default",
            configuration: Separator { separator: '/' },
        },
        fill_value: fill::v3_json(&plan.fill, &plan.dtype)?,
        codecs: codecs(plan),
        attributes: &attributes,
        zarr_format: 3,
        node_type: "array",
        storage_transformers: [],
    };
    serde_json::to_vec_pretty(&metadata)
        .map_err(|error| Error::invalid_value("the metadata cannot be written as JSON").caused_by(error))
}

fn data_type(dtype: &DType) -> Result<DataType> {
    let text = |json: Json| match json {
        Json::String(text) => Some(text),
        _ => None,
    };
    let name = match dtype::v3_name(dtype)? {
        Json::Object(mut parts) => {
            let configuration = match parts.remove("configuration") {
                Some(Json::Object(all)) => all.into_iter().collect(),
                _ => BTreeMap::new(),
            };
            parts
                .remove("name")
                .and_then(text)
                .map(|name| DataType::Configured { name, configuration })
        }
        plain => text(plain).map(DataType::Plain),
    };
    name.ok_or_else(|| Error::unsupported(format!("Zarr V3 has no name for {dtype}")))
}

/// The members of a configuration, sorted.
fn members(configuration: Json) -> BTreeMap<String, Json> {
    match configuration {
        Json::Object(members) => members.into_iter().collect(),
        _ => BTreeMap::new(),
    }
}

fn codecs(plan: &Plan) -> Vec<Codec<'_>> {
    let mut chain = Vec::new();
    if let Some(filter) = &plan.filter {
        chain.push(Codec::Filter(Extension {
            name: filter.name().to_owned(),
            configuration: members(filter.configuration()),
        }));
    }
    chain.push(if plan.has_byte_order() {
        LITTLE
    } else {
        Codec::PlainBytes
    });
    match plan.encoding.compressor {
        Compressor::Blosc {
            codec,
            level,
            shuffle,
        } => chain.push(Codec::Blosc {
            typesize: plan.encoding.typesize,
            cname: codec.name(),
            clevel: level,
            shuffle: shuffle.name(),
            blocksize: 0,
        }),
        Compressor::Zstd { level } => chain.push(Codec::Zstd {
            level,
            checksum: false,
        }),
        Compressor::Gzip { level } => chain.push(Codec::Gzip { level }),
        Compressor::None => {}
    }
    if plan.encoding.checksum {
        chain.push(Codec::Crc32c);
    }
    if plan.shard.is_none() {
        return chain;
    }
    vec![Codec::ShardingIndexed {
        chunk_shape: &plan.chunk,
        codecs: chain,
        index_codecs: vec![LITTLE, Codec::Crc32c],
        index_location: "end",
    }]
}
