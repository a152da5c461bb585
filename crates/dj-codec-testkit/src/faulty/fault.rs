//! What goes wrong, and when.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use dj_codec_api::{ErrorKind, ObjectMeta};

use super::{Operation, OperationKind};

/// What shall go wrong in a [`FaultyStore`](crate::FaultyStore), and in which of its operations.
///
/// A fault strikes every operation that it can strike, unless [`on`](Self::on), [`when`](Self::when), [`at`](Self::at) or
/// [`from`](Self::from) say otherwise. `at` and `from` count the operations that the fault could strike, from its injection on.
///
/// ```
/// use dj_codec_api::ErrorKind;
/// use dj_codec_testkit::{Fault, OperationKind};
///
/// // The third object that is written below c/ fails.
/// let fault = Fault::error(ErrorKind::Store).on(OperationKind::PutIfAbsent).when(|op| op.path.contains("/c/")).at(2);
/// // From the sixth operation on, the store is gone.
/// let fault = Fault::crash().from(5);
/// ```
#[derive(Clone)]
pub struct Fault {
    pub(super) effect: Effect,
    kinds: Vec<OperationKind>,
    when: Option<Predicate>,
    from: usize,
    to: usize,
    met: usize,
}

type Predicate = Arc<dyn Fn(&Operation) -> bool + Send + Sync>;

#[derive(Debug, Clone)]
pub(super) enum Effect {
    Error(ErrorKind),
    LostAnswer(ErrorKind),
    ShortRead(u64),
    /// The list as it was when the fault was injected.
    StaleList(Option<Arc<[ObjectMeta]>>),
    Latency(Duration),
    Crash,
    /// The bytes that can still be written.
    OutOfSpace(u64),
}

impl Fault {
    fn new(effect: Effect) -> Self {
        Self {
            effect,
            kinds: Vec::new(),
            when: None,
            from: 0,
            to: usize::MAX,
            met: 0,
        }
    }

    /// The operation fails with an error of this kind, and nothing was done.
    #[must_use]
    pub fn error(kind: ErrorKind) -> Self {
        Self::new(Effect::Error(kind))
    }

    /// The operation does its work, and then fails with an error of this kind: as where a connection breaks
    /// after a request has arrived.
    #[must_use]
    pub fn lost_answer(kind: ErrorKind) -> Self {
        Self::new(Effect::LostAnswer(kind))
    }

    /// Reads give so many bytes fewer than there are, and no error: as some network file systems do.
    #[must_use]
    pub fn short_read(bytes: u64) -> Self {
        Self::new(Effect::ShortRead(bytes))
    }

    /// Lists show what there was when the fault was injected: as in stores that are consistent only in the end.
    #[must_use]
    pub fn stale_list() -> Self {
        Self::new(Effect::StaleList(None))
    }

    /// The operation begins so much later. Reads of one `get_many` wait together, once.
    #[must_use]
    pub fn latency(delay: Duration) -> Self {
        Self::new(Effect::Latency(delay))
    }

    /// This operation fails without having done anything, and so does every later one of whatever kind: as where the process is
    /// killed or the network goes. What was written before stays.
    #[must_use]
    pub fn crash() -> Self {
        Self::new(Effect::Crash)
    }

    /// No more than so many bytes can be written. What is removed gives no space back.
    #[must_use]
    pub fn out_of_space(bytes: u64) -> Self {
        Self::new(Effect::OutOfSpace(bytes))
    }

    /// Strikes only operations of this kind, or of those of several calls.
    #[must_use]
    pub fn on(mut self, kind: OperationKind) -> Self {
        self.kinds.push(kind);
        self
    }

    /// Strikes only operations for which this holds.
    #[must_use]
    pub fn when(mut self, holds: impl Fn(&Operation) -> bool + Send + Sync + 'static) -> Self {
        self.when = Some(Arc::new(holds));
        self
    }

    /// Strikes only one operation: the one before which there were `index` that it could have struck.
    #[must_use]
    pub fn at(mut self, index: usize) -> Self {
        (self.from, self.to) = (index, index);
        self
    }

    /// Strikes that operation and all later ones.
    #[must_use]
    pub fn from(mut self, index: usize) -> Self {
        (self.from, self.to) = (index, usize::MAX);
        self
    }

    pub(super) fn with_list(mut self, list: Arc<[ObjectMeta]>) -> Self {
        self.effect = Effect::StaleList(Some(list));
        self
    }

    /// Whether it strikes this operation, which it counts.
    pub(super) fn strikes(&mut self, operation: &Operation) -> bool {
        let able = match self.effect {
            Effect::ShortRead(_) => operation.kind.reads(),
            Effect::StaleList(_) => operation.kind == OperationKind::List,
            Effect::OutOfSpace(_) => operation.kind.writes() && operation.kind != OperationKind::Delete,
            _ => true,
        };
        let meant = (self.kinds.is_empty() || self.kinds.contains(&operation.kind))
            && self.when.as_ref().is_none_or(|holds| holds(operation));
        if !able || !meant {
            return false;
        }
        let index = self.met;
        self.met += 1;
        (self.from..=self.to).contains(&index)
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fault")
            .field("effect", &self.effect)
            .field("kinds", &self.kinds)
            .field("from", &self.from)
            .field("to", &self.to)
            .finish_non_exhaustive()
    }
}
