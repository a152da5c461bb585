//! The runner notices what it is there to notice.
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

use dj_codec_api::{Codec, CodecInfo, Context, FormatVersion, Json, Mode, Registry, Result, TypeSpec, Value};
use dj_codec_testkit::FolderStore;
use dj_codec_testkit::golden::{Case, Step, run};
use serde_json::json;

/// Keeps a text as it is; a text that begins with `!` does not decode.
#[derive(Debug)]
struct Plain;

impl Codec for Plain {
    fn name(&self) -> &str {
        "plain"
    }

    fn info(&self) -> CodecInfo {
        CodecInfo::new("plain", env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))
    }

    fn dtype(&self, _: Mode) -> Result<TypeSpec> {
        "bytes".parse()
    }

    fn encode(&self, value: Value, _: &Context) -> Result<Value> {
        Ok(value)
    }

    fn decode(&self, stored: Value, _: &Context) -> Result<Value> {
        match stored {
            Value::Bytes(bytes) if bytes.starts_with(b"!") => Err(dj_codec_api::Error::corrupt("a bang")),
            Value::Bytes(bytes) => Ok(Value::Str(String::from_utf8_lossy(&bytes).into_owned())),
            other => Ok(other),
        }
    }

    fn format_version(&self, _: &Value, _: &Context) -> Result<Option<FormatVersion>> {
        Ok(Some(FormatVersion::new(1, 0)))
    }
}

fn registry() -> Registry {
    let mut registry = Registry::new();
    registry.register(Arc::new(Plain)).unwrap();
    registry
}

fn case(root: &Path, name: &str, change: impl FnOnce(&mut Json)) {
    let folder = root.join("plain/1.0").join(name);
    fs::create_dir_all(&folder).unwrap();
    let mut case = json!({
        "codec": "plain", "type_spec": "<plain>", "format_version": "1.0", "writer": "hand",
        "stored": {"$bytes": "aGVsbG8="}, "expected": "hello",
    });
    change(&mut case);
    fs::write(folder.join("case.json"), case.to_string()).unwrap();
}

fn failed_step(change: impl FnOnce(&mut Json)) -> Option<Step> {
    let root = tempfile::tempdir().unwrap();
    case(root.path(), "one", change);
    let report = run(root.path(), &registry()).unwrap();
    assert_eq!(report.cases.len(), 1);
    report.failures().next().map(|(_, failure)| failure.step)
}

#[test]
fn a_good_case_passes() {
    assert_eq!(failed_step(|_| ()), None);
    assert_eq!(
        failed_step(|case| {
            case["stored"] = json!({"$bytes": "IQ=="});
            case["expected"] = json!({"error": true});
        }),
        None
    );
}

#[test]
fn each_step_can_fail() {
    assert_eq!(
        failed_step(|case| case["expected"] = json!("other")),
        Some(Step::Compare)
    );
    assert_eq!(
        failed_step(|case| case["expected"] = json!({"error": true})),
        Some(Step::Compare)
    );
    assert_eq!(
        failed_step(|case| case["stored"] = json!({"$bytes": "IQ=="})),
        Some(Step::Decode)
    );
    assert_eq!(
        failed_step(|case| case["type_spec"] = json!("<other>")),
        Some(Step::Resolve)
    );
    assert_eq!(
        failed_step(|case| case["format_version"] = json!("2.0")),
        Some(Step::Read)
    );
    assert_eq!(
        failed_step(|case| {
            case.as_object_mut().unwrap().remove("writer");
        }),
        Some(Step::Read)
    );
}

#[test]
fn the_codecs_version_counts() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("plain/2.0/one");
    fs::create_dir_all(&folder).unwrap();
    case(root.path(), "one", |case| case["format_version"] = json!("2.0"));
    fs::rename(
        root.path().join("plain/1.0/one/case.json"),
        folder.join("case.json"),
    )
    .unwrap();
    let report = run(&folder, &registry()).unwrap();
    assert_eq!(
        report
            .failures()
            .map(|(_, failure)| failure.step)
            .collect::<Vec<_>>(),
        [Step::FormatVersion]
    );
}

#[test]
fn nothing_found_is_no_success() {
    let root = tempfile::tempdir().unwrap();
    assert!(run(root.path(), &registry()).is_err());
    assert!(run(&root.path().join("missing"), &registry()).is_err());
}

#[test]
fn fixtures_are_never_written_to() {
    use dj_codec_api::Store;
    let root = tempfile::tempdir().unwrap();
    case(root.path(), "one", |_| ());
    let case = Case::read(&root.path().join("plain/1.0/one")).unwrap();
    assert!(
        case.stores().open(None).is_err(),
        "a case without a store has none"
    );
    let store = FolderStore::new(root.path());
    assert!(store.put("x", "y".into()).is_err());
    assert!(store.delete("plain/1.0/one/case.json").is_err());
    assert_eq!(store.list("plain").unwrap().len(), 1);
    assert_eq!(store.list("pla").unwrap().len(), 0);
    assert!(store.get("../outside").is_err());
}
