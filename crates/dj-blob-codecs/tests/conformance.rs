//! What every codec has to do, this one does.

use dj_blob_codecs::BlobCodec;
use dj_blob_codecs::api::Mode;
use dj_codec_testkit::conformance::{Conformance, Integrity};
use dj_codec_testkit::memory::CountingAllocator;
use dj_codec_testkit::values;
use dj_hash_codecs::HashCodec;

/// So that conformance sees how much memory damaged values take.
#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

#[test]
fn blob_conforms() {
    Conformance::of(BlobCodec::new())
        .chained_to(HashCodec)
        .values(values::anything())
        .integrity_in(Mode::Store, Integrity::Digest)
        .content_addressed()
        .run()
        .assert();
}
