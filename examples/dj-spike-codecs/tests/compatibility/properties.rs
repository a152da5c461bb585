//! What holds for any spike train.

use dj_codec_api::{Column, Context, FormatVersion, Limits, StoreMap, Stored, Value, notation};
use dj_spike_codecs::SpikeTrain;
use proptest::prelude::*;

use crate::trains;

fn stored(train: &SpikeTrain, version: FormatVersion) -> Stored {
    let mut registry = dj_codecs::default_registry();
    registry
        .register(std::sync::Arc::new(dj_spike_codecs::SpikeTrainCodec))
        .unwrap();
    let column = Column::resolve("<spike_train>", &registry).unwrap();
    let cx = Context::new(StoreMap::new()).with_format_version(version);
    let stored = column.encode(train.clone().into(), &cx).unwrap();
    let back = column.decode(stored.clone(), &cx).unwrap();
    assert_eq!(SpikeTrain::try_from(&back).unwrap(), *train);
    stored
}

fn size(stored: &Stored) -> usize {
    match stored {
        Stored::Bytes(bytes) => bytes.len(),
        other => panic!("{other:?}"),
    }
}

proptest! {
    #[test]
    fn both_formats_hold_any_train(train in trains::any_train()) {
        for version in [FormatVersion::new(1, 0), FormatVersion::new(2, 0)] {
            stored(&train, version);
        }
    }

    #[test]
    fn the_untyped_face_loses_nothing(train in trains::any_train()) {
        let value = Value::from(train.clone());
        prop_assert_eq!(&SpikeTrain::try_from(&value).unwrap(), &train);
        let text = notation::to_string(&value).unwrap();
        let value = notation::from_str(&text, &Limits::default()).unwrap();
        prop_assert_eq!(SpikeTrain::try_from(&value).unwrap(), train);
    }
}

/// The figure of the README.
#[test]
fn format_2_takes_less_than_a_quarter_of_the_plain_samples() {
    // 20 units of some 20 Hz for a minute, without a rhythm that zlib could find.
    let mut state = 1_u64;
    let mut interval = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        30 + (state >> 33) % 3_000
    };
    let train = (0..20).fold(SpikeTrain::new(30_000.0).unwrap(), |train, id| {
        let samples = (0..1_200).scan(0, |sample, _| {
            *sample += interval() as i64;
            Some(*sample)
        });
        train.with_unit(id, samples.collect()).unwrap()
    });
    let old = size(&stored(&train, FormatVersion::new(1, 0)));
    let new = size(&stored(&train, FormatVersion::new(2, 0)));
    let raw = train.spikes() * 8;
    println!(
        "{} spikes: {raw} bytes as they are, {old} in format 1.0, {new} in format 2.0",
        train.spikes()
    );
    assert!(new * 4 < raw && new * 5 < old * 4, "{old} {new} {raw}");
}
