//! Every golden fixture decodes, however it is read; what ObjectRef says is what Python's says.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test asserts by panicking"
)]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use dj_codec_testkit::MemoryStore;
use dj_codec_testkit::golden::Case;
use dj_file_codecs::api::{
    Column, Context, Json, Record, Registry, Store, StoreMap, Stored, Value, notation,
};
use dj_file_codecs::{AttachCodec, Attachment, FilepathCodec, ObjectCodec, ObjectRef};
use dj_hash_codecs::HashCodec;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures")
}

fn registry() -> Registry {
    let mut registry = Registry::new();
    registry.register(Arc::new(HashCodec)).unwrap();
    registry.register(Arc::new(AttachCodec)).unwrap();
    registry.register(Arc::new(ObjectCodec::new())).unwrap();
    registry.register(Arc::new(FilepathCodec::new())).unwrap();
    registry
}

fn cases(codec: &str) -> Vec<Case> {
    std::fs::read_dir(fixtures().join(codec).join("1.0"))
        .unwrap()
        .map(|entry| Case::read(&entry.unwrap().path()).unwrap())
        .filter(|case| !case.expects_error())
        .collect()
}

fn decode(case: &Case, cx: &Context) -> Value {
    let column = Column::resolve(&case.type_spec, &registry()).unwrap();
    column
        .decode(case.stored.clone(), cx)
        .unwrap_or_else(|error| panic!("{}: {error}", case.id))
}

fn json(value: &Value) -> Json {
    notation::to_json(value).unwrap()
}

/// The objects of a case in a store that is no folder of this machine.
fn remote(case: &Case) -> Context {
    let store = Arc::new(MemoryStore::new());
    let folder = case.stores().open(None).unwrap().store;
    for object in folder.list("").unwrap() {
        store
            .put(&object.path, folder.get(&object.path).unwrap())
            .unwrap();
    }
    Context::new(
        StoreMap::new()
            .with("main", store.clone())
            .with("alt", store)
            .with_default("main"),
    )
}

#[test]
fn attach_fixtures_decode() {
    dj_codec_testkit::assert_golden(fixtures().join("attach"), &registry());
    assert!(cases("attach").len() >= 22);
}

#[test]
fn object_fixtures_decode() {
    dj_codec_testkit::assert_golden(fixtures().join("object"), &registry());
    assert!(cases("object").len() >= 30);
}

#[test]
fn filepath_fixtures_decode() {
    dj_codec_testkit::assert_golden(fixtures().join("filepath"), &registry());
    assert!(cases("filepath").len() >= 12);
}

#[test]
fn attachments_are_written_again_byte_for_byte() {
    for case in cases("attach") {
        let value = decode(&case, &Context::with_stores(case.stores()));
        let attachment = value.downcast::<Attachment>().unwrap();
        assert_eq!(Some(attachment.name()), case.expected["$file"]["name"].as_str());
        if case.id.contains("hostile") {
            assert!(
                Attachment::new(attachment.name(), attachment.bytes().clone()).is_err(),
                "{}",
                case.id
            );
            continue;
        }
        let Stored::Bytes(stored) = &case.stored else {
            continue;
        };
        let cx = Context::new(StoreMap::new());
        let again = AttachCodec::encode_attachment(attachment, &cx).unwrap();
        assert_eq!(again, Value::Bytes(stored.clone()), "{}", case.id);
        // And from a file of that name.
        let folder = tempfile::tempdir().unwrap();
        if let Ok(path) = attachment.save_into(folder.path()) {
            assert_eq!(AttachCodec::encode_path(path, &cx).unwrap(), again, "{}", case.id);
        } else {
            assert!(
                ["newline", "backslash"].iter().any(|odd| case.id.contains(odd)),
                "{}",
                case.id
            );
        }
    }
}

#[test]
fn references_say_what_their_records_say() {
    for case in cases("object").into_iter().chain(cases("filepath")) {
        let Stored::Json(stored) = &case.stored else {
            panic!("{}", case.id)
        };
        let value = decode(&case, &Context::with_stores(case.stores()));
        let object = value.downcast::<ObjectRef>().unwrap();
        let said = |key: &str| stored.get(key).cloned().unwrap_or(Json::Null);
        assert_eq!(Json::from(object.size()), said("size"), "{}", case.id);
        assert_eq!(Json::from(object.ext()), said("ext"), "{}", case.id);
        assert_eq!(Json::from(object.hash()), said("hash"), "{}", case.id);
        assert_eq!(Json::from(object.item_count()), said("item_count"), "{}", case.id);
        assert_eq!(Json::from(object.timestamp()), said("timestamp"), "{}", case.id);
        assert_eq!(
            object.time().is_some(),
            object.timestamp().is_some(),
            "{}",
            case.id
        );
        assert_eq!(object.is_dir(), said("is_dir") == Json::Bool(true), "{}", case.id);
        assert_eq!(object.record(), &Record::from_json(stored.clone()).unwrap());
        assert!(object.exists().unwrap(), "{}", case.id);
    }
}

#[test]
fn every_way_of_reading_gives_the_same() {
    for case in cases("object").into_iter().chain(cases("filepath")) {
        for cx in [Context::with_stores(case.stores()), remote(&case)] {
            let value = decode(&case, &cx);
            let object = value.downcast::<ObjectRef>().unwrap();
            assert_eq!(
                json(&object.load_as_found().unwrap()),
                case.expected,
                "{}",
                case.id
            );
            let outcome = object.verify().unwrap();
            assert_eq!(
                outcome.is_ok(),
                !case.id.ends_with("-grown"),
                "{}: {outcome:?}",
                case.id
            );
            assert_eq!(outcome.hashed, object.hash().is_some(), "{}", case.id);
            let folder = tempfile::tempdir().unwrap();
            let copy = object.download_into(folder.path()).unwrap();
            assert_eq!(copy, folder.path().join(object.name()));
            if object.is_dir() {
                let listed = object.files().unwrap();
                let more = if case.id.ends_with("-folder-links") { 1 } else { 0 };
                assert_eq!(object.list().unwrap().len(), listed.len() + more, "{}", case.id);
                for file in listed {
                    let member = object.member(&file.path).unwrap();
                    let bytes = member.read().unwrap();
                    assert_eq!(bytes.len() as u64, file.size);
                    assert_eq!(
                        std::fs::read(copy.join(&file.path)).unwrap(),
                        bytes,
                        "{}",
                        case.id
                    );
                }
                assert!(object.read().is_err() && object.open().is_err());
            } else {
                let bytes = object.read().unwrap();
                assert_eq!(std::fs::read(&copy).unwrap(), bytes);
                let mut streamed = Vec::new();
                std::io::Read::read_to_end(&mut object.open().unwrap(), &mut streamed).unwrap();
                assert_eq!(streamed, bytes);
                let half = bytes.len() as u64 / 2;
                assert_eq!(object.read_range(0..half).unwrap(), bytes[..half as usize]);
                assert!(object.read_range(0..bytes.len() as u64 + 1).is_err());
                assert!(object.files().is_err() && object.member("x").is_err());
            }
        }
    }
}

/// What Python wrote is what we would write of it: the same record but for token and time, the same manifest but for the order.
#[test]
fn records_and_manifests_are_pythons() {
    let mut folders = 0;
    for case in cases("object") {
        let value = decode(&case, &Context::with_stores(case.stores()));
        let object = value.downcast::<ObjectRef>().unwrap();
        let python = object.record();
        let (Some(time), Some(_)) = (object.time(), python.get("item_count")) else {
            continue;
        };
        if object.hash().is_some() || case.id.contains("-old-") || case.id.ends_with("-folder-links") {
            continue;
        }
        let store = Arc::new(MemoryStore::new());
        let cx = Context::new(StoreMap::new().with(object.store_name(), store.clone()))
            .with_field("lab", "session", "item")
            .with_column_store(Some(object.store_name()));
        let ours = ObjectCodec::new().with_timestamp(time).copy(object, &cx).unwrap();
        for (key, value) in python.iter().filter(|(key, _)| *key != "path") {
            assert_eq!(ours.get(key), Some(value), "{} {key}", case.id);
        }
        assert_eq!(ours.iter().count(), python.iter().count(), "{}", case.id);
        let Some(mut theirs) = object.is_dir().then(|| object.manifest().unwrap()).flatten() else {
            continue;
        };
        folders += 1;
        let ours = ObjectCodec::open(ours, &cx).unwrap().manifest().unwrap().unwrap();
        theirs.files.sort();
        assert_eq!(ours.files, theirs.files, "{}", case.id);
        assert_eq!(
            (ours.total_size, ours.item_count),
            (theirs.total_size, theirs.item_count)
        );
    }
    assert!(folders >= 5);
}
