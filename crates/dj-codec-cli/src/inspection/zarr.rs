//! Zarr arrays.

use dj_codecs::api::{Json, Result};
use dj_codecs::zarr::ZarrArray;
use serde_json::json;

use super::Inspection;

/// Adds what the metadata say.
pub(super) fn add(array: &ZarrArray, found: &mut Inspection) -> Result<()> {
    let metadata = array.metadata();
    found.add("zarr_format", array.zarr_format());
    match array.dtype() {
        Some(dtype) => found.add("dtype", dtype.to_string()),
        // Texts or bytes of any length; the metadata has a name for them.
        None => found.add(
            "dtype",
            metadata
                .get("data_type")
                .or_else(|| metadata.get("dtype"))
                .cloned()
                .unwrap_or_default(),
        ),
    }
    found.add("shape", array.shape().to_vec());
    found.add("chunks", array.chunk_shape().to_vec());
    if let Some(shards) = array.shard_shape() {
        found.add("shards", shards.to_vec());
    }
    if let Some(names) = array.dimension_names() {
        found.add(
            "dimension_names",
            Json::from_iter(names.iter().cloned().map(Json::from)),
        );
    }
    found.add("compression", compression(metadata));
    found.add(
        "fill_value",
        metadata.get("fill_value").cloned().unwrap_or_default(),
    );
    found.add("attributes", array.attributes().clone());
    if let Some(inventory) = array.inventory() {
        found.add(
            "inventory",
            json!({
                "objects": inventory.objects(),
                "bytes": inventory.bytes(),
                "holes": inventory.holes(),
                "digest": inventory.digest(),
            }),
        );
    }
    let elements = array
        .shape()
        .iter()
        .try_fold(1_u64, |product, &length| product.checked_mul(length));
    let size = array.dtype().map(|dtype| dtype.size() as u64);
    if let Some(bytes) = size
        .zip(elements)
        .and_then(|(size, elements)| size.checked_mul(elements))
    {
        found.add("data_bytes", bytes);
    }
    Ok(())
}

/// The codecs that a chunk goes through, in the order of encoding.
fn compression(metadata: &Json) -> Json {
    let mut names = Vec::new();
    match metadata.get("codecs") {
        Some(codecs) => collect(codecs, &mut names),
        None => {
            for key in ["filters", "compressor"] {
                match metadata.get(key) {
                    Some(Json::Array(filters)) => names.extend(filters.iter().map(described)),
                    Some(Json::Null) | None => {}
                    Some(compressor) => names.push(described(compressor)),
                }
            }
        }
    }
    if names.is_empty() {
        "none".into()
    } else {
        names.into()
    }
}

/// Zarr V3's codecs; those of the chunks in a shard come after that of the shard. Metadata is bounded and its nesting too, so
/// this recursion is.
fn collect(codecs: &Json, names: &mut Vec<String>) {
    for codec in codecs.as_array().into_iter().flatten() {
        names.push(described(codec));
        if let Some(inner) = codec
            .get("configuration")
            .and_then(|configuration| configuration.get("codecs"))
        {
            collect(inner, names);
        }
    }
}

/// A codec's name, and the part of its configuration that tells how well it compresses.
fn described(codec: &Json) -> String {
    let name = codec
        .get("name")
        .or_else(|| codec.get("id"))
        .or(Some(codec))
        .and_then(Json::as_str)
        .unwrap_or("unknown");
    // Zarr V3 keeps the configuration apart, V2 beside the name.
    let configuration = codec.get("configuration").unwrap_or(codec);
    let details: Vec<String> = ["cname", "clevel", "level", "shuffle"]
        .into_iter()
        .filter_map(|key| configuration.get(key))
        .map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
        .collect();
    if details.is_empty() {
        name.to_owned()
    } else {
        format!("{name} ({})", details.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_formats_name_their_codecs() {
        let v3 = json!({"codecs": [{"name": "sharding_indexed", "configuration": {"codecs": [
            {"name": "bytes", "configuration": {"endian": "little"}},
            {"name": "blosc", "configuration": {"cname": "zstd", "clevel": 5, "shuffle": "bitshuffle", "typesize": 2}},
            "crc32c",
        ]}}]});
        assert_eq!(
            compression(&v3),
            json!(["sharding_indexed", "bytes", "blosc (zstd 5 bitshuffle)", "crc32c"])
        );
        let v2 = json!({"filters": [{"id": "delta"}], "compressor": {"id": "zlib", "level": 1}});
        assert_eq!(compression(&v2), json!(["delta", "zlib (1)"]));
        assert_eq!(
            compression(&json!({"filters": null, "compressor": null})),
            json!("none")
        );
    }
}
