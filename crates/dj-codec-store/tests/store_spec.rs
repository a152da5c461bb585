//! Every answer of Python's `get_store_spec`.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use dj_codec_api::ErrorKind;
use dj_codec_store::{Config, Protocol};
use serde_json::{Value, json};

fn cases() -> Vec<Value> {
    let table: Value = serde_json::from_str(include_str!("data/get_store_spec.json")).unwrap();
    table["cases"].as_array().unwrap().clone()
}

#[test]
fn every_case_gives_the_spec_or_the_error_of_python() {
    let cases = cases();
    assert_eq!(cases.len(), 33);
    for case in cases {
        let config = Config::from_json(&json!({"stores": case["stores"]})).unwrap();
        let name = case["store"].as_str();
        let spec = match case["use_filepath_default"].as_bool().unwrap() {
            true => config.filepath_store_spec(name),
            false => config.store_spec(name),
        };
        match (spec, case.get("spec")) {
            (Ok(spec), Some(expected)) => {
                assert_eq!(Value::Object(spec.settings().clone()), *expected, "{case}");
            }
            (Err(error), None) => {
                assert_eq!(error.kind(), &ErrorKind::Config, "{case}");
                // What goes wrong is said in DataJoint's words; what to do about it in ours.
                let python = case["error"]["message"].as_str().unwrap();
                assert!(
                    error.message().len() > 15 && python.starts_with(error.message()),
                    "{error}\n{python}"
                );
            }
            (outcome, expected) => panic!("{case}\ngave {outcome:?}, expected {expected:?}"),
        }
    }
}

#[test]
fn settings_of_the_wrong_type_are_errors_in_words() {
    for (settings, words) in [
        (json!(5), "config.stores[\"main\"] must be a JSON object"),
        (json!([["protocol", "file"]]), "must be a JSON object"),
        (json!(null), "must be a JSON object"),
        (
            json!({"protocol": 5, "location": "/x"}),
            "protocol must be a string",
        ),
        (
            json!({"protocol": "file", "location": "/x", "token_length": "8"}),
            "token_length must be an integer",
        ),
        (
            json!({"protocol": "file", "location": "/x", "subfolding": 2}),
            "subfolding must be a list of integers",
        ),
        (
            json!({"protocol": "file", "location": "/x", "subfolding": [2, "2"]}),
            "subfolding must be a list of integers",
        ),
        (
            json!({"protocol": "file", "location": "/x", "hash_prefix": 1}),
            "hash_prefix must be a string",
        ),
        (
            json!({"protocol": "file", "location": "/x", "partition_pattern": ["a"]}),
            "partition_pattern must be",
        ),
    ] {
        let config = Config::from_json(&json!({"stores": {"main": settings}})).unwrap();
        let error = config.store_spec(Some("main")).unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::Config);
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[test]
fn the_layout_is_read_with_defaults_for_null() {
    let config = Config::from_json(&json!({"stores": {"main": {
        "protocol": "File", "location": "/x", "hash_prefix": null, "schema_prefix": "s/", "token_length": 12,
        "subfolding": [2, 3], "partition_pattern": "{subject}", "filepath_prefix": "raw",
    }}}))
    .unwrap();
    let spec = config.store_spec(Some("main")).unwrap();
    assert_eq!(spec.protocol(), Protocol::File);
    let layout = spec.layout();
    assert_eq!(
        (layout.hash_prefix.as_str(), layout.schema_prefix.as_str()),
        ("_hash", "s/")
    );
    assert_eq!(
        (layout.token_length, layout.subfolding.as_deref()),
        (12, Some(&[2, 3][..]))
    );
    assert_eq!(layout.partition_pattern.as_deref(), Some("{subject}"));
    assert_eq!(layout.filepath_prefix.as_deref(), Some("raw"));
}

#[test]
fn credentials_are_never_printed() {
    let config = Config::from_json(&json!({"stores": {"default": "c", "c": {
        "protocol": "s3", "endpoint": "e", "bucket": "b", "location": "l", "access_key": "AKIDXYZ",
        "secret_key": "hunter2", "extra": "hunter2",
    }, "g": {"protocol": "gcs", "bucket": "b", "location": "l", "token": "hunter2"}}}))
    .unwrap();
    let spec = config.store_spec(Some("g")).unwrap();
    let error = config.store_spec(None).unwrap_err();
    for text in [
        format!("{config:?}"),
        format!("{spec:?}"),
        error.report(),
        format!("{error:?}"),
    ] {
        assert!(!text.contains("hunter2") && !text.contains("AKIDXYZ"), "{text}");
    }
    assert_eq!(spec.url(), "gs://b/l");
}
