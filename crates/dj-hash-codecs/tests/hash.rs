//! What is written, what is believed, and what is refused.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test asserts by panicking"
)]

use std::path::Path;
use std::sync::Arc;

use dj_blob_codecs::BlobCodec;
use dj_codec_testkit::MemoryStore;
use dj_hash_codecs::HashCodec;
use dj_hash_codecs::api::{
    Bytes, CheckLevel, Codec, Column, Context, ErrorKind, Limits, Record, Registry, Store, StoreLayout,
    StoreMap, Stored, Value,
};
use proptest::prelude::*;
use serde_json::json;

fn registry() -> Registry {
    let mut registry = Registry::new();
    registry.register(Arc::new(HashCodec)).unwrap();
    registry.register(Arc::new(BlobCodec::new())).unwrap();
    registry
}

fn lab() -> (Arc<MemoryStore>, Context) {
    let store = Arc::new(MemoryStore::new());
    let mut layout = StoreLayout::default();
    layout.subfolding = Some(vec![2, 3]);
    let stores = StoreMap::new()
        .with("main", store.clone())
        .with_layout("deep", store.clone(), layout)
        .with_default("main");
    (store, Context::new(stores).with_field("lab", "session", "raw"))
}

#[test]
fn every_fixture_decodes() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
    dj_codec_testkit::assert_golden(fixtures.join("hash"), &registry());
}

#[test]
fn equal_contents_are_stored_once() {
    let (store, cx) = lab();
    let column = Column::resolve("<hash@>", &registry()).unwrap();
    let value = || Value::Bytes("same".into());
    let record = column.encode(value(), &cx).unwrap();
    assert_eq!(column.encode(value(), &cx).unwrap(), record);
    assert_eq!(store.paths().len(), 1);
    assert_eq!(
        record,
        Stored::Json(json!({
            "hash": "kebxusrxomhvfsdtewdnhkvdcy", "path": "_hash/lab/kebxusrxomhvfsdtewdnhkvdcy",
            "schema": "lab", "store": "main", "size": 4,
        }))
    );
    let deep = Column::resolve("<hash@deep>", &registry()).unwrap();
    deep.encode(value(), &cx).unwrap();
    assert!(
        store
            .paths()
            .contains(&"_hash/lab/ke/bxu/kebxusrxomhvfsdtewdnhkvdcy".to_owned())
    );
}

#[test]
fn what_is_there_already_is_not_trusted() {
    for damaged in ["sane", "other size"] {
        let (store, cx) = lab();
        let record = HashCodec.write(&"same".into(), &cx).unwrap();
        store.put(record.path().unwrap(), damaged.into()).unwrap();
        let error = HashCodec.write(&"same".into(), &cx).unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::AlreadyExists, "{error}");
        assert_eq!(
            store.get(record.path().unwrap()).unwrap(),
            damaged,
            "nothing is overwritten"
        );
        let error = HashCodec.read(&record, &cx).unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::Corrupt, "{error}");
    }
}

#[test]
fn records_that_make_no_sense_are_refused() {
    let (_, cx) = lab();
    let record = HashCodec.write(&"same".into(), &cx).unwrap();
    let hash = "kebxusrxomhvfsdtewdnhkvdcy";
    for (json, kind) in [
        (
            json!({"path": "_hash/lab/none", "hash": hash}),
            ErrorKind::NotFound,
        ),
        (json!({"path": "../outside", "hash": hash}), ErrorKind::UnsafePath),
        (
            json!({"path": "/etc/passwd", "hash": hash}),
            ErrorKind::UnsafePath,
        ),
        (json!({"path": record.path().unwrap()}), ErrorKind::Corrupt),
        (json!({"hash": hash}), ErrorKind::Corrupt),
        (
            json!({"path": record.path().unwrap(), "hash": hash, "size": "4"}),
            ErrorKind::Corrupt,
        ),
        (
            json!({"path": record.path().unwrap(), "hash": hash, "store": "gone"}),
            ErrorKind::Config,
        ),
    ] {
        let error = HashCodec
            .read(&Record::from_json(json.clone()).unwrap(), &cx)
            .unwrap_err();
        assert_eq!(error.kind(), &kind, "{json}: {error}");
    }
    let small = cx.with_limits(Limits::default().with_array_bytes(3));
    // The object's own size counts where the record has none.
    let sizeless = json!({"path": record.path().unwrap(), "hash": hash});
    for record in [record, Record::from_json(sizeless).unwrap()] {
        let error = HashCodec.read(&record, &small).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Limit { .. }), "{error}");
    }
}

#[test]
fn a_schema_that_would_leave_the_store_is_refused() {
    let (store, cx) = lab();
    let error = HashCodec
        .write(&"x".into(), &cx.with_field("../..", "t", "f"))
        .unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::UnsafePath, "{error}");
    assert!(store.paths().is_empty());
}

#[test]
fn only_bytes_in_a_store() {
    let (_, cx) = lab();
    let column = Column::resolve("<hash@>", &registry()).unwrap();
    assert_eq!(
        column.encode(Value::from("text"), &cx).unwrap_err().kind(),
        &ErrorKind::InvalidValue
    );
    assert_eq!(
        Column::resolve("<hash>", &registry()).unwrap_err().kind(),
        &ErrorKind::InvalidSpec
    );
}

#[test]
fn blobs_chain_to_it() {
    let (store, cx) = lab();
    let column = Column::resolve("<blob@>", &registry()).unwrap();
    let value = Value::List(vec![Value::from("a"), Value::Int(7)]);
    let record = column.encode(value.clone(), &cx).unwrap();
    let paths = column.referenced_paths(&record);
    assert_eq!(paths.len(), 1);
    assert_eq!(store.paths(), [paths[0].path.clone()]);
    assert_eq!(column.decode(record, &cx).unwrap(), value);
}

#[test]
fn the_front_tells_the_format_and_checks_go_deeper() {
    let (store, cx) = lab();
    let column = Column::resolve("<blob@>", &registry()).unwrap();
    let value = Value::Bytes(vec![7; 900].into());
    let stored = column.encode(value, &cx).unwrap();
    let Stored::Json(json) = &stored else { panic!() };
    let record = Record::from_json(json.clone()).unwrap();
    assert_eq!(HashCodec.read_front(&record, 4, &cx).unwrap(), "dj0\0");
    let longer = record.clone().with("size", 1_000_000_i64);
    let error = HashCodec.read_front(&longer, 4, &cx).unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::Corrupt);
    assert_eq!(
        column
            .format_version(stored.clone(), &cx)
            .unwrap()
            .unwrap()
            .to_string(),
        "2"
    );
    let check = |level| {
        column
            .check(stored.clone(), &cx, level)
            .map_err(|error| error.kind().clone())
    };
    assert_eq!(check(CheckLevel::Full), Ok(()));

    // A byte behind the front: only reading all of it tells.
    let path = record.path().unwrap();
    let mut damaged = store.get(path).unwrap().to_vec();
    *damaged.last_mut().unwrap() ^= 1;
    store.put(path, damaged.clone().into()).unwrap();
    assert!(column.format_version(stored.clone(), &cx).is_ok());
    assert_eq!(check(CheckLevel::Size), Ok(()));
    assert_eq!(check(CheckLevel::Full), Err(ErrorKind::Corrupt));

    damaged.pop();
    store.put(path, damaged.into()).unwrap();
    assert_eq!(check(CheckLevel::Presence), Ok(()));
    assert_eq!(check(CheckLevel::Size), Err(ErrorKind::Corrupt));
    store.delete(path).unwrap();
    assert_eq!(check(CheckLevel::Presence), Err(ErrorKind::NotFound));
    assert_eq!(
        column.check(Stored::Null, &cx, CheckLevel::Full).map_err(drop),
        Ok(())
    );
}

proptest! {
    #[test]
    fn bytes_come_back(data: Vec<u8>) {
        let (_, cx) = lab();
        let data = Bytes::from(data);
        let record = HashCodec.write(&data, &cx).unwrap();
        prop_assert_eq!(HashCodec.read(&record, &cx).unwrap(), data);
    }
}

#[test]
fn only_bytes_are_valid() {
    assert!(HashCodec.validate(&Value::Bytes(Bytes::new())).is_ok());
    let error = HashCodec.validate(&Value::Int(1)).unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::InvalidValue);
}
