//! The trait that every codec implements.

use std::borrow::Cow;
use std::fmt;

use crate::check::{self, CheckLevel};
use crate::dispatch::FormatInfo;
use crate::{Context, Error, FormatVersion, Json, Record, Result, TypeSpec, Value};

/// Where a column keeps its values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// In the table: `<blob>`.
    Table,
    /// In a store: `<blob@>`, `<blob@main>`.
    Store,
}

impl Mode {
    /// What [`Codec::dtype`] gives for a codec that keeps its values in stores only, with a record in the column: `json`.
    ///
    /// # Errors
    /// In the mode [`Table`](Self::Table): the `@` is missing.
    ///
    /// ```
    /// use dj_codec_api::Mode;
    ///
    /// assert_eq!(Mode::Store.store_only("npy")?.to_string(), "json");
    /// assert!(Mode::Table.store_only("npy").is_err());
    /// # Ok::<(), dj_codec_api::Error>(())
    /// ```
    pub fn store_only(self, codec: &str) -> Result<TypeSpec> {
        match self {
            Self::Store => Ok(TypeSpec::core("json")),
            Self::Table => Err(
                Error::invalid_spec(format!("<{codec}> requires @ (store only)")).advise(format!(
                    "declare <{codec}@> for the default store, or <{codec}@NAME>"
                )),
            ),
        }
    }
}

/// What a codec says of itself: for `list`, for messages, for audits.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CodecInfo {
    /// The name in type specs.
    pub name: Cow<'static, str>,
    /// The crate that it comes from.
    pub crate_name: Cow<'static, str>,
    /// The version of that crate.
    pub crate_version: Cow<'static, str>,
    /// The modes that it can be declared in.
    pub modes: Vec<Mode>,
    /// The data format that it writes unless asked for another.
    pub writes: Option<FormatVersion>,
    /// The data formats that it reads, oldest first.
    pub reads: Vec<FormatInfo>,
    /// The DataJoint versions that it is known to work with, as a requirement such as `>=2.3, <2.4`.
    pub datajoint: Cow<'static, str>,
}

impl CodecInfo {
    /// A codec of this name from this crate. The rest is set with the `with_` methods.
    pub fn new(
        name: impl Into<Cow<'static, str>>,
        crate_name: impl Into<Cow<'static, str>>,
        crate_version: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            name: name.into(),
            crate_name: crate_name.into(),
            crate_version: crate_version.into(),
            modes: Vec::new(),
            writes: None,
            reads: Vec::new(),
            datajoint: Cow::Borrowed(""),
        }
    }

    /// The modes that it can be declared in.
    #[must_use]
    pub fn with_modes(mut self, modes: &[Mode]) -> Self {
        self.modes = modes.to_vec();
        self
    }

    /// The data formats: the one that it writes by default, and those that it reads.
    #[must_use]
    pub fn with_formats(mut self, writes: FormatVersion, reads: Vec<FormatInfo>) -> Self {
        self.writes = Some(writes);
        self.reads = reads;
        self
    }

    /// The DataJoint versions that it is known to work with.
    #[must_use]
    pub fn with_datajoint(mut self, requirement: impl Into<Cow<'static, str>>) -> Self {
        self.datajoint = requirement.into();
        self
    }

    /// The format of this list that a version is read as: itself, or where a newer minor was found the newest of its major.
    #[must_use]
    pub fn format_of(&self, version: FormatVersion) -> Option<&FormatInfo> {
        let older =
            |format: &&FormatInfo| format.version.major() == version.major() && format.version <= version;
        self.reads
            .iter()
            .filter(older)
            .max_by_key(|format| format.version)
    }
}

/// An object in a store that belongs to a stored value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Reference {
    /// The path in the store. For a folder (a Zarr array, a stored folder) everything below it is meant.
    pub path: String,
    /// The name of the store; `None` for the default store.
    pub store: Option<String>,
    /// Whether the value is whole without it: it is the value's where it is there, and nothing is wrong where it is not.
    pub optional: bool,
}

impl Reference {
    /// An object that the value needs, in a store of this name, or in the default store.
    #[must_use]
    pub fn new(path: impl Into<String>, store: Option<&str>) -> Self {
        Self {
            path: path.into(),
            store: store.map(ToOwned::to_owned),
            optional: false,
        }
    }

    /// The same object, which need not be there.
    #[must_use]
    pub fn optional(mut self) -> Self {
        self.optional = true;
        self
    }
}

/// A codec: between a value and what a column, or the next codec of the chain, holds.
///
/// A column's type spec names the outermost codec. [`dtype`](Self::dtype) names what that one encodes to: a core type
/// (`bytes`, `json`), or another codec, whose turn it is then. [`Column`](crate::Column) resolves such chains and
/// applies them; an application calls it rather than a codec.
///
/// NULL never reaches a codec.
///
/// ```
/// use dj_codec_api::{Codec, CodecInfo, Context, Error, Mode, Result, TypeSpec, Value};
///
/// /// Keeps text backwards, in the table or in a store.
/// #[derive(Debug)]
/// struct Backwards;
///
/// impl Codec for Backwards {
///     fn name(&self) -> &str {
///         "backwards"
///     }
///
///     fn info(&self) -> CodecInfo {
///         CodecInfo::new("backwards", env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))
///             .with_modes(&[Mode::Table, Mode::Store])
///     }
///
///     fn dtype(&self, mode: Mode) -> Result<TypeSpec> {
///         Ok(match mode {
///             Mode::Table => TypeSpec::core("bytes"),
///             Mode::Store => TypeSpec::codec("hash"),
///         })
///     }
///
///     fn encode(&self, value: Value, _: &Context) -> Result<Value> {
///         match value {
///             Value::Str(text) => Ok(Value::Bytes(text.chars().rev().collect::<String>().into())),
///             other => Err(Error::invalid_value(format!("text was expected, this is {}", other.type_name()))),
///         }
///     }
///
///     fn decode(&self, stored: Value, _: &Context) -> Result<Value> {
///         match stored {
///             Value::Bytes(bytes) => match std::str::from_utf8(&bytes) {
///                 Ok(text) => Ok(Value::Str(text.chars().rev().collect())),
///                 Err(error) => Err(Error::corrupt("the bytes are no text").caused_by(error)),
///             },
///             other => Err(Error::corrupt(format!("bytes were expected, this is {}", other.type_name()))),
///         }
///     }
/// }
/// ```
pub trait Codec: fmt::Debug + Send + Sync {
    /// The name in type specs: lower-case ASCII letters, digits and underscores.
    fn name(&self) -> &str;

    /// What the codec says of itself.
    fn info(&self) -> CodecInfo;

    /// What the codec encodes to in this mode: a core type, or the codec to chain to.
    ///
    /// # Errors
    /// Where the codec cannot be declared in this mode: a missing or a superfluous `@`.
    fn dtype(&self, mode: Mode) -> Result<TypeSpec>;

    /// Looks at a value before anything is written.
    ///
    /// # Errors
    /// Where the codec cannot store it.
    fn validate(&self, value: &Value) -> Result<()> {
        let _ = value;
        Ok(())
    }

    /// Turns a value into what the next codec of the chain, or the column, holds.
    ///
    /// # Errors
    /// Where the value cannot be stored. Nothing is left in a store then.
    fn encode(&self, value: Value, cx: &Context) -> Result<Value>;

    /// Turns what the column, or the next codec of the chain, holds into the value.
    ///
    /// # Errors
    /// Where it is damaged, of a format that is not known, or over a limit.
    fn decode(&self, stored: Value, cx: &Context) -> Result<Value>;

    /// The first `length` bytes of what [`decode`](Self::decode) would give, or all of it: enough for the next codec to
    /// tell the [format](Self::format_version). The default decodes everything; a codec whose values are bytes in a store
    /// reads their beginning.
    ///
    /// # Errors
    /// As [`decode`](Self::decode), as far as it is looked at.
    fn decode_front(&self, stored: Value, length: u64, cx: &Context) -> Result<Value> {
        let _ = length;
        self.decode(stored, cx)
    }

    /// Looks whether a stored value is as it was written, as closely as asked. The default knows what every record says
    /// (`path`, `size`), and at [`CheckLevel::Full`] decodes and loads the value. A codec that keeps digests or
    /// inventories compares them too.
    ///
    /// # Errors
    /// Where something is wanting: what a reader of the value would meet, and what it would not notice.
    fn check(&self, stored: &Value, cx: &Context, level: CheckLevel) -> Result<()> {
        match level {
            CheckLevel::Full => self.decode(stored.clone(), cx)?.load().map(drop),
            CheckLevel::Presence | CheckLevel::Size => {
                check::references(&self.referenced_paths(stored), stored, cx, level)
            }
        }
    }

    /// The objects in stores that a stored value needs. The default reads `path` and `store` of a record.
    fn referenced_paths(&self, stored: &Value) -> Vec<Reference> {
        record_reference(stored).into_iter().collect()
    }

    /// The keys of the codec's own records, in all formats that it reads. When a value is encoded anew, these are taken from
    /// the new record alone; every other key of the old one is somebody else's, and is kept.
    fn record_keys(&self) -> &'static [&'static str] {
        &[]
    }

    /// The data format of what [`decode`](Self::decode) would be given, without decoding it; `None` for codecs whose
    /// format has no version.
    ///
    /// # Errors
    /// Where it cannot be told.
    fn format_version(&self, stored: &Value, cx: &Context) -> Result<Option<FormatVersion>> {
        let _ = (stored, cx);
        Ok(None)
    }
}

/// `path` and `store` of a stored record, where it is one.
fn record_reference(stored: &Value) -> Option<Reference> {
    let text = |text: &str| Record::from_json(serde_json::from_str(text).ok()?).ok();
    let record = match stored {
        Value::Json(json) => match json.as_ref() {
            Json::Object(members) => Record::from(members.clone()),
            Json::String(inner) => text(inner)?,
            _ => return None,
        },
        Value::Str(inner) => text(inner)?,
        _ => return None,
    };
    Some(Reference::new(record.path().ok()?, record.store().ok()?))
}
