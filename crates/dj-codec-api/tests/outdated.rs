//! Decoding a value of an older format hands a hook the means to encode it anew.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test asserts by panicking"
)]

use std::sync::{Arc, Mutex};

use dj_codec_api::{
    Bytes, Codec, CodecInfo, Column, Context, Error, FormatStatus, FormatVersion, Json, MemoryStore, Mode,
    Reader, Record, Registry, Result, Store, StoreMap, Stored, TypeSpec, Value, VersionDispatch,
};
use serde_json::json;

/// Texts as objects: 1.0 as they are, 1.1 and 2.0 backwards.
#[derive(Debug)]
struct Text;

const FORMATS: VersionDispatch<bool> = VersionDispatch {
    codec: "text",
    crate_name: "dj-text-codecs",
    writes: FormatVersion::new(2, 0),
    assumed: FormatVersion::new(1, 0),
    readers: &[
        Reader {
            version: FormatVersion::new(1, 0),
            status: FormatStatus::Deprecated {
                since: "0.2.0",
                removed_in: "1.0.0",
                advice: "migrate",
            },
            read: false,
        },
        // As good as 2.0 for those who have it.
        Reader {
            version: FormatVersion::new(1, 1),
            status: FormatStatus::Current,
            read: true,
        },
        Reader {
            version: FormatVersion::new(2, 0),
            status: FormatStatus::Current,
            read: true,
        },
    ],
};

fn turned(text: &str, backwards: bool) -> String {
    if backwards {
        text.chars().rev().collect()
    } else {
        text.to_owned()
    }
}

impl Codec for Text {
    fn name(&self) -> &str {
        "text"
    }

    fn info(&self) -> CodecInfo {
        CodecInfo::new("text", "dj-text-codecs", "0.2.0")
            .with_modes(&[Mode::Store])
            .with_formats(FORMATS.writes, FORMATS.formats())
    }

    fn dtype(&self, _: Mode) -> Result<TypeSpec> {
        Ok(TypeSpec::core("json"))
    }

    fn encode(&self, value: Value, cx: &Context) -> Result<Value> {
        let Value::Str(text) = value else {
            return Err(Error::invalid_value("no text"));
        };
        let version = FORMATS.version_to_write(cx)?;
        let store = cx.open_column_store()?;
        let path = cx.new_object_path(&store, Some(".txt"))?;
        let backwards = *FORMATS.reader(version, cx)?;
        store.store.put(&path, turned(&text, backwards).into())?;
        let record = Record::new().with("path", path).with("store", store.name);
        Ok(match version.major() {
            1 if version.minor() == 0 => record.with("encoding", "utf-8"),
            _ => record.with("codec_version", version.to_string()),
        }
        .into())
    }

    fn decode(&self, stored: Value, cx: &Context) -> Result<Value> {
        let record = Record::from_value(stored)?;
        let backwards = *FORMATS.reader(FORMATS.version_of([record.get("codec_version")])?, cx)?;
        let bytes: Bytes = cx.open_record_store(&record)?.store.get(record.path()?)?;
        Ok(turned(&String::from_utf8_lossy(&bytes), backwards).into())
    }

    fn record_keys(&self) -> &'static [&'static str] {
        &["path", "store", "encoding", "codec_version"]
    }

    fn format_version(&self, stored: &Value, _: &Context) -> Result<Option<FormatVersion>> {
        let record = Record::from_value(stored.clone())?;
        FORMATS.version_of([record.get("codec_version")]).map(Some)
    }
}

struct Lab {
    column: Column,
    store: Arc<MemoryStore>,
    cx: Context,
}

fn lab() -> Lab {
    let mut registry = Registry::new();
    registry.register(Arc::new(Text)).unwrap();
    let store = Arc::new(MemoryStore::new());
    let cx = Context::new(StoreMap::new().with("main", store.clone()))
        .with_field("lab", "note", "text")
        .with_key("note_id", 3);
    Lab {
        column: Column::resolve("<text@main>", &registry).unwrap(),
        store,
        cx,
    }
}

type Seen = Arc<Mutex<Vec<(String, Result<Stored>)>>>;

/// A context whose hook encodes anew, and what it saw.
fn migrating(cx: &Context) -> (Context, Seen) {
    let seen = Seen::default();
    let place = seen.clone();
    let cx = cx.clone().on_outdated(move |old| {
        assert_eq!(old.references().len(), 1);
        let text = format!(
            "{} {} {} {}",
            old.codec(),
            old.found(),
            old.current(),
            old.status()
        );
        place.lock().unwrap().push((text, old.reencode()));
    });
    (cx, seen)
}

fn json(stored: &Stored) -> &Json {
    match stored {
        Stored::Json(json) => json,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_old_value_is_handed_to_the_hook_and_encoded_anew() {
    let Lab { column, store, cx } = lab();
    let old = column
        .encode(
            "abc".into(),
            &cx.clone().with_format_version(FormatVersion::new(1, 0)),
        )
        .unwrap();
    let mut noted = json(&old).clone();
    noted["note"] = json!({"by": "somebody"});
    let (migrating, seen) = migrating(&cx);
    // The format that is asked for in writing is not what a migration wants.
    let migrating = migrating.with_format_version(FormatVersion::new(1, 0));
    let value = column.decode(Stored::Json(noted.clone()), &migrating).unwrap();
    assert_eq!(value, "abc".into());

    let mut seen = std::mem::take(&mut *seen.lock().unwrap());
    assert_eq!(seen.len(), 1);
    let (text, new) = seen.remove(0);
    assert_eq!(
        text,
        "text 1.0 2.0 deprecated since 0.2.0, to be removed in 1.0.0: migrate"
    );
    let new = new.unwrap();
    let record = json(&new);
    assert_eq!(record["codec_version"], "2.0");
    assert_eq!(record["note"], noted["note"], "somebody else's key is kept");
    assert_eq!(record.get("encoding"), None, "a key of the old format goes");
    let path = record["path"].as_str().unwrap();
    assert_ne!(path, noted["path"]);
    assert!(path.starts_with("_schema/lab/note/note_id=3/text_"));
    assert_eq!(store.get(path).unwrap(), "cba");
    assert_eq!(store.paths().len(), 2, "the old object is not touched");
    assert_eq!(column.decode(new, &cx).unwrap(), "abc".into());
}

#[test]
fn a_version_that_is_written_in_short_is_outdated_too() {
    let Lab { column, cx, .. } = lab();
    let one = cx.clone().with_format_version(FormatVersion::new(1, 0));
    let old = column.encode("abc".into(), &one).unwrap();
    for short in [json!("1"), json!(1)] {
        let mut stored = json(&old).clone();
        stored["codec_version"] = short;
        let (migrating, seen) = migrating(&cx);
        column.decode(Stored::Json(stored), &migrating).unwrap();
        let seen = seen.lock().unwrap();
        assert!(seen[0].0.starts_with("text 1.0 2.0 deprecated"), "{seen:?}");
    }
}

#[test]
fn keys_of_somebody_elses_are_kept_however_the_old_record_came() {
    let Lab { column, cx, .. } = lab();
    let old = column.encode("abc".into(), &cx).unwrap();
    let mut noted = json(&old).clone();
    noted["note"] = json!("kept");
    let text = noted.to_string();
    for old in [
        Stored::Json(noted),
        Stored::Json(text.as_str().into()),
        Stored::Bytes(text.into()),
    ] {
        let new = column.reencode("abc".into(), &old, &cx).unwrap();
        assert_eq!(json(&new)["note"], "kept", "{old:?}");
    }
}

#[test]
fn what_is_current_is_not_outdated() {
    let Lab { column, cx, .. } = lab();
    let (migrating, seen) = migrating(&cx);
    for minor_major in [(1, 1), (2, 0)] {
        let version = FormatVersion::new(minor_major.0, minor_major.1);
        let stored = column
            .encode("abc".into(), &cx.clone().with_format_version(version))
            .unwrap();
        assert_eq!(column.decode(stored, &migrating).unwrap(), "abc".into());
    }
    assert_eq!(column.decode(Stored::Null, &migrating).unwrap(), Value::Null);
    assert!(seen.lock().unwrap().is_empty());
}

#[test]
fn a_newer_minor_of_an_old_major_is_as_outdated_as_that() {
    let info = Text.info();
    let status = |text: &str| {
        info.format_of(text.parse().unwrap())
            .map(|format| format.version.to_string())
    };
    assert_eq!(status("1.0").as_deref(), Some("1.0"));
    assert_eq!(status("1.0.7").as_deref(), Some("1.0"));
    assert_eq!(status("1.9").as_deref(), Some("1.1"));
    assert_eq!(status("3.0"), None);
    assert_eq!(status("0.9"), None);
}

#[test]
fn a_value_that_cannot_be_written_is_an_error_of_the_hook_alone() {
    let Lab { column, store, cx } = lab();
    let old = column
        .encode(
            "abc".into(),
            &cx.clone().with_format_version(FormatVersion::new(1, 0)),
        )
        .unwrap();
    let seen = Seen::default();
    let place = seen.clone();
    // A schema of this name makes no path.
    let cx = cx.with_field("..", "note", "text").on_outdated(move |old| {
        place
            .lock()
            .unwrap()
            .push((old.codec().to_owned(), old.reencode()));
    });
    assert_eq!(column.decode(old, &cx).unwrap(), "abc".into());
    assert!(seen.lock().unwrap()[0].1.is_err());
    assert_eq!(store.paths().len(), 1);
}
