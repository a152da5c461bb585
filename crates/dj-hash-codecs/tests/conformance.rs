//! What every codec has to do, this one does.

use dj_codec_testkit::conformance::{Conformance, Integrity};
use dj_codec_testkit::memory::CountingAllocator;
use dj_hash_codecs::HashCodec;
use proptest::prelude::*;

/// So that conformance sees how much memory damaged values take.
#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

#[test]
fn hash_conforms() {
    let bytes = prop::collection::vec(any::<u8>(), 0..300);
    Conformance::of(HashCodec)
        .samples([&b""[..], b"x", b"the quick brown fox"])
        .values(bytes.prop_map(|bytes| bytes.as_slice().into()))
        .integrity(Integrity::Digest)
        .content_addressed()
        // No record has said a version so far; one to come does.
        .stamped_by(|written, version| Ok(written.with_key("codec_version", version.to_string())))
        .run()
        .assert();
}
