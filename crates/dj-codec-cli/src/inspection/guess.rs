//! Which codec wrote a record, from what the record holds.

use dj_codecs::api::{Error, Json, Result, Stored};

/// The type spec that a stored value most likely has.
///
/// Each codec has keys that no other has; where those are missing, as in records of older releases, the name of the object
/// tells.
pub(crate) fn codec_of(stored: &Stored) -> Result<String> {
    let unclear = || {
        Error::unsupported("the record does not tell which codec wrote it")
            .advise("name the column's type with --spec")
    };
    let json = match stored {
        Stored::Null => return Err(unclear()),
        Stored::Bytes(bytes) => {
            let blob = [b"mYm\0".as_slice(), b"dj0\0", b"ZL123\0"]
                .iter()
                .any(|magic| bytes.starts_with(magic));
            return if blob { Ok("<blob>".into()) } else { Err(unclear()) };
        }
        Stored::Json(json) => json,
    };
    let record = dj_codecs::api::Record::from_json(json.clone())?;
    let has = |key: &str| record.get(key).is_some_and(|value| !value.is_null());
    let named = record.get("codec_name").and_then(Json::as_str);
    let path = record.path()?.trim_end_matches('/');
    let codec = if let Some(name) = named {
        name
    } else if has("hash") {
        "hash"
    } else if has("transform") {
        "photon"
    } else if has("inventory") || has("provenance") || path.ends_with(".zarr") {
        "zarr"
    } else if has("dtype") && path.ends_with(".npy") {
        "npy"
    } else if has("item_count") || (has("is_dir") && has("ext")) {
        "object"
    } else if has("is_dir") {
        "filepath"
    } else if path.ends_with(".npy") {
        "npy"
    } else if has("dtype") && has("shape") {
        "zarr"
    } else {
        return Err(unclear());
    };
    Ok(format!("<{codec}@>"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn records_are_told_apart() {
        for (record, codec) in [
            (
                json!({"path": "a.npy", "store": null, "dtype": "int16", "shape": [3]}),
                "<npy@>",
            ),
            (
                json!({"path": "a.zarr", "store": null, "dtype": "int16", "shape": [3]}),
                "<zarr@>",
            ),
            (
                json!({"path": "a_Tok12345", "dtype": "int16", "shape": [3]}),
                "<zarr@>",
            ),
            (
                json!({"path": "a", "codec_version": "2.0", "inventory": {}}),
                "<zarr@>",
            ),
            (
                json!({"path": "a", "transform": "anscombe", "codec_version": "1.0"}),
                "<photon@>",
            ),
            (
                json!({"path": "_hash/s/x", "hash": "x", "schema": "s", "size": 5}),
                "<hash@>",
            ),
            (
                json!({"path": "a", "size": 5, "ext": ".txt", "is_dir": false, "item_count": null}),
                "<object@>",
            ),
            (
                json!({"path": "a", "size": 5, "is_dir": false, "timestamp": "t"}),
                "<filepath@>",
            ),
            (json!("{\"path\": \"a.npy\"}"), "<npy@>"),
        ] {
            assert_eq!(
                codec_of(&Stored::Json(record.clone())).unwrap(),
                codec,
                "{record}"
            );
        }
        assert_eq!(codec_of(&Stored::Bytes("mYm\0A".into())).unwrap(), "<blob>");
        for unclear in [
            Stored::Null,
            Stored::Bytes("x".into()),
            Stored::Json(json!({"path": "a"})),
            Stored::Json(json!(5)),
        ] {
            assert!(codec_of(&unclear).is_err(), "{unclear:?}");
        }
    }
}
