//! The data formats: which there are, which is written, and what reads each.

mod differences;
mod varints;

use dj_codec_api::{Context, Error, FormatStatus, FormatVersion, Reader, Result, Value, VersionDispatch};

use crate::{NAME, SpikeTrain};

/// What a data format looks like. A new one is a new variant, and every `match` on it has to decide.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Format {
    /// An array of the differences from spike to spike.
    Differences,
    /// The same differences as bytes, as few as each takes.
    Varints,
}

/// The formats that are read, and the one that is written.
pub(crate) const FORMATS: VersionDispatch<Format> = VersionDispatch {
    codec: NAME,
    crate_name: env!("CARGO_PKG_NAME"),
    writes: FormatVersion::new(2, 0),
    // 0.1.0 recorded no version.
    assumed: FormatVersion::new(1, 0),
    readers: &[
        Reader {
            version: FormatVersion::new(1, 0),
            status: FormatStatus::Deprecated {
                since: "0.2.0",
                removed_in: "1.0.0",
                advice: "encode the value anew: with dj-codec migrate, or where it is decoded, by Context::on_outdated",
            },
            read: Format::Differences,
        },
        Reader {
            version: FormatVersion::new(2, 0),
            status: FormatStatus::Current,
            read: Format::Varints,
        },
    ],
};

/// What `<blob>` is given for a spike train, in the format that the context asks for.
pub(crate) fn write(train: &SpikeTrain, cx: &Context) -> Result<Value> {
    let version = FORMATS.version_to_write(cx)?;
    Ok(match FORMATS.reader(version, cx)? {
        Format::Differences => differences::write(train),
        Format::Varints => varints::write(train, version),
    })
}

/// The spike train that `<blob>` gave.
pub(crate) fn read(stored: &Value, cx: &Context) -> Result<SpikeTrain> {
    let version = FORMATS.version_in(stored)?;
    let train = match FORMATS.reader(version, cx)? {
        Format::Differences => differences::read(stored, cx.limits()),
        Format::Varints => varints::read(stored, cx.limits()),
    };
    // What makes no spike train was none, or is damaged: it is not the caller's value that is wrong.
    train.map_err(|error| match error.kind() {
        dj_codec_api::ErrorKind::InvalidValue => Error::corrupt(error.message()),
        _ => error,
    })
}

/// The member of a stored dict that has to be there.
fn member<'a, T>(stored: &'a Value, key: &str, what: impl FnOnce(&'a Value) -> Option<T>) -> Result<T> {
    stored
        .get(key)
        .and_then(what)
        .ok_or_else(|| Error::corrupt(format!("the stored spike train has no proper {key:?}")))
}

/// Adds up the differences of a unit.
fn samples(differences: impl Iterator<Item = i64>) -> Vec<i64> {
    // The difference of any two samples fits, wrapped, and adds up to what it was taken from.
    differences
        .scan(0_i64, |sample, difference| {
            *sample = sample.wrapping_add(difference);
            Some(*sample)
        })
        .collect()
}

/// The first sample of a unit, and the difference of each to the one before.
fn differences(samples: &[i64]) -> impl Iterator<Item = i64> {
    let before = std::iter::once(0).chain(samples.iter().copied());
    samples
        .iter()
        .zip(before)
        .map(|(sample, before)| sample.wrapping_sub(before))
}
