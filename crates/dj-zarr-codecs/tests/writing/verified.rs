//! What verification finds, and what it finds wrong.

use std::sync::Arc;

use dj_codec_api::{Array, CheckLevel, Codec as _, Context, ErrorKind, FormatVersion, Record, Store, Value};
use dj_codec_testkit::MemoryStore;
use dj_zarr_codecs::{Sharding, VerifyLevel, ZarrCodec, ZarrOptions, ZarrRecord};

use crate::context;

/// Rows of zeros between rows of numbers, so that there are holes.
fn written(options: ZarrOptions) -> (Arc<MemoryStore>, Context, ZarrCodec, ZarrRecord) {
    let elements: Vec<u16> = (0..24 * 6)
        .map(|at| if at / 12 % 3 == 1 { 0 } else { at + 1 })
        .collect();
    let store = Arc::new(MemoryStore::new());
    let cx = context(store.clone());
    let codec = ZarrCodec::new(options);
    let record = codec
        .write(&Array::from_vec(elements, &[24, 6]).unwrap(), &cx)
        .unwrap();
    (store, cx, codec, record)
}

fn chunks() -> ZarrOptions {
    ZarrOptions::default().with_chunk_shape(&[2, 3])
}

#[test]
fn what_is_as_it_was_is_sound() {
    for options in [
        chunks(),
        chunks().with_sharding(Sharding::Shape(vec![4, 6])),
        ZarrOptions::default(),
    ] {
        let (_, cx, codec, record) = written(options);
        for level in [VerifyLevel::Presence, VerifyLevel::Digest] {
            let found = codec.verify(record.clone(), &cx, level).unwrap();
            assert!(found.is_sound(), "{found:?}");
            assert_eq!(found.objects, record.inventory().unwrap().objects());
            assert_eq!(
                found.digest_agrees,
                (level == VerifyLevel::Digest).then_some(true)
            );
        }
    }
}

#[test]
fn checks_compare_the_inventory_and_decode_at_the_closest() {
    let (store, cx, codec, record) = written(chunks());
    let value = Value::from(record.clone().into_record());
    let check = |level| codec.check(&value, &cx, level).map_err(|error| error.to_string());
    for level in [CheckLevel::Presence, CheckLevel::Size, CheckLevel::Full] {
        assert_eq!(check(level), Ok(()), "{level:?}");
    }
    let path = format!("{}/c/2/1", record.path());
    let kept = store.get(&path).unwrap();
    let mut flipped = kept.to_vec();
    flipped[kept.len() / 2] ^= 4;
    store.put(&path, flipped.into()).unwrap();
    assert_eq!(check(CheckLevel::Size), Ok(()));
    assert!(check(CheckLevel::Full).unwrap_err().contains("digest"));
    store.delete(&path).unwrap();
    let error = check(CheckLevel::Presence).unwrap_err();
    assert!(
        error.contains("1 chunk objects are missing, the first of them [2, 1]"),
        "{error}"
    );

    // Without an inventory a chunk that is gone holds zeros, but one that does not decode is found.
    let cx = cx.with_format_version(FormatVersion::new(1, 0));
    let movie = Array::from_vec((1..=64_u16).collect(), &[16, 4]).unwrap();
    let record = codec.write(&movie, &cx).unwrap();
    let value = Value::from(record.clone().into_record());
    assert!(codec.check(&value, &cx, CheckLevel::Full).is_ok());
    let chunk = store
        .paths()
        .into_iter()
        .find(|path| path.starts_with(record.path()) && path.ends_with("/c/3/0"));
    store.put(&chunk.unwrap(), "no chunk".into()).unwrap();
    assert!(codec.check(&value, &cx, CheckLevel::Size).is_ok());
    assert!(codec.check(&value, &cx, CheckLevel::Full).is_err());
}

#[test]
fn lost_changed_and_added_objects_are_found() {
    let (store, cx, codec, record) = written(chunks());
    assert_eq!(record.inventory().unwrap().holes(), 8);
    let object = |key: &str| format!("{}/{key}", record.path());

    let kept = store.get(&object("c/2/1")).unwrap();
    store.delete(&object("c/2/1")).unwrap();
    let found = codec.verify(record.clone(), &cx, VerifyLevel::Digest).unwrap();
    assert_eq!((found.missing, &found.first_missing), (1, &vec![vec![2, 1]]));
    assert!(!found.bytes_agree && !found.is_sound());
    let error = codec.open(record.clone(), &cx).unwrap().read().unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::Corrupt);
    assert!(error.to_string().contains("[2, 1]"), "{error}");

    // As many bytes, but others.
    let mut torn = kept.to_vec();
    torn[20] ^= 1;
    store.put(&object("c/2/1"), torn.into()).unwrap();
    assert!(
        codec
            .verify(record.clone(), &cx, VerifyLevel::Presence)
            .unwrap()
            .is_sound()
    );
    let found = codec.verify(record.clone(), &cx, VerifyLevel::Digest).unwrap();
    assert_eq!((found.missing, found.digest_agrees), (0, Some(false)));

    store.put(&object("c/2/1"), kept).unwrap();
    store.put(&object("c/1/0"), "in a hole".into()).unwrap();
    let found = codec.verify(record, &cx, VerifyLevel::Presence).unwrap();
    assert_eq!((found.missing, found.unexpected), (0, 1));
}

#[test]
fn records_that_cannot_be_verified_say_why() {
    let (_, cx, codec, record) = written(chunks());
    let mut json = record.into_record().into_json();
    json["inventory"]["objects"] = 5.into();
    let lying = Record::from_json(json).and_then(ZarrRecord::from_record).unwrap();
    let error = codec.verify(lying, &cx, VerifyLevel::Presence).unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::Corrupt);

    let old = cx.clone().with_format_version(FormatVersion::new(1, 0));
    let record = ZarrCodec::default().write(&Array::scalar(1.5_f64), &old).unwrap();
    let error = codec.verify(record, &cx, VerifyLevel::Presence).unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::Unsupported);
    assert!(error.to_string().contains("no inventory"), "{error}");
}
