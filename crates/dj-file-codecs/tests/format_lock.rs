//! What the writers write for fixed inputs, byte for byte: a format changes only with a new version.
//!
//! `tests/data/format-lock.json` holds, for each data format and input, what the column and the store hold.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test asserts by panicking"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use dj_codec_testkit::MemoryStore;
use dj_file_codecs::api::{Column, Context, Json, Registry, Result, Store as _, StoreMap, Tokens, Value};
use dj_file_codecs::{AttachCodec, FilepathCodec, ObjectCodec};
use serde_json::json;

/// By format, by input: what was written.
type Lock = BTreeMap<String, BTreeMap<String, Json>>;

#[derive(Debug)]
struct OneToken;

impl Tokens for OneToken {
    fn token(&self, _: i64) -> Result<String> {
        Ok("Tok_-123".into())
    }
}

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/format-lock.json")
}

fn locked() -> Lock {
    serde_json::from_slice(&fs::read(path()).unwrap()).unwrap()
}

fn written() -> Lock {
    let folder = tempfile::tempdir().unwrap();
    let here = |name: &str| Value::from(folder.path().join(name));
    for (name, contents) in [
        ("résumé 1.tar.gz", &b"one\0two"[..]),
        (".profile", b""),
        ("tree/zarr.json", b"{}"),
        ("tree/c/0/0", &[7; 40]),
        ("tree/日本 50%/é \"q\".txt", b"x"),
    ] {
        let file = folder.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, contents).unwrap();
    }
    fs::create_dir(folder.path().join("empty")).unwrap();
    let tuple = |ext: &str, contents: Value| Value::Tuple(vec![ext.into(), contents]);
    let time = UNIX_EPOCH + Duration::from_micros(1_795_330_020_800_706);
    let mut registry = Registry::new();
    registry.register(Arc::new(AttachCodec)).unwrap();
    registry
        .register(Arc::new(ObjectCodec::new().with_timestamp(time)))
        .unwrap();
    registry
        .register(Arc::new(FilepathCodec::new().with_timestamp(time)))
        .unwrap();

    let mut digests = BTreeMap::new();
    for (input, spec, value) in [
        ("attach a file", "<attach>", here("résumé 1.tar.gz")),
        ("attach an empty file", "<attach>", here(".profile")),
        ("object of bytes", "<object@>", Value::Bytes("abc".into())),
        (
            "object of bytes with an extension",
            "<object@>",
            tuple("csv", Value::Bytes("a,b".into())),
        ),
        ("object of a file", "<object@>", here("résumé 1.tar.gz")),
        ("object of a hidden file", "<object@>", here(".profile")),
        ("object of a folder", "<object@>", here("tree")),
        (
            "object of a folder with an extension",
            "<object@>",
            tuple(".zarr", here("tree")),
        ),
        ("object of an empty folder", "<object@>", here("empty")),
        ("filepath of a file", "<filepath@>", "./raw/a.bin".into()),
        ("filepath of a folder", "<filepath@>", "raw".into()),
    ] {
        let store = Arc::new(MemoryStore::new());
        if spec.contains("filepath") {
            store.put("raw/a.bin", "acquired".into()).unwrap();
        }
        let cx = Context::new(StoreMap::new().with("main", store.clone()).with_default("main"))
            .with_field("lab", "session", "item")
            .with_key("subject", "m/1")
            .with_key("session", 3_i64)
            .with_format_version("1.0".parse().unwrap())
            .with_tokens(Arc::new(OneToken));
        let stored = Column::resolve(spec, &registry)
            .unwrap()
            .encode(value, &cx)
            .unwrap();
        // One byte of an object is one character: what is not ASCII is told apart all the same.
        let objects: BTreeMap<String, String> = store
            .snapshot()
            .into_iter()
            .map(|(path, bytes)| (path, bytes.iter().copied().map(char::from).collect()))
            .collect();
        digests.insert(
            input.to_owned(),
            json!({"stored": stored.to_json(), "objects": objects}),
        );
    }
    BTreeMap::from([("1.0".to_owned(), digests)])
}

#[test]
fn the_formats_are_what_they_were() {
    let (written, locked) = (written(), locked());
    for (version, inputs) in &locked {
        for (input, was) in inputs {
            let is = written.get(version).and_then(|inputs| inputs.get(input));
            assert_eq!(
                is,
                Some(was),
                "format {version}, {input}: what dj-file-codecs writes has changed. If that is meant, give it a new format version in \
                 src/version.rs, keep writing the old one on request, and add fixtures for the new one"
            );
        }
    }
    for (version, inputs) in &written {
        for input in inputs.keys() {
            assert!(
                locked
                    .get(version)
                    .is_some_and(|inputs| inputs.contains_key(input)),
                "format {version}, {input} is not locked; run: cargo test -p dj-file-codecs --test format_lock -- --ignored"
            );
        }
    }
}

/// Adds inputs that are not locked yet. What is locked stays.
#[test]
#[ignore = "changes tests/data/format-lock.json"]
fn lock_new_inputs() {
    let mut lock = if path().exists() { locked() } else { Lock::new() };
    for (version, inputs) in written() {
        let known = lock.entry(version).or_default();
        for (input, is) in inputs {
            known.entry(input).or_insert(is);
        }
    }
    fs::write(path(), serde_json::to_string_pretty(&lock).unwrap() + "\n").unwrap();
}
