//! Digests of what was written.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use dj_codec_api::{Bytes, Error, Json, Result, Stored};
use sha2::{Digest as _, Sha256};

use super::file::Digests;
use crate::difference::short;

/// A member that is not the same each time.
#[derive(Debug)]
pub(super) struct Ignored {
    /// The end of the paths of the objects that it is in; the record where there is none.
    pub(super) object: Option<String>,
    pub(super) pointer: String,
    /// Whether it is locked with the payload, rather than not at all.
    pub(super) payload: bool,
}

pub(super) fn digests(
    stored: &Stored,
    objects: &BTreeMap<String, Bytes>,
    ignored: &[Ignored],
    is_payload: &dyn Fn(&str) -> bool,
) -> Result<Digests> {
    let mut of_payload = Vec::new();
    let (kind, held, shown) = match stored {
        Stored::Null => ("json", Bytes::from("null"), "null".to_owned()),
        Stored::Bytes(bytes) => ("bytes", bytes.clone(), stored.to_line()),
        Stored::Json(record) => {
            let own = || ignored.iter().filter(|ignored| ignored.object.is_none());
            for ignored in own().filter(|ignored| ignored.payload) {
                of_payload.extend(record.pointer(&ignored.pointer).map(canonical));
            }
            let text = canonical(&without(record, own()));
            ("json", Bytes::from(text.clone()), text)
        }
    };
    let mut parts = Vec::new();
    for (path, bytes) in objects {
        let inside: Vec<_> = ignored
            .iter()
            .filter(|ignored| ignored.object.as_ref().is_some_and(|end| path.ends_with(end)))
            .collect();
        let bytes = if inside.is_empty() {
            bytes.clone()
        } else {
            let json: Json = serde_json::from_slice(bytes).map_err(|error| {
                Error::corrupt("the object is no JSON, and a member of it is to be ignored")
                    .at(path)
                    .caused_by(error)
            })?;
            canonical(&without(&json, inside.into_iter())).into()
        };
        parts.push((path.as_str(), bytes));
    }
    let (payload, others): (Vec<_>, Vec<_>) = parts.into_iter().partition(|(path, _)| is_payload(path));
    let of = |parts: Vec<(&str, Bytes)>| {
        let some = !parts.is_empty();
        some.then(|| digest(parts.iter().map(|(path, bytes)| (*path, bytes.as_ref()))))
    };
    let told = of_payload.into_iter().map(|text| ("record", Bytes::from(text)));
    Ok(Digests {
        stored: digest([(kind, held.as_ref())]),
        objects: of(others),
        payload: of(payload.into_iter().chain(told).collect()),
        shown: short(&shown),
    })
}

/// The SHA-256 of named parts, in hexadecimal.
fn digest<'a>(parts: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> String {
    let mut all = Sha256::new();
    for (name, bytes) in parts {
        all.update(format!("{name} {}\n", bytes.len()));
        all.update(bytes);
    }
    all.finalize().iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

fn without<'a>(json: &Json, ignored: impl Iterator<Item = &'a Ignored>) -> Json {
    let mut json = json.clone();
    for ignored in ignored {
        if let Some(member) = json.pointer_mut(&ignored.pointer) {
            *member = Json::from("ignored");
        }
    }
    json
}

/// JSON with sorted keys, whatever order `serde_json` was built with.
fn canonical(json: &Json) -> String {
    match json {
        Json::Object(members) => {
            let sorted: BTreeMap<_, _> = members.iter().collect();
            let members: Vec<String> = sorted
                .into_iter()
                .map(|(key, value)| format!("{}:{}", Json::from(key.as_str()), canonical(value)))
                .collect();
            format!("{{{}}}", members.join(","))
        }
        Json::Array(items) => {
            let items: Vec<String> = items.iter().map(canonical).collect();
            format!("[{}]", items.join(","))
        }
        other => other.to_string(),
    }
}
