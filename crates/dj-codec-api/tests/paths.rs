//! Every answer of DataJoint's own path functions, recorded by running them: `tests/data/paths`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test asserts by panicking"
)]
#![forbid(unsafe_code)]

use dj_codec_api::layout::{
    ContentHasher, ObjectPath, TOKEN_ALPHABET, check_filepath, check_path, content_hash, encode_pk_value,
    generate_token, hash_path,
};
use dj_codec_api::{Json, Limits, StoreLayout, TypeSpec, Value, notation};

fn table(text: &str, count: usize) -> Json {
    let table: Json = serde_json::from_str(text).unwrap();
    assert_eq!(table["cases"].as_array().unwrap().len(), count);
    table
}

fn cases(table: &Json) -> &[Json] {
    table["cases"].as_array().unwrap()
}

fn value(json: &Json) -> Value {
    notation::from_json(json, &Limits::default()).unwrap_or_else(|error| panic!("{json}: {error}"))
}

fn text(json: &Json) -> &str {
    json.as_str().unwrap()
}

fn optional(json: &Json) -> Option<String> {
    json.as_str().map(ToOwned::to_owned)
}

#[test]
fn primary_key_values() {
    let table = table(include_str!("data/paths/encode_pk_value.json"), 74);
    for case in cases(&table) {
        assert_eq!(
            encode_pk_value(&value(&case["in"])).unwrap(),
            text(&case["out"]),
            "{case}"
        );
    }
}

#[test]
fn object_paths() {
    let table = table(include_str!("data/paths/build_object_path.json"), 40);
    for case in cases(&table) {
        let given = &case["in"];
        let key: Vec<(String, Value)> = given["primary_key"]
            .as_array()
            .unwrap()
            .iter()
            .map(|pair| (text(&pair[0]).to_owned(), value(&pair[1])))
            .collect();
        let mut layout = StoreLayout::default();
        layout.schema_prefix = text(&given["schema_prefix"]).to_owned();
        layout.partition_pattern = optional(&given["partition_pattern"]);
        let path = ObjectPath {
            schema: text(&given["schema"]),
            table: text(&given["table"]),
            field: text(&given["field"]),
            primary_key: &key,
            ext: given["ext"].as_str(),
            layout: &layout,
        };
        let built = path
            .build_with_token(text(&case["token"]))
            .unwrap_or_else(|error| panic!("{case}: {error}"));
        assert_eq!(built, text(&case["out"]), "{case}");
    }
}

#[test]
fn token_lengths() {
    let table = table(include_str!("data/paths/token_length.json"), 8);
    assert_eq!(TOKEN_ALPHABET, text(&table["token_alphabet"]));
    for case in cases(&table) {
        let token = generate_token(case["in"].as_i64().unwrap()).unwrap();
        assert_eq!(Some(token.len() as u64), case["out"].as_u64(), "{case}");
        assert!(token.chars().all(|c| TOKEN_ALPHABET.contains(c)), "{token}");
    }
}

#[test]
fn content_hashes() {
    let table = table(include_str!("data/paths/compute_hash.json"), 8);
    for case in cases(&table) {
        let Value::Bytes(bytes) = value(&case["in"]) else {
            panic!("{case}")
        };
        assert_eq!(content_hash(&bytes), text(&case["out"]), "{case}");
        let mut hasher = ContentHasher::new();
        for piece in bytes.chunks(7) {
            std::io::copy(&mut &piece[..], &mut hasher).unwrap();
        }
        assert_eq!(hasher.finish(), text(&case["out"]), "{case}");
    }
}

#[test]
fn hash_paths() {
    let table = table(include_str!("data/paths/build_hash_path.json"), 17);
    for case in cases(&table) {
        let given = &case["in"];
        let mut layout = StoreLayout::default();
        layout.hash_prefix = text(&given["hash_prefix"]).to_owned();
        layout.subfolding = given["subfolding"]
            .as_array()
            .map(|folds| folds.iter().map(|fold| fold.as_i64().unwrap()).collect());
        let built = hash_path(text(&given["hash"]), text(&given["schema"]), &layout);
        match case["out"].as_str() {
            Some(path) => {
                assert_eq!(built.unwrap(), path, "{case}");
                check_path(path).unwrap();
            }
            None => assert!(
                built.unwrap_err().to_string().contains("is no content hash"),
                "{case}"
            ),
        }
    }
}

#[test]
fn filepaths() {
    let table = table(include_str!("data/paths/filepath.json"), 14);
    let files: Vec<&str> = table["files_in_store"]
        .as_array()
        .unwrap()
        .iter()
        .map(text)
        .collect();
    let exists = |path: &str| {
        files
            .iter()
            .any(|file| *file == path || file.starts_with(&format!("{path}/")))
    };
    for case in cases(&table) {
        let mut layout = StoreLayout::default();
        let set = |setting: &mut String, key: &str| {
            if let Some(prefix) = optional(&case["store"][key]) {
                *setting = prefix;
            }
        };
        set(&mut layout.hash_prefix, "hash_prefix");
        set(&mut layout.schema_prefix, "schema_prefix");
        layout.filepath_prefix = optional(&case["store"]["filepath_prefix"]);
        let given = text(&case["path"]);
        let checked = check_filepath(given, &layout);
        match (case["out"]["path"].as_str(), case["error"]["type"].as_str()) {
            (Some(path), None) => assert_eq!(checked.unwrap(), path, "{case}"),
            (None, Some("ValueError")) => assert!(checked.is_err(), "{case}"),
            (None, Some("FileNotFoundError")) => assert!(!exists(&checked.unwrap()), "{case}"),
            _ => panic!("{case}"),
        }
    }
}

#[test]
fn type_specs() {
    let table = table(include_str!("data/paths/parse_type_spec.json"), 18);
    for case in cases(&table) {
        let spec: TypeSpec = text(&case["in"]).parse().unwrap();
        assert_eq!(spec.name(), text(&case["out"]["name"]), "{case}");
        assert_eq!(spec.store(), case["out"]["store"].as_str(), "{case}");
    }
}
