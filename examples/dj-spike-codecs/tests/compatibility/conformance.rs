//! What every codec has to do, this one does.

use std::sync::Arc;

use dj_codec_api::{Column, Context, FormatVersion, Mode, Result, Store as _, StoreMap, Stored, Value};
use dj_codec_testkit::MemoryStore;
use dj_codec_testkit::conformance::{Conformance, Integrity, Written};
use dj_codecs::blob::BlobCodec;
use dj_codecs::hash::HashCodec;
use dj_spike_codecs::SpikeTrainCodec;
use proptest::prelude::*;

use crate::trains;

/// The version stands in the dict that the blob holds, so the blob is written anew, and in a store the object with it.
fn stamp(mut written: Written, version: FormatVersion) -> Result<Written> {
    let store = Arc::new(MemoryStore::new());
    for (path, data) in &written.objects {
        store.put(path, data.clone())?;
    }
    let stores = StoreMap::new().with("main", store.clone()).with_default("main");
    let cx = Context::new(stores).with_field("lab", "session", "trace");
    let spec = if matches!(written.stored, Stored::Bytes(_)) {
        "<blob>"
    } else {
        "<blob@main>"
    };
    let blob = Column::resolve(spec, &dj_codecs::default_registry())?;
    let Value::Dict(mut members) = blob.decode(written.stored.clone(), &cx)? else {
        panic!("a spike train is a dict");
    };
    members.retain(|(key, _)| key.as_str() != Some("codec_version"));
    members.push(("codec_version".into(), version.to_string().into()));
    written.stored = blob.encode(Value::Dict(members), &cx)?;
    let mut objects = store.snapshot();
    objects.retain(|path, _| !written.objects.contains_key(path));
    written.objects = objects;
    Ok(written)
}

#[test]
fn spike_train_conforms() {
    Conformance::of(SpikeTrainCodec)
        .chained_to(BlobCodec::new())
        .chained_to(HashCodec)
        .samples([trains::empty(), trains::three(), trains::extreme()])
        .values(trains::any_train().prop_map(Value::from))
        .stamped_by(stamp)
        .integrity_in(Mode::Table, Integrity::Length)
        .integrity_in(Mode::Store, Integrity::Digest)
        .content_addressed()
        .run()
        .assert();
}
