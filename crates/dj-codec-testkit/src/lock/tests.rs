//! A lock notices what it is there to notice.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test asserts by panicking")]

use std::path::Path;

use dj_codec_api::{CodecInfo, FormatInfo, FormatStatus, Record, TypeSpec};

use super::*;

/// Texts in a store with a suffix; formats 1.0 and 2.0 differ in it.
#[derive(Debug, Clone)]
struct Noted {
    suffix: &'static str,
    note: &'static str,
    extra: bool,
}

const NOTED: Noted = Noted {
    suffix: "!",
    note: "",
    extra: false,
};

impl Codec for Noted {
    fn name(&self) -> &str {
        "noted"
    }

    fn info(&self) -> CodecInfo {
        let reads = [(1, FormatStatus::Legacy), (2, FormatStatus::Current)];
        CodecInfo::new("noted", "dj-noted-codecs", "0.1.0")
            .with_modes(&[Mode::Store])
            .with_formats(
                FormatVersion::new(2, 0),
                reads
                    .map(|(major, status)| FormatInfo {
                        version: FormatVersion::new(major, 0),
                        status,
                    })
                    .into(),
            )
    }

    fn dtype(&self, _: Mode) -> Result<TypeSpec> {
        Ok(TypeSpec::core("json"))
    }

    fn encode(&self, value: Value, cx: &Context) -> Result<Value> {
        let Value::Str(text) = value else {
            return Err(Error::invalid_value("no text"));
        };
        let store = cx.open_column_store()?;
        let path = cx.new_object_path(&store, Some(".txt"))?;
        let version = cx.format_version().unwrap_or(FormatVersion::new(2, 0));
        let suffix = if version.major() == 2 { self.suffix } else { "" };
        store.store.put(&path, format!("{text}{suffix}").into())?;
        if self.extra {
            store.store.put(&format!("{path}.packed"), "squeezed".into())?;
        }
        Ok(Record::new()
            .with("path", path)
            .with("codec_version", version.to_string())
            .with("note", self.note)
            .into())
    }

    fn decode(&self, stored: Value, _: &Context) -> Result<Value> {
        Ok(stored)
    }

    fn format_version(&self, stored: &Value, _: &Context) -> Result<Option<FormatVersion>> {
        let record = Record::from_value(stored.clone())?;
        Ok(Some(record.text("codec_version")?.unwrap_or("1.0").parse()?))
    }
}

fn lock(codec: &Noted, path: &Path) -> FormatLock {
    FormatLock::of(codec.clone(), path)
        .value("1.0", "a", "text")
        .value("2.0", "a", "text")
}

fn file() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("locks/noted.json");
    (folder, path)
}

/// A lock file that holds what `NOTED` writes.
fn locked() -> (tempfile::TempDir, PathBuf) {
    let (folder, path) = file();
    let report = lock(&NOTED, &path).check_with(true, false).unwrap();
    assert_eq!(report.changed.len(), 2);
    (folder, path)
}

fn problems(lock: &FormatLock) -> Vec<String> {
    lock.check_with(false, false).unwrap().problems
}

#[test]
fn what_is_not_locked_is_not_locked_silently() {
    let (_folder, path) = file();
    let found = problems(&lock(&NOTED, &path));
    assert_eq!(found.len(), 2);
    assert!(found.iter().all(|text| text.contains("DJ_LOCK_ADD=1")));
    assert!(!path.exists());
}

#[test]
fn what_is_written_again_is_the_same() {
    let (_folder, path) = locked();
    let before = std::fs::read(&path).unwrap();
    assert!(problems(&lock(&NOTED, &path)).is_empty());
    lock(&NOTED, &path).assert();
    // Asked to add, with nothing to add, the file stays as it is.
    let report = lock(&NOTED, &path).check_with(true, true).unwrap();
    assert!(report.problems.is_empty() && report.changed.is_empty());
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn a_change_of_output_is_named_and_never_accepted() {
    let changed = |codec: Noted| {
        let (_folder, path) = locked();
        let before = std::fs::read(&path).unwrap();
        // Not even where adding and payload are asked for.
        let found = lock(&codec, &path).check_with(true, true).unwrap().problems;
        assert_eq!(std::fs::read(&path).unwrap(), before);
        found
    };
    let found = changed(Noted { suffix: "?", ..NOTED });
    assert_eq!(
        found,
        ["format 2.0, a: the objects in the store changed: their paths, or what is in them"]
    );
    let found = changed(Noted { note: "new", ..NOTED });
    assert_eq!(found.len(), 2);
    assert!(
        found
            .iter()
            .all(|text| text.contains("what the column holds changed") && text.contains("\"new\""))
    );
    let found = changed(Noted { extra: true, ..NOTED });
    assert_eq!(found.len(), 2);
}

#[test]
#[should_panic(expected = "give it a new format version")]
fn the_panic_says_what_to_do() {
    let (_folder, path) = locked();
    lock(&Noted { suffix: "?", ..NOTED }, &path).assert();
}

#[test]
fn inputs_that_go_and_inputs_that_come() {
    let (_folder, path) = locked();
    let fewer = FormatLock::of(NOTED, &path).value("2.0", "a", "text");
    assert!(
        problems(&fewer)
            .iter()
            .any(|text| text.contains("format 1.0, a: this input is gone"))
    );
    let none_current = FormatLock::of(NOTED, &path).value("1.0", "a", "text");
    assert!(
        problems(&none_current)
            .iter()
            .any(|text| text.contains("format 2.0, which the codec writes"))
    );
    let more = lock(&NOTED, &path).value("2.0", "b", "more");
    assert_eq!(problems(&more).len(), 1);
    assert_eq!(more.check_with(true, false).unwrap().changed, ["format 2.0, b"]);
    assert!(problems(&more).is_empty());
    let twice = lock(&NOTED, &path)
        .value("2.0", "b", "more")
        .value("2.0", "b", "more");
    assert!(problems(&twice).iter().any(|text| text.contains("two inputs")));
}

#[test]
fn an_input_of_another_version_than_it_says_is_an_error() {
    let (_folder, path) = locked();
    let wrong = lock(&NOTED, &path).case("2.0", "typed", |cx| {
        Column::resolve("<noted@main>", &{
            let mut registry = Registry::new();
            registry.register(Arc::new(NOTED))?;
            registry
        })?
        .encode(
            "x".into(),
            &cx.clone().with_format_version(FormatVersion::new(1, 0)),
        )
    });
    let error = wrong.check_with(false, false).unwrap_err();
    assert!(error.to_string().contains("writes it as 1.0"), "{error}");
}

#[test]
fn members_can_be_ignored_and_payload_is_locked_apart() {
    let (_folder, path) = file();
    let lock = |note, packed: &'static str| {
        let codec = Noted {
            note,
            suffix: packed,
            ..NOTED
        };
        FormatLock::of(codec, &path)
            .ignoring("/note")
            .payload(|path| path.ends_with(".txt"))
            .value("2.0", "a", "text")
    };
    lock("monday", "1").check_with(true, false).unwrap();
    assert!(problems(&lock("tuesday", "1")).is_empty());
    let found = problems(&lock("tuesday", "2"));
    assert_eq!(found, ["format 2.0, a: the payload in the store changed"]);
    assert!(
        lock("", "2")
            .text(&LockReport::default())
            .contains("DJ_LOCK_PAYLOAD=1")
    );
    let report = lock("", "2").check_with(false, true).unwrap();
    assert_eq!((report.problems.len(), report.changed.len()), (0, 1));
    assert!(problems(&lock("", "2")).is_empty());
}

#[test]
fn what_a_record_says_of_the_payload_is_locked_with_it() {
    let (_folder, path) = file();
    let lock = |note| {
        FormatLock::of(Noted { note, ..NOTED }, &path)
            .payload_in_record("/note")
            .value("2.0", "a", "text")
    };
    lock("5 bytes").check_with(true, false).unwrap();
    let found = problems(&lock("6 bytes"));
    assert_eq!(found, ["format 2.0, a: the payload in the store changed"]);
}

#[test]
fn objects_are_locked_whatever_the_column_holds() {
    let (_folder, path) = file();
    let lock = |object: &'static str| {
        FormatLock::of(NOTED, &path).case("2.0", "a path as bytes", move |cx| {
            let store = cx.open_column_store()?.store;
            store.put("a/path", object.into())?;
            Ok(Stored::Bytes(
                r#"{"path": "a/path", "codec_version": "2.0"}"#.into(),
            ))
        })
    };
    lock("one").check_with(true, false).unwrap();
    assert!(problems(&lock("one")).is_empty());
    assert_eq!(
        problems(&lock("two")),
        ["format 2.0, a path as bytes: the objects in the store changed: their paths, or what is in them"]
    );
}

#[test]
fn a_damaged_lock_file_is_an_error() {
    let (_folder, path) = locked();
    for text in [
        "",
        "{}",
        "{\"formats\": {\"1.0\": 5}}",
        "{\"formats\": {\"1.0\": {\"a\": {}}}}",
    ] {
        std::fs::write(&path, text).unwrap();
        assert!(lock(&NOTED, &path).check_with(true, true).is_err(), "{text}");
    }
}
