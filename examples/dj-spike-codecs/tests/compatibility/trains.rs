//! Spike trains that several tests use.

use dj_spike_codecs::SpikeTrain;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

pub(crate) fn empty() -> SpikeTrain {
    SpikeTrain::new(30_000.0).unwrap()
}

/// Three units: a regular one, one without spikes, one that begins before its trigger.
pub(crate) fn three() -> SpikeTrain {
    let regular = (0..40).map(|spike| 1_000 + spike * 300 + spike % 7).collect();
    let train = empty().with_unit(7, regular).unwrap();
    let train = train.with_unit(-2, vec![]).unwrap();
    train.with_unit(300, vec![-450, -30, 0, 0, 1 << 40]).unwrap()
}

/// The samples and the numbers of units that are the farthest apart.
pub(crate) fn extreme() -> SpikeTrain {
    let train = SpikeTrain::new(f64::MIN_POSITIVE).unwrap();
    let train = train.with_unit(i64::MIN, vec![i64::MIN, i64::MAX]).unwrap();
    train.with_unit(i64::MAX, vec![i64::MIN]).unwrap()
}

/// Any spike train of a few units.
pub(crate) fn any_train() -> impl Strategy<Value = SpikeTrain> {
    let samples = prop_oneof![
        4 => vec(-1_000..1_000_000_i64, 0..40),
        1 => vec(any::<i64>(), 0..4),
    ];
    (1e-3..1e6_f64, btree_map(any::<i64>(), samples, 0..5)).prop_map(|(rate, units)| {
        units
            .into_iter()
            .fold(SpikeTrain::new(rate).unwrap(), |train, (id, mut samples)| {
                samples.sort_unstable();
                train.with_unit(id, samples).unwrap()
            })
    })
}
