//! The keys of chunks.

use std::fmt::Write as _;

use dj_codec_api::{Error, Json, Result};

/// How the coordinates of a chunk become its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KeyEncoding {
    /// Zarr V3's own begins with `c`.
    prefixed: bool,
    separator: char,
}

impl KeyEncoding {
    /// That of Zarr V2.
    ///
    /// # Errors
    /// Where the separator is neither a point nor a slash.
    pub(super) fn v2(separator: Option<&Json>) -> Result<Self> {
        Ok(Self {
            prefixed: false,
            separator: parse(separator, '.')?,
        })
    }

    /// What `chunk_key_encoding` of Zarr V3 says.
    ///
    /// # Errors
    /// Where it is none that is known here.
    pub(super) fn v3(encoding: &Json) -> Result<Self> {
        let separator = encoding
            .get("configuration")
            .and_then(|configuration| configuration.get("separator"));
        match encoding.as_str().or_else(|| encoding.get("name")?.as_str()) {
            Some("default") => Ok(Self {
                prefixed: true,
                separator: parse(separator, '/')?,
            }),
            Some("v2") => Self::v2(separator),
            Some(other) => {
                let shown: String = other.chars().take(60).collect();
                Err(Error::unsupported(format!(
                    "the chunk_key_encoding {shown:?} is not known here"
                )))
            }
            None => Err(Error::corrupt("chunk_key_encoding has no name")),
        }
    }

    /// The key of the chunk at these coordinates.
    pub(crate) fn key(self, at: &[u64]) -> String {
        let mut key = String::from(if self.prefixed { "c" } else { "" });
        for (axis, number) in at.iter().enumerate() {
            if axis > 0 || self.prefixed {
                key.push(self.separator);
            }
            // Writing into a String does not fail.
            let _ = write!(key, "{number}");
        }
        if key.is_empty() { "0".into() } else { key }
    }
}

fn parse(separator: Option<&Json>, default: char) -> Result<char> {
    match separator.map(Json::as_str) {
        None => Ok(default),
        Some(Some(".")) => Ok('.'),
        Some(Some("/")) => Ok('/'),
        Some(_) => Err(Error::corrupt(
            "the separator of chunk keys is neither a point nor a slash",
        )),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn keys_are_those_of_zarr() {
        let default = KeyEncoding::v3(&json!({"name": "default"})).unwrap();
        assert_eq!(
            (default.key(&[1, 2]), default.key(&[])),
            ("c/1/2".into(), "c".into())
        );
        let dots = KeyEncoding::v3(&json!({"name": "default", "configuration": {"separator": "."}})).unwrap();
        assert_eq!(dots.key(&[1, 2]), "c.1.2");
        let old = KeyEncoding::v3(&json!({"name": "v2"})).unwrap();
        assert_eq!((old.key(&[1, 2]), old.key(&[])), ("1.2".into(), "0".into()));
        assert_eq!(KeyEncoding::v2(Some(&json!("/"))).unwrap().key(&[1, 2]), "1/2");
        for wrong in [
            json!("x"),
            json!({}),
            json!({"name": "default", "configuration": {"separator": ".."}}),
        ] {
            assert!(KeyEncoding::v3(&wrong).is_err(), "{wrong}");
        }
    }
}
