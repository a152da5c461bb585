//! Bytes that are cut short, changed, or followed by others.

use std::collections::BTreeSet;

use dj_codec_api::{Bytes, Stored};

use super::Integrity;
use super::lab::{Got, Lab, Sample, Trouble, Written, modest};
use super::report::Tally;
use crate::memory::peak_of_thread;

/// More than decoding a sample within [`modest`] limits can need.
const MOST_MEMORY: usize = 256 << 20;

/// Bytes that belong to a stored value: those of the column, or an object.
#[derive(Debug, Clone)]
enum Part {
    Column,
    Object(String),
}

impl Part {
    fn name(&self) -> String {
        match self {
            Self::Column => "the column's bytes".into(),
            Self::Object(path) => format!("the object {path}"),
        }
    }

    /// The stored value with other bytes here.
    fn replaced(&self, written: &Written, bytes: Vec<u8>) -> Written {
        let mut changed = written.clone();
        match self {
            Self::Column => changed.stored = Stored::Bytes(bytes.into()),
            Self::Object(path) => drop(changed.objects.insert(path.clone(), bytes.into())),
        }
        changed
    }
}

fn parts(written: &Written) -> Vec<(Part, Bytes)> {
    let mut parts = Vec::new();
    if let Stored::Bytes(bytes) = &written.stored {
        parts.push((Part::Column, bytes.clone()));
    }
    parts.extend(
        written
            .objects
            .iter()
            .map(|(path, bytes)| (Part::Object(path.clone()), bytes.clone())),
    );
    parts
}

/// The positions to damage: all, or as many at the beginning, at the end and spread between.
fn positions(length: usize, most: usize) -> BTreeSet<usize> {
    if length <= most {
        return (0..length).collect();
    }
    let third = (most / 3).max(1);
    let step = (length / third).max(1);
    (0..third)
        .chain(length - third..length)
        .chain((0..length).step_by(step))
        .collect()
}

/// Does something with bytes that nobody vouches for, and looks how much memory it takes, where that is counted.
pub(super) fn bounded<T>(
    sample: &Sample,
    tally: &mut Tally,
    what: &dyn Fn() -> String,
    work: impl FnOnce() -> T,
) -> T {
    let (outcome, held) = peak_of_thread(work);
    if held > MOST_MEMORY {
        tally.fail(
            sample.shown.as_str(),
            format!("{} took {held} bytes of memory", what()),
        );
    }
    outcome
}

/// Decodes what was changed, and sees whether the codec's promise holds.
fn try_changed(
    lab: &Lab<'_>,
    sample: &Sample,
    changed: &Written,
    promised: Integrity,
    tally: &mut Tally,
    what: &dyn Fn() -> String,
) {
    tally.attempt();
    let store = lab.store_with(&changed.objects);
    let cx = lab.context(&store).with_limits(modest());
    let decoding = || format!("decoding after {}", what());
    let outcome = bounded(sample, tally, &decoding, || lab.decode(&changed.stored, &cx));
    match lab.judge(outcome, &sample.expected) {
        Got::Trouble(Trouble::Panic(message)) => {
            tally.fail(
                sample.shown.as_str(),
                format!("{} gave a panic: {message}", what()),
            );
        }
        Got::Other(difference) if lab.integrity() >= promised => tally.fail(
            sample.shown.as_str(),
            format!(
                "{} gave another value, and the codec promises {:?}: {difference}",
                what(),
                lab.integrity()
            ),
        ),
        Got::Other(_) | Got::Same | Got::Trouble(Trouble::Error(_)) => {}
    }
}

pub(super) fn damage(lab: &Lab<'_>, tally: &mut Tally) {
    for sample in &lab.samples {
        for (part, bytes) in parts(&sample.written) {
            for at in positions(bytes.len(), lab.config.positions) {
                let (front, rest) = bytes.split_at(at);
                let cut = part.replaced(&sample.written, front.to_vec());
                try_changed(lab, sample, &cut, Integrity::Length, tally, &|| {
                    format!("cutting {} at {at} of {}", part.name(), bytes.len())
                });
                // Every bit of what is small, else one at each position; and all of a byte at once.
                let every = bytes.len() <= lab.config.positions / 2;
                let bits = (0..8_u8).filter(|bit| every || usize::from(*bit) == at % 8);
                for mask in bits.map(|bit| 1 << bit).chain([0xff]) {
                    let mut flipped = front.to_vec();
                    flipped.extend(rest.iter().enumerate().map(|(offset, byte)| match offset {
                        0 => byte ^ mask,
                        _ => *byte,
                    }));
                    let flipped = part.replaced(&sample.written, flipped);
                    try_changed(lab, sample, &flipped, Integrity::Digest, tally, &|| {
                        format!(
                            "changing the bits {mask:#04x} at {at} of {}, {} bytes long,",
                            part.name(),
                            bytes.len()
                        )
                    });
                }
                // A length that lies.
                if rest.len() >= 8 && lab.config.positions >= at {
                    let lie = [front, &[0xff; 7], &[0x7f], rest.get(8..).unwrap_or_default()].concat();
                    let lie = part.replaced(&sample.written, lie);
                    try_changed(lab, sample, &lie, Integrity::Digest, tally, &|| {
                        format!("a number of 2^63 - 1 at {at} of {}", part.name())
                    });
                }
            }
        }
    }
    if tally.tried == 0 {
        tally.skip("no sample has any bytes");
    }
}

pub(super) fn trailing_bytes(lab: &Lab<'_>, tally: &mut Tally) {
    for sample in &lab.samples {
        for (part, bytes) in parts(&sample.written) {
            for tail in [
                &[0_u8][..],
                &[0xff],
                &[0; 8],
                b"trailing bytes, many of them",
                &bytes,
            ] {
                if tail.is_empty() {
                    continue;
                }
                let longer = part.replaced(&sample.written, [&bytes, tail].concat());
                try_changed(lab, sample, &longer, Integrity::Length, tally, &|| {
                    format!(
                        "{} bytes after the {} of {}",
                        tail.len(),
                        bytes.len(),
                        part.name()
                    )
                });
            }
        }
    }
    if tally.tried == 0 {
        tally.skip("no sample has any bytes");
    }
}
