//! What is written for fixed values, byte for byte: a format changes only with a new version.

use dj_codec_testkit::FormatLock;
use dj_codecs::blob::BlobCodec;
use dj_spike_codecs::SpikeTrainCodec;

use crate::trains;

#[test]
fn the_formats_are_what_they_were() {
    let mut lock = FormatLock::of(
        SpikeTrainCodec,
        concat!(env!("CARGO_MANIFEST_DIR"), "/tests/locks/spike_train.json"),
    )
    .chained_to(BlobCodec::new());
    for version in ["1.0", "2.0"] {
        lock = lock
            .value(version, "empty", trains::empty())
            .value(version, "three", trains::three())
            .value(version, "extreme", trains::extreme());
    }
    lock.assert();
}
