//! Reads a JSON document beside the chunks.

use dj_codec_api::{Error, Json, Limits, Result};

use crate::adapter::Folder;

/// The document at `key`; `None` where it is not there.
///
/// # Errors
/// Where it is over the limit, or no JSON object.
pub(super) fn read(
    folder: &Folder,
    key: &str,
    limits: &Limits,
) -> Result<Option<serde_json::Map<String, Json>>> {
    let place = || folder.object(key);
    let Some(size) = folder.size(key)? else {
        return Ok(None);
    };
    limits
        .check_metadata_bytes(size)
        .map_err(|error| error.at(place()))?;
    let Some(bytes) = folder.get(key)? else {
        return Ok(None);
    };
    let parsed = serde_json::from_slice(&bytes)
        .or_else(|error| serde_json::from_slice(&without_python_floats(&bytes)).map_err(|_| error));
    match parsed {
        Ok(Json::Object(members)) => Ok(Some(members)),
        Ok(_) => Err(Error::corrupt("the metadata is no JSON object").at(place())),
        Err(error) => Err(Error::corrupt("the metadata is no JSON")
            .at(place())
            .caused_by(error)),
    }
}

/// Python writes NaN and infinities as words that JSON does not have, in attributes for example. They become texts,
/// which is how Zarr writes them where it takes care.
fn without_python_floats(json: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(json.len() + 16);
    let (mut in_text, mut escaped) = (false, false);
    let mut rest = json;
    while let Some((&byte, after)) = rest.split_first() {
        if !in_text
            && let Some(word) = [&b"-Infinity"[..], b"Infinity", b"NaN"]
                .into_iter()
                .find(|word| rest.starts_with(word))
        {
            out.push(b'"');
            out.extend_from_slice(word);
            out.push(b'"');
            rest = rest.get(word.len()..).unwrap_or_default();
            continue;
        }
        if in_text {
            in_text = escaped || byte != b'"';
            escaped = !escaped && byte == b'\\';
        } else {
            in_text = byte == b'"';
        }
        out.push(byte);
        rest = after;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_python_become_texts_and_texts_stay() {
        let json = br#"{"a": NaN, "NaN \" NaN": [-Infinity, Infinity], "b\\": NaN}"#;
        assert_eq!(
            without_python_floats(json),
            br#"{"a": "NaN", "NaN \" NaN": ["-Infinity", "Infinity"], "b\\": "NaN"}"#
        );
    }
}
