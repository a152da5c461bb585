//! Text as the notation of a value: an error or a value, whose own notation is read as the same.

use dj_codec_api::notation::{from_json, from_str, to_string};

use crate::limits;

pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let limits = limits();
    let value = from_str(text, &limits);
    if let Ok(json) = serde_json::from_str::<serde_json::Value>(text) {
        // Its objects have lost the order of their keys, and its numbers what is beyond a float.
        let _ = from_json(&json, &limits);
    }
    let Ok(value) = value else { return };
    let written = to_string(&value).expect("what was read can be written");
    let back = from_str(&written, &limits).unwrap_or_else(|error| panic!("{written}: {}", error.report()));
    assert_eq!(back, value, "{written}");
    assert_eq!(to_string(&back).expect("as before"), written);
}
