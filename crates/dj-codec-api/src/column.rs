//! A column of a table, its chain of codecs resolved.

use std::sync::Arc;

use crate::check::CheckLevel;
use crate::codec::Reference;
use crate::{
    Codec, Context, Error, FormatStatus, FormatVersion, Json, Mode, Outdated, Registry, Result, Stored,
    TypeSpec, Value,
};

/// How much of a value the outermost codec is shown to tell its format.
const FRONT: u64 = 4096;

/// A resolved type spec: what an application encodes and decodes values with.
///
/// `<blob@main>` resolves to the chain `blob`, `hash` and the storage type `json`: values go through the codecs in that
/// order, and come back in the other.
///
/// ```
/// use dj_codec_api::{Column, Context, Registry, StoreMap, Stored, Value};
///
/// let column = Column::resolve("bytes", &Registry::new())?;
/// let cx = Context::new(StoreMap::new());
/// assert_eq!(column.encode(Value::Bytes("abc".into()), &cx)?, Stored::Bytes("abc".into()));
/// assert_eq!(column.encode(Value::Null, &cx)?, Stored::Null);
/// # Ok::<(), dj_codec_api::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Column {
    spec: String,
    chain: Vec<Arc<dyn Codec>>,
    storage: String,
    store: Option<String>,
}

impl Column {
    /// Resolves a type spec with the codecs of a registry.
    ///
    /// # Errors
    /// Where a codec of the chain is not registered, cannot be declared so (`<npy>` without `@`), or the chain comes
    /// back to itself.
    pub fn resolve(spec: &str, registry: &Registry) -> Result<Self> {
        Self::resolve_in(spec, None, registry)
    }

    /// Resolves a type spec that stands in a column whose store is known from elsewhere: `None` for none, an empty
    /// name for the default store. A store that the spec itself names comes first.
    ///
    /// # Errors
    /// As [`resolve`](Self::resolve).
    pub fn resolve_in(spec: &str, store: Option<&str>, registry: &Registry) -> Result<Self> {
        let mut chain: Vec<Arc<dyn Codec>> = Vec::new();
        let mut store = store.map(ToOwned::to_owned);
        let mut next: TypeSpec = spec.parse()?;
        while next.is_codec() {
            if let Some(named) = next.store() {
                store = Some(named.to_owned());
            }
            let codec = registry.get(next.name()).map_err(|error| error.at(spec))?;
            if chain.iter().any(|earlier| earlier.name() == next.name()) {
                let path: Vec<_> = chain
                    .iter()
                    .map(|codec| codec.name())
                    .chain([next.name()])
                    .collect();
                return Err(Error::invalid_spec(format!(
                    "the chain of codecs comes back to itself: {}",
                    path.join(" -> ")
                ))
                .at(spec));
            }
            let mode = if store.is_some() { Mode::Store } else { Mode::Table };
            let inner = codec
                .dtype(mode)
                .map_err(|error| error.with_codec(codec.name()).at(spec))?;
            chain.push(Arc::clone(codec));
            next = inner;
        }
        // A native type with an `@`, which old declarations have, names a store unless the name is empty.
        if let Some(named) = next.store().filter(|named| !named.is_empty()) {
            store = Some(named.to_owned());
        }
        Ok(Self {
            spec: spec.to_owned(),
            chain,
            storage: next.name().to_owned(),
            store,
        })
    }

    /// The type spec that was resolved.
    #[must_use]
    pub fn spec(&self) -> &str {
        &self.spec
    }

    /// The codecs, outermost first.
    #[must_use]
    pub fn chain(&self) -> &[Arc<dyn Codec>] {
        &self.chain
    }

    /// The type of the database column: a core type such as `bytes` or `json`.
    #[must_use]
    pub fn storage(&self) -> &str {
        &self.storage
    }

    /// The store: `None` for values in the table, an empty name for the default store.
    #[must_use]
    pub fn store(&self) -> Option<&str> {
        self.store.as_deref()
    }

    /// Encodes a value: outermost codec first. NULL is stored as NULL.
    ///
    /// # Errors
    /// Where a codec refuses the value or a store cannot be written; nothing is left in a store then.
    pub fn encode(&self, value: Value, cx: &Context) -> Result<Stored> {
        if matches!(value, Value::Null) {
            return Ok(Stored::Null);
        }
        let cx = cx.clone().with_column_store(self.store());
        // A format that is asked for is one of the outermost codec; `1.0` of another one has nothing to do with it.
        let inner_cx = cx.clone().without_format_version();
        let mut value = value;
        for (at, codec) in self.chain.iter().enumerate() {
            let cx = if at == 0 { &cx } else { &inner_cx };
            let locate = |error: Error| error.with_codec(codec.name()).at(cx.place());
            codec.validate(&value).map_err(locate)?;
            value = codec.encode(value, cx).map_err(locate)?;
        }
        self.to_stored(value)
    }

    /// Decodes what the column holds: innermost codec first. NULL decodes to [`Value::Null`].
    ///
    /// # Errors
    /// Where the stored value is damaged, its format is not known, or an object cannot be read.
    pub fn decode(&self, stored: Stored, cx: &Context) -> Result<Value> {
        if matches!(stored, Stored::Null) {
            return Ok(Value::Null);
        }
        let cx = cx.clone().with_column_store(self.store());
        let kept = cx.outdated_hook().map(|_| stored.clone());
        let mut value = self.open_stored(stored)?;
        for codec in self.chain.iter().rev() {
            value = codec
                .decode(value, &cx)
                .map_err(|error| error.with_codec(codec.name()))?;
        }
        if let Some(stored) = kept {
            self.tell_outdated(&stored, &value, &cx);
        }
        Ok(value)
    }

    /// Calls the context's hook where the value is stored in an older format than the outermost codec writes.
    fn tell_outdated(&self, stored: &Stored, value: &Value, cx: &Context) {
        let Some((codec, hook)) = self.chain.first().zip(cx.outdated_hook()) else {
            return;
        };
        let info = codec.info();
        // The value has been decoded; that its format cannot be told a second time takes nothing from that.
        let (Some(current), Ok(Some(found))) = (info.writes, self.format_version(stored.clone(), cx)) else {
            return;
        };
        let status = match info.format_of(found) {
            Some(format) if found < current && !current.is_intrinsic() => format.status,
            _ => return,
        };
        if status == FormatStatus::Current {
            return;
        }
        (hook.0)(&Outdated {
            column: self,
            stored,
            value,
            cx,
            found,
            current,
            status,
        });
    }

    /// Looks whether a stored value is as it was written; see [`Codec::check`]. NULL always is.
    ///
    /// # Errors
    /// Where something is wanting.
    pub fn check(&self, stored: Stored, cx: &Context, level: CheckLevel) -> Result<()> {
        let (Some((outermost, inner)), false) = (self.chain.split_first(), matches!(stored, Stored::Null))
        else {
            return Ok(());
        };
        let cx = cx.clone().with_column_store(self.store());
        let mut value = self.open_stored(stored)?;
        if level < CheckLevel::Full {
            let innermost = inner.last().unwrap_or(outermost);
            return innermost
                .check(&value, &cx, level)
                .map_err(|error| error.with_codec(innermost.name()));
        }
        for codec in inner.iter().rev() {
            value = codec
                .decode(value, &cx)
                .map_err(|error| error.with_codec(codec.name()))?;
        }
        outermost
            .check(&value, &cx, level)
            .map_err(|error| error.with_codec(outermost.name()))
    }

    /// The data format of a stored value: that of the outermost codec, for which the next one reads the front of what it
    /// holds.
    /// `None` for NULL, and for codecs whose format has no version.
    ///
    /// # Errors
    /// Where it cannot be told.
    pub fn format_version(&self, stored: Stored, cx: &Context) -> Result<Option<FormatVersion>> {
        let Some((outermost, inner)) = self.chain.split_first() else {
            return Ok(None);
        };
        if matches!(stored, Stored::Null) {
            return Ok(None);
        }
        let cx = cx.clone().with_column_store(self.store());
        let mut value = self.open_stored(stored)?;
        for (at, codec) in inner.iter().enumerate().rev() {
            // Only what the outermost codec itself is shown may be a front: those between decode nothing but whole values.
            let shown = if at == 0 {
                codec.decode_front(value, FRONT, &cx)
            } else {
                codec.decode(value, &cx)
            };
            value = shown.map_err(|error| error.with_codec(codec.name()))?;
        }
        outermost
            .format_version(&value, &cx)
            .map_err(|error| error.with_codec(outermost.name()))
    }

    /// The objects in stores that a stored value needs: as the innermost codec, which wrote the record, tells.
    #[must_use]
    pub fn referenced_paths(&self, stored: &Stored) -> Vec<Reference> {
        let Some(innermost) = self.chain.last() else {
            return Vec::new();
        };
        match self.open_stored(stored.clone()) {
            Ok(value) => innermost.referenced_paths(&value),
            Err(_) => Vec::new(),
        }
    }

    fn to_stored(&self, value: Value) -> Result<Stored> {
        let refuse = |value: &Value| {
            Error::invalid_value(format!(
                "a column of type {} cannot hold {}",
                self.storage,
                value.type_name()
            ))
            .at(self.spec.as_str())
        };
        Ok(match value {
            Value::Null => Stored::Null,
            Value::Bytes(bytes) if self.storage != "json" => Stored::Bytes(bytes),
            Value::Json(json) if !self.is_bytes() => Stored::Json(*json),
            Value::Bool(flag) if !self.is_bytes() => Stored::Json(flag.into()),
            Value::Int(number) if !self.is_bytes() => Stored::Json(number.into()),
            Value::Float(number) if !self.is_bytes() && number.is_finite() => Stored::Json(number.into()),
            Value::Str(text) if !self.is_bytes() => Stored::Json(text.into()),
            other => return Err(refuse(&other)),
        })
    }

    /// What the column holds, as the innermost codec takes it.
    pub(crate) fn open_stored(&self, stored: Stored) -> Result<Value> {
        Ok(match stored {
            Stored::Null => Value::Null,
            // A JSON column of a database that has no such type comes as the bytes of its text.
            Stored::Bytes(bytes) if self.storage == "json" => {
                Value::Json(serde_json::from_slice(&bytes).map_err(|error| {
                    Error::corrupt("the column should hold JSON, and holds other bytes")
                        .at(self.spec.as_str())
                        .caused_by(error)
                })?)
            }
            Stored::Bytes(bytes) => Value::Bytes(bytes),
            Stored::Json(json) if self.is_bytes() => {
                let kind = if matches!(json, Json::String(_)) {
                    "a text"
                } else {
                    "JSON"
                };
                return Err(
                    Error::corrupt(format!("the column should hold bytes, and holds {kind}"))
                        .at(self.spec.as_str()),
                );
            }
            Stored::Json(json) => Value::Json(Box::new(json)),
        })
    }

    fn is_bytes(&self) -> bool {
        matches!(
            self.storage.as_str(),
            "bytes" | "longblob" | "mediumblob" | "blob" | "tinyblob" | "bytea"
        )
    }
}
