//! What folders do beyond what every store does.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::io::Read as _;
use std::path::Path;

use dj_codec_api::{ErrorKind, Store};
use dj_codec_store::{FileStore, StoreOptions};

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = walkdir::WalkDir::new(folder)
        .min_depth(1)
        .into_iter()
        .map(|entry| {
            entry
                .unwrap()
                .path()
                .strip_prefix(folder)
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    names.sort();
    names
}

#[test]
fn the_folder_must_be_there() {
    let folder = tempfile::tempdir().unwrap();
    let error = FileStore::open(folder.path().join("none")).unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::Config);
    assert!(error.to_string().contains("is not there"), "{error}");
    fs::write(folder.path().join("file"), "").unwrap();
    for location in ["file", "file/below"] {
        let error = FileStore::open(folder.path().join(location)).unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::Config, "{error}");
    }
    assert!(FileStore::create(folder.path().join("file/below")).is_err());
    FileStore::create(folder.path().join("new/store"))
        .unwrap()
        .put("a", "x".into())
        .unwrap();
    assert_eq!(fs::read(folder.path().join("new/store/a")).unwrap(), b"x");
}

#[test]
fn a_folder_that_vanishes_is_an_error_and_is_not_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("store");
    let store = FileStore::create(&root).unwrap();
    fs::remove_dir(&root).unwrap();
    for error in [
        store.put("a/b", "x".into()).unwrap_err(),
        store.get("a/b").unwrap_err(),
        store.head("a/b").unwrap_err(),
        store.list("").unwrap_err(),
        store.delete("a/b").unwrap_err(),
    ] {
        assert_eq!(error.kind(), &ErrorKind::Config, "{error}");
    }
    assert!(!root.exists());
}

#[test]
fn a_file_in_the_place_of_a_folder_is_an_error_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let store = FileStore::open(folder.path()).unwrap();
    store.put("a", "x".into()).unwrap();
    store.put("d/e", "x".into()).unwrap();
    for path in ["a/b", "a/b/c"] {
        let error = store.put(path, "y".into()).unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::Store);
        assert!(
            error.to_string().contains("a file is where a folder should be"),
            "{error}"
        );
    }
    for outcome in [
        store.put("d", "y".into()),
        store.put_if_absent("d", "y".into()).map(|_| ()),
    ] {
        let error = outcome.unwrap_err();
        assert!(
            error.to_string().contains("a folder is where the file should be"),
            "{error}"
        );
    }
    assert_eq!(names(folder.path()), ["a", "d", "d/e"]);
}

/// A folder that this process may not write to. A superuser may write to any but those of the kernel.
#[cfg(unix)]
#[test]
fn a_folder_that_may_not_be_written_is_permission_denied() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o555)).unwrap();
    let restricted = fs::write(folder.path().join("try"), "").is_err();
    let root = if restricted {
        folder.path()
    } else {
        Path::new("/sys/kernel")
    };
    if !root.is_dir() {
        return;
    }
    let store = FileStore::open(root).unwrap();
    for path in ["x", "d/x"] {
        let error = store.put(path, "x".into()).unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::PermissionDenied, "{}", error.report());
        assert_eq!(error.place(), Some(path));
    }
    if restricted {
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let store = FileStore::open(folder.path()).unwrap();
        store.put("d/x", "x".into()).unwrap();
        fs::set_permissions(folder.path().join("d/x"), fs::Permissions::from_mode(0o000)).unwrap();
        assert_eq!(store.get("d/x").unwrap_err().kind(), &ErrorKind::PermissionDenied);
        fs::set_permissions(folder.path().join("d"), fs::Permissions::from_mode(0o000)).unwrap();
        // Not absent: nobody can tell.
        assert_eq!(
            store.head("d/x").unwrap_err().kind(),
            &ErrorKind::PermissionDenied
        );
        assert_eq!(store.list("").unwrap_err().kind(), &ErrorKind::PermissionDenied);
        fs::set_permissions(folder.path().join("d"), fs::Permissions::from_mode(0o755)).unwrap();
    }
}

#[test]
fn deleting_removes_the_folders_that_are_empty_then() {
    let folder = tempfile::tempdir().unwrap();
    let store = FileStore::open(folder.path()).unwrap();
    for path in ["a/b/c/1", "a/2"] {
        store.put(path, "x".into()).unwrap();
    }
    store.delete("a/b/c/1").unwrap();
    assert_eq!(names(folder.path()), ["a", "a/2"]);
    store.delete("a/2").unwrap();
    assert_eq!(names(folder.path()), [""; 0]);
    assert!(folder.path().is_dir());
}

#[test]
fn folders_that_come_and_go_do_not_disturb_writers() {
    let folder = tempfile::tempdir().unwrap();
    let store = FileStore::open(folder.path()).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let store = &store;
            scope.spawn(move || {
                for i in 0..200 {
                    let path = format!("d/e/{thread}-{i}");
                    store.put(&path, "x".into()).unwrap();
                    store.delete(&path).unwrap();
                }
            });
        }
    });
    assert_eq!(names(folder.path()), [""; 0]);
}

#[test]
fn flushed_objects_are_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = StoreOptions::default();
    options.sync = true;
    let store = FileStore::open(folder.path()).unwrap().with_options(options);
    store.put("a/b/c", "x".into()).unwrap();
    assert!(!store.put_if_absent("a/b/c", "y".into()).unwrap());
    assert_eq!(store.get("a/b/c").unwrap(), "x");
}

#[test]
fn objects_larger_than_is_handed_out_are_over_the_limit() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = StoreOptions::default();
    options.max_object_bytes = 5;
    let store = FileStore::open(folder.path()).unwrap().with_options(options);
    store.put("a", "123456".into()).unwrap();
    let error = store.get("a").unwrap_err();
    assert!(
        matches!(
            error.kind(),
            ErrorKind::Limit {
                asked: 6,
                allowed: 5,
                ..
            }
        ),
        "{error}"
    );
    assert_eq!(store.get_range("a", 0..6).unwrap(), "123456");
}

#[cfg(unix)]
#[test]
fn objects_have_the_permissions_of_the_umask() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("plain"), "").unwrap();
    FileStore::open(folder.path())
        .unwrap()
        .put("object", "x".into())
        .unwrap();
    let mode = |name| {
        fs::metadata(folder.path().join(name))
            .unwrap()
            .permissions()
            .mode()
    };
    assert_eq!(mode("object"), mode("plain"));
}

#[cfg(unix)]
#[test]
fn links_are_followed_and_circles_passed_over() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let store = FileStore::open(folder.path()).unwrap();
    store.put("a/1", "x".into()).unwrap();
    symlink(elsewhere.path(), folder.path().join("disk2")).unwrap();
    symlink(folder.path(), folder.path().join("a/round")).unwrap();
    symlink("/nowhere/at/all", folder.path().join("a/dangling")).unwrap();
    store.put("disk2/2", "y".into()).unwrap();
    assert_eq!(fs::read(elsewhere.path().join("2")).unwrap(), b"y");
    let paths: Vec<String> = store
        .list("")
        .unwrap()
        .into_iter()
        .map(|object| object.path)
        .collect();
    assert_eq!(paths, ["a/1", "disk2/2"]);
    store.delete("disk2/2").unwrap();
    assert!(elsewhere.path().is_dir() && folder.path().join("disk2").exists());
}

#[cfg(unix)]
#[test]
fn a_named_pipe_is_no_object() {
    let folder = tempfile::tempdir().unwrap();
    let made = std::process::Command::new("mkfifo")
        .arg(folder.path().join("pipe"))
        .status()
        .unwrap();
    assert!(made.success());
    let store = FileStore::open(folder.path()).unwrap();
    assert_eq!(store.get("pipe").unwrap_err().kind(), &ErrorKind::NotFound);
    assert_eq!(store.head("pipe").unwrap(), None);
    assert!(store.list("").unwrap().is_empty());
}

#[test]
fn names_of_unfinished_files_are_reserved() {
    let folder = tempfile::tempdir().unwrap();
    let store = FileStore::open(folder.path()).unwrap();
    let name = ".dj-partial-0123456789abcdEF";
    fs::write(folder.path().join(name), "half").unwrap();
    assert!(store.list("").unwrap().is_empty());
    for path in [name.to_owned(), format!("{name}/x")] {
        assert_eq!(store.get(&path).unwrap_err().kind(), &ErrorKind::UnsafePath);
        assert_eq!(
            store.put(&path, "x".into()).unwrap_err().kind(),
            &ErrorKind::UnsafePath
        );
    }
    for path in [".dj-partial-0123", ".dj-partial-0123456789abcde-"] {
        store.put(path, "x".into()).unwrap();
    }
    assert_eq!(store.list("").unwrap().len(), 2);
}

const CHILD_FOLDER: &str = "DJ_CODEC_STORE_TEST_FOLDER";

/// Not a test of its own: the process that the next one kills.
#[test]
fn endless_writer() {
    struct Endless;
    impl std::io::Read for Endless {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            std::thread::sleep(std::time::Duration::from_millis(1));
            let count = buffer.len().min(4096);
            buffer[..count].fill(7);
            Ok(count)
        }
    }
    if let Some(folder) = std::env::var_os(CHILD_FOLDER) {
        let store = FileStore::open(folder).unwrap();
        let _ = store.put_stream("old", &mut Endless.take(u64::MAX), false);
    }
}

#[test]
fn a_writer_that_is_killed_leaves_no_object_and_spoils_none() {
    let folder = tempfile::tempdir().unwrap();
    let store = FileStore::open(folder.path()).unwrap();
    store.put("old", "whole".into()).unwrap();
    let mut child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "endless_writer"])
        .env(CHILD_FOLDER, folder.path())
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let begun = || {
        fs::read_dir(folder.path()).unwrap().any(|entry| {
            let entry = entry.unwrap();
            entry.file_name() != "old" && entry.metadata().is_ok_and(|meta| meta.len() > 0)
        })
    };
    while !begun() {
        assert!(
            child.try_wait().unwrap().is_none(),
            "the writer ended before it was killed"
        );
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let paths: Vec<String> = store
        .list("")
        .unwrap()
        .into_iter()
        .map(|object| object.path)
        .collect();
    assert_eq!(paths, ["old"]);
    assert_eq!(store.get("old").unwrap(), "whole");
    assert_eq!(
        names(folder.path())
            .iter()
            .filter(|name| name.starts_with(".dj-partial-"))
            .count(),
        1
    );
}
