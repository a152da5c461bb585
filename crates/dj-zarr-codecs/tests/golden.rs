//! Every golden fixture decodes to what it was written from.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::path::Path;
use std::sync::Arc;

use dj_codec_api::{Context, ErrorKind, Json, Record, Registry};
use dj_codec_testkit::assert_golden;
use dj_codec_testkit::golden::Case;
use dj_zarr_codecs::ZarrCodec;

fn fixtures() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/zarr")
}

#[test]
fn every_fixture_decodes() {
    let mut registry = Registry::new();
    registry.register(Arc::new(ZarrCodec::default())).unwrap();
    assert_golden(fixtures(), &registry);
}

/// The first case written by the real codec, with its stores.
fn case() -> (Case, Record, Context) {
    let case = Case::read(&fixtures().join("1.0/by-dj-zarr-codecs-int16-big-endian")).unwrap();
    let record = Record::from_json(case.stored.to_json()).unwrap();
    let cx = Context::with_stores(case.stores()).with_column_store(Some("main"));
    (case, record, cx)
}

#[test]
fn a_record_that_contradicts_its_array_is_refused() {
    let (_, record, cx) = case();
    let codec = ZarrCodec::default();
    assert_eq!(codec.open(record.clone(), &cx).unwrap().shape(), [2, 3]);
    let error = codec
        .open(record.clone().with("shape", Json::from(vec![3, 2])), &cx)
        .unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::Corrupt);
    assert!(
        error.to_string().contains("[3, 2]") && error.to_string().contains("[2, 3]"),
        "{error}"
    );
    let error = codec
        .open(record.clone().with("codec_version", "3.0"), &cx)
        .unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::UnsupportedFormat { .. }),
        "{error}"
    );
    for path in ["../x.zarr", "/etc", "_schema/../../x"] {
        let error = codec.open(record.clone().with("path", path), &cx).unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::UnsafePath, "{error}");
    }
    let error = codec
        .open(record.with("path", "_schema/gone.zarr"), &cx)
        .unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::NotFound, "{error}");
}

#[test]
fn another_dtype_in_the_record_is_a_warning() {
    let (_, record, cx) = case();
    let log = Arc::new(dj_codec_api::WarningLog::default());
    let cx = cx.with_warnings(log.clone());
    let codec = ZarrCodec::default();
    codec.open(record.clone(), &cx).unwrap();
    assert!(
        log.take().is_empty(),
        "a byte order that Zarr does not keep is no contradiction"
    );
    let array = codec.open(record.with("dtype", "float64"), &cx).unwrap();
    assert_eq!(array.dtype().unwrap().to_string(), "int16");
    assert_eq!(log.take().len(), 1);
}
