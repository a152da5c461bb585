//! What decoding does with a store that fails, and to one that does not.

use dj_codec_api::ErrorKind;

use super::lab::{Got, Lab, Trouble, guarded};
use super::report::Tally;
use crate::Fault;

/// At how many operations of one decode faults are injected at most.
const MOST: usize = 200;

pub(super) fn failed_read(lab: &Lab<'_>, tally: &mut Tally) {
    for (sample, name) in lab.samples() {
        let store = lab.store_with(&sample.written.objects);
        let _ = lab.decode(&sample.written.stored, &lab.context(&store));
        let operations = store.operations();
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
                    Got::Other(difference) if short && lab.integrity() == super::Integrity::None => {
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
    if tally.tried == 0 {
        tally.skip("decoding asks nothing of a store");
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
