//! What decoding does with a store that fails, and to one that does not.

use dj_codec_api::{ErrorKind, Store as _};

use super::Integrity;
use super::lab::{Got, Lab, Sample, Trouble, guarded};
use super::report::Tally;
use crate::{Fault, OperationKind};

/// At how many operations of one decode faults are injected at most.
const MOST: usize = 200;

pub(super) fn failed_read(lab: &Lab<'_>, tally: &mut Tally) {
    for (sample, name) in lab.samples() {
        let store = lab.store_with(&sample.written.objects);
        let _ = lab.decode(&sample.written.stored, &lab.context(&store));
        let operations = store.operations();
        if operations
            .iter()
            .any(|operation| operation.kind == OperationKind::List)
        {
            stale_lists(lab, sample, tally);
        }
        let step = operations.len().div_ceil(MOST).max(1);
        for operation in operations.iter().step_by(step) {
            let at = operation.index;
            let mut faults = vec![
                ("fails", Fault::error(ErrorKind::Store).at(at)),
                ("is not allowed", Fault::error(ErrorKind::PermissionDenied).at(at)),
                ("and all later ones fail", Fault::crash().from(at)),
            ];
            if operation.kind.reads() {
                faults.push((
                    "comes one byte short",
                    Fault::short_read(1).on(operation.kind).at(operations
                        .iter()
                        .take(at)
                        .filter(|earlier| earlier.kind == operation.kind)
                        .count()),
                ));
            }
            for (what, fault) in faults {
                tally.attempt();
                let short = what.contains("short");
                store.recover();
                store.inject(fault);
                let outcome = lab.decode(&sample.written.stored, &lab.context(&store));
                match lab.judge(outcome, &sample.expected) {
                    Got::Same => {}
                    Got::Other(difference) if short && lab.integrity() == Integrity::None => {
                        drop(difference);
                    }
                    Got::Other(difference) => tally.fail(
                        name,
                        format!("operation {operation} {what}: another value came back: {difference}"),
                    ),
                    Got::Trouble(Trouble::Panic(message)) => tally.fail(
                        name,
                        format!("operation {operation} {what}: decoding gave a panic: {message}"),
                    ),
                    Got::Trouble(Trouble::Error(error)) => {
                        // Who is told that a value is gone may write another.
                        if !short && error.kind() == &ErrorKind::NotFound {
                            tally.fail(name, format!("operation {operation} {what}: the error says that there is no such object: {error}"));
                        }
                    }
                }
            }
        }
    }
    for sample in &lab.samples {
        failed_telling(lab, sample, tally);
    }
    if tally.tried == 0 {
        tally.skip("decoding asks nothing of a store");
    }
}

/// A store that fails makes no other format of one: by that a migration would pass the value over.
fn failed_telling(lab: &Lab<'_>, sample: &Sample, tally: &mut Tally) {
    let store = lab.store_with(&sample.written.objects);
    let tell = || {
        guarded(|| {
            lab.column
                .format_version(sample.written.stored.clone(), &lab.context(&store))
        })
    };
    // Where it cannot be told at all, another check finds that.
    let Ok(told) = tell() else { return };
    for operation in store.operations().iter().take(MOST) {
        for kind in [ErrorKind::Store, ErrorKind::PermissionDenied] {
            tally.attempt();
            store.recover();
            store.inject(Fault::error(kind).at(operation.index));
            match tell() {
                Ok(found) if found != told => tally.fail(
                    sample.shown.as_str(),
                    format!(
                        "operation {operation} fails: format_version tells {found:?} instead of {told:?}"
                    ),
                ),
                Err(Trouble::Panic(message)) => tally.fail(
                    sample.shown.as_str(),
                    format!("operation {operation} fails: format_version gave a panic: {message}"),
                ),
                _ => {}
            }
        }
    }
}

/// Lists that do not show all of the value's objects yet: a codec that goes by them has to miss something.
fn stale_lists(lab: &Lab<'_>, sample: &Sample, tally: &mut Tally) {
    let objects = &sample.written.objects;
    let some = objects.len() / 2;
    for shown in [0, some, objects.len().saturating_sub(1)] {
        tally.attempt();
        let earlier = objects.iter().take(shown);
        let store = lab.store_with(&earlier.map(|(path, data)| (path.clone(), data.clone())).collect());
        store.inject(Fault::stale_list());
        for (path, data) in objects {
            // A store in memory takes what it has given.
            let _ = store.inner().put(path, data.clone());
        }
        let what = format!("lists show {shown} of {} objects", objects.len());
        let outcome = lab.decode(&sample.written.stored, &lab.context(&store));
        match lab.judge(outcome, &sample.expected) {
            Got::Other(difference) if lab.integrity() >= Integrity::Length => tally.fail(
                sample.shown.as_str(),
                format!("{what}: another value came back: {difference}"),
            ),
            Got::Trouble(Trouble::Panic(message)) => tally.fail(
                sample.shown.as_str(),
                format!("{what}: decoding gave a panic: {message}"),
            ),
            _ => {}
        }
    }
}

pub(super) fn read_only(lab: &Lab<'_>, tally: &mut Tally) {
    for (sample, name) in lab.samples() {
        let store = lab.store_with(&sample.written.objects);
        let cx = lab.context(&store);
        let before = store.inner().snapshot();
        let _ = lab.decode(&sample.written.stored, &cx);
        let _ = guarded(|| lab.column.format_version(sample.written.stored.clone(), &cx));
        let writes: Vec<String> = store
            .operations()
            .iter()
            .filter(|operation| operation.kind.writes())
            .map(ToString::to_string)
            .collect();
        tally.expect(
            writes.is_empty() && store.inner().snapshot() == before,
            name,
            || format!("decoding wrote: {}", writes.join(", ")),
        );
    }
    if tally.tried == 0 {
        tally.skip("there is no sample");
    }
}
