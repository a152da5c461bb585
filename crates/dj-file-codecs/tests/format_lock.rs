//! What the writers write for fixed inputs, byte for byte: a format changes only with a new version.
#![allow(clippy::unwrap_used, reason = "a test asserts by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use dj_codec_testkit::FormatLock;
use dj_file_codecs::api::{Stored, Value};
use dj_file_codecs::{AttachCodec, FilepathCodec, ObjectCodec};

fn lock_of(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/locks/{name}.json"))
}

fn time() -> SystemTime {
    UNIX_EPOCH + Duration::from_micros(1_795_330_020_800_706)
}

/// A folder with what is stored.
fn sources() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, contents) in [
        ("résumé 1.tar.gz", &b"one\0two"[..]),
        (".profile", b""),
        ("tree/zarr.json", b"{}"),
        ("tree/c/0/0", &[7; 40]),
        ("tree/日本 50%/é \"q\".txt", b"x"),
    ] {
        let file = folder.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, contents).unwrap();
    }
    fs::create_dir(folder.path().join("empty")).unwrap();
    folder
}

#[test]
fn attachments_are_what_they_were() {
    let folder = sources();
    let here = |name: &str| Value::from(folder.path().join(name));
    FormatLock::of(AttachCodec, lock_of("attach"))
        .value("1.0", "a file", here("résumé 1.tar.gz"))
        .value("1.0", "an empty file", here(".profile"))
        .assert();
}

#[test]
fn objects_are_what_they_were() {
    let folder = sources();
    let here = |name: &str| Value::from(folder.path().join(name));
    let tuple = |ext: &str, contents: Value| Value::Tuple(vec![ext.into(), contents]);
    FormatLock::of(ObjectCodec::new().with_timestamp(time()), lock_of("object"))
        .value("1.0", "bytes", Value::Bytes("abc".into()))
        .value(
            "1.0",
            "bytes with an extension",
            tuple("csv", Value::Bytes("a,b".into())),
        )
        .value("1.0", "a file", here("résumé 1.tar.gz"))
        .value("1.0", "a hidden file", here(".profile"))
        .value("1.0", "a folder", here("tree"))
        .value("1.0", "a folder with an extension", tuple(".zarr", here("tree")))
        .value("1.0", "an empty folder", here("empty"))
        .assert();
}

#[test]
fn references_to_files_are_what_they_were() {
    let codec = FilepathCodec::new().with_timestamp(time());
    let mut lock = FormatLock::of(codec, lock_of("filepath"));
    for (name, path) in [("a file", "./raw/a.bin"), ("a folder", "raw")] {
        lock = lock.case("1.0", name, move |cx| {
            cx.open_column_store()?
                .store
                .put("raw/a.bin", "acquired".into())?;
            Ok(Stored::Json(codec.refer(path, cx)?.into_json()))
        });
    }
    lock.assert();
}
