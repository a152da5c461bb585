//! What every codec has to do, this one does.

use dj_codec_testkit::conformance::{Check, Conformance, Integrity};
use dj_hash_codecs::HashCodec;
use proptest::prelude::*;

#[test]
fn hash_conforms() {
    let bytes = prop::collection::vec(any::<u8>(), 0..300);
    Conformance::of(HashCodec)
        .samples([&b""[..], b"x", b"the quick brown fox"])
        .values(bytes.prop_map(|bytes| bytes.as_slice().into()))
        .integrity(Integrity::Digest)
        .content_addressed()
        .without(Check::UnknownMajor, "nothing that is stored says a version")
        .without(Check::NewerMinor, "nothing that is stored says a version")
        .run()
        .assert();
}
