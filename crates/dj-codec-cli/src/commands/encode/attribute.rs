//! Attributes of arrays, as they are given on the command line.

use dj_codecs::api::Json;

use crate::failure::{Failure, Outcome};

/// Reads `K=JSON`; a value that is no JSON is a text.
pub(super) fn parse<'a>(option: &str, given: &'a str) -> Outcome<(&'a str, Json)> {
    match given.split_once('=') {
        Some((name, value)) if !name.is_empty() => {
            Ok((name, serde_json::from_str(value).unwrap_or_else(|_| value.into())))
        }
        _ => Err(Failure::usage(format!(
            "{option} {given:?} is not of the form K=JSON"
        ))),
    }
}
