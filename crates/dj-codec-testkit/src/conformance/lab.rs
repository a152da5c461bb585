//! Where a codec is tried: a column, stores that are made anew for each attempt, and values.

use std::collections::BTreeMap;
use std::sync::Arc;

use dj_codec_api::{
    Bytes, Column, Context, FormatVersion, Json, Limits, MemoryStore, Mode, Record, Reference, Result, Store,
    StoreMap, Stored, Value,
};

use super::{Conformance, Integrity};
use crate::difference::shown;
pub(super) use crate::guard::{Trouble, guarded};
use crate::{FaultyStore, difference};

/// A stored value, with every object of its store: what [`Conformance::stamped_by`] changes.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Written {
    /// What the column holds.
    pub stored: Stored,
    /// The objects by path.
    pub objects: BTreeMap<String, Bytes>,
}

impl Written {
    /// The record that the column holds, where it holds one.
    #[must_use]
    pub fn record(&self) -> Option<Record> {
        match &self.stored {
            Stored::Json(json @ Json::Object(_)) => Record::from_json(json.clone()).ok(),
            _ => None,
        }
    }

    /// The same with a key of the record set.
    #[must_use]
    pub fn with_key(mut self, key: &str, value: impl Into<Json>) -> Self {
        if let Stored::Json(Json::Object(members)) = &mut self.stored {
            members.insert(key.into(), value.into());
        }
        self
    }
}

/// A store of one attempt.
pub(super) type Main = Arc<FaultyStore<MemoryStore>>;

/// What came of decoding something that may be damaged.
#[derive(Debug)]
pub(super) enum Got {
    Same,
    Other(String),
    Trouble(Trouble),
}

/// A value, what decoding it gives, and how it was written.
#[derive(Debug, Clone)]
pub(super) struct Sample {
    pub(super) value: Value,
    pub(super) expected: Value,
    pub(super) written: Written,
    pub(super) shown: String,
}

pub(super) struct Lab<'a> {
    pub(super) config: &'a Conformance,
    pub(super) mode: Mode,
    pub(super) column: Column,
    pub(super) samples: Vec<Sample>,
}

impl Lab<'_> {
    /// A store with what the test wants to be there.
    pub(super) fn store(&self) -> Main {
        self.store_with(&BTreeMap::new())
    }

    /// A store with these objects, too, and an empty log.
    pub(super) fn store_with(&self, objects: &BTreeMap<String, Bytes>) -> Main {
        let inner = MemoryStore::new();
        for (path, data) in self.config.objects.iter().chain(objects) {
            // A path that no store takes is the stamp's fault; what it names is missing then.
            let _ = inner.put(path, data.clone());
        }
        Arc::new(FaultyStore::new(inner))
    }

    /// The column's store is not the default one, so that a record has to name it.
    pub(super) fn context(&self, store: &Main) -> Context {
        self.context_beside(store, Arc::new(MemoryStore::new()), "other")
    }

    /// With another store beside that of the column, and one of them the default.
    pub(super) fn context_beside(&self, store: &Main, other: Arc<dyn Store>, default: &str) -> Context {
        let stores = StoreMap::new()
            .with("main", store.clone())
            .with("other", other)
            .with_default(default);
        Context::new(stores)
            .with_field("lab", "session", "trace")
            .with_key("subject", "m/1")
            .with_key("session", 3_i64)
    }

    pub(super) fn encode(&self, value: &Value, cx: &Context) -> Result<Stored, Trouble> {
        guarded(|| self.column.encode(value.clone(), cx))
    }

    /// Encodes into an empty store.
    pub(super) fn write(&self, value: &Value, version: Option<FormatVersion>) -> Result<Written, Trouble> {
        let store = self.store();
        let cx = self.context(&store);
        let cx = match version {
            Some(version) => cx.with_format_version(version),
            None => cx,
        };
        let stored = self.encode(value, &cx)?;
        Ok(self.written(stored, &store))
    }

    /// What came to be, without what was there before.
    pub(super) fn written(&self, stored: Stored, store: &Main) -> Written {
        let mut objects = store.inner().snapshot();
        objects.retain(|path, _| !self.config.objects.contains_key(path));
        Written { stored, objects }
    }

    /// What the rest of the chain makes of another value in place of the one that this codec gave it.
    pub(super) fn rewritten(
        &self,
        written: &Written,
        change: impl FnOnce(Value) -> Result<Value>,
    ) -> Result<Written> {
        let next = self.config.codec.dtype(self.mode)?.to_string();
        let rest = Column::resolve_in(&next, self.column.store(), &self.config.registry()?)?;
        let before = self.store_with(&written.objects);
        let value = rest.decode(written.stored.clone(), &self.context(&before))?;
        let after = self.store();
        let stored = rest.encode(change(value)?, &self.context(&after))?;
        Ok(self.written(stored, &after))
    }

    /// What `referenced_paths` names; a panic of it is found by [`Check::References`](super::Check::References).
    pub(super) fn references(&self, stored: &Stored) -> Vec<Reference> {
        guarded(|| Ok(self.column.referenced_paths(stored))).unwrap_or_default()
    }

    /// Decodes, and loads what is lazy.
    pub(super) fn decode(&self, stored: &Stored, cx: &Context) -> Result<Value, Trouble> {
        guarded(|| self.column.decode(stored.clone(), cx)?.load())
    }

    pub(super) fn read(&self, written: &Written, expected: &Value) -> Got {
        let store = self.store_with(&written.objects);
        self.judge(self.decode(&written.stored, &self.context(&store)), expected)
    }

    pub(super) fn judge(&self, outcome: Result<Value, Trouble>, expected: &Value) -> Got {
        match outcome {
            Err(trouble) => Got::Trouble(trouble),
            Ok(found) => match self.config.difference(&found, expected) {
                None => Got::Same,
                Some(difference) => Got::Other(difference),
            },
        }
    }

    pub(super) fn integrity(&self) -> Integrity {
        match self.mode {
            Mode::Table => self.config.integrity.0,
            Mode::Store => self.config.integrity.1,
        }
    }

    /// The samples, and what each is called in a report.
    pub(super) fn samples(&self) -> impl Iterator<Item = (&Sample, &str)> {
        self.samples.iter().map(|sample| (sample, sample.shown.as_str()))
    }

    /// The samples that have a record.
    pub(super) fn recorded(&self) -> impl Iterator<Item = (&Sample, &str)> {
        self.samples()
            .filter(|(sample, _)| sample.written.record().is_some())
    }
}

/// Limits that fit any sample of a test, so that damage that claims gigabytes is an error.
pub(super) fn modest() -> Limits {
    Limits::default()
        .with_array_bytes(32 << 20)
        .with_chunk_bytes(32 << 20)
        .with_decompressed_bytes(32 << 20)
        .with_metadata_bytes(4 << 20)
        .with_items(1 << 20)
}

impl Conformance {
    /// What a value is expected to decode to.
    pub(super) fn expected(&self, value: &Value) -> Result<Value> {
        match &self.expecting {
            Some(expecting) => expecting(value),
            None => value.clone().load(),
        }
    }

    pub(super) fn difference(&self, found: &Value, expected: &Value) -> Option<String> {
        match &self.same {
            Some(same) if same(found, expected) => None,
            Some(_) => Some(format!("expected {}, found {}", shown(expected), shown(found))),
            None => difference(found, expected).map(|difference| difference.to_string()),
        }
    }
}
