//! Each fault does what it says, where it says, and nothing else.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test asserts by panicking"
)]

use std::time::{Duration, Instant};

use dj_codec_api::{Bytes, ErrorKind, MemoryStore, Read, Store};
use dj_codec_testkit::{Fault, FaultyStore, OperationKind};

fn store() -> FaultyStore<MemoryStore> {
    let store = FaultyStore::new(MemoryStore::new());
    for (path, data) in [("a/one", "0123456789"), ("a/two", "abc"), ("b", "xyz")] {
        store.put(path, data.into()).unwrap();
    }
    store.recover();
    store
}

fn kind<T: std::fmt::Debug>(result: dj_codec_api::Result<T>) -> ErrorKind {
    result.unwrap_err().kind().clone()
}

#[test]
fn without_faults_it_is_the_inner_store() {
    let store = store();
    assert_eq!(store.get("b").unwrap(), "xyz");
    assert_eq!(
        store.get_ranges("a/one", &[0..2, 8..10]).unwrap(),
        ["01", "89"].map(Bytes::from)
    );
    assert_eq!(store.head("a/two").unwrap().unwrap().size, 3);
    assert!(!store.put_if_absent("b", "other".into()).unwrap());
    assert_eq!(store.put_stream("c", &mut &b"stream"[..], true).unwrap(), 6);
    assert_eq!(store.put_parts("d", &["p".into(), "q".into()], false).unwrap(), 2);
    assert_eq!(store.list("a").unwrap().len(), 2);
    store.delete("d").unwrap();
    assert_eq!(kind(store.get("d")), ErrorKind::NotFound);
    assert_eq!(store.local_path("b"), None);
    let kinds: Vec<_> = store.operations().iter().map(|op| op.kind).collect();
    use OperationKind::{Delete, Get, GetRanges, Head, List, PutIfAbsent, PutStream};
    assert_eq!(
        kinds,
        [
            Get,
            GetRanges,
            Head,
            PutIfAbsent,
            PutStream,
            PutStream,
            List,
            Delete,
            Get
        ]
    );
    assert_eq!(store.operations()[8].failed, Some(ErrorKind::NotFound));
    assert_eq!(store.operations()[7].failed, None);
}

#[test]
fn every_kind_of_error_at_the_nth_operation() {
    for wanted in [
        ErrorKind::Store,
        ErrorKind::NotFound,
        ErrorKind::PermissionDenied,
        ErrorKind::AlreadyExists,
    ] {
        for n in 0..4 {
            let store = store();
            store.inject(Fault::error(wanted.clone()).at(n));
            let outcomes = [
                store.get("b").map(|_| ()),
                store.head("b").map(|_| ()),
                store.put("new", "x".into()),
                store.list("").map(|_| ()),
            ];
            for (index, outcome) in outcomes.into_iter().enumerate() {
                assert_eq!(
                    outcome.err().map(|error| error.kind().clone()),
                    (index == n).then_some(wanted.clone())
                );
            }
            assert_eq!(store.inner().paths().contains(&"new".to_owned()), n != 2);
            assert_eq!(store.operations()[n].failed, Some(wanted.clone()));
        }
    }
}

#[test]
fn by_kind_by_predicate_and_from_one_on() {
    let store = store();
    store.inject(
        Fault::error(ErrorKind::Store)
            .on(OperationKind::Get)
            .when(|op| op.path.starts_with("a/"))
            .from(1),
    );
    assert!(store.get("b").is_ok());
    assert!(store.get("a/one").is_ok());
    assert!(store.get("a/one").is_err());
    assert!(store.head("a/one").is_ok());
    assert!(store.get("b").is_ok());
    assert!(store.get("a/two").is_err());
}

#[test]
fn an_answer_is_lost_after_the_work() {
    let store = store();
    store.inject(Fault::lost_answer(ErrorKind::Store));
    assert_eq!(kind(store.put("new", "x".into())), ErrorKind::Store);
    assert_eq!(
        kind(store.put_stream("newer", &mut &b"y"[..], true)),
        ErrorKind::Store
    );
    assert_eq!(kind(store.delete("b")), ErrorKind::Store);
    assert_eq!(store.inner().paths(), ["a/one", "a/two", "new", "newer"]);
    // An error of the store's own comes first.
    assert_eq!(kind(store.get("b")), ErrorKind::NotFound);
}

#[test]
fn reads_are_short() {
    let store = store();
    store.inject(Fault::short_read(4));
    assert_eq!(store.get("a/one").unwrap(), "012345");
    assert_eq!(store.get("b").unwrap(), "");
    assert_eq!(store.get_range("a/one", 1..8).unwrap(), "123");
    let read = |path: &str, range| Read {
        path: path.into(),
        range,
    };
    let many = store.get_many(&[read("a/one", None), read("gone", None), read("a/one", Some(2..7))]);
    assert_eq!(many[0].as_ref().unwrap(), "012345");
    assert_eq!(many[1].as_ref().unwrap_err().kind(), &ErrorKind::NotFound);
    assert_eq!(many[2].as_ref().unwrap(), "2");
}

#[test]
fn of_many_reads_one_fails() {
    let store = store();
    store.inject(Fault::error(ErrorKind::PermissionDenied).at(1));
    let reads = ["a/one", "a/two", "b"].map(|path| Read {
        path: path.into(),
        range: None,
    });
    let many = store.get_many(&reads);
    assert_eq!(many[0].as_ref().unwrap(), "0123456789");
    assert_eq!(many[1].as_ref().unwrap_err().kind(), &ErrorKind::PermissionDenied);
    assert_eq!(many[2].as_ref().unwrap(), "xyz");
    let failed: Vec<_> = store
        .operations()
        .into_iter()
        .map(|op| op.failed.is_some())
        .collect();
    assert_eq!(failed, [false, true, false]);
}

#[test]
fn lists_are_stale() {
    let store = store();
    store.inject(Fault::stale_list());
    store.put("a/new", "x".into()).unwrap();
    store.delete("a/one").unwrap();
    let paths = |prefix| -> Vec<String> {
        let list = store.list(prefix).unwrap();
        list.into_iter().map(|object| object.path).collect()
    };
    assert_eq!(paths("a"), ["a/one", "a/two"]);
    assert_eq!(paths("").len(), 3);
    assert!(paths("a/o").is_empty());
    assert!(store.head("a/new").unwrap().is_some());
    store.recover();
    assert_eq!(store.list("a").unwrap()[0].path, "a/new");
}

#[test]
fn late_operations_are_late_and_many_wait_once() {
    let store = store();
    store.inject(Fault::latency(Duration::from_millis(50)));
    let start = Instant::now();
    store.get("b").unwrap();
    assert!(start.elapsed() >= Duration::from_millis(50));
    let reads: Vec<_> = (0..40)
        .map(|_| Read {
            path: "b".into(),
            range: None,
        })
        .collect();
    let start = Instant::now();
    assert!(store.get_many(&reads).iter().all(Result::is_ok));
    assert!(start.elapsed() >= Duration::from_millis(50));
    assert!(start.elapsed() < Duration::from_millis(1000));
}

#[test]
fn after_a_crash_nothing_works_and_what_was_written_stays() {
    let store = store();
    store.inject(Fault::crash().from(2));
    store.put("x", "1".into()).unwrap();
    store.put("y", "2".into()).unwrap();
    assert_eq!(kind(store.put("z", "3".into())), ErrorKind::Store);
    assert_eq!(kind(store.delete("x")), ErrorKind::Store);
    assert_eq!(kind(store.get("x")), ErrorKind::Store);
    assert_eq!(store.inner().paths(), ["a/one", "a/two", "b", "x", "y"]);
    store.recover();
    assert_eq!(store.get("x").unwrap(), "1");
    // `at` names the operation that it begins with; there is no way back from a crash all the same.
    store.inject(Fault::crash().at(0));
    assert!(store.get("x").is_err());
    assert!(store.get("x").is_err());
}

#[test]
fn space_runs_out() {
    let store = store();
    store.inject(Fault::out_of_space(10));
    store.put("x", "12345".into()).unwrap();
    assert!(
        store
            .put("y", "123456".into())
            .unwrap_err()
            .to_string()
            .contains("no space left")
    );
    assert_eq!(store.put_stream("z", &mut &b"123"[..], true).unwrap(), 3);
    assert!(store.put_stream("w", &mut &b"123"[..], true).is_err());
    assert_eq!(store.put_stream("v", &mut &b"12"[..], true).unwrap(), 2);
    assert!(store.put_if_absent("u", "1".into()).is_err());
    assert!(store.put_parts("t", &["1".into()], true).is_err());
    assert!(store.put("empty", Bytes::new()).is_ok());
    assert!(store.delete("x").is_ok());
    assert_eq!(store.inner().paths(), ["a/one", "a/two", "b", "empty", "v", "z"]);
}
