//! What the adapter does beyond what every store does: runtimes, servers of every quality, parts.
#![cfg(feature = "object-store")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use dj_codec_api::{ErrorKind, Read, Store};
use dj_codec_store::object_store::memory::InMemory;
use dj_codec_store::object_store::path::Path;
use dj_codec_store::object_store::{
    self as os, CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult,
};
use dj_codec_store::{ObjectStoreAdapter, StoreOptions};
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;

/// How a server treats `If-None-Match: *`.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Conditional {
    Honours,
    Ignores,
    Refuses,
}

/// A server in memory that counts what it is asked, and misbehaves as told.
#[derive(Debug)]
struct Server {
    inner: InMemory,
    conditional: Conditional,
    forbidden: bool,
    fails_part: Option<usize>,
    puts: AtomicUsize,
    gets: AtomicUsize,
    under_way: AtomicUsize,
    most_under_way: AtomicUsize,
    aborted: Arc<AtomicUsize>,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            inner: InMemory::new(),
            conditional: Conditional::Honours,
            forbidden: false,
            fails_part: None,
            puts: AtomicUsize::default(),
            gets: AtomicUsize::default(),
            under_way: AtomicUsize::default(),
            most_under_way: AtomicUsize::default(),
            aborted: Arc::default(),
        }
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Server")
    }
}

impl Server {
    fn check(&self, path: &Path) -> os::Result<()> {
        let path = path.to_string();
        if self.forbidden {
            Err(os::Error::PermissionDenied {
                path,
                source: "403 Forbidden".into(),
            })
        } else {
            Ok(())
        }
    }
}

#[derive(Debug)]
struct Parts {
    inner: Box<dyn MultipartUpload>,
    number: usize,
    fails: Option<usize>,
    aborted: Arc<AtomicUsize>,
}

impl MultipartUpload for Parts {
    fn put_part(&mut self, data: PutPayload) -> os::UploadPart {
        self.number += 1;
        if self.fails == Some(self.number) {
            return Box::pin(async {
                Err(os::Error::Generic {
                    store: "test",
                    source: "part lost".into(),
                })
            });
        }
        self.inner.put_part(data)
    }

    fn complete<'a: 'b, 'b>(&'a mut self) -> BoxFuture<'b, os::Result<PutResult>>
    where
        Self: 'b,
    {
        self.inner.complete()
    }

    fn abort<'a: 'b, 'b>(&'a mut self) -> BoxFuture<'b, os::Result<()>>
    where
        Self: 'b,
    {
        self.aborted.fetch_add(1, Ordering::SeqCst);
        self.inner.abort()
    }
}

impl ObjectStore for Server {
    fn put_opts<'a: 'd, 'b: 'd, 'd>(
        &'a self,
        path: &'b Path,
        data: PutPayload,
        mut options: PutOptions,
    ) -> BoxFuture<'d, os::Result<PutResult>>
    where
        Self: 'd,
    {
        Box::pin(async move {
            self.check(path)?;
            self.puts.fetch_add(1, Ordering::SeqCst);
            if options.mode == PutMode::Create {
                match self.conditional {
                    Conditional::Honours => {}
                    Conditional::Ignores => options.mode = PutMode::Overwrite,
                    Conditional::Refuses => {
                        let source = "Server returned non-2xx status code: 501 Not Implemented".into();
                        return Err(os::Error::Generic { store: "S3", source });
                    }
                }
            }
            self.inner.put_opts(path, data, options).await
        })
    }

    fn put_multipart_opts<'a: 'd, 'b: 'd, 'd>(
        &'a self,
        path: &'b Path,
        options: PutMultipartOptions,
    ) -> BoxFuture<'d, os::Result<Box<dyn MultipartUpload>>>
    where
        Self: 'd,
    {
        Box::pin(async move {
            let inner = self.inner.put_multipart_opts(path, options).await?;
            let parts = Parts {
                inner,
                number: 0,
                fails: self.fails_part,
                aborted: Arc::clone(&self.aborted),
            };
            Ok(Box::new(parts) as Box<dyn MultipartUpload>)
        })
    }

    fn get_opts<'a: 'd, 'b: 'd, 'd>(
        &'a self,
        path: &'b Path,
        options: GetOptions,
    ) -> BoxFuture<'d, os::Result<GetResult>>
    where
        Self: 'd,
    {
        Box::pin(async move {
            self.check(path)?;
            self.gets.fetch_add(1, Ordering::SeqCst);
            let now = self.under_way.fetch_add(1, Ordering::SeqCst) + 1;
            self.most_under_way.fetch_max(now, Ordering::SeqCst);
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
            let result = self.inner.get_opts(path, options).await;
            self.under_way.fetch_sub(1, Ordering::SeqCst);
            result
        })
    }

    fn delete_stream(
        &self,
        paths: BoxStream<'static, os::Result<Path>>,
    ) -> BoxStream<'static, os::Result<Path>> {
        self.inner.delete_stream(paths)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, os::Result<ObjectMeta>> {
        if self.forbidden {
            let error = os::Error::PermissionDenied {
                path: String::new(),
                source: "403 Forbidden".into(),
            };
            return Box::pin(futures_util::stream::iter([Err(error)]));
        }
        self.inner.list(prefix)
    }

    fn list_with_delimiter<'a: 'd, 'b: 'd, 'd>(
        &'a self,
        prefix: Option<&'b Path>,
    ) -> BoxFuture<'d, os::Result<ListResult>>
    where
        Self: 'd,
    {
        self.inner.list_with_delimiter(prefix)
    }

    fn copy_opts<'a: 'd, 'b: 'd, 'c: 'd, 'd>(
        &'a self,
        from: &'b Path,
        to: &'c Path,
        options: CopyOptions,
    ) -> BoxFuture<'d, os::Result<()>>
    where
        Self: 'd,
    {
        self.inner.copy_opts(from, to, options)
    }
}

fn adapter(server: Server) -> (ObjectStoreAdapter, Arc<Server>) {
    let server = Arc::new(server);
    (
        ObjectStoreAdapter::new(Arc::clone(&server) as Arc<dyn ObjectStore>),
        server,
    )
}

#[test]
fn nothing_is_replaced_whatever_the_server_makes_of_conditions() {
    for conditional in [Conditional::Honours, Conditional::Ignores, Conditional::Refuses] {
        let (store, server) = adapter(Server {
            conditional,
            ..Server::default()
        });
        store.put("old", "old".into()).unwrap();
        // Also the very first one, when nothing is known of the server.
        assert!(
            !store.put_if_absent("old", "new".into()).unwrap(),
            "{conditional:?}"
        );
        for i in 0..3 {
            let path = format!("new {i}");
            assert!(
                store.put_if_absent(&path, "first".into()).unwrap(),
                "{conditional:?}"
            );
            assert!(
                !store.put_if_absent(&path, "second".into()).unwrap(),
                "{conditional:?}"
            );
            assert_eq!(store.get(&path).unwrap(), "first");
        }
        assert_eq!(store.get("old").unwrap(), "old");
        // A server that honours conditions is asked once for each object, but for the proof.
        let before = server.puts.load(Ordering::SeqCst);
        store.put_if_absent("one more", "x".into()).unwrap();
        assert_eq!(server.puts.load(Ordering::SeqCst) - before, 1, "{conditional:?}");
    }
}

#[test]
fn of_many_first_writes_one_finds_out_what_the_server_makes_of_conditions() {
    for conditional in [Conditional::Honours, Conditional::Ignores] {
        let (store, server) = adapter(Server {
            conditional,
            ..Server::default()
        });
        std::thread::scope(|scope| {
            for i in 0..16 {
                let store = &store;
                scope.spawn(move || assert!(store.put_if_absent(&format!("{i}"), "x".into()).unwrap()));
            }
        });
        assert_eq!(server.puts.load(Ordering::SeqCst), 17, "{conditional:?}");
        assert_eq!(store.list("").unwrap().len(), 16);
    }
}

#[test]
fn forbidden_is_not_absent() {
    let (store, _) = adapter(Server {
        forbidden: true,
        ..Server::default()
    });
    for error in [
        store.get("x").unwrap_err(),
        store.get_range("x", 0..1).unwrap_err(),
        store.head("x").unwrap_err(),
        store.put("x", "x".into()).unwrap_err(),
        store.put_if_absent("x", "x".into()).unwrap_err(),
        store.list("").unwrap_err(),
        store
            .get_many(&[Read {
                path: "x".into(),
                range: None,
            }])
            .remove(0)
            .unwrap_err(),
    ] {
        assert_eq!(error.kind(), &ErrorKind::PermissionDenied, "{error}");
        assert!(error.report().contains("403 Forbidden"), "{}", error.report());
    }
}

#[test]
fn large_objects_travel_in_parts() {
    let mut options = StoreOptions::default();
    options.part_bytes = 5 << 20;
    let data: Vec<u8> = (0..23_000_000_u32).map(|i| (i / 7 % 253) as u8).collect();
    let (store, server) = adapter(Server::default());
    let store = store.with_options(options);
    store.put("held", data.clone().into()).unwrap();
    assert_eq!(
        store.put_stream("streamed", &mut data.as_slice(), true).unwrap(),
        data.len() as u64
    );
    assert_eq!(
        server.puts.load(Ordering::SeqCst),
        0,
        "no part is a request of its own kind"
    );
    for path in ["held", "streamed"] {
        server.gets.store(0, Ordering::SeqCst);
        assert!(store.get(path).unwrap() == data);
        assert_eq!(server.gets.load(Ordering::SeqCst), 1 + 5);
        assert!(store.get_range(path, 3..22_999_999).unwrap() == data[3..22_999_999]);
    }
    let error = store.put_stream("held", &mut data.as_slice(), true).unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::AlreadyExists);
    assert!(!store.put_if_absent("held", data.into()).unwrap());
    assert_eq!(server.aborted.load(Ordering::SeqCst), 0);
}

#[test]
fn a_lost_part_removes_the_others() {
    for fails in [1, 3] {
        let (store, server) = adapter(Server {
            fails_part: Some(fails),
            ..Server::default()
        });
        let mut options = StoreOptions::default();
        options.part_bytes = 5 << 20;
        let store = store.with_options(options);
        let data = vec![1; 23_000_000];
        let error = store.put_stream("x", &mut data.as_slice(), false).unwrap_err();
        assert!(error.report().contains("part lost"), "{}", error.report());
        assert_eq!(store.head("x").unwrap(), None);
        assert_eq!(server.aborted.load(Ordering::SeqCst), 1);
    }
}

#[test]
fn a_source_that_panics_removes_the_parts() {
    struct Panics(usize);
    impl std::io::Read for Panics {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            assert!(self.0 > 0, "the source panics");
            let count = buffer.len().min(self.0);
            self.0 -= count;
            Ok(count)
        }
    }
    let (store, server) = adapter(Server::default());
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        store.put_stream("x", &mut Panics(40 << 20), false)
    }));
    assert!(panicked.is_err());
    // Removed in the background: nobody is left to wait for it.
    for _ in 0..500 {
        if server.aborted.load(Ordering::SeqCst) == 1 {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    panic!("the parts were not removed");
}

#[test]
fn requests_under_way_are_bounded_over_all_threads() {
    let (store, server) = adapter(Server::default());
    let mut options = StoreOptions::default();
    options.concurrency = 5;
    let store = store.with_options(options);
    let reads: Vec<Read> = (0..60)
        .map(|i| Read {
            path: format!("d/{i}"),
            range: None,
        })
        .collect();
    for read in &reads {
        store.put(&read.path, "x".into()).unwrap();
    }
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                store
                    .get_many(&reads)
                    .into_iter()
                    .for_each(|outcome| assert_eq!(outcome.unwrap(), "x"));
            });
        }
    });
    assert_eq!(server.most_under_way.load(Ordering::SeqCst), 5);
}

#[test]
fn many_bytes_under_way_are_bounded_but_never_stuck() {
    let (store, _) = adapter(Server::default());
    let mut options = StoreOptions::default();
    options.bytes_in_flight = 1 << 16;
    let store = store.with_options(options);
    let reads: Vec<Read> = (0..50)
        .map(|i| Read {
            path: format!("d/{i}"),
            range: None,
        })
        .collect();
    for read in &reads {
        store.put(&read.path, vec![1; 300_000].into()).unwrap();
    }
    assert!(
        store
            .get_many(&reads)
            .into_iter()
            .all(|outcome| outcome.unwrap().len() == 300_000)
    );
}

#[test]
fn an_object_that_is_too_large_is_over_the_limit() {
    let (store, _) = adapter(Server::default());
    let mut options = StoreOptions::default();
    options.max_object_bytes = 5;
    let store = store.with_options(options);
    store.put("x", "123456".into()).unwrap();
    assert!(matches!(
        store.get("x").unwrap_err().kind(),
        ErrorKind::Limit {
            asked: 6,
            allowed: 5,
            ..
        }
    ));
}

#[test]
fn names_that_cannot_be_are_refused_in_words() {
    let (store, _) = adapter(Server::default());
    for path in ["a\nb", "a/\x7f", "a//b"] {
        let error = store.put(path, "x".into()).unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::Unsupported, "{path:?}");
    }
    for prefix in ["/a", "a/", "a//b", "..", "a\n"] {
        let error = store.clone().with_prefix(prefix).unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::Config, "{prefix:?}");
    }
}

#[test]
fn a_prefix_is_a_folder_of_the_store() {
    let inner: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let whole = ObjectStoreAdapter::new(Arc::clone(&inner));
    let part = ObjectStoreAdapter::new(inner).with_prefix("lab/a b").unwrap();
    part.put("x%2Fy", "1".into()).unwrap();
    whole.put("lab/a bc/z", "2".into()).unwrap();
    assert_eq!(whole.get("lab/a b/x%2Fy").unwrap(), "1");
    let paths = |store: &ObjectStoreAdapter| -> Vec<String> {
        store
            .list("")
            .unwrap()
            .into_iter()
            .map(|object| object.path)
            .collect()
    };
    assert_eq!(paths(&part), ["x%2Fy"]);
    assert_eq!(paths(&whole), ["lab/a b/x%2Fy", "lab/a bc/z"]);
}

fn exercise(store: &dyn Store) {
    store.put("a/b", "x".into()).unwrap();
    assert_eq!(store.get("a/b").unwrap(), "x");
    assert_eq!(store.list("a").unwrap().len(), 1);
    assert!(!store.put_if_absent("a/b", "y".into()).unwrap());
    assert_eq!(
        store
            .put_stream("a/b", &mut vec![0; 40 << 20].as_slice(), false)
            .unwrap(),
        40 << 20
    );
    store.delete("a/b").unwrap();
}

/// Uses a store when it is dropped, as an unfinished writer does to remove what it wrote.
struct OnDrop(ObjectStoreAdapter);

impl Drop for OnDrop {
    fn drop(&mut self) {
        exercise(&self.0);
    }
}

#[test]
fn it_works_outside_of_a_runtime() {
    let (store, _) = adapter(Server::default());
    exercise(&store);
    std::thread::spawn(move || drop(OnDrop(store))).join().unwrap();
}

#[tokio::test]
async fn it_works_inside_a_runtime_of_one_thread() {
    let (store, _) = adapter(Server::default());
    exercise(&store);
    let blocking = store.clone();
    tokio::task::spawn_blocking(move || exercise(&blocking))
        .await
        .unwrap();
    let guard = OnDrop(store);
    tokio::task::yield_now().await;
    drop(guard);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_works_inside_a_runtime_of_many_threads() {
    let (store, _) = adapter(Server::default());
    exercise(&store);
    let task = store.clone();
    tokio::spawn(async move { exercise(&task) }).await.unwrap();
    let (blocking, guarded) = (store.clone(), store.clone());
    tokio::task::spawn_blocking(move || exercise(&blocking))
        .await
        .unwrap();
    tokio::spawn(async move {
        let _guard = OnDrop(guarded);
        tokio::task::yield_now().await;
    })
    .await
    .unwrap();
    // As many callers at once as the runtime has threads, and more.
    let tasks: Vec<_> = (0..8)
        .map(|i| {
            let store = store.clone();
            tokio::spawn(async move {
                let path = format!("t{i}");
                store.put(&path, "x".into()).unwrap();
                assert_eq!(store.get(&path).unwrap(), "x");
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
}

#[test]
fn it_works_on_a_runtime_of_the_program() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let (store, _) = adapter(Server::default());
    let store = store.with_runtime(runtime.handle().clone());
    exercise(&store);
    runtime.shutdown_background();
    let error = store.get("a/b").unwrap_err();
    assert!(error.to_string().contains("runtime has shut down"), "{error}");
}
