//! What is written for fixed bytes: a format changes only with a new version.

use dj_codec_testkit::FormatLock;
use dj_hash_codecs::HashCodec;

#[test]
fn the_format_is_what_it_was() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/locks/hash.json");
    FormatLock::of(HashCodec, path)
        .value("1.0", "empty", b"".as_slice())
        .value("1.0", "text", b"the quick brown fox".as_slice())
        .value("1.0", "thousand", [7_u8; 1000].as_slice())
        .assert();
}
