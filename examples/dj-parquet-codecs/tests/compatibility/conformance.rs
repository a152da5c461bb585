//! What every codec has to do, this one does.

use dj_codec_api::Value;
use dj_codec_testkit::conformance::{Conformance, Integrity};
use dj_parquet_codecs::{ParquetCodec, Table};
use proptest::prelude::*;

use crate::tables;

#[test]
fn parquet_conforms() {
    let small = Table::new().with_column("trial", vec![Some(1), None]).unwrap();
    Conformance::of(ParquetCodec)
        .samples([tables::none(), tables::no_rows(), small, tables::every_kind()])
        .values(tables::any_table().prop_map(Value::from))
        // A file that is cut short is noticed; a changed number is another number.
        .integrity(Integrity::Length)
        .run()
        .assert();
}
