//! Values come back.

use dj_codec_api::Value;

use super::declaration::trouble;
use super::lab::{Got, Lab, Sample, guarded};
use super::report::Tally;
use crate::difference::shown;

/// Checks that the values come back, and keeps some for the other checks. Gives the seed of generated ones.
pub(super) fn round_trips(lab: &mut Lab<'_>, tally: &mut Tally) -> Option<u64> {
    let mut samples = Vec::new();
    for value in &lab.config.samples {
        tally.attempt();
        match there_and_back(lab, value) {
            Ok(sample) => samples.push(sample),
            Err(what) => tally.fail(shown(value), what),
        }
    }
    let seed = generated::round_trips(lab, tally, &mut samples);
    if tally.tried == 0 {
        tally.attempt();
        tally.fail(
            "",
            "there is no value to check with: give some with samples() or values()",
        );
    }
    lab.samples = samples;
    seed
}

/// Encodes and decodes a value.
fn there_and_back(lab: &Lab<'_>, value: &Value) -> Result<Sample, String> {
    let expected = guarded(|| lab.config.expected(value))
        .map_err(|trouble| format!("what it should decode to is not to be had: {trouble}"))?;
    let written = lab
        .write(value, None)
        .map_err(|trouble| format!("encoding gave {trouble}"))?;
    match lab.read(&written, &expected) {
        Got::Same => Ok(Sample {
            value: value.clone(),
            expected,
            written,
            shown: shown(value),
        }),
        Got::Other(difference) => Err(format!("another value came back: {difference}")),
        Got::Trouble(trouble) => Err(format!("decoding gave {trouble}")),
    }
}

/// What decode gives, encode takes.
pub(super) fn again(lab: &Lab<'_>, tally: &mut Tally) {
    for (sample, name) in lab.samples() {
        tally.attempt();
        let store = lab.store_with(&sample.written.objects);
        let cx = lab.context(&store);
        // Not loaded: a handle as decode gives it.
        let decoded = guarded(|| lab.column.decode(sample.written.stored.clone(), &cx));
        let Ok(value) = decoded else {
            tally.fail(name, format!("decoding gave {}", trouble(&decoded)));
            continue;
        };
        let stored = match lab.encode(&value, &cx) {
            Ok(stored) => stored,
            Err(trouble) => {
                tally.fail(name, format!("encoding the decoded value gave {trouble}"));
                continue;
            }
        };
        match lab.judge(lab.decode(&stored, &cx), &sample.expected) {
            Got::Same => {}
            Got::Other(difference) => tally.fail(
                name,
                format!("the second time another value came back: {difference}"),
            ),
            Got::Trouble(trouble) => tally.fail(name, format!("decoding the second time gave {trouble}")),
        }
    }
}

#[cfg(feature = "proptest")]
mod generated {
    use proptest::strategy::{Strategy as _, ValueTree as _};
    use proptest::test_runner::{Config, RngSeed, TestCaseError, TestError, TestRunner};

    use super::{Lab, Sample, Tally, shown, there_and_back};

    /// How many of the generated values are used in the other checks.
    const KEPT: usize = 8;

    pub(super) fn round_trips(lab: &Lab<'_>, tally: &mut Tally, samples: &mut Vec<Sample>) -> Option<u64> {
        let strategy = lab.config.strategy.as_ref()?;
        let mut config = Config::default();
        let seed = match config.rng_seed {
            RngSeed::Fixed(seed) => seed,
            RngSeed::Random => random_seed(),
        };
        config.rng_seed = RngSeed::Fixed(seed);
        // Tests write nothing; the report names the seed instead.
        config.failure_persistence = None;

        let mut runner = TestRunner::new(config.clone());
        let tried = std::cell::Cell::new(0);
        let outcome = runner.run(strategy, |value| {
            tried.set(tried.get() + 1);
            there_and_back(lab, &value).map(drop).map_err(TestCaseError::fail)
        });
        tally.tried += tried.get();
        match outcome {
            Ok(()) => {}
            Err(TestError::Fail(reason, value)) => tally.fail(shown(&value), reason.message().to_owned()),
            Err(TestError::Abort(reason)) => {
                tally.fail("", format!("no values were generated: {}", reason.message()));
            }
        }

        let mut runner = TestRunner::new(config);
        for _ in 0..KEPT {
            let Ok(tree) = strategy.new_tree(&mut runner) else {
                continue;
            };
            samples.extend(there_and_back(lab, &tree.current()).ok());
        }
        Some(seed)
    }

    fn random_seed() -> u64 {
        use std::hash::{BuildHasher as _, RandomState};
        RandomState::new().hash_one(std::process::id())
    }
}

#[cfg(not(feature = "proptest"))]
mod generated {
    use super::{Lab, Sample, Tally};

    pub(super) fn round_trips(_: &Lab<'_>, _: &mut Tally, _: &mut Vec<Sample>) -> Option<u64> {
        None
    }
}
