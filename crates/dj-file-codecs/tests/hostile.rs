//! Records, manifests and stores that lie.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test asserts by panicking"
)]

use std::fs;
use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use dj_codec_testkit::MemoryStore;
use dj_file_codecs::api::{
    Bytes, Codec as _, Context, ErrorKind, Json, Lazy as _, Limits, ObjectMeta, Record, Result, Store,
    StoreMap, Value,
};
use dj_file_codecs::{FilepathCodec, ObjectCodec, ObjectRef};
use proptest::prelude::*;
use serde_json::json;

fn lab(objects: &[(&str, &str)]) -> (Arc<MemoryStore>, Context) {
    let store = Arc::new(MemoryStore::new());
    for (path, contents) in objects {
        store
            .put(path, Bytes::copy_from_slice(contents.as_bytes()))
            .unwrap();
    }
    let stores = StoreMap::new().with("main", store.clone()).with_default("main");
    (store, Context::new(stores))
}

fn open(record: Json, cx: &Context) -> Result<ObjectRef> {
    ObjectCodec::open(Record::from_json(record).unwrap(), cx)
}

#[test]
fn records_that_lie_are_refused_when_they_are_opened() {
    let (_, cx) = lab(&[("p", "abc")]);
    for (record, kind) in [
        (json!({}), ErrorKind::Corrupt),
        (json!({"path": null}), ErrorKind::Corrupt),
        (json!({"path": ["p"]}), ErrorKind::Corrupt),
        (json!({"path": ""}), ErrorKind::UnsafePath),
        (json!({"path": "../p"}), ErrorKind::UnsafePath),
        (json!({"path": "a/../../p"}), ErrorKind::UnsafePath),
        (json!({"path": "/p"}), ErrorKind::UnsafePath),
        (json!({"path": "\\\\server\\p"}), ErrorKind::UnsafePath),
        (json!({"path": "C:p"}), ErrorKind::UnsafePath),
        (json!({"path": "a\u{0}p"}), ErrorKind::UnsafePath),
        (json!({"path": "x".repeat(5000)}), ErrorKind::UnsafePath),
        (json!({"path": "p", "size": -1}), ErrorKind::Corrupt),
        (json!({"path": "p", "size": 1.5}), ErrorKind::Corrupt),
        (json!({"path": "p", "size": 1e300}), ErrorKind::Corrupt),
        (json!({"path": "p", "item_count": -1}), ErrorKind::Corrupt),
        (json!({"path": "p", "is_dir": "yes"}), ErrorKind::Corrupt),
        (json!({"path": "p", "ext": 5}), ErrorKind::Corrupt),
        (json!({"path": "p", "hash": {}}), ErrorKind::Corrupt),
        (json!({"path": "p", "store": 5}), ErrorKind::Corrupt),
        (json!({"path": "p", "store": "none"}), ErrorKind::Config),
    ] {
        let error = open(record.clone(), &cx).unwrap_err();
        assert_eq!(error.kind(), &kind, "{record}: {error}");
        assert_eq!(error.codec(), Some("object"));
    }
    let error = open(json!({"path": "p", "codec_version": "2.0"}), &cx).unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::UnsupportedFormat { .. }),
        "{error}"
    );
    assert!(ObjectCodec::new().decode(Value::Int(1), &cx).is_err());
}

#[test]
fn what_is_there_has_to_be_what_the_record_says() {
    let (_, cx) = lab(&[("p", "abc"), ("d/x", "1")]);
    for (record, kind) in [
        (json!({"path": "p", "size": 4}), ErrorKind::Corrupt),
        (json!({"path": "p", "size": u64::MAX}), ErrorKind::Corrupt),
        (
            json!({"path": "p", "size": 3, "hash": "wrong"}),
            ErrorKind::Corrupt,
        ),
        (json!({"path": "p", "is_dir": true}), ErrorKind::Corrupt),
        (json!({"path": "d", "size": 1}), ErrorKind::Corrupt),
        (
            json!({"path": "d", "is_dir": true, "item_count": 2}),
            ErrorKind::Corrupt,
        ),
        (
            json!({"path": "d", "is_dir": true, "size": 2}),
            ErrorKind::Corrupt,
        ),
        (
            json!({"path": "e", "is_dir": true, "item_count": 2}),
            ErrorKind::NotFound,
        ),
        (json!({"path": "e", "is_dir": true}), ErrorKind::NotFound),
        (
            json!({"path": "e", "is_dir": true, "item_count": 0}),
            ErrorKind::NotFound,
        ),
        (json!({"path": "e"}), ErrorKind::NotFound),
    ] {
        let object = open(record.clone(), &cx).unwrap();
        let error = object.load().unwrap_err();
        assert_eq!(error.kind(), &kind, "{record}: {error}");
        assert!(!object.verify().unwrap().is_ok(), "{record}");
        let folder = tempfile::tempdir().unwrap();
        let downloaded = object.download_to(folder.path().join("copy"));
        assert_eq!(downloaded.is_ok(), object.hash().is_some(), "{record}");
    }
    // An old record may say nothing; what is there counts then.
    for record in [json!({"path": "p"}), json!({"path": "d", "is_dir": true})] {
        assert!(open(record.clone(), &cx).unwrap().load().is_ok(), "{record}");
    }
}

#[test]
fn files_that_are_only_referred_to_may_change() {
    let (store, cx) = lab(&[("raw/a", "abc"), ("raw/d/x", "1")]);
    let log = Arc::new(dj_file_codecs::api::WarningLog::default());
    let cx = cx.with_warnings(log.clone());
    let record = FilepathCodec::new().refer("raw/a", &cx).unwrap();
    store.put("raw/a", "abcdef".into()).unwrap();
    let file = FilepathCodec::open(record, &cx).unwrap();
    assert_eq!(file.read().unwrap(), "abcdef");
    assert_eq!(log.take().len(), 1);
    assert!(!file.verify().unwrap().is_ok());
    store.delete("raw/a").unwrap();
    assert_eq!(file.read().unwrap_err().kind(), &ErrorKind::NotFound);
}

#[test]
fn manifests_that_lie_are_refused() {
    let record = json!({"path": "d", "is_dir": true});
    for (manifest, kind) in [
        ("{\"files\": [", ErrorKind::Corrupt),
        (
            "{\"files\": [{\"path\": \"../x\", \"size\": 1}]}",
            ErrorKind::UnsafePath,
        ),
        (
            "{\"files\": [{\"path\": \"/etc/passwd\", \"size\": 1}]}",
            ErrorKind::UnsafePath,
        ),
        (
            "{\"files\": [{\"path\": \"x\", \"size\": 1}, {\"path\": \"x\", \"size\": 1}]}",
            ErrorKind::Corrupt,
        ),
        (
            "{\"files\": [{\"path\": \"x\", \"size\": 2}]}",
            ErrorKind::Corrupt,
        ),
        (
            "{\"files\": [{\"path\": \"x\", \"size\": 1}, {\"path\": \"y\", \"size\": 1}]}",
            ErrorKind::Corrupt,
        ),
        (
            "{\"files\": [{\"path\": \"x\", \"size\": -1}]}",
            ErrorKind::Corrupt,
        ),
    ] {
        let (_, cx) = lab(&[("d/x", "1"), ("d.manifest.json", manifest)]);
        let object = open(record.clone(), &cx).unwrap();
        let error = object.load().unwrap_err();
        assert_eq!(error.kind(), &kind, "{manifest}: {error}");
        let folder = tempfile::tempdir().unwrap();
        assert!(object.download_into(folder.path()).is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        assert!(object.load_as_found().is_ok(), "{manifest}");
    }
}

#[test]
fn limits_hold() {
    let many: Vec<String> = (0..1000)
        .map(|at| format!("{{\"path\": \"{at}\", \"size\": 0}}"))
        .collect();
    let manifest = format!("{{\"files\": [{}]}}", many.join(","));
    let (store, cx) = lab(&[("d/x", "1"), ("d.manifest.json", &manifest), ("p", "0123456789")]);
    let limited = |limits: Limits| cx.clone().with_limits(limits);
    let is_limit = |result: Result<()>| matches!(result.unwrap_err().kind(), ErrorKind::Limit { .. });
    let folder = |limits| open(json!({"path": "d", "is_dir": true}), &limited(limits)).unwrap();
    assert!(is_limit(
        folder(Limits::default().with_items(999)).manifest().map(|_| ())
    ));
    assert!(is_limit(
        folder(Limits::default().with_metadata_bytes(1000))
            .files()
            .map(|_| ())
    ));
    assert_eq!(folder(Limits::default()).files().unwrap().len(), 1000);
    for at in 0..10 {
        store.put(&format!("d/{at}"), Bytes::new()).unwrap();
    }
    assert!(is_limit(
        folder(Limits::default().with_items(10)).list().map(|_| ())
    ));
    let file = open(
        json!({"path": "p"}),
        &limited(Limits::default().with_array_bytes(9)),
    )
    .unwrap();
    assert!(is_limit(file.read().map(|_| ())));
    assert!(is_limit(file.read_range(0..10).map(|_| ())));
    assert_eq!(file.read_range(1..10).unwrap(), "123456789");
    assert_eq!(file.read_range(5..5).unwrap(), "");
    #[expect(clippy::reversed_empty_ranges, reason = "it is what is tested")]
    let backwards = 6..5;
    assert_eq!(
        file.read_range(backwards).unwrap_err().kind(),
        &ErrorKind::InvalidValue
    );
    // Streams are not in memory, and have no limit.
    assert_eq!(
        std::io::copy(&mut file.open().unwrap(), &mut std::io::sink()).unwrap(),
        10
    );
    assert!(file.load().is_ok());
}

/// A store that lists what it should not.
#[derive(Debug)]
struct Lying(MemoryStore, Vec<&'static str>);

impl Store for Lying {
    fn get(&self, path: &str) -> Result<Bytes> {
        self.0.get(path).or_else(|_| Ok("x".into()))
    }
    fn get_ranges(&self, path: &str, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.0.get_ranges(path, ranges)
    }
    fn put(&self, path: &str, data: Bytes) -> Result<()> {
        self.0.put(path, data)
    }
    fn put_if_absent(&self, path: &str, data: Bytes) -> Result<bool> {
        self.0.put_if_absent(path, data)
    }
    fn put_stream(&self, path: &str, source: &mut dyn std::io::Read, if_absent: bool) -> Result<u64> {
        self.0.put_stream(path, source, if_absent)
    }
    fn head(&self, path: &str) -> Result<Option<ObjectMeta>> {
        self.0.head(path)
    }
    fn visit(&self, _: &str, each: &mut dyn FnMut(ObjectMeta) -> Result<ControlFlow<()>>) -> Result<()> {
        for path in &self.1 {
            if each(ObjectMeta::new(*path, 1))?.is_break() {
                break;
            }
        }
        Ok(())
    }
    fn delete(&self, path: &str) -> Result<()> {
        self.0.delete(path)
    }
}

#[test]
fn listings_that_lie_write_nothing_outside() {
    for listed in [
        vec!["d/../../x"],
        vec!["d//etc/passwd"],
        vec!["d/a\\..\\..\\x"],
        vec!["elsewhere/x"],
        vec!["d/"],
        vec!["d/x", "d/x/y"],
        vec!["d/x", "d/x"],
    ] {
        let store = Arc::new(Lying(MemoryStore::new(), listed.clone()));
        let cx = Context::new(StoreMap::new().with("main", store).with_default("main"));
        let object = open(json!({"path": "d", "is_dir": true}), &cx).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("up/target");
        fs::create_dir_all(&target).unwrap();
        object.download_into(&target).unwrap_err();
        let left: Vec<_> = walkdir::WalkDir::new(folder.path())
            .into_iter()
            .map(|entry| entry.unwrap().into_path())
            .collect();
        assert_eq!(left.len(), 3, "{listed:?}: {left:?}");
    }
}

#[test]
fn members_stay_in_their_folder() {
    let (_, cx) = lab(&[("d/x", "1"), ("secret", "2")]);
    let object = open(json!({"path": "d", "is_dir": true}), &cx).unwrap();
    for path in ["../secret", "/secret", "", "x/../../secret", "..\\secret", "C:x"] {
        assert_eq!(
            object.member(path).unwrap_err().kind(),
            &ErrorKind::UnsafePath,
            "{path}"
        );
    }
    assert_eq!(object.member("x").unwrap().read().unwrap(), "1");
}

proptest! {
    #[test]
    fn any_record_opens_or_fails(text in "\\PC{0,60}", key in "path|size|is_dir|ext|hash|store|item_count|timestamp|codec_version") {
        let (_, cx) = lab(&[("p", "abc")]);
        for value in [Json::from(text.clone()), serde_json::from_str(&text).unwrap_or(Json::Null)] {
            let mut record = json!({"path": "p", "size": 3});
            record[&key] = value;
            if let Ok(object) = open(record, &cx) {
                let _ = (object.load(), object.verify(), object.time(), object.exists());
            }
        }
    }

    #[test]
    fn any_manifest_loads_or_fails(text in "\\PC{0,80}", path in "[a./\\\\]{0,6}", size: i64) {
        let manifest = json!({"files": [{"path": path, "size": size}, {"path": "x", "size": 1}]}).to_string();
        for manifest in [text, manifest] {
            let (_, cx) = lab(&[("d/x", "1"), ("d.manifest.json", &manifest)]);
            let object = open(json!({"path": "d", "is_dir": true}), &cx).unwrap();
            let _ = (object.load(), object.files(), object.verify());
        }
    }
}
