//! References: what may be referred to, and what the record says.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test asserts by panicking"
)]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use dj_codec_store::FileStore;
use dj_codec_testkit::MemoryStore;
use dj_file_codecs::api::{
    Codec as _, Column, Context, ErrorKind, Registry, Store, StoreLayout, StoreMap, Stored, Value,
};
use dj_file_codecs::{FilepathCodec, ObjectRef};
use serde_json::json;

fn codec() -> FilepathCodec {
    FilepathCodec::new().with_timestamp(UNIX_EPOCH + Duration::from_secs(1_709_164_800))
}

fn lab() -> Context {
    let main = Arc::new(MemoryStore::new());
    let alt = Arc::new(MemoryStore::new());
    for (path, contents) in [
        ("raw/a.bin", "abc"),
        ("raw/d/x", "1"),
        ("_hash/lab/h", "h"),
        ("_schema/lab/s", "s"),
    ] {
        main.put(path, contents.into()).unwrap();
    }
    alt.put("ingest/b", "bb".into()).unwrap();
    alt.put("content/hashes/h", "h".into()).unwrap();
    let mut layout = StoreLayout::default();
    layout.hash_prefix = "content/hashes".into();
    layout.schema_prefix = "/data/".into();
    layout.filepath_prefix = Some("ingest".into());
    Context::new(
        StoreMap::new()
            .with("main", main)
            .with_layout("alt", alt, layout)
            .with_default("main")
            .with_filepath_default("alt"),
    )
}

fn column(spec: &str) -> Column {
    let mut registry = Registry::new();
    registry.register(Arc::new(codec())).unwrap();
    Column::resolve(spec, &registry).unwrap()
}

#[test]
fn records_are_as_python_writes_them() {
    let cx = lab();
    let time = "2024-02-29T00:00:00+00:00";
    for (spec, value, wanted) in [
        (
            "<filepath@main>",
            Value::from("raw/a.bin"),
            json!({"path": "raw/a.bin", "store": "main", "size": 3, "is_dir": false, "timestamp": time}),
        ),
        (
            "<filepath@main>",
            Value::from(Path::new("raw/d")),
            json!({"path": "raw/d", "store": "main", "size": null, "is_dir": true, "timestamp": time}),
        ),
        (
            "<filepath@main>",
            Value::from("./raw//d/"),
            json!({"path": "raw/d", "store": "main", "size": null, "is_dir": true, "timestamp": time}),
        ),
        // Without a name it is the store that is configured for file paths.
        (
            "<filepath@>",
            Value::from("ingest/b"),
            json!({"path": "ingest/b", "store": "alt", "size": 2, "is_dir": false, "timestamp": time}),
        ),
    ] {
        let column = column(spec);
        let row = column.encode(value, &cx).unwrap();
        assert_eq!(row, Stored::Json(wanted.clone()));
        assert_eq!(
            column.referenced_paths(&row)[0].path,
            wanted["path"].as_str().unwrap()
        );
        let value = column.decode(row, &cx).unwrap();
        let object = value.downcast::<ObjectRef>().unwrap();
        assert_eq!(object.is_dir(), wanted["is_dir"].as_bool().unwrap());
        assert!(object.verify().unwrap().is_ok());
        value.load().unwrap();
    }
}

#[test]
fn what_datajoint_manages_is_refused_however_it_is_spelled() {
    let cx = lab();
    for path in [
        "_hash/lab/h",
        "/_hash/lab/h",
        "./_hash/lab/h",
        "raw/../_hash/lab/h",
        "_hash//lab/h",
        "_schema/lab/s",
        ".//_schema/lab/s",
        "raw\\..\\_hash\\lab",
    ] {
        let error = codec()
            .refer(path, &cx.clone().with_column_store(Some("main")))
            .unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::InvalidValue, "{path}: {error}");
        assert_eq!(error.codec(), Some("filepath"));
    }
    let alt = cx.clone().with_column_store(Some("alt"));
    for path in [
        "content/hashes/h",
        "ingest/../content/hashes/h",
        "data/x",
        "raw/a.bin",
        "ingest/../x",
    ] {
        assert_eq!(
            codec().refer(path, &alt).unwrap_err().kind(),
            &ErrorKind::InvalidValue,
            "{path}"
        );
    }
    for path in ["", "..", "../x", "raw/../../x", "C:/x"] {
        let error = codec()
            .refer(path, &cx.clone().with_column_store(Some("main")))
            .unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::UnsafePath, "{path}: {error}");
    }
    let error = codec()
        .refer("raw/none", &cx.with_column_store(Some("main")))
        .unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::NotFound);
}

#[test]
fn only_paths_are_taken() {
    for value in [
        Value::Int(1),
        Value::Bytes("raw/a.bin".into()),
        Value::List(vec![]),
    ] {
        assert_eq!(
            codec().validate(&value).unwrap_err().kind(),
            &ErrorKind::InvalidValue
        );
        assert!(codec().encode(value, &lab()).is_err());
    }
    let mut registry = Registry::new();
    registry.register(Arc::new(codec())).unwrap();
    assert_eq!(
        Column::resolve("<filepath>", &registry).unwrap_err().kind(),
        &ErrorKind::InvalidSpec
    );
}

#[test]
fn empty_folders_of_a_file_system_are_there() {
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(root.path().join("raw/empty")).unwrap();
    let cx = Context::new(
        StoreMap::new()
            .with("main", Arc::new(FileStore::open(root.path()).unwrap()))
            .with_default("main"),
    );
    let record = codec().refer("raw/empty", &cx).unwrap();
    let object = FilepathCodec::open(record, &cx).unwrap();
    assert!(object.is_dir() && object.list().unwrap().is_empty() && object.verify().unwrap().is_ok());
}
