//! `zarr.json`.

use dj_codec_api::{Error, Json, Limits, Result};

use super::{KeyEncoding, Metadata, lengths};
use crate::dtype::{ElementType, v3_parse};
use crate::engine::{Codecs, Known};
use crate::fill;
use crate::filter::ArrayFilters;

pub(super) const DOCUMENT: &str = "zarr.json";

pub(super) fn parse(
    document: serde_json::Map<String, Json>,
    filters: &ArrayFilters,
    limits: &Limits,
) -> Result<Metadata> {
    let get = |key: &str| document.get(key).unwrap_or(&Json::Null);
    if get("zarr_format").as_u64() != Some(3) {
        return Err(Error::corrupt(format!(
            "zarr_format is {}, where 3 is expected",
            get("zarr_format")
        )));
    }
    match get("node_type").as_str() {
        Some("array") => {}
        Some("group") => {
            return Err(Error::corrupt("there is a Zarr group where an array is expected")
                .advise("open one of the arrays in it"));
        }
        _ => return Err(Error::corrupt("node_type is neither array nor group")),
    }
    if get("storage_transformers")
        .as_array()
        .is_some_and(|list| !list.is_empty())
    {
        return Err(Error::unsupported("storage_transformers are not known here"));
    }
    let shape = lengths(document.get("shape"), "shape")?;
    limits.check_dimensions(shape.len())?;
    let grid = get("chunk_grid");
    match grid.get("name").and_then(Json::as_str) {
        Some("regular") => {}
        Some(other) => {
            let shown: String = other.chars().take(60).collect();
            return Err(Error::unsupported(format!(
                "the chunk_grid {shown:?} is not known here"
            )));
        }
        None => return Err(Error::corrupt("chunk_grid has no name")),
    }
    let object_shape = lengths(
        grid.get("configuration").and_then(|all| all.get("chunk_shape")),
        "chunk_shape",
    )?;
    if object_shape.len() != shape.len() || object_shape.contains(&0) {
        return Err(Error::corrupt(format!(
            "chunks of shape {object_shape:?} do not fit an array of shape {shape:?}"
        )));
    }
    let element = v3_parse(get("data_type"))?;
    let fill = match &element {
        ElementType::Fixed(dtype) => {
            limits.check_chunk_bytes(dtype.size() as u64)?;
            fill::v3_parse(get("fill_value"), dtype)?
        }
        ElementType::Text | ElementType::Bytes => Vec::new(),
    };
    let attributes = match get("attributes") {
        Json::Null => serde_json::Map::new(),
        Json::Object(attributes) => attributes.clone(),
        _ => return Err(Error::corrupt("attributes is no object")),
    };
    let dimension_names = get("dimension_names").as_array().map(|names| {
        names
            .iter()
            .map(|name| name.as_str().map(str::to_owned))
            .collect()
    });
    Metadata {
        zarr_format: 3,
        keys: KeyEncoding::v3(get("chunk_key_encoding"))?,
        codecs: Codecs::v3(
            get("codecs"),
            &object_shape,
            &Known {
                filters,
                element: element.fixed(),
            },
        )?,
        shape,
        object_shape,
        stored: element.clone(),
        element,
        fill,
        attributes,
        dimension_names,
        document: Json::Object(document),
    }
    .check(limits)
}
