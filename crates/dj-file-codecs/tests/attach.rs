//! Attachments: where they are saved, what is never overwritten, and what is refused.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test asserts by panicking"
)]

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read as _, Seek as _};
use std::path::Path;
use std::sync::Arc;

use dj_codec_testkit::MemoryStore;
use dj_file_codecs::api::{
    Bytes, Codec as _, Column, Context, ErrorKind, Limits, Registry, StoreMap, Stored, Value, WarningLog,
};
use dj_file_codecs::{AttachCodec, Attachment};
use dj_hash_codecs::HashCodec;
use proptest::prelude::*;

fn registry() -> Registry {
    let mut registry = Registry::new();
    registry.register(Arc::new(HashCodec)).unwrap();
    registry.register(Arc::new(AttachCodec)).unwrap();
    registry
}

fn lab() -> Context {
    let stores = StoreMap::new()
        .with("main", Arc::new(MemoryStore::new()))
        .with_default("main");
    Context::new(stores).with_field("lab", "session", "doc")
}

/// What a column holds for a file of any name, as a writer without scruples would store it.
fn stored(name: &[u8], contents: &[u8]) -> Bytes {
    [name, b"\0", contents].concat().into()
}

/// Every file below a folder with its contents.
fn tree(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in walkdir::WalkDir::new(folder).min_depth(1) {
        let entry = entry.unwrap();
        let path = entry
            .path()
            .strip_prefix(folder)
            .unwrap()
            .to_string_lossy()
            .into_owned();
        let contents = if entry.file_type().is_file() {
            fs::read(entry.path()).unwrap()
        } else {
            b"(no file)".to_vec()
        };
        found.insert(path, contents);
    }
    found
}

#[test]
fn a_file_goes_through_the_table_and_the_store() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("résumé 1.txt");
    fs::write(&path, b"one\0two").unwrap();
    let cx = lab();
    for (spec, value) in [
        ("<attach>", Value::from(path.clone())),
        ("<attach@>", Value::from(path.to_str().unwrap())),
    ] {
        let column = Column::resolve(spec, &registry()).unwrap();
        let row = column.encode(value, &cx).unwrap();
        assert_eq!(matches!(row, Stored::Json(_)), spec.contains('@'));
        assert_eq!(
            column.referenced_paths(&row).len(),
            usize::from(spec.contains('@'))
        );
        let value = column.decode(row.clone(), &cx).unwrap();
        let attachment = value.downcast::<Attachment>().unwrap();
        assert_eq!((attachment.name(), attachment.size()), ("résumé 1.txt", 7));
        let mut reader = attachment.open();
        reader.seek(std::io::SeekFrom::Start(4)).unwrap();
        let mut rest = String::new();
        reader.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "two");
        // The handle is stored again as what it was.
        assert_eq!(column.encode(value, &cx).unwrap(), row);
    }
}

#[test]
fn what_is_no_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let cx = lab();
    let refused = |value: Value| {
        AttachCodec
            .validate(&value)
            .and_then(|()| AttachCodec.encode(value, &cx))
            .unwrap_err()
            .kind()
            .clone()
    };
    assert_eq!(refused(folder.path().into()), ErrorKind::InvalidValue);
    assert_eq!(refused(folder.path().join("none").into()), ErrorKind::NotFound);
    assert_eq!(refused("..".into()), ErrorKind::InvalidValue);
    assert_eq!(refused(Value::Bytes("x".into())), ErrorKind::InvalidValue);
    assert_eq!(refused(Value::Int(5)), ErrorKind::InvalidValue);
    let large = folder.path().join("large");
    fs::write(&large, [0; 100]).unwrap();
    let small = cx.clone().with_limits(Limits::default().with_array_bytes(99));
    let error = AttachCodec::encode_path(&large, &small).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Limit { .. }), "{error}");
    let error = AttachCodec.decode(Value::Int(5), &cx).unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::Corrupt);
}

#[cfg(unix)]
#[test]
fn a_pipe_is_refused_and_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(
        std::process::Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    let error = AttachCodec::encode_path(&pipe, &lab()).unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::InvalidValue, "{error}");
}

#[test]
fn names_that_trap_windows_are_warned_of() {
    let log = Arc::new(WarningLog::default());
    let cx = lab().with_warnings(log.clone());
    for (name, warned) in [("note.txt", 0), ("12:30.txt", 1), ("nul", 1), ("end.", 1)] {
        AttachCodec::encode_attachment(&Attachment::new(name, "x").unwrap(), &cx).unwrap();
        assert_eq!(log.take().len(), warned, "{name}");
    }
}

#[test]
fn another_content_is_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let save = |contents: &'static str| {
        let path = Attachment::new("note.tar.gz", contents)
            .unwrap()
            .save_into(folder.path().join("new/sub"))
            .unwrap();
        path.file_name().unwrap().to_str().unwrap().to_owned()
    };
    // As in Python: the same contents are used as they are, others are numbered.
    assert_eq!(save("one"), "note.tar.gz");
    assert_eq!(save("two"), "note.tar_1.gz");
    assert_eq!(save("one"), "note.tar.gz");
    assert_eq!(save("two"), "note.tar_1.gz");
    assert_eq!(save("three"), "note.tar_2.gz");
    let found = tree(folder.path());
    assert_eq!(found["new/sub/note.tar.gz"], b"one");
    assert_eq!(found["new/sub/note.tar_1.gz"], b"two");
    assert_eq!(found.len(), 5, "{found:?}");
}

#[cfg(unix)]
#[test]
fn links_and_folders_of_the_name_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let outside = folder.path().join("outside");
    let inside = folder.path().join("inside");
    fs::create_dir(&inside).unwrap();
    fs::write(&outside, "precious").unwrap();
    std::os::unix::fs::symlink(&outside, inside.join("x.txt")).unwrap();
    std::os::unix::fs::symlink(folder.path().join("nowhere"), inside.join("y.txt")).unwrap();
    fs::create_dir(inside.join("z.txt")).unwrap();
    for name in ["x.txt", "y.txt", "z.txt"] {
        let saved = Attachment::new(name, "new").unwrap().save_into(&inside).unwrap();
        assert_eq!(
            saved.file_name().unwrap().to_str().unwrap(),
            name.replace('.', "_1.")
        );
    }
    // Not even where the file behind the link is the same.
    let saved = Attachment::new("x.txt", "precious")
        .unwrap()
        .save_into(&inside)
        .unwrap();
    assert_eq!(saved, inside.join("x_2.txt"));
    assert_eq!(fs::read_to_string(&outside).unwrap(), "precious");
    assert!(!folder.path().join("nowhere").exists());
    let error = Attachment::new("x", "new")
        .unwrap()
        .save_as(inside.join("x.txt"))
        .unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::AlreadyExists);
}

#[cfg(unix)]
#[test]
fn saved_files_are_readable_as_the_umask_says() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("reference"), "x").unwrap();
    let mode = |name: &str| {
        fs::metadata(folder.path().join(name))
            .unwrap()
            .permissions()
            .mode()
    };
    Attachment::new("saved", "x")
        .unwrap()
        .save_into(folder.path())
        .unwrap();
    assert_eq!(mode("saved"), mode("reference"));
}

#[test]
fn hostile_names_stay_readable_and_write_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("a/b/target");
    fs::create_dir_all(&target).unwrap();
    fs::write(folder.path().join("a/b/precious"), "kept").unwrap();
    let before = tree(folder.path());
    let absolute = folder.path().join("absolute").to_str().unwrap().to_owned();
    let long = "x".repeat(300);
    for name in [
        "",
        ".",
        "..",
        "../precious",
        "../../x",
        "/",
        "//x",
        &absolute,
        "a/b",
        "a\\b",
        "..\\precious",
        "\\\\server\\share\\x",
        "C:x",
        "C:\\x",
        "c:",
        "a\nb",
        "\u{1b}[2J",
        "x/",
        "./x",
        &long,
    ] {
        let attachment = AttachCodec::open(&stored(name.as_bytes(), b"gotcha")).unwrap();
        assert_eq!(attachment.name(), name);
        assert_eq!(attachment.bytes(), "gotcha");
        let error = attachment.save_into(&target).unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::UnsafePath, "{name:?}: {error}");
        assert!(error.to_string().contains("save_as"), "{error}");
        assert!(!error.to_string().contains(['\n', '\u{1b}']), "{error}");
        assert!(error.to_string().len() < 400);
    }
    assert_eq!(tree(folder.path()), before);
    let attachment = AttachCodec::open(&stored(b"../precious", b"gotcha")).unwrap();
    attachment.save_as(target.join("chosen")).unwrap();
    attachment.save_as(target.join("chosen")).unwrap();
    assert_eq!(fs::read(target.join("chosen")).unwrap(), b"gotcha");
    assert_eq!(tree(folder.path()).len(), before.len() + 1);
    assert!(attachment.save_as(folder.path().join("a/..")).is_err());
}

#[test]
fn names_that_lead_elsewhere_are_not_stored() {
    for name in ["", ".", "..", "a/b", "/a", "..\\x", "C:x", "a\0b"] {
        let error = Attachment::new(name, "x").unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::UnsafePath, "{name:?}");
    }
}

#[test]
fn a_long_name_that_is_taken_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let name = "x".repeat(255);
    Attachment::new(&*name, "one")
        .unwrap()
        .save_into(folder.path())
        .unwrap();
    let error = Attachment::new(&*name, "two")
        .unwrap()
        .save_into(folder.path())
        .unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::UnsafePath, "{error}");
    assert_eq!(tree(folder.path()).len(), 1);
}

#[test]
fn many_threads_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for thread in 0..8_u8 {
            let folder = folder.path();
            scope.spawn(move || {
                let path = Attachment::new("same.bin", vec![thread % 4; 1000])
                    .unwrap()
                    .save_into(folder)
                    .unwrap();
                assert_eq!(fs::read(path).unwrap(), [thread % 4; 1000]);
            });
        }
    });
    let mut contents: Vec<Vec<u8>> = tree(folder.path()).into_values().collect();
    contents.sort();
    contents.dedup();
    assert_eq!(
        contents,
        (0..4).map(|value| vec![value; 1000]).collect::<Vec<_>>()
    );
}

proptest! {
    #[test]
    fn any_name_and_contents_come_back(name in "[^/\\\\\0]{1,40}", contents: Vec<u8>) {
        if let Ok(attachment) = Attachment::new(&*name, contents.clone()) {
            let Value::Bytes(row) = AttachCodec::encode_attachment(&attachment, &lab()).unwrap() else { panic!() };
            prop_assert_eq!(&row, &stored(name.as_bytes(), &contents));
            prop_assert_eq!(AttachCodec::open(&row).unwrap(), attachment);
        }
    }

    #[test]
    fn any_bytes_decode_or_fail_and_saving_stays_inside(row: Vec<u8>) {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("up/target");
        fs::create_dir_all(&target).unwrap();
        if let Ok(attachment) = AttachCodec::open(&row.into())
            && let Ok(path) = attachment.save_into(&target)
        {
            prop_assert_eq!(path.parent().unwrap(), &*target);
            prop_assert_eq!(&fs::read(path).unwrap(), attachment.bytes());
        }
        let inside = tree(&target).len();
        prop_assert_eq!(tree(folder.path()).len(), inside + 2);
    }

    #[test]
    fn any_path_like_name_stays_inside(name in "[./\\\\a:C \0]{0,8}") {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("up/target");
        fs::create_dir_all(&target).unwrap();
        let name = name.replace('\0', "~");
        let attachment = AttachCodec::open(&stored(name.as_bytes(), b"x")).unwrap();
        let saved = attachment.save_into(&target).is_ok();
        prop_assert_eq!(tree(&target).len(), usize::from(saved));
        prop_assert_eq!(tree(folder.path()).len(), 2 + usize::from(saved));
    }
}
