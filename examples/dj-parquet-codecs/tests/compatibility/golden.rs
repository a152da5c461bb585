//! Tables as they were once written decode for ever.

use std::path::Path;

use dj_codec_api::Registry;
use dj_codec_testkit::{assert_golden, golden};
use dj_parquet_codecs::ParquetCodec;

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures");

fn registry() -> Registry {
    let mut registry = Registry::new();
    registry.register(std::sync::Arc::new(ParquetCodec)).unwrap();
    registry
}

#[test]
fn every_fixture_decodes() {
    assert_golden(FIXTURES, &registry());
}

#[test]
fn there_are_fixtures_of_both_writers() {
    let report = golden::run(Path::new(FIXTURES), &registry()).unwrap();
    for beginning in ["parquet/1.0/by-pyarrow", "parquet/1.0/by-dj-parquet-codecs"] {
        let cases = report.cases.iter().filter(|(id, _)| id.starts_with(beginning));
        assert!(cases.count() >= 2, "{beginning}");
    }
}
