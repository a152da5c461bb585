//! What becomes of elements between a decoded chunk and the output.

use std::cell::RefCell;

use dj_codec_api::Result;

use crate::filter::{ElementMap, Stage};

/// The filter of an array, undone, then a map that the caller wants, or one of both.
#[derive(Clone, Copy)]
pub(super) struct Turn<'a> {
    filter: Option<&'a Stage>,
    map: Option<&'a dyn ElementMap>,
    item: usize,
}

thread_local! {
    static BETWEEN: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Elements are turned so many bytes at a time where they are turned twice: what comes between stays in the cache.
const STEP_BYTES: usize = 32 << 10;

impl<'a> Turn<'a> {
    /// `None` where elements stay what they are.
    pub(super) fn new(filter: Option<&'a Stage>, map: Option<&'a dyn ElementMap>) -> Option<Self> {
        let item = match (filter, map) {
            (_, Some(map)) => map.target().size(),
            (Some(filter), None) => filter.0.decoded().size(),
            (None, None) => return None,
        };
        Some(Self { filter, map, item })
    }

    /// The size of an element of the output.
    pub(super) fn item(&self) -> usize {
        self.item
    }

    /// Turns whole elements into as many of the output.
    ///
    /// # Errors
    /// Where one cannot be turned.
    pub(super) fn apply(&self, from: &[u8], to: &mut [u8]) -> Result<()> {
        match (self.filter, self.map) {
            (Some(filter), Some(map)) => {
                let (stored, between) = (filter.0.encoded().size(), filter.0.decoded().size());
                let step = STEP_BYTES / between.max(1);
                // Taken out, so that a use within a use makes a buffer of its own instead of a panic.
                let mut buffer = BETWEEN.take();
                buffer.resize(step * between, 0);
                let steps = from
                    .chunks((step * stored).max(1))
                    .zip(to.chunks_mut((step * self.item).max(1)));
                let mut outcome = Ok(());
                for (from, to) in steps {
                    let count = from.len() / stored.max(1);
                    let part = buffer.get_mut(..count * between).unwrap_or_default();
                    outcome = filter.0.decode(from, part).and_then(|()| map.apply(part, to));
                    if outcome.is_err() {
                        break;
                    }
                }
                BETWEEN.replace(buffer);
                outcome
            }
            (Some(filter), None) => filter.0.decode(from, to),
            (None, Some(map)) => map.apply(from, to),
            (None, None) => Ok(()),
        }
    }
}
