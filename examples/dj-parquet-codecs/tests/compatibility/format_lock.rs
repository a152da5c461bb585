//! What is written for fixed tables, byte for byte: a format changes only with a new version.

use dj_codec_testkit::FormatLock;
use dj_parquet_codecs::ParquetCodec;

use crate::tables;

#[test]
fn the_format_is_what_it_was() {
    FormatLock::of(
        ParquetCodec,
        concat!(env!("CARGO_MANIFEST_DIR"), "/tests/locks/parquet.json"),
    )
    // The bytes are the parquet library's, and may change with it; that older files are read is what the fixtures show.
    .payload(|path| path.ends_with(".parquet"))
    .payload_in_record("/size")
    .value("1.0", "none", tables::none())
    .value("1.0", "no-rows", tables::no_rows())
    .value("1.0", "every-kind", tables::every_kind())
    .assert();
}
