//! The runner notices what it is there to notice.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test asserts by panicking"
)]

#[path = "notes/codec.rs"]
#[allow(dead_code, reason = "the conformance suite's own tests spoil it")]
mod codec;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use dj_codec_api::{Codec, CodecInfo, Context, FormatVersion, Json, Mode, Registry, Result, TypeSpec, Value};
use dj_codec_testkit::FolderStore;
use dj_codec_testkit::golden::{self, Case, Recorder, Step, run};
use serde_json::json;

/// Keeps a text as it is; a text that begins with `!` does not decode, one with `@` is a dict of its letters in their order.
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
            Value::Bytes(bytes) if bytes.starts_with(b"#") => panic!("a number sign"),
            Value::Bytes(bytes) if bytes.starts_with(b"!") => Err(dj_codec_api::Error::corrupt("a bang")),
            Value::Bytes(bytes) if bytes.starts_with(b"@") => {
                let letters = bytes.iter().skip(1).map(|&letter| char::from(letter));
                Ok(Value::dict(letters.map(|letter| (letter, Value::Null))))
            }
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

/// The steps that failed, with what was wrong.
fn failures(root: &Path) -> Vec<(Step, String)> {
    let report = run(root, &registry()).unwrap();
    report
        .failures()
        .map(|(id, failure)| (failure.step, format!("{id}: {failure}")))
        .collect()
}

#[test]
fn the_first_difference_is_named() {
    let root = tempfile::tempdir().unwrap();
    case(root.path(), "one", |case| case["expected"] = json!("hullo"));
    let report = run(root.path(), &registry()).unwrap();
    let (id, failure) = report.failures().next().unwrap();
    assert_eq!(id, "plain/1.0/one");
    let difference = failure.difference.as_ref().unwrap();
    assert_eq!(
        (
            difference.path.as_str(),
            difference.expected.as_str(),
            difference.found.as_str()
        ),
        ("", "\"hullo\"", "\"hello\"")
    );
}

#[test]
fn a_panic_is_a_failure_of_that_case_alone() {
    let root = tempfile::tempdir().unwrap();
    case(root.path(), "one", |case| {
        case["stored"] = json!({"$bytes": "Iw=="});
    });
    case(root.path(), "two", |case| {
        case["stored"] = json!({"$bytes": "Iw=="});
        case["expected"] = json!({"error": true});
    });
    case(root.path(), "zero", |_| ());
    let found = failures(root.path());
    assert_eq!(found.len(), 2);
    assert!(
        found
            .iter()
            .all(|(step, text)| *step == Step::Decode && text.contains("a number sign")),
        "{found:?}"
    );
}

#[test]
fn the_kind_of_an_expected_error_counts() {
    let kind = |kind: &str| {
        let expected = json!({"error": true, "kind": kind});
        failed_step(|case| {
            case["stored"] = json!({"$bytes": "IQ=="});
            case["expected"] = expected;
        })
    };
    assert_eq!(kind("corrupt"), None);
    assert_eq!(kind("unsafe-path"), Some(Step::Compare));
    assert_eq!(kind("limit"), Some(Step::Compare));
    assert_eq!(kind("whatever"), Some(Step::Read));
}

#[test]
fn what_case_json_does_not_name_is_a_failure() {
    let root = tempfile::tempdir().unwrap();
    case(root.path(), "one", |_| ());
    let folder = root.path().join("plain/1.0/one");
    fs::write(folder.join("README.md"), "a page").unwrap();
    assert!(failures(root.path()).is_empty());
    fs::write(folder.join("left-over.bin"), "x").unwrap();
    let found = failures(root.path());
    assert_eq!(found.len(), 1);
    assert!(
        found[0].0 == Step::Read && found[0].1.contains("left-over.bin"),
        "{found:?}"
    );
}

#[test]
fn a_page_beside_a_case_is_not_listed_but_one_in_its_store_is() {
    let root = tempfile::tempdir().unwrap();
    case(root.path(), "one", |_| ());
    let folder = root.path().join("plain/1.0/one");
    fs::write(root.path().join("generate.py"), "").unwrap();
    fs::write(folder.join("README.md"), "").unwrap();
    fs::create_dir_all(folder.join("store/_files")).unwrap();
    fs::write(folder.join("store/_files/notes.md"), "a value").unwrap();
    let listed: Vec<String> = golden::files(root.path()).unwrap().into_keys().collect();
    assert_eq!(
        listed,
        ["plain/1.0/one/case.json", "plain/1.0/one/store/_files/notes.md"]
    );
}

#[test]
fn the_list_holds_both_ways() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    for name in ["one", "two"] {
        case(root, name, |_| ());
    }
    assert!(failures(root).is_empty(), "there is no list yet");
    assert_eq!(golden::seal(root).unwrap(), 2);
    assert_eq!(golden::seal(root).unwrap(), 0);
    assert!(failures(root).is_empty());
    // Any part of the fixtures is held to the list of all.
    assert!(failures(&root.join("plain/1.0")).is_empty());
    assert!(failures(&root.join("plain/1.0/one")).is_empty());

    case(root, "three", |_| ());
    let found = failures(&root.join("plain"));
    assert!(
        found.len() == 1 && found[0].0 == Step::List && found[0].1.contains("plain/1.0/three/case.json"),
        "{found:?}"
    );
    assert!(found[0].1.contains("not listed"));
    assert!(failures(&root.join("plain/1.0/one")).is_empty());
    assert_eq!(golden::seal(root).unwrap(), 1);

    fs::remove_dir_all(root.join("plain/1.0/one")).unwrap();
    let found = failures(root);
    assert!(
        found.len() == 1 && found[0].1.contains("bring it back"),
        "{found:?}"
    );
    case(root, "one", |case| case["note"] = json!("changed"));
    let found = failures(root);
    assert!(found.len() == 1 && found[0].1.contains("restore it"), "{found:?}");
    // Sealing takes no change for right, and lists nothing while there is one.
    case(root, "four", |_| ());
    let error = golden::seal(root).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("plain/1.0/one/case.json is not what was listed"),
        "{error}"
    );
    assert!(failures(root).iter().any(|(_, text)| text.contains("four")));
}

#[test]
fn a_value_is_recorded_once() {
    let root = tempfile::tempdir().unwrap();
    let registry = registry();
    let recorder = Recorder::new(&registry, root.path()).with_note("short");
    let bytes = |text: &str| Value::Bytes(text.to_owned().into());
    let case = recorder.value("<plain>", "hello", bytes("hello"), None).unwrap();
    assert_eq!(case.id, "plain/1.0/hello");
    assert_eq!(
        case.writer,
        concat!("dj-codec-testkit ", env!("CARGO_PKG_VERSION"))
    );
    assert_eq!(case.expected, json!("hello"));
    assert!(failures(root.path()).is_empty());
    let path = root.path().join("plain/1.0/hello/case.json");
    let before = fs::read(&path).unwrap();
    let error = recorder
        .value("<plain>", "hello", bytes("hallo"), None)
        .unwrap_err();
    assert_eq!(error.kind(), &dj_codec_api::ErrorKind::AlreadyExists);
    assert_eq!(fs::read(&path).unwrap(), before);
    // What does not decode, and names that lead elsewhere, make no fixture.
    assert!(recorder.value("<plain>", "bang", bytes("!"), None).is_err());
    for name in ["", "..", "a/b", ".hidden", "a b"] {
        assert!(
            recorder.value("<plain>", name, bytes("x"), None).is_err(),
            "{name:?}"
        );
    }
    let names: Vec<_> = fs::read_dir(root.path().join("plain/1.0")).unwrap().collect();
    assert_eq!(names.len(), 1);
}

#[test]
fn dicts_keep_their_order() {
    let root = tempfile::tempdir().unwrap();
    let registry = registry();
    let recorder = Recorder::new(&registry, root.path());
    recorder
        .value("<plain>", "letters", Value::Bytes("@zay".into()), None)
        .unwrap();
    assert!(failures(root.path()).is_empty());
    let path = root.path().join("plain/1.0/letters/case.json");
    let text = fs::read_to_string(&path).unwrap();
    assert!(
        text.ends_with("\"expected\": {\"z\":null,\"a\":null,\"y\":null}\n}\n"),
        "{text}"
    );
    fs::write(
        &path,
        text.replace("\"z\":null,\"a\":null", "\"a\":null,\"z\":null"),
    )
    .unwrap();
    let failures = failures(root.path());
    assert!(
        failures[0]
            .1
            .contains("expected the key \"a\", found the key \"z\""),
        "{failures:?}"
    );
}

#[test]
fn a_stored_value_is_recorded_with_its_objects() {
    use dj_codec_api::{MemoryStore, Store as _, StoreMap, Stored};

    let mut registry = Registry::new();
    registry
        .register(Arc::new(codec::Note(codec::Defect::None)))
        .unwrap();
    let store = Arc::new(MemoryStore::new());
    let stores = StoreMap::new().with("main", store.clone());
    let cx = Context::new(stores.clone()).with_field("lab", "t", "note");
    let column = dj_codec_api::Column::resolve("<note@main>", &registry).unwrap();
    let stored = column.encode("text".into(), &cx).unwrap();
    store.put("_schema/lab/t/other", "not this".into()).unwrap();

    let root = tempfile::tempdir().unwrap();
    let unnamed = Recorder::new(&registry, root.path());
    assert!(
        unnamed
            .stored("<note@main>", "a", stored.clone(), &stores)
            .is_err(),
        "nobody wrote it"
    );
    let recorder = unnamed.by("python 1.2.3");
    let case = recorder
        .stored("<note@main>", "a", stored.clone(), &stores)
        .unwrap();
    assert_eq!(
        (case.id.as_str(), case.writer.as_str()),
        ("note/2.0/a", "python 1.2.3")
    );
    assert_eq!(case.expected, json!("text"));
    let files = golden::files(root.path()).unwrap();
    assert_eq!(files.len(), 3, "{files:?}");
    golden::seal(root.path()).unwrap();
    dj_codec_testkit::assert_golden(root.path(), &registry);

    let Stored::Json(record) = &stored else { panic!() };
    // What names no store is in the default one, whatever store the column has.
    let mut unnamed = record.clone();
    unnamed["store"] = Json::Null;
    let elsewhere = StoreMap::new()
        .with("main", Arc::new(MemoryStore::new()))
        .with("other", store.clone())
        .with_default("other");
    recorder
        .stored("<note@main>", "unnamed", Stored::Json(unnamed), &elsewhere)
        .unwrap();
    store
        .delete(&format!("{}/body", record["path"].as_str().unwrap()))
        .unwrap();
    assert!(recorder.stored("<note@main>", "b", stored, &stores).is_err());
}
