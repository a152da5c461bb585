//! The asynchronous runtime that all object stores of a process share, and how a thread waits for its work.

use std::sync::{Mutex, OnceLock, PoisonError, mpsc};

use dj_codec_api::{Error, Result};
use tokio::runtime::{Builder, Handle, Runtime};

/// Never dropped: a runtime that is dropped inside another one panics.
static RUNTIME: OnceLock<Runtime> = OnceLock::new();
/// Keeps two threads from starting a runtime each.
static STARTING: Mutex<()> = Mutex::new(());
/// More threads than this only wait for the network; fewer, and decryption is slower than the network.
const MAX_THREADS: usize = 4;

/// The shared runtime, started at the first use.
pub(crate) fn shared() -> Result<Handle> {
    if let Some(runtime) = RUNTIME.get() {
        return Ok(runtime.handle().clone());
    }
    let _starting = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(runtime) = RUNTIME.get() {
        return Ok(runtime.handle().clone());
    }
    let threads = std::thread::available_parallelism()
        .map_or(2, usize::from)
        .clamp(2, MAX_THREADS);
    let runtime = Builder::new_multi_thread()
        .worker_threads(threads)
        .thread_name("dj-codec-store")
        .enable_all()
        .build()
        .map_err(|error| Error::store("the threads for object stores cannot be started").caused_by(error))?;
    Ok(RUNTIME.get_or_init(|| runtime).handle().clone())
}

/// Runs `work` on the runtime and waits for it without the help of any runtime: `block_on` would panic inside one.
pub(crate) fn run<T: Send + 'static>(
    handle: &Handle,
    work: impl Future<Output = T> + Send + 'static,
) -> Result<T> {
    let (sender, receiver) = mpsc::sync_channel(1);
    handle.spawn(async move {
        // The receiver is gone only if its thread is.
        let _ = sender.send(work.await);
    });
    receiver.recv().map_err(|_| {
        Error::store("the task that talked to the store ended before its time")
            .advise("its runtime has shut down, or the store underneath has panicked")
    })
}
