//! Copies on this machine: whole or not at all, and over nothing.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test asserts by panicking"
)]

use std::fs;
use std::ops::ControlFlow;
use std::sync::Arc;

use dj_codec_store::FileStore;
use dj_codec_testkit::MemoryStore;
use dj_file_codecs::ObjectCodec;
use dj_file_codecs::api::{Context, ErrorKind, Store, StoreMap};

fn context(store: Arc<dyn Store>) -> Context {
    Context::new(StoreMap::new().with("main", store).with_default("main"))
        .with_field("lab", "session", "item")
        .with_key("id", 1_i64)
}

fn codec() -> ObjectCodec {
    ObjectCodec::new()
}

#[test]
fn downloads_appear_whole_and_overwrite_nothing() {
    for (store, remote) in [true, false].map(|remote| {
        let folder = tempfile::tempdir().unwrap();
        let store: Arc<dyn Store> = if remote {
            Arc::new(MemoryStore::new())
        } else {
            Arc::new(FileStore::open(folder.path()).unwrap())
        };
        ((store, folder), remote)
    }) {
        let cx = context(store.0.clone());
        let here = tempfile::tempdir().unwrap();
        let staged = codec().stage_folder(Some(".zarr"), &cx).unwrap();
        let large = vec![7_u8; 3 << 20];
        for at in 0..100 {
            staged.put(&format!("c/{at}"), vec![at; 10].into()).unwrap();
        }
        staged.put("large", large.clone().into()).unwrap();
        let object = ObjectCodec::open(staged.finish().unwrap(), &cx).unwrap();

        // Stopped: nothing is left.
        let mut calls = 0;
        let error = object.download_to_with(here.path().join("new/copy"), &mut |_| {
            calls += 1;
            if calls == 50 {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
        assert!(error.unwrap_err().to_string().contains("stopped"));
        assert_eq!(fs::read_dir(here.path().join("new")).unwrap().count(), 0);

        let mut last = None;
        object
            .download_to_with(here.path().join("new/copy"), &mut |progress| {
                last = Some(progress);
                ControlFlow::Continue(())
            })
            .unwrap();
        let last = last.unwrap();
        assert_eq!(
            (last.bytes, last.files),
            (1000 + large.len() as u64, 101),
            "remote: {remote}"
        );
        assert_eq!((last.total_bytes, last.total_files), (last.bytes, 101));
        assert!(fs::read(here.path().join("new/copy/large")).unwrap() == large);
        assert_eq!(fs::read(here.path().join("new/copy/c/42")).unwrap(), [42; 10]);
        assert_eq!(fs::read_dir(here.path().join("new")).unwrap().count(), 1);

        // Twice: what is there stays.
        let error = object.download_to(here.path().join("new/copy")).unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::AlreadyExists, "{error}");
        fs::create_dir(here.path().join("empty")).unwrap();
        object.download_to(here.path().join("empty")).unwrap();
        fs::write(here.path().join("file"), "x").unwrap();
        assert!(object.download_to(here.path().join("file")).is_err());
        assert_eq!(fs::read(here.path().join("file")).unwrap(), b"x");

        let file = ObjectCodec::open(
            codec().write_bytes(&"abc".into(), Some(".txt"), &cx).unwrap(),
            &cx,
        )
        .unwrap();
        let path = file.download_into(here.path().join("files")).unwrap();
        assert_eq!(
            file.download_into(here.path().join("files")).unwrap(),
            path,
            "the same contents"
        );
        fs::write(&path, "mine").unwrap();
        assert_eq!(
            file.download_into(here.path().join("files")).unwrap_err().kind(),
            &ErrorKind::AlreadyExists
        );
        assert_eq!(fs::read(&path).unwrap(), b"mine");
        assert_eq!(fs::read_dir(here.path().join("files")).unwrap().count(), 1);
        let member = object.member("c/42").unwrap();
        assert_eq!(
            member.download_into(here.path().join("files")).unwrap(),
            here.path().join("files/42")
        );
    }
}
