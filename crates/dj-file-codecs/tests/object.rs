//! Objects: what is written, in which order, what is removed when it fails, and how it is copied out again.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test asserts by panicking"
)]

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use dj_codec_store::FileStore;
use dj_codec_testkit::{Fault, FaultyStore, MemoryStore};
use dj_file_codecs::api::{
    Bytes, CheckLevel, Codec as _, Column, Context, ErrorKind, Json, Record, Registry, Store, StoreMap,
    Stored, Value, layout,
};
use dj_file_codecs::{Attachment, ObjectCodec, ObjectRef};
use proptest::prelude::*;
use serde_json::json;

const TIME: &str = "2026-11-22T06:47:00.800706+00:00";

fn codec() -> ObjectCodec {
    ObjectCodec::new().with_timestamp(UNIX_EPOCH + Duration::from_micros(1_795_330_020_800_706))
}

fn context(store: Arc<dyn Store>) -> Context {
    Context::new(StoreMap::new().with("main", store).with_default("main"))
        .with_field("lab", "session", "item")
        .with_key("id", 1_i64)
}

fn lab() -> (Arc<MemoryStore>, Context) {
    let store = Arc::new(MemoryStore::new());
    (store.clone(), context(store))
}

fn write_tree(root: &Path, files: &[(&str, &[u8])]) {
    for (path, contents) in files {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
    }
}

/// The record with its token as `TOKEN`, which is what is random in it.
fn normal(record: &Record) -> Json {
    let mut json = record.clone().into_json();
    let path = record.path().unwrap();
    let start = path.find("item_").unwrap() + 5;
    json["path"] = format!("{}TOKEN{}", &path[..start], &path[start + 8..]).into();
    json
}

fn record_of(value: Value) -> Record {
    Record::from_value(value).unwrap()
}

#[test]
fn records_are_as_python_writes_them() {
    let (store, cx) = lab();
    let folder = tempfile::tempdir().unwrap();
    write_tree(
        folder.path(),
        &[
            ("a.tar.gz", b"gz"),
            (".profile", b"p"),
            ("dir.zarr/x", b"1"),
            ("dir.zarr/s/y", b"22"),
        ],
    );
    let expected = |path: &str, size: u64, ext: Json, count: Json| {
        json!({
            "path": format!("_schema/lab/session/id=1/item_TOKEN{path}"), "store": "main", "size": size, "ext": ext,
            "is_dir": !count.is_null(), "item_count": count, "timestamp": TIME,
        })
    };
    let tuple = |ext: Value, data: Value| Value::Tuple(vec![ext, data]);
    let here = |name: &str| Value::from(folder.path().join(name));
    for (value, wanted) in [
        (
            Value::Bytes("abc".into()),
            expected("", 3, Json::Null, Json::Null),
        ),
        (
            tuple("csv".into(), Value::Bytes("a,b".into())),
            expected(".csv", 3, "csv".into(), Json::Null),
        ),
        (
            tuple(".avi".into(), here("a.tar.gz")),
            expected(".avi", 2, ".avi".into(), Json::Null),
        ),
        (
            tuple(Value::Null, Value::Bytes("".into())),
            expected("", 0, Json::Null, Json::Null),
        ),
        (
            tuple("".into(), Value::Bytes("x".into())),
            expected("", 1, "".into(), Json::Null),
        ),
        (
            tuple(".zarr".into(), here("dir.zarr")),
            expected(".zarr", 3, ".zarr".into(), 2.into()),
        ),
        (here("a.tar.gz"), expected(".gz", 2, ".gz".into(), Json::Null)),
        (
            Value::from(folder.path().join("a.tar.gz").to_str().unwrap()),
            expected(".gz", 2, ".gz".into(), Json::Null),
        ),
        (here(".profile"), expected("", 1, "".into(), Json::Null)),
        (here("dir.zarr"), expected("", 3, Json::Null, 2.into())),
        (
            Attachment::new("note.txt", "hello").unwrap().into(),
            expected(".txt", 5, ".txt".into(), Json::Null),
        ),
    ] {
        codec().validate(&value).unwrap();
        let record = record_of(codec().encode(value, &cx).unwrap());
        assert_eq!(normal(&record), wanted);
        let object = ObjectCodec::open(record, &cx).unwrap();
        assert!(object.verify().unwrap().is_ok());
        let references = codec().referenced_paths(&object.record().clone().into());
        let paths: Vec<&str> = references
            .iter()
            .map(|reference| reference.path.as_str())
            .collect();
        match object.is_dir() {
            true => assert_eq!(paths, [object.path(), &object.manifest_path()]),
            false => assert_eq!(paths, [object.path()]),
        }
    }
    assert!(
        store
            .paths()
            .iter()
            .all(|path| path.starts_with("_schema/lab/session/id=1/item_"))
    );
}

#[test]
fn a_hash_is_in_the_form_that_python_compares() {
    let (_, cx) = lab();
    let codec = codec().with_hash(true);
    let bytes = Bytes::from_static(b"hello");
    for record in [
        codec.write_bytes(&bytes, None, &cx).unwrap(),
        codec.write_stream(&mut bytes.as_ref(), None, &cx).unwrap(),
    ] {
        assert_eq!(record.text("hash").unwrap(), Some("lvauakv4jmvhnolrtwiraf6fsi"));
        let object = ObjectCodec::open(record, &cx).unwrap();
        let outcome = object.verify().unwrap();
        assert!(outcome.hashed && outcome.is_ok());
    }
}

#[test]
fn records_of_staged_inserts_pass() {
    let (store, cx) = lab();
    let given = json!({"path": "_schema/lab/Session/id=1/item_abcd.zarr", "store": "main", "size": 5, "mine": [1, {"a": null}]});
    let dict = Value::Dict(vec![
        ("path".into(), "_schema/x".into()),
        ("size".into(), Value::Int(3)),
        (
            "more".into(),
            Value::List(vec![Value::Bool(true), Value::Float(0.5), Value::Null]),
        ),
    ]);
    for (value, wanted) in [
        (Value::from(given.clone()), given),
        (
            dict,
            json!({"path": "_schema/x", "size": 3, "more": [true, 0.5, null]}),
        ),
    ] {
        codec().validate(&value).unwrap();
        assert_eq!(record_of(codec().encode(value, &cx).unwrap()).into_json(), wanted);
    }
    assert!(store.paths().is_empty());
    for wrong in [
        json!({"size": 5}),
        json!({"path": "../x"}),
        json!({"path": 5}),
        json!({"path": "x", "size": -1}),
        json!([1]),
        json!("text"),
    ] {
        let value = Value::from(wrong.clone());
        assert_eq!(
            codec().validate(&value).unwrap_err().kind(),
            &ErrorKind::InvalidValue,
            "{wrong}"
        );
        assert!(codec().encode(value, &cx).is_err());
    }
    let odd = Value::Dict(vec![("path".into(), "x".into()), (Value::Int(1), Value::Null)]);
    assert!(codec().validate(&odd).is_err());
}

#[test]
fn what_cannot_be_stored_is_refused_before_anything_is_written() {
    let (store, cx) = lab();
    let folder = tempfile::tempdir().unwrap();
    for value in [
        Value::Int(5),
        Value::List(vec!["a".into(), Value::Bytes("b".into())]),
        Value::Tuple(vec!["a".into()]),
        Value::Tuple(vec![Value::Int(1), Value::Bytes("b".into())]),
        Value::Tuple(vec!["a".into(), "text".into()]),
    ] {
        assert_eq!(
            codec().validate(&value).unwrap_err().kind(),
            &ErrorKind::InvalidValue,
            "{value:?}"
        );
        assert!(codec().encode(value, &cx).is_err());
    }
    let none = Value::from(folder.path().join("none"));
    assert_eq!(codec().validate(&none).unwrap_err().kind(), &ErrorKind::NotFound);
    assert_eq!(
        codec().encode(none, &cx).unwrap_err().kind(),
        &ErrorKind::NotFound
    );
    for ext in ["/../../x", "a/b", "a\\b"] {
        assert!(codec().write_bytes(&"x".into(), Some(ext), &cx).is_err(), "{ext}");
        assert!(codec().stage_folder(Some(ext), &cx).is_err(), "{ext}");
    }
    let future = cx.clone().with_format_version("2.0".parse().unwrap());
    assert!(codec().write_bytes(&"x".into(), None, &future).is_err());
    assert!(
        Column::resolve("<object>", &{
            let mut registry = Registry::new();
            registry.register(Arc::new(ObjectCodec::new())).unwrap();
            registry
        })
        .is_err()
    );
    assert!(store.paths().is_empty(), "{:?}", store.paths());
}

#[cfg(unix)]
#[test]
fn links_within_the_folder_are_copies_and_others_are_refused() {
    use std::os::unix::fs::symlink;
    let (store, cx) = lab();
    let base = tempfile::tempdir().unwrap();
    fs::write(base.path().join("secret"), "secret").unwrap();
    let folder = base.path().join("folder");
    write_tree(&folder, &[("real.txt", b"real"), ("sub/x", b"x")]);
    symlink("real.txt", folder.join("link.txt")).unwrap();
    symlink("sub", folder.join("more")).unwrap();
    let record = codec().write_path(&folder, &cx).unwrap();
    let object = ObjectCodec::open(record, &cx).unwrap();
    let files: Vec<String> = object
        .files()
        .unwrap()
        .into_iter()
        .map(|file| file.path)
        .collect();
    assert_eq!(files, ["link.txt", "more/x", "real.txt", "sub/x"]);
    assert_eq!((object.size(), object.item_count()), (Some(10), Some(4)));
    assert_eq!(object.member("link.txt").unwrap().read().unwrap(), "real");
    // The folder itself may be a link: somebody named it.
    symlink(&folder, base.path().join("by-link")).unwrap();
    assert_eq!(
        codec()
            .write_path(base.path().join("by-link"), &cx)
            .unwrap()
            .number("size")
            .unwrap(),
        Some(10)
    );

    let before = store.paths().len();
    let refused = |name: &str, kind: ErrorKind| {
        let error = codec().write_path(&folder, &cx).unwrap_err();
        assert_eq!(error.kind(), &kind, "{name}: {error}");
        assert!(error.to_string().contains(name), "{error}");
        assert_eq!(store.paths().len(), before);
    };
    for (target, kind) in [
        ("../secret", ErrorKind::UnsafePath),
        ("nowhere", ErrorKind::NotFound),
        ("..", ErrorKind::UnsafePath),
        (".", ErrorKind::InvalidValue),
    ] {
        symlink(target, folder.join("bad")).unwrap();
        refused("bad", kind);
        fs::remove_file(folder.join("bad")).unwrap();
    }
    assert!(
        std::process::Command::new("mkfifo")
            .arg(folder.join("pipe"))
            .status()
            .unwrap()
            .success()
    );
    refused("pipe", ErrorKind::InvalidValue);
    fs::remove_file(folder.join("pipe")).unwrap();
    fs::write(folder.join("a\\..\\b"), "x").unwrap();
    refused("b", ErrorKind::InvalidValue);
    fs::remove_file(folder.join("a\\..\\b")).unwrap();
    let no_text = std::os::unix::ffi::OsStrExt::from_bytes(b"\xff\xfe");
    fs::write(folder.join::<&std::ffi::OsStr>(no_text), "x").unwrap();
    refused("folder", ErrorKind::InvalidValue);
}

/// A store whose write of this number fails; `applied`: only after the object is there.
fn failing(at: usize, applied: bool) -> Arc<FaultyStore<MemoryStore>> {
    let store = FaultyStore::new(MemoryStore::new());
    let fault = if applied {
        Fault::lost_answer(ErrorKind::Store)
    } else {
        Fault::error(ErrorKind::Store)
    };
    store.inject(fault.when(|operation| operation.kind.writes()).at(at));
    Arc::new(store)
}

#[test]
fn whatever_fails_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let files: Vec<(String, Vec<u8>)> = (0..20).map(|at| (format!("c/{at}"), vec![at; 100])).collect();
    for (path, contents) in &files {
        write_tree(folder.path(), &[(path, contents)]);
    }
    // 20 files and a manifest: each of the 21 writes fails once, before or after the object is there.
    for at in 0..21 {
        for applied in [false, true] {
            let store = failing(at, applied);
            let error = codec()
                .write_path(folder.path(), &context(store.clone()))
                .unwrap_err();
            assert_eq!(error.kind(), &ErrorKind::Store, "{error}");
            assert!(
                store.inner().paths().is_empty(),
                "{at} {applied}: {:?}",
                store.inner().paths()
            );
        }
    }
    let store = failing(21, false);
    codec()
        .write_path(folder.path(), &context(store.clone()))
        .unwrap();
    assert_eq!(store.inner().paths().len(), 21);
    let operations = store.operations();
    let last = operations.iter().rfind(|operation| operation.kind.writes());
    assert!(
        last.unwrap().path.ends_with(".manifest.json"),
        "the manifest is last"
    );
    for applied in [false, true] {
        let store = failing(0, applied);
        let mut source = &b"stream"[..];
        codec()
            .write_stream(&mut source, None, &context(store.clone()))
            .unwrap_err();
        assert!(store.inner().paths().is_empty(), "{applied}");
        let store = failing(0, applied);
        codec()
            .write_bytes(&"bytes".into(), None, &context(store.clone()))
            .unwrap_err();
        assert!(store.inner().paths().is_empty(), "{applied}");
    }
}

#[test]
fn a_staged_folder_is_removed_unless_it_is_finished() {
    let (store, cx) = lab();
    store.put("_schema/lab/session/other", "kept".into()).unwrap();
    {
        let folder = codec().stage_folder(Some(".zarr"), &cx).unwrap();
        folder.put("a", "1".into()).unwrap();
        // Another library writes below the path.
        folder
            .store()
            .put(&format!("{}/b/c", folder.path()), "2".into())
            .unwrap();
        assert_eq!(
            folder.put("a", "3".into()).unwrap_err().kind(),
            &ErrorKind::AlreadyExists
        );
        for path in ["../x", "/x", "", "a/"] {
            assert_eq!(
                folder.put(path, "x".into()).unwrap_err().kind(),
                &ErrorKind::UnsafePath,
                "{path}"
            );
        }
    }
    assert_eq!(store.paths(), ["_schema/lab/session/other"]);
    let folder = codec().stage_folder(Some(".zarr"), &cx).unwrap();
    folder.put("a", "1".into()).unwrap();
    folder
        .store()
        .put(&format!("{}/b/c", folder.path()), "22".into())
        .unwrap();
    let record = folder.finish().unwrap();
    assert_eq!(record.number("size").unwrap(), Some(3));
    assert_eq!(record.text("ext").unwrap(), Some(".zarr"));
    let object = ObjectCodec::open(record, &cx).unwrap();
    assert_eq!(object.manifest().unwrap().unwrap().files.len(), 2);
    assert!(object.verify().unwrap().is_ok());
}

#[test]
fn verify_tells_all_that_is_wrong() {
    let (store, cx) = lab();
    let folder = codec().stage_folder(None, &cx).unwrap();
    for (path, contents) in [("a", "1"), ("b", "22"), ("c/d", "333")] {
        folder.put(path, contents.into()).unwrap();
    }
    let object = ObjectCodec::open(folder.finish().unwrap(), &cx).unwrap();
    let at = |path: &str| format!("{}/{path}", object.path());
    store.delete(&at("a")).unwrap();
    store.put(&at("b"), "2".into()).unwrap();
    store.put(&at("new"), "x".into()).unwrap();
    let outcome = object.verify().unwrap();
    let told: Vec<String> = outcome.findings.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        ["the file \"a\" is missing", "\"b\" should have 2 bytes, it has 1"]
    );
    assert_eq!(
        (
            outcome.unlisted.as_slice(),
            outcome.manifest,
            outcome.files,
            outcome.bytes
        ),
        (&["new".to_owned()][..], true, 3, 5)
    );
    let error = outcome.into_result().unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::Corrupt);
    let value = codec().decode(object.record().clone().into(), &cx).unwrap();
    assert!(value.clone().load().is_err());
    assert!(value.downcast::<ObjectRef>().unwrap().load_as_found().is_ok());
    // Without a manifest the totals of the record are what there is.
    store.delete(&object.manifest_path()).unwrap();
    let told: Vec<String> = object
        .verify()
        .unwrap()
        .findings
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(told, ["the record says size 6, the files have 5"]);
    for path in store.paths() {
        store.delete(&path).unwrap();
    }
    assert_eq!(
        object.verify().unwrap().into_result().unwrap_err().kind(),
        &ErrorKind::NotFound
    );
    assert!(!object.exists().unwrap());
}

#[test]
fn an_empty_folder_of_a_file_system_is_there_unless_the_record_counts_files() {
    let root = tempfile::tempdir().unwrap();
    let cx = context(Arc::new(FileStore::open(root.path()).unwrap()));
    fs::create_dir(root.path().join("staged")).unwrap();
    for (path, count, there) in [
        ("staged", Json::Null, true),
        ("staged", 0.into(), true),
        ("staged", 2.into(), false),
        ("nowhere", 0.into(), false),
    ] {
        let record = json!({"path": path, "store": "main", "is_dir": true, "item_count": count});
        let object = ObjectCodec::open(Record::from_json(record).unwrap(), &cx).unwrap();
        assert_eq!(object.exists().unwrap(), there, "{path}, {count}");
    }
}

#[test]
fn messages_tell_a_file_from_a_folder() {
    let (_, cx) = lab();
    for (is_dir, name) in [(false, "a stored file"), (true, "a stored folder")] {
        let record = json!({"path": "somewhere", "store": "main", "is_dir": is_dir});
        let value = codec()
            .decode(Record::from_json(record).unwrap().into(), &cx)
            .unwrap();
        assert_eq!(value.type_name(), name);
    }
}

#[test]
fn the_clock_is_read_unless_a_time_is_given() {
    let (_, cx) = lab();
    let record = ObjectCodec::new().write_bytes(&"x".into(), None, &cx).unwrap();
    let time = ObjectCodec::open(record, &cx).unwrap().time().unwrap();
    let age = SystemTime::now().duration_since(time).unwrap();
    assert!(age < Duration::from_secs(60), "{age:?}");
}

#[test]
fn a_folder_in_a_file_store_is_streamed_and_comes_back() {
    let root = tempfile::tempdir().unwrap();
    let source = tempfile::tempdir().unwrap();
    write_tree(
        source.path(),
        &[("a b/50%.txt", b"1"), ("日本/é.json", b"[]"), ("empty", b"")],
    );
    fs::create_dir(source.path().join("no files")).unwrap();
    let cx = context(Arc::new(FileStore::open(root.path()).unwrap()));
    let column = {
        let mut registry = Registry::new();
        registry.register(Arc::new(codec())).unwrap();
        Column::resolve("<object@>", &registry).unwrap()
    };
    let row = column.encode(source.path().into(), &cx).unwrap();
    let Stored::Json(json) = &row else { panic!() };
    let folder = root.path().join(json["path"].as_str().unwrap());
    assert_eq!(fs::read(folder.join("a b/50%.txt")).unwrap(), b"1");
    assert!(Path::new(&format!("{}.manifest.json", folder.display())).is_file());
    let Value::Folder(files) = column.decode(row, &cx).unwrap().load().unwrap() else {
        panic!()
    };
    let found: Vec<(&str, u64)> = files.iter().map(|file| (file.name.as_str(), file.size)).collect();
    assert_eq!(found, [("a b/50%.txt", 1), ("empty", 0), ("日本/é.json", 2)]);
}

proptest! {
    #[test]
    fn any_bytes_come_back(bytes: Vec<u8>, ext in prop::option::of("[.]?[a-z0-9 %]{0,6}")) {
        let (_, cx) = lab();
        let bytes = Bytes::from(bytes);
        let record = codec().with_hash(true).write_bytes(&bytes, ext.as_deref(), &cx).unwrap();
        prop_assert_eq!(record.text("hash").unwrap().unwrap(), layout::content_hash(&bytes));
        let object = ObjectCodec::open(record, &cx).unwrap();
        prop_assert_eq!(object.ext(), ext.as_deref());
        prop_assert_eq!(object.read().unwrap(), bytes);
        prop_assert!(object.verify().unwrap().is_ok());
    }

    #[test]
    fn any_folder_comes_back(files in prop::collection::btree_map("[a-zé% .~-]{1,6}(/[a-z0-9]{1,3}){0,2}", any::<Vec<u8>>(), 0..8)) {
        let (_, cx) = lab();
        let source = tempfile::tempdir().unwrap();
        let mut kept = std::collections::BTreeMap::new();
        for (path, contents) in files {
            let target = source.path().join(&path);
            // Names such as `.`, and files where others have folders, are not what is tested here.
            if layout::check_path(&path).is_err() || path.ends_with(' ') || target.exists() || fs::create_dir_all(target.parent().unwrap()).is_err() {
                continue;
            }
            fs::write(&target, &contents).unwrap();
            kept.insert(path, contents);
        }
        let record = codec().write_path(source.path(), &cx).unwrap();
        let object = ObjectCodec::open(record, &cx).unwrap();
        let listed: Vec<String> = object.files().unwrap().into_iter().map(|file| file.path).collect();
        prop_assert_eq!(&listed, &kept.keys().cloned().collect::<Vec<_>>());
        for (path, contents) in &kept {
            prop_assert_eq!(&object.member(path).unwrap().read().unwrap(), contents);
        }
        prop_assert!(object.verify().unwrap().is_ok());
    }
}

#[test]
fn a_value_is_checked_as_closely_as_asked() {
    let (store, cx) = lab();
    let codec = codec().with_hash(true);
    let file = codec.write_bytes(&"abc".into(), None, &cx).unwrap();
    let path = file.path().unwrap().to_owned();
    let staged = codec.stage_folder(None, &cx).unwrap();
    staged.put("a", "1".into()).unwrap();
    staged.put("b", "2".into()).unwrap();
    let folder = staged.finish().unwrap();
    let member = format!("{}/a", folder.path().unwrap());
    let outcomes = |record: &Record| {
        [CheckLevel::Presence, CheckLevel::Size, CheckLevel::Full]
            .map(|level| codec.check(&record.clone().into(), &cx, level).is_ok())
    };
    assert_eq!((outcomes(&file), outcomes(&folder)), ([true; 3], [true; 3]));
    store.put(&path, "abd".into()).unwrap();
    assert_eq!(outcomes(&file), [true, true, false]);
    store.put(&path, "ab".into()).unwrap();
    assert_eq!(outcomes(&file), [true, false, false]);
    store.delete(&path).unwrap();
    assert_eq!(outcomes(&file), [false; 3]);
    store.put(&member, "11".into()).unwrap();
    assert_eq!(outcomes(&folder), [true, false, false]);
    // As a staged insert of Python's leaves it: without a manifest.
    store.put(&member, "1".into()).unwrap();
    store
        .delete(&format!("{}.manifest.json", folder.path().unwrap()))
        .unwrap();
    assert_eq!(outcomes(&folder), [true; 3]);
}
