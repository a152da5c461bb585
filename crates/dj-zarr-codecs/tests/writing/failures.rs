//! Stores that fail, writers that are dropped, paths that are taken.

use std::sync::Arc;

use dj_codec_api::{Bytes, DType, ErrorKind, Kind, Store};
use dj_codec_testkit::{Fault, FaultyStore, MemoryStore, OperationKind};
use dj_zarr_codecs::{Sharding, ZarrOptions, ZarrWriter};

use crate::{context, movie};

#[test]
fn a_store_that_fails_at_any_put_is_left_as_it_was() {
    let array = movie(&[20, 6]);
    let chunks = ZarrOptions::default().with_chunk_shape(&[4, 3]);
    let shards = chunks.clone().with_sharding(Sharding::Shape(vec![8, 3]));
    // Ten chunks or six shards, then the metadata.
    for (options, puts, what) in [(&chunks, 11, "chunk ["), (&shards, 7, "shard [")] {
        for good in 0..puts {
            // Where the answer is lost, the object may be there.
            for fault in [
                Fault::error(ErrorKind::Store),
                Fault::lost_answer(ErrorKind::Store),
            ] {
                let store = Arc::new(FaultyStore::new(MemoryStore::new()));
                store
                    .inner()
                    .put("_schema/lab/other", "there before".into())
                    .unwrap();
                store.inject(fault.on(OperationKind::PutIfAbsent).from(good));
                let error = ZarrWriter::write(&array, options, &context(store.clone())).unwrap_err();
                assert_eq!(error.kind(), &ErrorKind::Store);
                assert!(
                    error.report().contains("as the test wanted"),
                    "{}",
                    error.report()
                );
                assert_eq!(error.to_string().contains(what), good < puts - 1, "{error}");
                assert_eq!(store.inner().paths(), ["_schema/lab/other"], "after {good} puts");
            }
        }
        let store = Arc::new(FaultyStore::new(MemoryStore::new()));
        ZarrWriter::write(&array, options, &context(store.clone())).unwrap();
        assert_eq!(store.inner().paths().len(), puts);
        let writes = store.operations().iter().filter(|op| op.kind.writes()).count();
        assert_eq!(writes, puts, "each object is put once, by put_if_absent");
    }
}

#[test]
fn a_writer_that_is_dropped_leaves_nothing() {
    let store = Arc::new(MemoryStore::new());
    let cx = context(store.clone());
    let options = ZarrOptions::default().with_chunk_shape(&[2, 3]);
    let begin = || {
        let mut writer = ZarrWriter::create(&DType::new(Kind::UInt16), &[3], &options, &cx).unwrap();
        writer.append(&movie(&[9, 3])).unwrap();
        writer
    };
    drop(begin());
    assert!(store.paths().is_empty());
    begin().abort().unwrap();
    assert!(store.paths().is_empty());
    let record = begin().finish().unwrap();
    assert_eq!(store.paths().len(), 6);
    assert!(store.paths().iter().all(|path| path.starts_with(record.path())));
}

#[test]
fn what_somebody_else_has_put_there_stays() {
    let store = Arc::new(MemoryStore::new());
    let cx = context(store.clone());
    let options = ZarrOptions::default().with_chunk_shape(&[2, 3]);
    let mut writer = ZarrWriter::create(&DType::new(Kind::UInt16), &[3], &options, &cx).unwrap();
    let foreign = format!("{}/c/3/0", writer.path().unwrap());
    store.put(&foreign, "not ours".into()).unwrap();
    let outcome = writer
        .append(&movie(&[12, 3]))
        .and_then(|()| writer.finish().map(|_| ()));
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::AlreadyExists);
    assert!(error.to_string().contains("chunk [3, 0]"), "{error}");
    assert_eq!(
        store.snapshot().into_iter().collect::<Vec<_>>(),
        [(foreign, Bytes::from("not ours"))]
    );
}
