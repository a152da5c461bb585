//! What every store must do, tried on each kind.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use dj_codec_api::{ErrorKind, ObjectMeta, Read, Store};
use dj_codec_store::{FileStore, MemoryStore};
use proptest::prelude::*;

type Opened = (Arc<dyn Store>, Option<tempfile::TempDir>);

/// Each kind of store, empty.
fn stores() -> Vec<Opened> {
    let folder = tempfile::tempdir().unwrap();
    let file: Opened = (Arc::new(FileStore::open(folder.path()).unwrap()), Some(folder));
    [file, (Arc::new(MemoryStore::new()), None)]
        .into_iter()
        .chain(adapters())
        .collect()
}

#[cfg(feature = "object-store")]
fn adapters() -> Vec<Opened> {
    use dj_codec_store::ObjectStoreAdapter;
    use dj_codec_store::object_store::memory::InMemory;
    let adapter = || ObjectStoreAdapter::new(Arc::new(InMemory::new()));
    let below = adapter().with_prefix("lab/data é%2F").unwrap();
    vec![(Arc::new(adapter()), None), (Arc::new(below), None)]
}

#[cfg(not(feature = "object-store"))]
fn adapters() -> Vec<Opened> {
    Vec::new()
}

fn kind(error: &dj_codec_api::Error) -> ErrorKind {
    error.kind().clone()
}

#[test]
fn what_is_put_is_got_and_listed() {
    for (store, _folder) in stores() {
        store.put("a/b.npy", "0123456789".into()).unwrap();
        assert_eq!(store.get("a/b.npy").unwrap(), "0123456789");
        assert_eq!(
            store.head("a/b.npy").unwrap(),
            Some(ObjectMeta::new("a/b.npy", 10))
        );
        store.put("a/b.npy", "new".into()).unwrap();
        assert_eq!(store.get("a/b.npy").unwrap(), "new");
        store.put("empty", "".into()).unwrap();
        assert_eq!(
            (
                store.get("empty").unwrap().len(),
                store.head("empty").unwrap().unwrap().size
            ),
            (0, 0)
        );
        assert_eq!(
            store.list("").unwrap(),
            [ObjectMeta::new("a/b.npy", 3), ObjectMeta::new("empty", 0)]
        );
        store.delete("empty").unwrap();
        store.delete("empty").unwrap();
        assert_eq!(store.head("empty").unwrap(), None);
    }
}

#[test]
fn absent_objects_are_not_found() {
    for (store, _folder) in stores() {
        store.put("a/b", "x".into()).unwrap();
        // A folder is no object, and a file is no folder.
        for path in ["c", "a", "a/c", "a/b/c", "c/d"] {
            assert_eq!(store.head(path).unwrap(), None, "{store:?} {path}");
            assert_eq!(
                kind(&store.get(path).unwrap_err()),
                ErrorKind::NotFound,
                "{store:?} {path}"
            );
            assert_eq!(
                kind(&store.get_range(path, 0..1).unwrap_err()),
                ErrorKind::NotFound,
                "{store:?} {path}"
            );
            assert_eq!(
                kind(&store.get_range(path, 0..0).unwrap_err()),
                ErrorKind::NotFound,
                "{store:?} {path}"
            );
            let error = store.get(path).unwrap_err();
            assert_eq!(error.place(), Some(path));
            store.delete(path).unwrap();
            assert!(store.list(path).unwrap().is_empty() || path == "a");
        }
        assert_eq!(store.get("a/b").unwrap(), "x");
    }
}

#[test]
fn ranges_are_exact_and_stay_inside() {
    for (store, _folder) in stores() {
        let data: Vec<u8> = (0..1_000_000_u32).map(|i| (i % 251) as u8).collect();
        store.put("x", data.clone().into()).unwrap();
        let ranges = [
            10..20,
            0..1,
            999_999..1_000_000,
            15..25,
            600_000..900_000,
            5..5,
            1_000_000..1_000_000,
        ];
        let parts = store.get_ranges("x", &ranges).unwrap();
        for (range, part) in ranges.iter().zip(&parts) {
            assert_eq!(
                part.as_ref(),
                &data[range.start as usize..range.end as usize],
                "{store:?} {range:?}"
            );
        }
        assert!(store.get_ranges("x", &[]).unwrap().is_empty());
        for range in [
            0..1_000_001,
            999_999..1_000_001,
            1_000_000..1_000_001,
            2_000_000..2_000_001,
            u64::MAX - 1..u64::MAX,
            1_000_001..1_000_001,
        ] {
            let error = store.get_range("x", range.clone()).unwrap_err();
            assert_eq!(kind(&error), ErrorKind::Corrupt, "{store:?} {range:?} {error}");
        }
        #[expect(clippy::reversed_empty_ranges, reason = "it is what is tested")]
        let error = store.get_range("x", 5..4).unwrap_err();
        assert_eq!(kind(&error), ErrorKind::InvalidValue);
    }
}

#[test]
fn many_reads_each_have_their_own_outcome_in_order() {
    for (store, _folder) in stores() {
        let mut reads = Vec::new();
        for i in 0..100_u64 {
            store
                .put(&format!("d/{i}"), format!("object {i}").into())
                .unwrap();
            reads.push(Read {
                path: format!("d/{i}"),
                range: (i % 3 == 1).then_some(7..8),
            });
        }
        reads[50].path = "gone".into();
        reads[60].path = "../up".into();
        for (i, outcome) in store.get_many(&reads).into_iter().enumerate() {
            match i {
                50 => assert_eq!(kind(&outcome.unwrap_err()), ErrorKind::NotFound),
                60 => assert_eq!(kind(&outcome.unwrap_err()), ErrorKind::UnsafePath),
                _ if i % 3 == 1 => assert_eq!(outcome.unwrap(), i.to_string()[..1]),
                _ => assert_eq!(outcome.unwrap(), format!("object {i}")),
            }
        }
        assert!(store.get_many(&[]).is_empty());
    }
}

#[test]
fn nothing_existing_is_replaced_where_it_must_not_be() {
    for (store, _folder) in stores() {
        for _ in 0..2 {
            store.delete("a/b").unwrap();
            assert!(store.put_if_absent("a/b", "first".into()).unwrap());
            assert!(!store.put_if_absent("a/b", "second".into()).unwrap());
            let error = store.put_stream("a/b", &mut &b"third"[..], true).unwrap_err();
            assert_eq!(kind(&error), ErrorKind::AlreadyExists);
            assert_eq!(store.get("a/b").unwrap(), "first");
        }
        assert_eq!(store.put_stream("a/b", &mut &b"fourth"[..], false).unwrap(), 6);
        assert_eq!(store.put_stream("a/c", &mut &b"fifth"[..], true).unwrap(), 5);
        let parts = ["in ", "", "parts"].map(dj_codec_api::Bytes::from);
        assert_eq!(store.put_parts("a/d", &parts, true).unwrap(), 8);
        assert_eq!(store.get("a/d").unwrap(), "in parts");
        assert_eq!(
            store.put_parts("a/d", &[], true).unwrap_err().kind(),
            &ErrorKind::AlreadyExists
        );
        assert_eq!(store.put_parts("a/d", &parts[2..], false).unwrap(), 5);
        assert_eq!(store.get("a/d").unwrap(), "parts");
        store.delete("a/d").unwrap();
        assert_eq!(
            (store.get("a/b").unwrap(), store.get("a/c").unwrap()),
            ("fourth".into(), "fifth".into())
        );
    }
}

#[test]
fn of_many_writers_one_is_first() {
    for (store, _folder) in stores() {
        // The first write tells the store what its server can do.
        store.put_if_absent("warm", "x".into()).unwrap();
        for round in 0..20 {
            let path = format!("d{round}/x");
            let barrier = std::sync::Barrier::new(8);
            let winners: Vec<usize> = std::thread::scope(|scope| {
                let threads: Vec<_> = (0..8)
                    .map(|i| {
                        let (store, path, barrier) = (&store, &path, &barrier);
                        scope.spawn(move || {
                            barrier.wait();
                            store
                                .put_if_absent(path, format!("writer {i}").into())
                                .unwrap()
                                .then_some(i)
                        })
                    })
                    .collect();
                threads
                    .into_iter()
                    .filter_map(|thread| thread.join().unwrap())
                    .collect()
            });
            assert_eq!(winners.len(), 1, "{store:?}");
            assert_eq!(store.get(&path).unwrap(), format!("writer {}", winners[0]));
        }
    }
}

#[test]
fn readers_see_whole_objects_while_they_are_replaced() {
    for (store, _folder) in stores() {
        store.put("x", vec![0; 100_000].into()).unwrap();
        std::thread::scope(|scope| {
            let writer = scope.spawn(|| {
                for i in 0..100_u8 {
                    store.put("x", vec![i; 100_000].into()).unwrap();
                }
            });
            while !writer.is_finished() {
                let data = store.get("x").unwrap();
                assert!(data.len() == 100_000 && data.iter().all(|byte| *byte == data[0]));
            }
        });
    }
}

#[test]
fn folders_are_visited_whole_and_alone() {
    for (store, _folder) in stores() {
        for path in ["a/b/1", "a/b/c/2", "a/bc/3", "a/b.4", "z"] {
            store.put(path, path.as_bytes().to_vec().into()).unwrap();
        }
        let paths = |prefix| -> Vec<String> {
            store
                .list(prefix)
                .unwrap()
                .into_iter()
                .map(|object| object.path)
                .collect()
        };
        assert_eq!(paths("a/b"), ["a/b/1", "a/b/c/2"]);
        assert_eq!(paths("a/b/"), ["a/b/1", "a/b/c/2"]);
        assert_eq!(paths(""), ["a/b.4", "a/b/1", "a/b/c/2", "a/bc/3", "z"]);
        assert_eq!(paths("gone"), [""; 0]);
        assert_eq!(paths("z"), [""; 0]);
        let mut seen = 0;
        store
            .visit("", &mut |_| {
                seen += 1;
                Ok(if seen == 2 {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                })
            })
            .unwrap();
        assert_eq!(seen, 2);
        // What is called may use the store, and its error is passed on.
        let error = store
            .visit("a", &mut |object| {
                assert_eq!(store.get(&object.path)?, object.path);
                store.get("gone").map(|_| ControlFlow::Continue(()))
            })
            .unwrap_err();
        assert_eq!(kind(&error), ErrorKind::NotFound);
    }
}

#[test]
fn unsafe_paths_are_refused_by_every_method() {
    for (store, _folder) in stores() {
        for path in [
            "",
            "/etc/passwd",
            "../x",
            "a/../../x",
            "a/",
            "a\0b",
            "..\\x",
            "C:x",
            "a/..",
        ] {
            let errors = [
                store.get(path).unwrap_err(),
                store.get_ranges(path, &[]).unwrap_err(),
                store.put(path, "x".into()).unwrap_err(),
                store.put_if_absent(path, "x".into()).unwrap_err(),
                store.put_stream(path, &mut &b"x"[..], false).unwrap_err(),
                store.head(path).unwrap_err(),
                store.delete(path).unwrap_err(),
            ];
            for error in errors {
                assert_eq!(kind(&error), ErrorKind::UnsafePath, "{store:?} {path:?} {error}");
            }
            assert_eq!(store.local_path(path), None);
            if !path.is_empty() && path != "a/" {
                assert!(store.list(path).is_err(), "{path:?}");
            }
        }
        assert!(store.list("").unwrap().is_empty());
    }
}

#[test]
fn a_stream_that_fails_leaves_nothing() {
    struct Broken(usize);
    impl std::io::Read for Broken {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            if self.0 == 0 {
                return Err(std::io::Error::other("the instrument was unplugged"));
            }
            let count = buffer.len().min(self.0);
            self.0 -= count;
            Ok(count)
        }
    }
    for (store, folder) in stores() {
        // Small, and over several parts of an object store.
        for size in [10, 40 << 20] {
            let error = store.put_stream("d/x", &mut Broken(size), false).unwrap_err();
            assert_eq!(kind(&error), ErrorKind::Store);
            assert!(error.report().contains("unplugged"), "{}", error.report());
            assert_eq!(store.head("d/x").unwrap(), None);
        }
        if let Some(folder) = folder {
            let left = walkdir::WalkDir::new(folder.path())
                .into_iter()
                .filter(|entry| entry.as_ref().unwrap().file_type().is_file());
            assert_eq!(left.count(), 0);
        }
    }
}

/// Parts of paths as they occur, and as they should not: everything but slashes, NUL and what means another folder.
fn part() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z0-9_=.%#*?:;&+~^{}\\[\\]<>|\"'`@!$, ()-]{1,20}",
        "[^/\\\\\\x00-\\x1f\\x7f]{1,20}",
        Just("%2F".to_owned()),
        Just("%25%2e%2E".to_owned()),
        Just("...".to_owned()),
        Just(".dj-partial-x".to_owned()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn paths_are_taken_as_they_stand(paths in prop::collection::vec(prop::collection::vec(part(), 1..4), 1..8)) {
        for (store, folder) in stores() {
            let mut expected = BTreeSet::new();
            for (i, parts) in paths.iter().enumerate() {
                // The first part tells the paths apart, so that none is a folder of another one.
                let path = format!("p{i}/{}", parts.join("/"));
                if dj_codec_api::layout::check_path(&path).is_err() {
                    prop_assert!(store.put(&path, "x".into()).is_err());
                    continue;
                }
                store.put(&path, path.as_bytes().to_vec().into()).unwrap();
                prop_assert_eq!(store.get(&path).unwrap(), path.as_bytes());
                if let Some(folder) = &folder {
                    // As Python's open() would name it.
                    prop_assert_eq!(std::fs::read(folder.path().join(&path)).unwrap(), path.as_bytes());
                    prop_assert_eq!(store.local_path(&path).unwrap(), folder.path().join(&path));
                }
                expected.insert(path);
            }
            let listed: BTreeSet<String> = store.list("").unwrap().into_iter().map(|object| object.path).collect();
            prop_assert_eq!(listed, expected);
        }
    }

    #[test]
    fn no_path_escapes(path in "([./\\\\aC:%2Ef]|\\.\\./){0,24}") {
        let outer = tempfile::tempdir().unwrap();
        let root = outer.path().join("store");
        std::fs::create_dir(&root).unwrap();
        std::fs::write(outer.path().join("a"), "secret").unwrap();
        let store = FileStore::open(&root).unwrap();
        if let Ok(data) = store.get(&path) {
            prop_assert_ne!(data, "secret");
        }
        let _ = store.put(&path, "x".into());
        let _ = store.delete(&path);
        let outside: Vec<_> = std::fs::read_dir(outer.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        prop_assert_eq!(outside.len(), 2, "{:?}", outside);
        prop_assert_eq!(std::fs::read(outer.path().join("a")).unwrap(), b"secret");
    }
}
