//! Records the golden fixtures of this crate's own writer: those that are there already are never touched.
//!
//! `cargo run --example record-spikes`, then look at what came, and commit it.

use std::sync::Arc;

use dj_codec_api::{ErrorKind, FormatVersion, Registry, Result, Value};
use dj_codec_testkit::golden::{Recorder, seal};
use dj_spike_codecs::{SpikeTrain, SpikeTrainCodec};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures");

fn registry() -> Result<Registry> {
    let mut registry = dj_codecs::default_registry();
    registry.register(Arc::new(SpikeTrainCodec))?;
    Ok(registry)
}

fn trains() -> Result<Vec<(&'static str, SpikeTrain)>> {
    let none = SpikeTrain::new(30_000.0)?;
    let burst = (0..60).map(|spike| spike * 90 + spike % 5 + if spike < 30 { 0 } else { 600_000 });
    let session = none
        .clone()
        .with_unit(12, burst.collect())?
        .with_unit(3, vec![-300, -299, 0, 1 << 33])?;
    let extreme = SpikeTrain::new(0.5)?.with_unit(i64::MIN, vec![i64::MIN, 0, i64::MAX])?;
    Ok(vec![("empty", none), ("session", session), ("extreme", extreme)])
}

fn main() -> Result<()> {
    let registry = registry()?;
    let recorder = Recorder::new(&registry, FIXTURES);
    for version in [FormatVersion::new(1, 0), FormatVersion::new(2, 0)] {
        for (name, train) in trains()? {
            for (spec, place) in [("<spike_train>", ""), ("<spike_train@main>", "-store")] {
                let name = format!("by-dj-spike-codecs-0.2.0-{name}{place}");
                match recorder.value(spec, &name, Value::from(train.clone()), Some(version)) {
                    Ok(case) => println!("{}", case.id),
                    Err(error) if error.kind() == &ErrorKind::AlreadyExists => {}
                    Err(error) => return Err(error),
                }
            }
        }
    }
    println!("{} new files listed", seal(FIXTURES.as_ref())?);
    Ok(())
}
