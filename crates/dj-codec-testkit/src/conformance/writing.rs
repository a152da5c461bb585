//! What encoding leaves in a store, whatever the store does.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use dj_codec_api::{Error, ErrorKind, MemoryStore, Result, Stored, Tokens};

use super::lab::{Got, Lab, Main, Sample, Trouble};
use super::references::covers;
use super::report::Tally;
use crate::{Fault, FaultyStore, Operation, OperationKind};

/// At how many operations of one encode faults are injected at most.
const MOST: usize = 200;
/// How late a write is that a codec might not wait for.
const LATE: Duration = Duration::from_millis(5);

/// One token for ever, so that two values contend for one path.
#[derive(Debug)]
struct OneToken;

impl Tokens for OneToken {
    fn token(&self, length: i64) -> Result<String> {
        Ok("T".repeat(usize::try_from(length.clamp(4, 16)).unwrap_or(4)))
    }
}

pub(super) fn writes(lab: &Lab<'_>, tally: &mut Tally) {
    for (sample, name) in lab.samples() {
        let store = lab.store();
        let beside: Main = Arc::new(FaultyStore::new(MemoryStore::new()));
        let cx = lab
            .context_beside(&store, beside.clone(), "other")
            .with_tokens(Arc::new(OneToken));
        let Ok(stored) = lab.encode(&sample.value, &cx) else {
            continue;
        };
        let strays: Vec<String> = beside.operations().iter().map(ToString::to_string).collect();
        tally.expect(strays.is_empty(), name, || {
            format!(
                "a store that is not the column's was asked: {}",
                strays.join(", ")
            )
        });
        let references = lab.references(&stored);
        for operation in store
            .operations()
            .iter()
            .filter(|operation| operation.kind.writes())
        {
            let inside = references
                .iter()
                .any(|reference| covers(&reference.path, &operation.path));
            tally.expect(inside, name, || {
                format!(
                    "encoding did {} of {}, which is outside of what the record names: {references:?}",
                    operation.kind, operation.path
                )
            });
        }
        for path in lab.config.objects.keys() {
            let same = store.inner().snapshot().get(path) == lab.config.objects.get(path);
            tally.expect(same, name, || {
                format!("the object {path}, which was there before, was changed")
            });
        }
        // The same column, key and token: the second value finds the path of the first one taken.
        let first = store.inner().snapshot();
        let second = lab.samples.last().unwrap_or(sample);
        let outcome = lab.encode(&second.value, &cx);
        let after = store.inner().snapshot();
        tally.expect(!matches!(outcome, Err(Trouble::Panic(_))), name, || {
            format!("encoding where the path was taken gave {outcome:?}")
        });
        let kept = first.iter().all(|(path, data)| after.get(path) == Some(data));
        tally.expect(kept, name, || {
            "a second value, encoded where the path was taken, overwrote objects of the first".into()
        });
        if let Ok(stored) = outcome {
            tally.attempt();
            match lab.judge(lab.decode(&stored, &cx), &second.expected) {
                Got::Same => {}
                Got::Other(difference) => tally.fail(
                    name,
                    format!("encoded where the path was taken, another value came back: {difference}"),
                ),
                Got::Trouble(trouble) => tally.fail(
                    name,
                    format!("encoded where the path was taken, decoding gave {trouble}"),
                ),
            }
        } else {
            tally.expect(after == first, name, || {
                "a second value was refused because its path was taken, and something was left behind".into()
            });
        }
    }
    announced(lab, tally);
    if tally.tried == 0 {
        tally.skip("nothing is written to a store");
    }
}

/// The hook of [`Context::on_new_object`](dj_codec_api::Context::on_new_object) is told of an object before it is written, and may forbid it.
fn announced(lab: &Lab<'_>, tally: &mut Tally) {
    for (sample, name) in lab.samples() {
        let store = lab.store();
        let told = Arc::new(Mutex::new(Vec::new()));
        let (place, log) = (told.clone(), store.clone());
        let cx = lab.context(&store).on_new_object(move |object| {
            if let Ok(mut told) = place.lock() {
                told.push((object.path.to_owned(), log.operations().len()));
            }
            Ok(())
        });
        let _ = lab.encode(&sample.value, &cx);
        let told = told.lock().map(|told| told.clone()).unwrap_or_default();
        let writes = |operation: &Operation| operation.kind.writes();
        for operation in store.operations().iter().filter(|operation| writes(operation)) {
            let before =
                |(path, at): &(String, usize)| covers(path, &operation.path) && *at <= operation.index;
            tally.expect(told.iter().any(before), name, || {
                format!(
                    "encoding did {} of {} and had not announced it: what a killed program leaves there, nobody finds",
                    operation.kind, operation.path
                )
            });
        }
        if told.is_empty() {
            continue;
        }
        let store = lab.store();
        let forbidding = lab
            .context(&store)
            .on_new_object(|_| Err(Error::store("not now, as the test wanted it")));
        let outcome = lab.encode(&sample.value, &forbidding);
        let refused = matches!(outcome, Err(Trouble::Error(_))) && !store.operations().iter().any(writes);
        tally.expect(refused, name, || {
            format!("the hook of on_new_object failed, and encoding went on: {outcome:?}")
        });
    }
}

/// What encoding a sample asks of the store, and how many bytes it writes.
fn clean_run(lab: &Lab<'_>, sample: &Sample) -> (Vec<Operation>, u64) {
    let store = lab.store();
    let _ = lab.encode(&sample.value, &lab.context(&store));
    let bytes = sample
        .written
        .objects
        .values()
        .map(|data| data.len() as u64)
        .sum();
    (store.operations(), bytes)
}

/// The faults of an encode that takes these operations: at each, before and after its work, and of space.
fn faults(operations: &[Operation], bytes: u64) -> Vec<(String, Fault)> {
    let mut faults = Vec::new();
    let step = operations.len().div_ceil(MOST).max(1);
    for operation in operations.iter().step_by(step) {
        let at = operation.index;
        for kind in [ErrorKind::Store, ErrorKind::PermissionDenied] {
            faults.push((
                format!("operation {operation} fails ({kind:?})"),
                Fault::error(kind).at(at),
            ));
        }
        if operation.kind.writes() {
            faults.push((
                format!("operation {operation} is done and its answer lost"),
                Fault::lost_answer(ErrorKind::Store).at(at),
            ));
            faults.push((
                format!("operation {operation} and all later ones that write fail"),
                Fault::error(ErrorKind::Store)
                    .when(|later| later.kind.writes() && later.kind != OperationKind::Delete)
                    .from(
                        operations
                            .iter()
                            .take(at)
                            .filter(|earlier| earlier.kind.writes())
                            .count(),
                    ),
            ));
        }
    }
    if bytes > 0 {
        for space in [0, bytes / 2, bytes - 1] {
            faults.push((
                format!("there is space for {space} of {bytes} bytes"),
                Fault::out_of_space(space),
            ));
        }
    }
    faults
}

pub(super) fn failed_encode(lab: &Lab<'_>, tally: &mut Tally) {
    for (sample, name) in lab.samples() {
        let (operations, bytes) = clean_run(lab, sample);
        for (what, fault) in faults(&operations, bytes) {
            tally.attempt();
            let store = lab.store();
            // Somebody else's, in the way of everything that removes too much.
            let other = "_schema/lab/session/of-somebody-else";
            put(&store, other);
            let before = store.inner().snapshot();
            store.inject(fault);
            let outcome = lab.encode(&sample.value, &lab.context(&store));
            store.recover();
            let after = store.inner().snapshot();
            match outcome {
                Err(Trouble::Panic(message)) => {
                    tally.fail(name, format!("{what}: encoding gave a panic: {message}"));
                }
                Err(Trouble::Error(error)) => {
                    let lost: Vec<_> = before
                        .keys()
                        .filter(|path| after.get(*path) != before.get(*path))
                        .collect();
                    if !lost.is_empty() {
                        tally.fail(name, format!("{what}: encoding failed ({error}), and changed or removed {lost:?}, which were there before"));
                    }
                    let left: Vec<_> = after
                        .iter()
                        .filter(|(path, _)| !before.contains_key(*path))
                        // Whole, and where it would be written again.
                        .filter(|(path, data)| {
                            !lab.config.content_addressed || sample.written.objects.get(*path) != Some(data)
                        })
                        .map(|(path, _)| path)
                        .collect();
                    if !left.is_empty() {
                        tally.fail(
                            name,
                            format!("{what}: encoding failed ({error}), and left {left:?} behind"),
                        );
                    }
                }
                Ok(stored) => match lab.judge(lab.decode(&stored, &lab.context(&store)), &sample.expected) {
                    Got::Same => {
                        let references = lab.references(&stored);
                        let named = |path: &str| references.iter().any(|named| covers(&named.path, path));
                        let left: Vec<_> = after
                            .keys()
                            .filter(|path| !before.contains_key(*path) && !named(path))
                            .collect();
                        if !left.is_empty() {
                            tally.fail(
                                name,
                                format!("{what}: encoding went through, and left {left:?} behind, which the record does not name"),
                            );
                        }
                    }
                    Got::Other(difference) => tally.fail(
                        name,
                        format!("{what}: encoding went through, and gave another value: {difference}"),
                    ),
                    Got::Trouble(trouble) => tally.fail(
                        name,
                        format!("{what}: encoding went through, and decoding gave {trouble}"),
                    ),
                },
            }
        }
    }
    if tally.tried == 0 {
        tally.skip("encoding asks nothing of a store");
    }
}

fn put(store: &Main, path: &str) {
    use dj_codec_api::Store as _;
    // A store in memory takes every path of this suite.
    let _ = store.inner().put(path, "of somebody else".into());
}

pub(super) fn crash(lab: &Lab<'_>, tally: &mut Tally) {
    for (sample, name) in lab.samples() {
        let (operations, _) = clean_run(lab, sample);
        let step = operations.len().div_ceil(MOST).max(1);
        for at in (0..operations.len()).step_by(step) {
            tally.attempt();
            let store = lab.store();
            // An earlier value of the same row; another one, for of equal ones a codec may keep one.
            let mut others = lab.samples.iter();
            let other = others
                .find(|other| other.written.objects != sample.written.objects)
                .unwrap_or(sample);
            let earlier = lab.encode(&other.value, &lab.context(&store));
            let before = store.inner().snapshot();
            store.recover();
            store.inject(Fault::crash().from(at));
            let outcome = lab.encode(&sample.value, &lab.context(&store));
            store.recover();
            let after = store.inner().snapshot();
            if before.iter().any(|(path, data)| after.get(path) != Some(data)) {
                tally.fail(
                    name,
                    format!("a crash at operation {at} of encoding changed objects of an earlier value"),
                );
            }
            let whole = |stored: &Stored, of: &Sample| {
                lab.judge(lab.decode(stored, &lab.context(&store)), &of.expected)
            };
            if let Ok(earlier) = &earlier
                && !matches!(whole(earlier, other), Got::Same)
            {
                tally.fail(
                    name,
                    format!("after a crash at operation {at} of encoding, an earlier value does not decode"),
                );
            }
            match outcome {
                Err(Trouble::Panic(message)) => tally.fail(
                    name,
                    format!("a crash at operation {at} of encoding gave a panic: {message}"),
                ),
                Err(Trouble::Error(_)) => {}
                Ok(stored) => {
                    let got = whole(&stored, sample);
                    if !matches!(got, Got::Same) {
                        tally.fail(name, format!("the store crashed at operation {at}, encoding gave a record all the same, and that decodes to {got:?}"));
                    }
                }
            }
            // What the crash left may lie where the same value is stored again.
            let again = lab.encode(&sample.value, &lab.context(&store));
            let got = again.map_or_else(Got::Trouble, |stored| whole(&stored, sample));
            if !matches!(got, Got::Same) {
                tally.fail(
                    name,
                    format!("stored again after a crash at operation {at} of encoding, the value decodes to {got:?}"),
                );
            }
        }
        acknowledged(lab, sample, &operations, tally);
    }
    if tally.tried == 0 {
        tally.skip("encoding asks nothing of a store");
    }
}

/// All that a record needs is there when encoding gives it, however slow the store is: the program may end right then.
fn acknowledged(lab: &Lab<'_>, sample: &Sample, operations: &[Operation], tally: &mut Tally) {
    if !operations.iter().any(|operation| operation.kind.writes()) {
        return;
    }
    tally.attempt();
    let store = lab.store();
    store.inject(Fault::latency(LATE).when(|operation| operation.kind.writes()));
    let Ok(stored) = lab.encode(&sample.value, &lab.context(&store)) else {
        tally.fail(&*sample.shown, "encoding fails where the store is slow");
        return;
    };
    let written = lab.written(stored, &store);
    let got = lab.read(&written, &sample.expected);
    if !matches!(got, Got::Same) {
        tally.fail(
            &*sample.shown,
            format!(
                "encoding gave the record before all was written: what there was then decodes to {got:?}"
            ),
        );
    }
}
