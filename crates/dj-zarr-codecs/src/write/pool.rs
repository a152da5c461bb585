//! Threads of one writer.
//!
//! They are not rayon's: a job ends with a put into a store, which may wait for a network, and a writer may itself be
//! used inside of a rayon job, whose thread must not wait for jobs behind it in the same queue.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};

use dj_codec_api::{Error, Result};

pub(super) type Job = Box<dyn FnOnce() -> Result<()> + Send>;

/// A few threads that work on jobs in their order. How many jobs wait is bounded: who brings one more waits too.
pub(super) struct Pool {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
    most: usize,
}

struct Shared {
    state: Mutex<State>,
    // Told whenever the state changes.
    changed: Condvar,
    waiting_room: usize,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Job>,
    running: usize,
    closed: bool,
    // The first error; nothing is begun after it.
    failed: Option<Error>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&'a self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) {
        let mut state = self.state();
        loop {
            if let Some(job) = state.queue.pop_front() {
                state.running += 1;
                drop(state);
                self.changed.notify_all();
                let outcome = run(job);
                state = self.state();
                state.running -= 1;
                if let Err(error) = outcome {
                    state.queue.clear();
                    state.failed.get_or_insert(error);
                }
                self.changed.notify_all();
            } else if state.closed {
                return;
            } else {
                state = self.wait(state);
            }
        }
    }
}

/// Runs a job; a panic in it (of a compressor, of a store) is an error, lest others wait for it for ever.
fn run(job: Job) -> Result<()> {
    catch_unwind(AssertUnwindSafe(job))
        .unwrap_or_else(|_| Err(Error::store("a chunk could not be written: a panic")))
}

impl Pool {
    /// A pool of up to `threads` threads, with room for `waiting_room` more jobs that wait.
    pub(super) fn new(threads: usize, waiting_room: usize) -> Self {
        let shared = Shared {
            state: Mutex::default(),
            changed: Condvar::new(),
            waiting_room: waiting_room.max(1),
        };
        Self {
            shared: Arc::new(shared),
            threads: Vec::new(),
            most: threads.max(1),
        }
    }

    /// Has a job done, as soon as there is room for it.
    ///
    /// # Errors
    /// The error of any job up to now.
    pub(super) fn submit(&mut self, job: Job) -> Result<()> {
        let mut state = self.shared.state();
        while state.queue.len() >= self.shared.waiting_room && state.failed.is_none() {
            state = self.shared.wait(state);
        }
        if let Some(error) = state.failed.take() {
            state.closed = true;
            return Err(error);
        }
        if self.threads.len() < self.most && state.running + state.queue.len() >= self.threads.len() {
            let shared = Arc::clone(&self.shared);
            match Builder::new()
                .name("zarr-write".into())
                .spawn(move || shared.work())
            {
                Ok(thread) => self.threads.push(thread),
                // The system has no thread to give: this one does the work.
                Err(_) if self.threads.is_empty() => {
                    drop(state);
                    return run(job);
                }
                Err(_) => {}
            }
        }
        state.queue.push_back(job);
        drop(state);
        self.shared.changed.notify_all();
        Ok(())
    }

    /// Whether no job was ever handed to a thread.
    pub(super) fn is_unused(&self) -> bool {
        self.threads.is_empty()
    }

    /// Waits until all jobs are done.
    ///
    /// # Errors
    /// The error of any job.
    pub(super) fn drain(&mut self) -> Result<()> {
        let mut state = self.shared.state();
        while (state.running > 0 || !state.queue.is_empty()) && state.failed.is_none() {
            state = self.shared.wait(state);
        }
        match state.failed.take() {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    /// Forgets jobs that were not begun and waits for those that were.
    pub(super) fn stop(&mut self) {
        let mut state = self.shared.state();
        state.queue.clear();
        state.closed = true;
        drop(state);
        self.shared.changed.notify_all();
        for thread in self.threads.drain(..) {
            // Jobs catch their panics.
            let _ = thread.join();
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Lets a number of threads do something at a time.
pub(super) struct Permits {
    free: Mutex<usize>,
    returned: Condvar,
}

impl Permits {
    pub(super) fn new(count: usize) -> Self {
        Self {
            free: Mutex::new(count.max(1)),
            returned: Condvar::new(),
        }
    }

    /// Does `work` as soon as there is a permit.
    pub(super) fn with<T>(&self, work: impl FnOnce() -> T) -> T {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        while *free == 0 {
            free = self.returned.wait(free).unwrap_or_else(PoisonError::into_inner);
        }
        *free -= 1;
        drop(free);
        let _returns = Returns(self);
        work()
    }
}

/// Returns a permit, also where the work panics.
struct Returns<'a>(&'a Permits);

impl Drop for Returns<'_> {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.returned.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    #[test]
    fn every_job_is_done_and_few_wait() {
        let (done, inside, most) = (
            Arc::new(AtomicUsize::new(0)),
            Arc::new(AtomicUsize::new(0)),
            Arc::new(AtomicUsize::new(0)),
        );
        let mut pool = Pool::new(3, 2);
        for _ in 0..50 {
            let (done, inside, most) = (Arc::clone(&done), Arc::clone(&inside), Arc::clone(&most));
            pool.submit(Box::new(move || {
                most.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                std::thread::sleep(Duration::from_micros(200));
                inside.fetch_sub(1, Ordering::SeqCst);
                done.fetch_add(1, Ordering::SeqCst);
                Ok(())
            }))
            .unwrap();
        }
        pool.drain().unwrap();
        assert_eq!(done.load(Ordering::SeqCst), 50);
        assert!(most.load(Ordering::SeqCst) <= 3);
    }

    #[test]
    fn the_first_error_comes_out_and_the_rest_is_forgotten() {
        let mut pool = Pool::new(1, 1);
        let mut result = Ok(());
        for number in 0..100 {
            result = pool.submit(Box::new(move || match number {
                3 => Err(Error::store("number three")),
                _ => Ok(()),
            }));
            if result.is_err() {
                break;
            }
        }
        let error = result.and_then(|()| pool.drain()).unwrap_err();
        assert_eq!(error.message(), "number three");
    }

    #[test]
    fn a_panic_is_an_error() {
        let mut pool = Pool::new(2, 1);
        let outcome = pool.submit(Box::new(|| panic!("no"))).and_then(|()| pool.drain());
        assert!(outcome.unwrap_err().to_string().contains("panic"));
        pool.stop();
    }
}
