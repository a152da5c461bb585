//! What every codec has to do, this one does.

use dj_codec_api::{FormatVersion, Mode, Result, Value};
use dj_codec_testkit::conformance::{Conformance, Integrity};
use dj_codecs::blob::BlobCodec;
use dj_codecs::hash::HashCodec;
use dj_spike_codecs::SpikeTrainCodec;
use proptest::prelude::*;

use crate::trains;

/// The version stands in the dict that `<blob>` is given.
fn stamp(stored: Value, version: FormatVersion) -> Result<Value> {
    let Value::Dict(mut members) = stored else {
        panic!("a spike train is a dict");
    };
    members.retain(|(key, _)| key.as_str() != Some("codec_version"));
    members.push(("codec_version".into(), version.to_string().into()));
    Ok(Value::Dict(members))
}

#[test]
fn spike_train_conforms() {
    Conformance::of(SpikeTrainCodec)
        .chained_to(BlobCodec::new())
        .chained_to(HashCodec)
        .samples([trains::empty(), trains::three(), trains::extreme()])
        .values(trains::any_train().prop_map(Value::from))
        .stamped_value_by(stamp)
        .integrity_in(Mode::Table, Integrity::Length)
        .integrity_in(Mode::Store, Integrity::Digest)
        .content_addressed()
        .run()
        .assert();
}
