//! What a database column holds.

use bytes::Bytes;

use crate::Json;

/// The stored form of a value: what is written to and read from the database column.
#[derive(Debug, Clone, PartialEq)]
pub enum Stored {
    /// NULL.
    Null,
    /// A value of a column of bytes: `longblob`, `bytea`.
    Bytes(Bytes),
    /// A value of a JSON column: the record of a value in a store. Columns of other core types hold what JSON can
    /// say of them: a number, a text.
    Json(Json),
}

impl Stored {
    /// The stored form in one line of JSON, as `dj-codec encode` prints it: the record itself, and for bytes
    /// `{"$bytes": BASE64}`.
    #[must_use]
    pub fn to_line(&self) -> String {
        self.to_json().to_string()
    }

    /// The same as a JSON document.
    #[must_use]
    pub fn to_json(&self) -> Json {
        match self {
            Self::Null => Json::Null,
            Self::Bytes(bytes) => serde_json::json!({ "$bytes": data_encoding::BASE64.encode(bytes) }),
            Self::Json(record) => record.clone(),
        }
    }

    /// Reads what [`to_json`](Self::to_json) wrote.
    ///
    /// # Errors
    /// Where `$bytes` is no base64.
    pub fn from_json(json: Json) -> crate::Result<Self> {
        let bytes = match &json {
            Json::Null => return Ok(Self::Null),
            Json::Object(members) if members.len() == 1 => members.get("$bytes"),
            _ => None,
        };
        match bytes {
            Some(Json::String(text)) => data_encoding::BASE64
                .decode(text.as_bytes())
                .map(|bytes| Self::Bytes(bytes.into()))
                .map_err(|error| crate::Error::corrupt("$bytes is no base64").caused_by(error)),
            Some(_) => Err(crate::Error::corrupt("$bytes holds no text")),
            None => Ok(Self::Json(json)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_round_trip() {
        for stored in [
            Stored::Null,
            Stored::Bytes(Bytes::from_static(b"hello")),
            Stored::Json(serde_json::json!({"path": "a", "store": null})),
        ] {
            let line = stored.to_line();
            assert!(!line.contains('\n'));
            assert_eq!(
                Stored::from_json(serde_json::from_str(&line).unwrap()).unwrap(),
                stored
            );
        }
        assert!(Stored::from_json(serde_json::json!({"$bytes": "*"})).is_err());
        assert!(Stored::from_json(serde_json::json!({"$bytes": 5})).is_err());
    }
}
