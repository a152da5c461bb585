//! A store that fails as a test tells it to.

mod fault;
mod operation;

use std::ops::{ControlFlow, Range};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use dj_codec_api::{Bytes, Error, ErrorKind, ObjectMeta, Read, Result, Store};

pub use fault::Fault;
pub use operation::{Operation, OperationKind};

use fault::Effect;

/// A store that passes everything on to another one, keeps a log of it, and fails where it is told to: with errors before
/// or after the work is done, with short reads and stale lists, late, for want of space, or altogether after a crash.
///
/// What was written before a fault stays in the inner store, which [`inner`](Self::inner) gives: as a test looks at what a
/// failed encode left behind. A store with faults has no [`local_path`](Store::local_path), for nothing could go wrong there.
///
/// ```
/// use dj_codec_api::{ErrorKind, MemoryStore, Store};
/// use dj_codec_testkit::{Fault, FaultyStore, OperationKind};
///
/// let store = FaultyStore::new(MemoryStore::new());
/// store.inject(Fault::error(ErrorKind::Store).on(OperationKind::Put).at(1));
/// store.put("a", "first".into())?;
/// assert_eq!(store.put("b", "second".into()).unwrap_err().kind(), &ErrorKind::Store);
/// store.put("c", "third".into())?;
///
/// assert_eq!(store.inner().paths(), ["a", "c"]);
/// let log = store.operations();
/// assert_eq!(log[1].to_string(), "1: put b (6 bytes) failed");
/// # Ok::<(), dj_codec_api::Error>(())
/// ```
#[derive(Debug)]
pub struct FaultyStore<S> {
    inner: S,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    faults: Vec<Fault>,
    log: Vec<Operation>,
    crashed: bool,
}

/// What becomes of an operation that is about to begin.
#[derive(Debug, Default)]
struct Verdict {
    index: usize,
    delay: Duration,
    refused: Option<Error>,
    lost: Option<Error>,
    short_by: u64,
    list: Option<Arc<[ObjectMeta]>>,
    space: Option<u64>,
}

impl<S: Store> FaultyStore<S> {
    /// A store without faults, which keeps a log.
    pub fn new(inner: S) -> Self {
        Self {
            inner,
            state: Mutex::default(),
        }
    }

    /// The store that everything is passed on to.
    pub fn inner(&self) -> &S {
        &self.inner
    }

    /// Adds a fault. Several may meet in one operation: delays add up, and the first error counts.
    pub fn inject(&self, fault: Fault) {
        let fault = match fault.effect {
            Effect::StaleList(None) => fault.with_list(self.inner.list("").unwrap_or_default().into()),
            _ => fault,
        };
        self.state().faults.push(fault);
    }

    /// Takes all faults away, a crash too, and empties the log: the store is reached again, as it was left.
    pub fn recover(&self) {
        *self.state() = State::default();
    }

    /// What was asked of the store since it was made or [`recover`](Self::recover) was called, in the order of beginning.
    pub fn operations(&self) -> Vec<Operation> {
        self.state().log.clone()
    }

    /// Empties the log, and leaves the faults as they are, with what they have counted.
    pub fn clear_log(&self) {
        self.state().log.clear();
    }

    // Faults and log are consistent after every statement, so a poisoned lock is still good.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, kind: OperationKind, path: &str, size: Option<u64>) -> Verdict {
        let mut state = self.state();
        let operation = Operation {
            index: state.log.len(),
            kind,
            path: path.to_owned(),
            size,
            failed: None,
        };
        let mut verdict = Verdict {
            index: operation.index,
            ..Verdict::default()
        };
        let crashed = state.crashed;
        let mut crashes = false;
        for fault in &mut state.faults {
            if !fault.strikes(&operation) {
                continue;
            }
            let error = |kind: &ErrorKind, what: &str| {
                Error::new(kind.clone(), format!("{what}, as the test wanted it"))
                    .at(format!("{} of {path:?}", operation.kind))
            };
            match &mut fault.effect {
                Effect::Error(kind) => drop(verdict.refused.get_or_insert(error(kind, "the store failed"))),
                Effect::LostAnswer(kind) => {
                    verdict
                        .lost
                        .get_or_insert(error(kind, "the store's answer was lost"));
                }
                Effect::ShortRead(bytes) => verdict.short_by = verdict.short_by.saturating_add(*bytes),
                Effect::StaleList(list) => verdict.list.clone_from(list),
                Effect::Latency(delay) => verdict.delay = verdict.delay.saturating_add(*delay),
                Effect::Crash => crashes = true,
                Effect::OutOfSpace(left) => match size {
                    // A stream tells its size only as it comes.
                    None => verdict.space = Some(verdict.space.map_or(*left, |space| space.min(*left))),
                    Some(size) if size > *left => {
                        verdict.refused.get_or_insert(no_space(path));
                    }
                    Some(size) => *left -= size,
                },
            }
        }
        if crashes || crashed {
            verdict.refused =
                Some(Error::store("the store is gone since a crash, as the test wanted it").at(path));
            state.crashed = true;
        }
        state.log.push(operation);
        verdict
    }

    /// Notes how an operation came out.
    fn end<T>(&self, index: usize, outcome: Result<T>) -> Result<T> {
        if let Err(error) = &outcome
            && let Some(operation) = self.state().log.get_mut(index)
        {
            operation.failed = Some(error.kind().clone());
        }
        outcome
    }

    fn operate<T>(
        &self,
        kind: OperationKind,
        path: &str,
        size: Option<u64>,
        work: impl FnOnce(&S, &Verdict) -> Result<T>,
    ) -> Result<T> {
        let mut verdict = self.begin(kind, path, size);
        std::thread::sleep(verdict.delay);
        let outcome = match verdict.refused.take() {
            Some(error) => Err(error),
            None => work(&self.inner, &verdict),
        };
        let outcome = match (outcome, verdict.lost) {
            (Ok(_), Some(error)) => Err(error),
            (outcome, _) => outcome,
        };
        self.end(verdict.index, outcome)
    }

    /// Takes what a stream has written from the space that is left.
    fn spend(&self, written: u64) {
        for fault in &mut self.state().faults {
            if let Effect::OutOfSpace(left) = &mut fault.effect {
                *left = left.saturating_sub(written);
            }
        }
    }
}

fn no_space(path: &str) -> Error {
    Error::store("there is no space left, as the test wanted it").at(path)
}

fn shorten(bytes: Bytes, verdict: &Verdict) -> Bytes {
    let cut = usize::try_from(verdict.short_by).unwrap_or(usize::MAX);
    bytes.slice(..bytes.len().saturating_sub(cut))
}

impl<S: Store> Store for FaultyStore<S> {
    fn get(&self, path: &str) -> Result<Bytes> {
        self.operate(OperationKind::Get, path, None, |store, verdict| {
            store.get(path).map(|bytes| shorten(bytes, verdict))
        })
    }

    fn get_ranges(&self, path: &str, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.operate(OperationKind::GetRanges, path, None, |store, verdict| {
            let parts = store.get_ranges(path, ranges)?;
            Ok(parts.into_iter().map(|part| shorten(part, verdict)).collect())
        })
    }

    fn get_many(&self, reads: &[Read]) -> Vec<Result<Bytes>> {
        // Each is an operation of its own, with its own faults; those that succeed reach the inner store together.
        let mut verdicts: Vec<Verdict> = reads
            .iter()
            .map(|read| {
                let kind = match read.range {
                    Some(_) => OperationKind::GetRanges,
                    None => OperationKind::Get,
                };
                self.begin(kind, &read.path, None)
            })
            .collect();
        std::thread::sleep(
            verdicts
                .iter()
                .map(|verdict| verdict.delay)
                .max()
                .unwrap_or_default(),
        );
        let passed: Vec<Read> = reads
            .iter()
            .zip(&verdicts)
            .filter(|(_, verdict)| verdict.refused.is_none())
            .map(|(read, _)| read.clone())
            .collect();
        let mut answers = self.inner.get_many(&passed).into_iter();
        let mut outcome = |verdict: &mut Verdict| match verdict.refused.take() {
            Some(error) => Err(error),
            None => {
                let answer = answers
                    .next()
                    .unwrap_or_else(|| Err(Error::store("the store returned too little")));
                match (answer, verdict.lost.take()) {
                    (Ok(_), Some(error)) => Err(error),
                    (answer, _) => answer.map(|bytes| shorten(bytes, verdict)),
                }
            }
        };
        let outcomes: Vec<_> = verdicts
            .iter_mut()
            .map(|verdict| {
                let outcome = outcome(verdict);
                (verdict.index, outcome)
            })
            .collect();
        outcomes
            .into_iter()
            .map(|(index, outcome)| self.end(index, outcome))
            .collect()
    }

    fn put(&self, path: &str, data: Bytes) -> Result<()> {
        let size = Some(data.len() as u64);
        self.operate(OperationKind::Put, path, size, |store, _| store.put(path, data))
    }

    fn put_if_absent(&self, path: &str, data: Bytes) -> Result<bool> {
        let size = Some(data.len() as u64);
        self.operate(OperationKind::PutIfAbsent, path, size, |store, _| {
            store.put_if_absent(path, data)
        })
    }

    fn put_stream(&self, path: &str, source: &mut dyn std::io::Read, if_absent: bool) -> Result<u64> {
        self.operate(OperationKind::PutStream, path, None, |store, verdict| {
            let Some(space) = verdict.space else {
                return store.put_stream(path, source, if_absent);
            };
            let mut limited = Limited { source, space };
            let written = store.put_stream(path, &mut limited, if_absent)?;
            self.spend(written);
            Ok(written)
        })
    }

    fn put_parts(&self, path: &str, parts: &[Bytes], if_absent: bool) -> Result<u64> {
        let size = parts.iter().map(|part| part.len() as u64).sum();
        self.operate(OperationKind::PutStream, path, Some(size), |store, _| {
            store.put_parts(path, parts, if_absent)
        })
    }

    fn head(&self, path: &str) -> Result<Option<ObjectMeta>> {
        self.operate(OperationKind::Head, path, None, |store, _| store.head(path))
    }

    fn visit(&self, prefix: &str, each: &mut dyn FnMut(ObjectMeta) -> Result<ControlFlow<()>>) -> Result<()> {
        self.operate(OperationKind::List, prefix, None, |store, verdict| {
            let Some(list) = &verdict.list else {
                return store.visit(prefix, each);
            };
            let folder = prefix.strip_suffix('/').unwrap_or(prefix);
            let below = |path: &str| {
                folder.is_empty()
                    || path
                        .strip_prefix(folder)
                        .is_some_and(|rest| rest.starts_with('/'))
            };
            for object in list.iter().filter(|object| below(&object.path)) {
                if each(object.clone())?.is_break() {
                    break;
                }
            }
            Ok(())
        })
    }

    fn delete(&self, path: &str) -> Result<()> {
        self.operate(OperationKind::Delete, path, None, |store, _| store.delete(path))
    }
}

/// A stream that fails where it would take more space than there is.
struct Limited<'a> {
    source: &'a mut dyn std::io::Read,
    space: u64,
}

impl std::io::Read for Limited<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        // One byte more than there is space for tells a stream that fits from one that does not.
        let mut part = (&mut self.source).take(self.space.saturating_add(1));
        let count = part.read(out)?;
        self.space = self
            .space
            .checked_sub(count as u64)
            .ok_or(std::io::ErrorKind::StorageFull)?;
        Ok(count)
    }
}
