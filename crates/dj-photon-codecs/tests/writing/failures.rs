//! Stores that fail, writers that are dropped, paths that are taken.

use std::sync::Arc;

use dj_codec_api::{ErrorKind, Store};
use dj_codec_testkit::{Fault, FaultyStore, MemoryStore, OperationKind};
use dj_photon_codecs::{MovieWriter, PhotonCodec, PhotonOptions, Quantize};

use crate::{context, movie};

#[test]
fn a_store_that_fails_at_any_put_is_left_as_it_was() {
    let plain = PhotonOptions::default();
    let chunked = plain.clone().with_frames_per_chunk(4);
    let quantized = chunked.clone().with_quantize(Quantize::new(10.0, 0.0));
    // Five chunks, then the metadata; in Zarr V2 three chunks, attributes and metadata.
    for (version, options, shape, puts) in [
        ("2.0", chunked, [20, 2, 3], 6),
        ("2.0", quantized, [20, 2, 3], 6),
        ("1.0", plain, [201, 2, 3], 5),
    ] {
        let array = movie(&shape);
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
                let cx = context(store.clone()).with_format_version(version.parse().unwrap());
                let error = PhotonCodec::new(options.clone()).write(&array, &cx).unwrap_err();
                assert_eq!(error.kind(), &ErrorKind::Store);
                assert!(error.to_string().starts_with("<photon>"), "{error}");
                assert!(
                    error.report().contains("as the test wanted"),
                    "{}",
                    error.report()
                );
                assert_eq!(store.inner().paths(), ["_schema/lab/other"], "after {good} puts");
            }
        }
        let store = Arc::new(FaultyStore::new(MemoryStore::new()));
        let cx = context(store.clone()).with_format_version(version.parse().unwrap());
        PhotonCodec::new(options).write(&array, &cx).unwrap();
        assert_eq!(store.inner().paths().len(), puts);
    }
}

#[test]
fn a_writer_that_is_dropped_or_given_up_leaves_nothing() {
    let store = Arc::new(MemoryStore::new());
    for version in ["1.0", "2.0"] {
        let cx = context(store.clone()).with_format_version(version.parse().unwrap());
        let begin = || {
            let options = PhotonOptions::default();
            let mut writer = MovieWriter::create(&"uint16".parse().unwrap(), &[3, 2], &options, &cx).unwrap();
            writer.push(&movie(&[250, 3, 2])).unwrap();
            writer
        };
        drop(begin());
        assert!(store.paths().is_empty());
        begin().abort().unwrap();
        assert!(store.paths().is_empty());
    }
}

#[test]
fn a_stream_into_a_store_that_fails_is_given_up() {
    let store = Arc::new(FaultyStore::new(MemoryStore::new()));
    store.inject(
        Fault::error(ErrorKind::Store)
            .on(OperationKind::PutIfAbsent)
            .from(3),
    );
    let cx = context(store.clone());
    let options = PhotonOptions::default().with_frames_per_chunk(1);
    let mut writer = MovieWriter::create(&"uint16".parse().unwrap(), &[3, 2], &options, &cx).unwrap();
    let frame = movie(&[3, 2]);
    let error = (0..1000).find_map(|_| writer.push(&frame).err()).unwrap();
    assert!(
        error.report().contains("as the test wanted"),
        "{}",
        error.report()
    );
    assert!(writer.push(&frame).unwrap_err().to_string().contains("given up"));
    assert!(writer.finish().is_err());
    assert!(store.inner().paths().is_empty());
}
