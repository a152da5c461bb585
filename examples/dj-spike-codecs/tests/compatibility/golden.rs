//! Spike trains as they were once written decode for ever.

use std::path::Path;

use dj_codec_api::Registry;
use dj_codec_testkit::golden::Case;
use dj_codec_testkit::{assert_golden, golden};
use dj_spike_codecs::SpikeTrain;

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures");

/// This codec beside those of DataJoint.
fn registry() -> Registry {
    let mut registry = dj_codecs::default_registry();
    registry
        .register(std::sync::Arc::new(dj_spike_codecs::SpikeTrainCodec))
        .unwrap();
    registry
}

#[test]
fn every_fixture_decodes() {
    assert_golden(FIXTURES, &registry());
}

#[test]
fn both_formats_have_fixtures_of_both_writers() {
    let report = golden::run(Path::new(FIXTURES), &registry()).unwrap();
    for beginning in [
        "1.0/by-datajoint",
        "1.0/by-dj-spike-codecs",
        "2.0/by-dj-spike-codecs",
    ] {
        let cases = report
            .cases
            .iter()
            .filter(|(id, _)| id.starts_with(&format!("spike_train/{beginning}")));
        assert!(cases.count() >= 3, "{beginning}");
    }
}

#[test]
fn what_python_wrote_is_a_spike_train() {
    let case = Case::read(&Path::new(FIXTURES).join("spike_train/1.0/by-datajoint-2.3.5-session")).unwrap();
    let column = dj_codec_api::Column::resolve(&case.type_spec, &registry()).unwrap();
    let cx = dj_codec_api::Context::with_stores(case.stores());
    let train = SpikeTrain::try_from(&column.decode(case.stored, &cx).unwrap()).unwrap();
    assert_eq!(train.sampling_rate(), 30_000.0);
    assert_eq!(train.samples_of(12).unwrap()[..4], [451, 900, 1351, 1800]);
    assert_eq!(train.seconds_of(3).unwrap()[0], -0.01);
}
