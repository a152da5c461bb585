//! Format versions: written, told, unknown, newer, deprecated, and encoded anew.

use std::sync::{Arc, Mutex};

use dj_codec_api::{
    CodecInfo, ErrorKind, FormatStatus, FormatVersion, Json, Stored, Warning, WarningKind, WarningLog,
};

use super::Stamp;
use super::declaration::trouble;
use super::lab::{Got, Lab, Sample, Trouble, Written, guarded};
use super::report::Tally;

fn told(lab: &Lab<'_>, written: &Written) -> Result<Option<FormatVersion>, Trouble> {
    let store = lab.store_with(&written.objects);
    guarded(|| {
        lab.column
            .format_version(written.stored.clone(), &lab.context(&store))
    })
}

pub(super) fn formats(lab: &Lab<'_>, tally: &mut Tally) {
    let info = lab.config.codec.info();
    for (sample, name) in lab.samples() {
        let found = told(lab, &sample.written);
        match (&found, info.writes) {
            (Ok(Some(version)), _) => tally.expect(
                info.reads.iter().any(|format| format.version == *version),
                name,
                || format!("format_version says {version}, which is not among the formats that info() lists"),
            ),
            (Ok(None), None) => {}
            (Ok(None), Some(_)) => tally.expect(false, name, || {
                "info() names a format that is written, and format_version tells none".into()
            }),
            (Err(trouble), _) => tally.expect(false, name, || format!("format_version gave {trouble}")),
        }
    }
    for format in &info.reads {
        let mut written_once = false;
        for (sample, name) in lab.samples() {
            written_once |= asked_for(lab, sample, name, format.version, tally);
        }
        if info.writes == Some(format.version) && !lab.samples.is_empty() {
            tally.expect(written_once, "", || {
                format!(
                    "asked for format {}, which info() says is written, the codec refuses every sample",
                    format.version
                )
            });
        }
    }
    // A codec of one format has nothing to choose from, and may leave the question to others of its chain.
    if let ([_, .., last], Some((sample, name))) = (info.reads.as_slice(), lab.samples().next()) {
        let unknown = FormatVersion::new(last.version.major() + 1, 0);
        let outcome = lab.write(&sample.value, Some(unknown));
        let refused = matches!(&outcome, Err(Trouble::Error(error)) if matches!(error.kind(), ErrorKind::UnsupportedFormat { .. }));
        tally.expect(refused, name, || match &outcome {
            Ok(_) => format!("asked for format {unknown}, which does not exist, the codec writes something"),
            Err(trouble) => {
                format!("asked for format {unknown}, which does not exist, the codec gives {trouble}")
            }
        });
    }
    if tally.tried == 0 {
        tally.skip("the codec's format has no version");
    }
}

/// Writes a sample in a version. Whether the codec does so: what it reads it need not write, nor for every value.
fn asked_for(lab: &Lab<'_>, sample: &Sample, name: &str, version: FormatVersion, tally: &mut Tally) -> bool {
    let written = match lab.write(&sample.value, Some(version)) {
        Ok(written) => written,
        Err(Trouble::Error(error)) => {
            let refusal = matches!(
                error.kind(),
                ErrorKind::InvalidValue | ErrorKind::Unsupported | ErrorKind::UnsupportedFormat { .. }
            );
            tally.expect(refusal, name, || {
                format!(
                    "asked for format {version}, the codec gives the error \"{}\"",
                    error.report()
                )
            });
            return false;
        }
        Err(trouble) => {
            tally.expect(false, name, || {
                format!("asked for format {version}, the codec gives {trouble}")
            });
            return false;
        }
    };
    let found = told(lab, &written);
    // Of formats with magic numbers a codec may take an older one for a value that needs no newer.
    let as_asked = |found: FormatVersion| found == version || (version.is_intrinsic() && found < version);
    tally.expect(matches!(found, Ok(Some(found)) if as_asked(found)), name, || {
        format!("written in format {version}, format_version gives {found:?}")
    });
    match lab.read(&written, &sample.expected) {
        Got::Same => tally.attempt(),
        Got::Other(difference) => tally.expect(false, name, || {
            format!("written in format {version}, another value came back: {difference}")
        }),
        Got::Trouble(trouble) => tally.expect(false, name, || {
            format!("written in format {version}, decoding gave {trouble}")
        }),
    }
    true
}

/// The newest version of the codec, unless it has none, or one that is a magic number, or one of a chain's other codec.
fn newest(lab: &Lab<'_>, tally: &mut Tally) -> Option<FormatVersion> {
    let newest = lab.config.codec.info().reads.last().map(|format| format.version);
    match newest {
        None => tally.skip("the codec's format has no version"),
        Some(version) if version.is_intrinsic() => {
            tally.skip("the format is told by a magic number, whose damage is checked elsewhere");
            return None;
        }
        Some(_) => {}
    }
    newest
}

/// The sample with another version written into it.
fn stamped(
    lab: &Lab<'_>,
    sample: &Sample,
    name: &str,
    version: FormatVersion,
    tally: &mut Tally,
) -> Option<Written> {
    let written = sample.written.clone();
    tally.attempt();
    let made = match &lab.config.stamp {
        Some(Stamp::Written(stamp)) => guarded(|| stamp(written, version)),
        Some(Stamp::Value(stamp)) => guarded(|| lab.rewritten(&written, |value| stamp(value, version))),
        None => match written
            .record()
            .as_ref()
            .and_then(|record| record.get("codec_version"))
        {
            Some(_) => Ok(written.with_key("codec_version", version.to_string())),
            None => {
                tally.fail(
                    name,
                    "it is not known where the version is: say so with stamped_by() or stamped_value_by()",
                );
                return None;
            }
        },
    };
    let made = match made {
        Ok(made) => made,
        Err(trouble) => {
            tally.fail(name, format!("writing the version gave {trouble}"));
            return None;
        }
    };
    if made == sample.written {
        tally.fail(name, format!("writing the version {version} changed nothing"));
        return None;
    }
    Some(made)
}

/// Decodes, and gives the warnings too.
fn decoded(lab: &Lab<'_>, written: &Written, sample: &Sample) -> (Got, Vec<Warning>) {
    let log = Arc::new(WarningLog::default());
    let store = lab.store_with(&written.objects);
    let cx = lab.context(&store).with_warnings(log.clone());
    let got = lab.judge(lab.decode(&written.stored, &cx), &sample.expected);
    (got, log.take())
}

pub(super) fn unknown_major(lab: &Lab<'_>, tally: &mut Tally) {
    let Some(newest) = newest(lab, tally) else { return };
    let unknown = FormatVersion::new(newest.major() + 1, 0);
    let crate_name = lab.config.codec.info().crate_name;
    for (sample, name) in lab.samples() {
        let Some(written) = stamped(lab, sample, name, unknown, tally) else {
            continue;
        };
        match decoded(lab, &written, sample).0 {
            Got::Trouble(Trouble::Error(error)) => {
                tally.expect(
                    matches!(error.kind(), ErrorKind::UnsupportedFormat { .. }),
                    name,
                    || {
                        format!(
                            "format {unknown} gave an error of the kind {:?}: {error}",
                            error.kind()
                        )
                    },
                );
                let text = error.to_string();
                tally.expect(text.contains(&unknown.to_string()) && text.contains(crate_name.as_ref()), name, || {
                    format!("the error names not both the version {unknown} and the crate to upgrade, {crate_name}: {error}")
                });
            }
            Got::Trouble(trouble) => tally.fail(name, format!("format {unknown} gave {trouble}")),
            Got::Same | Got::Other(_) => {
                tally.fail(name, format!("format {unknown}, which nobody knows, was decoded"));
            }
        }
        let found = told(lab, &written);
        tally.expect(!matches!(found, Err(Trouble::Panic(_))), name, || {
            format!("format_version of format {unknown} gave {}", trouble(&found))
        });
    }
}

pub(super) fn newer_minor(lab: &Lab<'_>, tally: &mut Tally) {
    let Some(newest) = newest(lab, tally) else { return };
    let newer = FormatVersion::new(newest.major(), newest.minor() + 1);
    for (sample, name) in lab.samples() {
        let of_newest = told(lab, &sample.written);
        if !matches!(of_newest, Ok(Some(version)) if version == newest) {
            continue;
        }
        let Some(written) = stamped(lab, sample, name, newer, tally) else {
            continue;
        };
        let (got, warnings) = decoded(lab, &written, sample);
        match got {
            Got::Same => tally.expect(
                warnings
                    .iter()
                    .any(|warning| warning.kind == WarningKind::NewerMinor),
                name,
                || format!("format {newer} was decoded without a warning"),
            ),
            Got::Other(difference) => {
                tally.fail(name, format!("format {newer} gave another value: {difference}"));
            }
            Got::Trouble(trouble) => tally.fail(name, format!("format {newer} gave {trouble}")),
        }
    }
    if tally.tried == 0 {
        tally.skip(format!("no sample is written in {newest}"));
    }
}

/// The samples in each older version that the codec writes, with how that stands.
fn older<'a>(
    lab: &'a Lab<'_>,
    info: &'a CodecInfo,
) -> impl Iterator<Item = (FormatVersion, FormatStatus, &'a Sample, Written)> {
    let older = info
        .reads
        .iter()
        .filter(|format| format.status != FormatStatus::Current);
    older.flat_map(move |format| {
        lab.samples.iter().filter_map(move |sample| {
            let written = lab.write(&sample.value, Some(format.version)).ok()?;
            Some((format.version, format.status, sample, written))
        })
    })
}

pub(super) fn deprecation(lab: &Lab<'_>, tally: &mut Tally) {
    let info = lab.config.codec.info();
    for (version, status, sample, written) in older(lab, &info) {
        if !matches!(status, FormatStatus::Deprecated { .. }) {
            continue;
        }
        let (_, warnings) = decoded(lab, &written, sample);
        let warned = warnings
            .iter()
            .any(|warning| warning.kind == WarningKind::Deprecated);
        tally.expect(warned, &sample.shown, || {
            format!("format {version} is deprecated, and was decoded without a warning")
        });
    }
    if tally.tried == 0 {
        tally.skip("no format that the codec writes is deprecated");
    }
}

pub(super) fn migration(lab: &Lab<'_>, tally: &mut Tally) {
    let info = lab.config.codec.info();
    let Some(current) = info.writes else {
        tally.skip("the codec's format has no version");
        return;
    };
    for (version, _, sample, written) in older(lab, &info) {
        if version >= current || version.is_intrinsic() {
            continue;
        }
        let name = sample.shown.as_str();
        tally.attempt();
        let noted = match written.record() {
            Some(_) => written.clone().with_key("noted by the lab", 5),
            None => written.clone(),
        };
        let store = lab.store_with(&noted.objects);
        let before = store.inner().snapshot();
        let renewed = Arc::new(Mutex::new(Vec::new()));
        let place = renewed.clone();
        let cx = lab.context(&store).on_outdated(move |old| {
            let outcome = guarded(|| old.reencode());
            if let Ok(mut place) = place.lock() {
                place.push((old.found(), old.current(), outcome));
            }
        });
        let _ = lab.decode(&noted.stored, &cx);
        let mut renewed = renewed
            .lock()
            .map(|mut found| std::mem::take(&mut *found))
            .unwrap_or_default();
        let (Some((found, to, outcome)), true) = (renewed.pop(), renewed.is_empty()) else {
            tally.fail(
                name,
                format!("decoding format {version} did not call the hook of on_outdated once"),
            );
            continue;
        };
        if (found, to) != (version, current) {
            tally.fail(
                name,
                format!("format {version} was handed to the hook as {found}, to become {to}"),
            );
        }
        let new = match outcome {
            Ok(stored) => stored,
            Err(trouble) => {
                tally.fail(name, format!("encoding format {version} anew gave {trouble}"));
                continue;
            }
        };
        let cx = lab.context(&store);
        let again = guarded(|| lab.column.format_version(new.clone(), &cx));
        if !matches!(again, Ok(Some(again)) if again == current) {
            tally.fail(
                name,
                format!("encoded anew from {version} to {current}, its format is {again:?}"),
            );
        }
        match lab.judge(lab.decode(&new, &cx), &sample.expected) {
            Got::Same => {}
            Got::Other(difference) => tally.fail(
                name,
                format!("encoded anew from {version}, another value came back: {difference}"),
            ),
            Got::Trouble(trouble) => tally.fail(
                name,
                format!("encoded anew from {version}, decoding gave {trouble}"),
            ),
        }
        if noted != written
            && !matches!(&new, Stored::Json(json) if json.get("noted by the lab") == Some(&Json::from(5)))
        {
            tally.fail(
                name,
                format!("encoded anew from {version}, a key that is not the codec's was lost"),
            );
        }
        let after = store.inner().snapshot();
        if before.iter().any(|(path, data)| after.get(path) != Some(data)) {
            tally.fail(
                name,
                format!("encoding format {version} anew changed the objects of the old value"),
            );
        }
    }
    if tally.tried == 0 {
        tally.skip("no older format is written that decoding could find");
    }
}
