//! A store on any `object_store::ObjectStore`.

mod errors;
mod read;
pub(crate) mod runtime;
mod upload;
mod write;

use std::fmt;
use std::ops::{ControlFlow, Range};
use std::sync::Arc;
use std::sync::atomic::AtomicU8;

use bytes::Bytes;
use dj_codec_api::layout::check_path;
use dj_codec_api::{Error, ErrorKind, ObjectMeta, Read, Result, Store};
use futures_util::StreamExt as _;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use crate::StoreOptions;
use crate::path::check_prefix;

/// How many objects of a listing cross over to the calling thread at a time.
const LIST_BATCH: usize = 1000;
/// The unit in which bytes in flight are counted.
const PERMIT_BYTES: u64 = 1 << 16;

/// A store on any [`ObjectStore`](object_store::ObjectStore): one that this crate opened for a configuration, or
/// one that the program has already.
///
/// **Names.** An object's name is its path as it stands, after the prefix if there is one. What the
/// `object_store` crate cannot express is refused in words: control characters, and empty parts in a prefix.
///
/// **Threads.** Every method blocks its caller, and may be called from any thread: from inside an asynchronous
/// runtime of either kind, from outside of one, and from several threads at once. The work is done by a small
/// runtime that all such stores share, which starts at the first use and has threads of its own. A store whose
/// connections belong to a runtime of the program, because it was used there before, should be given that runtime
/// with [`with_runtime`](Self::with_runtime), which must then not be waiting for the caller.
///
/// **Atomicity.** An object is there as a whole or not at all. Large ones travel in parts, which nobody sees
/// until the last has arrived; a failure removes them. A process that is killed may leave parts behind, which cost
/// money until a rule of the bucket removes them (for S3, *AbortIncompleteMultipartUpload*).
///
/// **Put if absent** is a conditional request (`If-None-Match: *`). Some servers refuse it, and some older ones
/// ignore it, which would overwrite; so the first one to a server that is not known to be sound is followed by a
/// second that must fail. Where it does not, and for objects that travel in parts, for which there is no such
/// request, the store looks whether there is an object before it writes, and for parts once more before it
/// completes them: two writers of the same object in the same instant may then both believe to be the first.
///
/// ```
/// use std::sync::Arc;
///
/// use dj_codec_api::Store;
/// use dj_codec_store::ObjectStoreAdapter;
/// use object_store::memory::InMemory;
///
/// let store = ObjectStoreAdapter::new(Arc::new(InMemory::new())).with_prefix("lab/data")?;
/// store.put("a%2Fb", "bytes".into())?;
/// assert_eq!(store.get("a%2Fb")?, "bytes");
/// assert_eq!(store.list("")?[0].path, "a%2Fb");
/// # Ok::<(), dj_codec_api::Error>(())
/// ```
#[derive(Clone)]
pub struct ObjectStoreAdapter {
    shared: Arc<Shared>,
    runtime: Option<Handle>,
}

/// What the tasks of a store share.
struct Shared {
    inner: Arc<dyn ObjectStore>,
    prefix: String,
    options: StoreOptions,
    requests: Semaphore,
    bytes: Semaphore,
    byte_permits: u32,
    conditional_put: AtomicU8,
    /// Held by the one request that finds out whether the server honours conditions.
    finding_out: tokio::sync::Mutex<()>,
}

impl Shared {
    fn new(inner: Arc<dyn ObjectStore>, prefix: String, options: StoreOptions, conditional_put: u8) -> Self {
        let permits = (options.bytes_in_flight / PERMIT_BYTES).clamp(1, Semaphore::MAX_PERMITS as u64 / 2);
        let byte_permits = u32::try_from(permits).unwrap_or(u32::MAX);
        Self {
            inner,
            prefix,
            requests: Semaphore::new(options.concurrency.clamp(1, Semaphore::MAX_PERMITS)),
            bytes: Semaphore::new(byte_permits as usize),
            byte_permits,
            options,
            conditional_put: AtomicU8::new(conditional_put),
            finding_out: tokio::sync::Mutex::new(()),
        }
    }

    /// The full name of the object at `path`.
    fn locate(&self, path: &str) -> Result<Path> {
        check_path(path)?;
        parse(&join(&self.prefix, path)).map_err(|error| error.at(path.escape_debug().to_string()))
    }
}

impl ObjectStoreAdapter {
    /// A store on `store`, with the whole of it as its location.
    pub fn new(store: Arc<dyn ObjectStore>) -> Self {
        let shared = Shared::new(store, String::new(), StoreOptions::default(), write::UNTRIED);
        Self {
            shared: Arc::new(shared),
            runtime: None,
        }
    }

    /// Puts `prefix` and a slash before every path.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](dj_codec_api::ErrorKind::Config) where the prefix has empty parts, `.` or `..`, or
    /// control characters.
    pub fn with_prefix(self, prefix: &str) -> Result<Self> {
        let checked = if prefix.is_empty() {
            Ok(())
        } else {
            check_path(prefix).and_then(|()| parse(prefix).map(|_| ()))
        };
        checked.map_err(|error| {
            Error::config(format!(
                "objects below the location {prefix:?} cannot be named: {}",
                error.message()
            ))
            .advise("give the location without slashes at its ends and without empty parts")
        })?;
        Ok(self.rebuild(|shared| Shared {
            prefix: prefix.into(),
            ..shared
        }))
    }

    /// Sets how the store behaves: the number of requests and bytes under way, the size of parts, the largest
    /// object. Retries and timeouts are the business of the store underneath.
    #[must_use]
    pub fn with_options(self, options: StoreOptions) -> Self {
        self.rebuild(|shared| {
            Shared::new(
                shared.inner,
                shared.prefix,
                options,
                shared.conditional_put.into_inner(),
            )
        })
    }

    /// Does the work on this runtime instead of the shared one. It must have threads of its own, or be driven by
    /// another thread than those that call the store.
    #[must_use]
    pub fn with_runtime(mut self, runtime: Handle) -> Self {
        self.runtime = Some(runtime);
        self
    }

    /// Takes the server's word for it that it honours conditional requests.
    #[cfg(any(feature = "s3", feature = "gcs", feature = "azure"))]
    pub(crate) fn with_sound_conditional_put(self) -> Self {
        self.shared
            .conditional_put
            .store(write::HONOURED, std::sync::atomic::Ordering::Relaxed);
        self
    }

    /// The store underneath.
    #[must_use]
    pub fn inner(&self) -> &Arc<dyn ObjectStore> {
        &self.shared.inner
    }

    fn rebuild(self, change: impl FnOnce(Shared) -> Shared) -> Self {
        // Another clone keeps its settings; only what is in use by this one changes.
        let shared = Arc::try_unwrap(self.shared).unwrap_or_else(|shared| {
            let conditional_put = shared.conditional_put.load(std::sync::atomic::Ordering::Relaxed);
            let (inner, prefix) = (Arc::clone(&shared.inner), shared.prefix.clone());
            Shared::new(inner, prefix, shared.options.clone(), conditional_put)
        });
        Self {
            shared: Arc::new(change(shared)),
            runtime: self.runtime,
        }
    }

    /// Runs `work` on the runtime and waits for it.
    fn run<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> Result<T> {
        runtime::run(&self.handle()?, work)
    }

    fn handle(&self) -> Result<Handle> {
        match &self.runtime {
            Some(handle) => Ok(handle.clone()),
            None => runtime::shared(),
        }
    }
}

/// A name of the `object_store` crate that is exactly `name`. `Path::from` would percent-encode.
fn parse(name: &str) -> Result<Path> {
    match Path::parse(name) {
        Ok(path) if path.as_ref() == name => Ok(path),
        _ => Err(Error::new(
            ErrorKind::Unsupported,
            "an object store cannot have an object of this name: it has control characters or empty parts",
        )),
    }
}

fn join(prefix: &str, path: &str) -> String {
    match (prefix, path) {
        ("", path) => path.into(),
        (prefix, "") => prefix.into(),
        (prefix, path) => format!("{prefix}/{path}"),
    }
}

impl fmt::Debug for ObjectStoreAdapter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObjectStoreAdapter")
            .field("store", &self.shared.inner.to_string())
            .field("prefix", &self.shared.prefix)
            .field("options", &self.shared.options)
            .finish()
    }
}

impl Store for ObjectStoreAdapter {
    fn get(&self, path: &str) -> Result<Bytes> {
        let (shared, name) = (Arc::clone(&self.shared), self.shared.locate(path)?);
        self.run(async move { shared.get(&name).await })?
            .map_err(|error| error.at(path))
    }

    fn get_ranges(&self, path: &str, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        let (shared, name, ranges) = (
            Arc::clone(&self.shared),
            self.shared.locate(path)?,
            ranges.to_vec(),
        );
        self.run(async move { shared.get_ranges(&name, &ranges).await })?
            .map_err(|error| error.at(path))
    }

    fn get_many(&self, reads: &[Read]) -> Vec<Result<Bytes>> {
        let (shared, wanted) = (Arc::clone(&self.shared), reads.to_vec());
        let concurrency = self.shared.options.concurrency.max(1);
        let outcome = self.run(async move {
            futures_util::stream::iter(wanted)
                .map(|read| {
                    let shared = Arc::clone(&shared);
                    async move { shared.read(&read).await.map_err(|error| error.at(read.path)) }
                })
                .buffered(concurrency)
                .collect::<Vec<_>>()
                .await
        });
        outcome.unwrap_or_else(|error| {
            let message = error.report();
            reads
                .iter()
                .map(|read| Err(Error::store(message.as_str()).at(read.path.as_str())))
                .collect()
        })
    }

    fn put(&self, path: &str, data: Bytes) -> Result<()> {
        self.put_bytes(path, data, false)
            .map(|_| ())
            .map_err(|error| error.at(path))
    }

    fn put_if_absent(&self, path: &str, data: Bytes) -> Result<bool> {
        self.put_bytes(path, data, true).map_err(|error| error.at(path))
    }

    fn put_stream(&self, path: &str, source: &mut dyn std::io::Read, if_absent: bool) -> Result<u64> {
        self.put_source(path, source, if_absent)
            .map_err(|error| error.at(path))
    }

    fn head(&self, path: &str) -> Result<Option<ObjectMeta>> {
        let (shared, name) = (Arc::clone(&self.shared), self.shared.locate(path)?);
        let size = self
            .run(async move { shared.size(&name).await })?
            .map_err(|error| error.at(path))?;
        Ok(size.map(|size| ObjectMeta::new(path, size)))
    }

    fn visit(&self, prefix: &str, each: &mut dyn FnMut(ObjectMeta) -> Result<ControlFlow<()>>) -> Result<()> {
        let folder = join(&self.shared.prefix, check_prefix(prefix)?);
        let below = if folder.is_empty() {
            None
        } else {
            Some(parse(&folder).map_err(|error| error.at(prefix))?)
        };
        let mut objects = self.shared.inner.list(below.as_ref()).chunks(LIST_BATCH);
        let cut = if self.shared.prefix.is_empty() {
            String::new()
        } else {
            format!("{}/", self.shared.prefix)
        };
        loop {
            // The stream crosses over to the runtime and back, so that `each` runs on the calling thread, where it
            // may use the store itself.
            let (batch, rest) = self.run(async move {
                let batch = objects.next().await;
                (batch, objects)
            })?;
            objects = rest;
            let Some(batch) = batch else { return Ok(()) };
            for object in batch {
                let object = object.map_err(|error| match prefix {
                    "" => errors::listing(error),
                    prefix => errors::listing(error).at(prefix),
                })?;
                // The marker of a folder, which some tools write, is named as the folder, not below it.
                let Some(path) = object.location.as_ref().strip_prefix(&cut) else {
                    continue;
                };
                if each(ObjectMeta::new(path, object.size))?.is_break() {
                    return Ok(());
                }
            }
        }
    }

    fn delete(&self, path: &str) -> Result<()> {
        let (shared, name) = (Arc::clone(&self.shared), self.shared.locate(path)?);
        let outcome = self.run(async move {
            let _permit = shared.requests.acquire().await;
            shared.inner.delete(&name).await
        })?;
        match outcome {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(errors::from_store(error, "the object cannot be deleted").at(path)),
        }
    }
}
