//! An encoding of a value, and what it has written.

use std::sync::{Arc, Mutex, PoisonError};

use dj_codec_api::Context;
use tokio::runtime::Handle;

use super::journal::{Claim, Journal, Named};
use crate::written::remove_object;

/// An encoding of a value: how the journal calls it, and what it has written.
pub(super) struct Attempt {
    pub(super) name: String,
    pub(super) cx: Context,
    announced: Arc<Mutex<Vec<Named>>>,
}

impl Attempt {
    /// Begins the attempt of this number in this run. The journal is told of each object before it is written.
    pub(super) fn begin(journal: &Journal, claim: &Claim, number: u64, cx: Context) -> Self {
        let name = format!("{}-{number}", journal.run());
        let announced = Arc::new(Mutex::new(Vec::new()));
        let (journal, handle, attempt) = (journal.clone(), Handle::current(), name.clone());
        let (id, row_key, seen) = (claim.id.clone(), claim.key.clone(), Arc::clone(&announced));
        let own = cx.clone();
        let cx = cx.on_new_object(move |object| {
            own.announce(object)?;
            let object = Named {
                store: object.store.to_owned(),
                path: object.path.to_owned(),
                fresh: object.fresh,
            };
            handle.block_on(journal.writing(&id, &row_key, &attempt, &object))?;
            seen.lock().unwrap_or_else(PoisonError::into_inner).push(object);
            Ok(())
        });
        Self { name, cx, announced }
    }

    /// Whether any object was announced.
    pub(super) fn has_written(&self) -> bool {
        let announced = self.announced.lock().unwrap_or_else(PoisonError::into_inner);
        !announced.is_empty()
    }

    /// Removes what was written for nothing. What cannot be removed stays in the journal.
    pub(super) async fn discard(self, journal: &Journal) {
        let objects = self
            .announced
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        if objects.is_empty() {
            return;
        }
        let cx = self.cx;
        let gone = tokio::task::spawn_blocking(move || discard(&objects, &cx)).await;
        if gone.unwrap_or(false) {
            let _ = journal.unname_now(&self.name).await;
        }
    }
}

/// Removes objects, and says whether all are gone. Those whose path comes from the content are left: they may be somebody else's.
fn discard(objects: &[Named], cx: &Context) -> bool {
    let left = objects
        .iter()
        .filter(|object| !object.fresh || remove_object(&object.store, &object.path, cx).is_err());
    left.count() == 0
}
