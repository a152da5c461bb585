//! An object on its way in parts. Whatever happens, either it is completed or its parts are removed.

use bytes::Bytes;
use dj_codec_api::{Error, Result};
use object_store::path::Path;
use object_store::{Error as StoreError, MultipartUpload, ObjectStoreExt as _};
use tokio::runtime::Handle;
use tokio::task::JoinSet;

use super::write::unwritable;
use super::{ObjectStoreAdapter, runtime};

/// How many parts travel at a time. With the one that is being filled this bounds the memory of a stream.
const PARTS_IN_FLIGHT: usize = 4;

/// An object on its way. Dropping it removes the parts that have arrived.
pub(super) struct Upload {
    // `None` only once it is over.
    state: Option<State>,
    handle: Handle,
}

struct State {
    upload: Box<dyn MultipartUpload>,
    parts: JoinSet<Result<(), StoreError>>,
}

impl Upload {
    pub(super) fn begin(store: &ObjectStoreAdapter, name: &Path) -> Result<Self> {
        let (shared, name, handle) = (store.shared.clone(), name.clone(), store.handle()?);
        let upload = runtime::run(&handle, async move { shared.inner.put_multipart(&name).await })?
            .map_err(unwritable)?;
        Ok(Self {
            state: Some(State {
                upload,
                parts: JoinSet::new(),
            }),
            handle,
        })
    }

    /// Sends a part, once fewer than so many are under way.
    pub(super) fn put(self, part: Bytes) -> Result<Self> {
        self.step(move |mut state| async move {
            let outcome = state.wait_below(PARTS_IN_FLIGHT).await;
            if outcome.is_ok() {
                let sent = state.upload.put_part(part.into());
                state.parts.spawn(sent);
            }
            (state, outcome)
        })
    }

    /// Waits until all parts have arrived.
    pub(super) fn wait(self) -> Result<Self> {
        self.step(|mut state| async move {
            let outcome = state.wait_below(1).await;
            (state, outcome)
        })
    }

    /// Makes the object visible.
    pub(super) fn complete(self) -> Result<()> {
        let mut done = self.step(|mut state| async move {
            let outcome = state.upload.complete().await;
            (state, outcome.map(|_| ()))
        })?;
        done.state = None;
        Ok(())
    }

    /// Removes what has arrived, and waits for that.
    pub(super) fn abort(mut self) {
        if let Some(state) = self.state.take() {
            // The error that made this necessary counts, not one of cleaning up after it.
            let _ = runtime::run(&self.handle, state.abort());
        }
    }

    fn step<F>(mut self, work: impl FnOnce(State) -> F) -> Result<Self>
    where
        F: Future<Output = (State, Result<(), StoreError>)> + Send + 'static,
    {
        let Some(state) = self.state.take() else {
            return Err(Error::store("the upload is over already"));
        };
        let (state, outcome) = runtime::run(&self.handle, work(state))?;
        self.state = Some(state);
        match outcome {
            Ok(()) => Ok(self),
            Err(error) => {
                self.abort();
                Err(unwritable(error))
            }
        }
    }
}

impl State {
    async fn wait_below(&mut self, count: usize) -> Result<(), StoreError> {
        while self.parts.len() >= count {
            match self.parts.join_next().await {
                Some(outcome) => outcome??,
                None => break,
            }
        }
        Ok(())
    }

    async fn abort(mut self) {
        // No part may arrive after the others have been removed.
        self.parts.shutdown().await;
        let _ = self.upload.abort().await;
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if let Some(state) = self.state.take() {
            self.handle.spawn(state.abort());
        }
    }
}
