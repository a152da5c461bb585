//! What the writer writes for fixed inputs, byte for byte: a format changes only with a new version.
//!
//! `tests/data/format-lock.json` holds, for each data format and input, a digest of the metadata with the record, and one of
//! the chunk objects.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test asserts by panicking"
)]

#[path = "samples/movies.rs"]
mod movies;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use dj_codec_api::{Context, FormatVersion, StoreMap};
use dj_codec_testkit::MemoryStore;
use sha2::{Digest as _, Sha256};

/// By format, by input: the digest of the metadata and that of the objects.
type Lock = BTreeMap<String, BTreeMap<String, [String; 2]>>;

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/format-lock.json")
}

fn locked() -> Lock {
    serde_json::from_str(&std::fs::read_to_string(path()).unwrap()).unwrap()
}

fn digest(parts: impl IntoIterator<Item = (String, Vec<u8>)>) -> String {
    let mut all = Sha256::new();
    for (name, bytes) in parts {
        all.update(format!("{name} {}\n", bytes.len()));
        all.update(bytes);
    }
    all.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn written() -> Lock {
    let mut lock = Lock::new();
    for version in ["1.0", "2.0"] {
        let format: FormatVersion = version.parse().unwrap();
        let mut digests = BTreeMap::new();
        for sample in movies::all().into_iter().filter(|sample| sample.has(format)) {
            let store = Arc::new(MemoryStore::new());
            let cx = Context::new(StoreMap::new().with("main", store.clone()).with_default("main"))
                .with_field("lab", "recording", "movie")
                .with_key("id", 1_i64)
                .with_format_version(format);
            let record = sample.write(&cx).unwrap();
            let folder = format!("{}/", record.path().unwrap());
            let mut objects: BTreeMap<String, Vec<u8>> = store
                .snapshot()
                .into_iter()
                .map(|(path, bytes)| (path.strip_prefix(&folder).unwrap().to_owned(), bytes.to_vec()))
                .collect();
            // The path has a token by chance; what the inventory says of the objects is locked with them.
            let mut stated = record.into_json();
            stated.as_object_mut().unwrap().remove("path");
            let inventory = stated
                .as_object_mut()
                .unwrap()
                .remove("inventory")
                .unwrap_or_default();
            let documents: Vec<String> = objects
                .keys()
                .filter(|key| key.starts_with(".z") || *key == "zarr.json")
                .cloned()
                .collect();
            let mut metadata: Vec<(String, Vec<u8>)> = documents
                .into_iter()
                .map(|key| (key.clone(), objects.remove(&key).unwrap()))
                .collect();
            metadata.push(("record".into(), canonical(&stated).into_bytes()));
            objects.insert("inventory".into(), canonical(&inventory).into_bytes());
            digests.insert(sample.name, [digest(metadata), digest(objects)]);
        }
        lock.insert(version.into(), digests);
    }
    lock
}

/// JSON with sorted keys, whatever order `serde_json` was built with.
fn canonical(json: &serde_json::Value) -> String {
    match json.as_object() {
        Some(members) => {
            let sorted: BTreeMap<_, _> = members.iter().collect();
            serde_json::to_string(&sorted).unwrap()
        }
        None => json.to_string(),
    }
}

#[test]
fn the_formats_are_what_they_were() {
    let (written, locked) = (written(), locked());
    let mut changes = Vec::new();
    for (version, samples) in &locked {
        for (name, [metadata, objects]) in samples {
            let Some([new_metadata, new_objects]) =
                written.get(version).and_then(|samples| samples.get(name))
            else {
                changes.push(format!(
                    "format {version}, {name}: this input is gone; it must stay"
                ));
                continue;
            };
            if new_metadata != metadata {
                changes.push(format!("format {version}, {name}: metadata or record changed"));
            }
            if new_objects != objects {
                changes.push(format!(
                    "format {version}, {name}: chunk objects or inventory changed"
                ));
            }
        }
    }
    assert!(
        changes.is_empty(),
        "what dj-photon-codecs writes has changed:\n  {}\n\
         Data of a format must look the same whoever wrote it. If the change is meant, give it a new format version (a minor \
         one if older readers can read it) in src/version.rs, keep writing the old one on request, and add fixtures for the new one. \
         If only chunk objects changed because a compression library was upgraded, and the fixtures still decode, replace \
         the second digest of these inputs in tests/data/format-lock.json in a commit that says so.",
        changes.join("\n  ")
    );
}

#[test]
fn every_input_is_locked() {
    for (version, samples) in written() {
        for name in samples.keys() {
            assert!(
                locked()
                    .get(&version)
                    .is_some_and(|samples| samples.contains_key(name)),
                "format {version}, {name} is not locked; run: cargo test -p dj-photon-codecs --test format_lock -- --ignored"
            );
        }
    }
}

/// Adds inputs that are not locked yet. What is locked stays.
#[test]
#[ignore = "changes tests/data/format-lock.json"]
fn lock_new_inputs() {
    let mut lock = if path().exists() { locked() } else { Lock::new() };
    for (version, samples) in written() {
        let known = lock.entry(version).or_default();
        for (name, digests) in samples {
            known.entry(name).or_insert(digests);
        }
    }
    std::fs::write(path(), serde_json::to_string_pretty(&lock).unwrap() + "\n").unwrap();
}
