//! What every codec has to do, these do.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test asserts by panicking"
)]

use std::fs;
use std::path::Path;

use dj_codec_testkit::conformance::{Check, Conformance, Integrity, Written};
use dj_codec_testkit::memory::CountingAllocator;
use dj_file_codecs::api::value::FileDigest;
use dj_file_codecs::api::{Error, FormatVersion, Mode, Result, Value};
use dj_file_codecs::{AttachCodec, Attachment, FilepathCodec, ObjectCodec};
use dj_hash_codecs::HashCodec;
use proptest::prelude::*;

/// So that conformance sees how much memory damaged values take.
#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

fn attachment(name: &str, contents: &[u8]) -> Value {
    Attachment::new(name, contents.to_vec()).unwrap().into()
}

fn digest(name: &str, contents: &[u8]) -> FileDigest {
    let Value::File(digest) = attachment("x", contents).load().unwrap() else {
        panic!()
    };
    FileDigest {
        name: name.to_owned(),
        ..*digest
    }
}

const UNVERSIONED: &str = "an attachment has no place for a version";

/// The record with a version, which only formats to come will have.
fn stamp(written: Written, version: FormatVersion) -> Result<Written> {
    Ok(written.with_key("codec_version", version.to_string()))
}

/// What a file or folder of this machine is expected to come back as.
fn found(path: &Path) -> Value {
    if path.is_file() {
        let name = path.file_name().unwrap().to_str().unwrap();
        return Value::File(Box::new(digest(name, &fs::read(path).unwrap())));
    }
    let files = walkdir::WalkDir::new(path)
        .sort_by_file_name()
        .into_iter()
        .map(|entry| entry.unwrap().into_path());
    let within = |file: &Path| file.strip_prefix(path).unwrap().to_str().unwrap().to_owned();
    let mut files: Vec<FileDigest> = files
        .filter(|file| file.is_file())
        .map(|file| digest(&within(&file), &fs::read(&file).unwrap()))
        .collect();
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Value::Folder(files)
}

fn expected(value: &Value) -> Result<Value> {
    match value {
        Value::Bytes(bytes) => Ok(Value::File(Box::new(digest("x", bytes)))),
        Value::Path(path) => Ok(found(path)),
        Value::Tuple(items) => expected(items.get(1).ok_or_else(|| Error::invalid_value("no contents"))?),
        other => other.clone().load(),
    }
}

/// The name of a stored file has a token by chance.
fn same_but_for_names(found: &Value, expected: &Value) -> bool {
    match (found, expected) {
        (Value::File(found), Value::File(expected)) => {
            (found.size, &found.sha256) == (expected.size, &expected.sha256)
        }
        (found, expected) => found == expected,
    }
}

#[test]
fn attach_conforms() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("résumé 1.txt");
    fs::write(&path, "one\0two").unwrap();
    Conformance::of(AttachCodec)
        .chained_to(HashCodec)
        .samples([
            Value::from(path),
            attachment("x", b""),
            attachment("a.bin", &[7; 3000]),
        ])
        .values(
            ("[^/\\\\\0:]{1,20}", any::<Vec<u8>>()).prop_filter_map("no name", |(name, contents)| {
                Attachment::new(name, contents).ok().map(Value::from)
            }),
        )
        .expecting(expected)
        .integrity_in(Mode::Table, Integrity::None)
        .integrity_in(Mode::Store, Integrity::Digest)
        .content_addressed()
        .without(Check::UnknownMajor, UNVERSIONED)
        .without(Check::NewerMinor, UNVERSIONED)
        .run()
        .assert();
}

fn object(codec: ObjectCodec) -> Conformance {
    Conformance::of(codec)
        .expecting(expected)
        .same_when(same_but_for_names)
        .stamped_by(stamp)
        .without(
            Check::Limits,
            "files are streamed, and never in memory as a whole",
        )
}

#[test]
fn object_conforms_for_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("note.tar.gz");
    fs::write(&path, "some text").unwrap();
    let samples = || {
        [
            Value::from(path.clone()),
            Value::Bytes("abc".into()),
            Value::Tuple(vec!["csv".into(), Value::Bytes("a,b".into())]),
            attachment("a.bin", &[7; 3000]),
        ]
    };
    let values = || any::<Vec<u8>>().prop_map(|bytes| Value::Bytes(bytes.into()));
    object(ObjectCodec::new())
        .samples(samples())
        .values(values())
        .run()
        .assert();
    object(ObjectCodec::new().with_hash(true))
        .samples(samples())
        .values(values())
        .integrity(Integrity::Digest)
        .run()
        .assert();
}

#[test]
fn object_conforms_for_folders() {
    let folder = tempfile::tempdir().unwrap();
    for (path, contents) in [
        ("full/a.bin", "0123"),
        ("full/c/0/0", "x"),
        ("full/c/0/é 50%", ""),
        ("empty/none/x", ""),
    ] {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
    }
    fs::remove_file(folder.path().join("empty/none/x")).unwrap();
    object(ObjectCodec::new())
        .samples([
            Value::from(folder.path().join("full")),
            Value::from(folder.path().join("empty")),
            Value::Tuple(vec![".zarr".into(), Value::from(folder.path().join("full/c"))]),
        ])
        .run()
        .assert();
}

#[test]
fn filepath_conforms() {
    Conformance::of(FilepathCodec::new())
        .with_object("raw/a.bin", "acquired")
        .with_object("raw/rec/x", "1")
        .with_object("raw/rec/in/y", "22")
        .samples(["raw/a.bin", "./raw//a.bin", "raw/rec"])
        .expecting(|value| match value {
            Value::Str(path) if path.ends_with("rec") => {
                Ok(Value::Folder(vec![digest("in/y", b"22"), digest("x", b"1")]))
            }
            _ => Ok(Value::File(Box::new(digest("a.bin", b"acquired")))),
        })
        .integrity(Integrity::None)
        .stamped_by(stamp)
        .without(
            Check::Limits,
            "files are streamed, and never in memory as a whole",
        )
        .without(
            Check::Again,
            "a reference is made of a path, not of what is there",
        )
        .run()
        .assert();
}
