//! The codecs that a program knows.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::{Codec, CodecInfo, Error, ErrorKind, Result};

/// The codecs that a program knows, by name. An owned value: two registries of one program know nothing of each
/// other.
///
/// ```
/// use dj_codec_api::Registry;
///
/// let registry = Registry::new();
/// let error = registry.require(&["zarr"]).unwrap_err();
/// assert!(error.to_string().contains("dj-zarr-codecs"));
/// ```
#[derive(Debug, Clone, Default)]
pub struct Registry {
    codecs: BTreeMap<String, Arc<dyn Codec>>,
}

/// The crates that are known to bring a codec, for messages. A name that is not here has, by convention, a crate
/// named for it.
const CRATES: [(&str, &str); 8] = [
    ("blob", "dj-blob-codecs"),
    ("hash", "dj-hash-codecs"),
    ("attach", "dj-file-codecs"),
    ("object", "dj-file-codecs"),
    ("filepath", "dj-file-codecs"),
    ("npy", "dj-npy-codecs"),
    ("zarr", "dj-zarr-codecs"),
    ("photon", "dj-photon-codecs"),
];

impl Registry {
    /// A registry without codecs.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Every codec crate that the program links.
    ///
    /// The linker leaves out a crate that the program depends on but never names; `use dj_zarr_codecs as _;` names it.
    ///
    /// # Errors
    /// [`DuplicateCodec`](ErrorKind::DuplicateCodec) where two crates bring one name.
    pub fn linked() -> Result<Self> {
        let mut registry = Self::new();
        for entry in inventory::iter::<LinkedCodec> {
            registry.register((entry.make)())?;
        }
        Ok(registry)
    }

    /// Adds a codec.
    ///
    /// # Errors
    /// [`DuplicateCodec`](ErrorKind::DuplicateCodec) where the name is taken, naming both crates;
    /// [`InvalidSpec`](ErrorKind::InvalidSpec) where the name could not be written in a type spec.
    pub fn register(&mut self, codec: Arc<dyn Codec>) -> Result<()> {
        let name = codec.name();
        Self::check_name(name)?;
        if let Some(present) = self.codecs.get(name) {
            let (present, new) = (present.info(), codec.info());
            return Err(Error::new(
                ErrorKind::DuplicateCodec,
                format!(
                    "<{name}> is registered by {} {} already, and {} {} wants to register it too",
                    present.crate_name, present.crate_version, new.crate_name, new.crate_version
                ),
            )
            .advise("leave one of the crates out, or replace the codec on purpose"));
        }
        self.codecs.insert(name.to_owned(), codec);
        Ok(())
    }

    /// Adds a codec in place of one of the same name, which is returned.
    ///
    /// # Errors
    /// Where the name could not be written in a type spec.
    pub fn replace(&mut self, codec: Arc<dyn Codec>) -> Result<Option<Arc<dyn Codec>>> {
        let present = self.codecs.remove(codec.name());
        self.register(codec)?;
        Ok(present)
    }

    /// Whether a codec can have this name: lower-case ASCII letters, digits and underscores, the first one a letter.
    ///
    /// # Errors
    /// [`InvalidSpec`](ErrorKind::InvalidSpec) where it could not be written in a type spec.
    pub fn check_name(name: &str) -> Result<()> {
        if is_name(name) {
            return Ok(());
        }
        Err(
            Error::invalid_spec(format!("{name:?} cannot be the name of a codec"))
                .advise("use lower-case letters, digits and underscores, beginning with a letter"),
        )
    }

    /// The codec of this name.
    ///
    /// # Errors
    /// [`UnknownCodec`](ErrorKind::UnknownCodec), with the crate that brings it.
    pub fn get(&self, name: &str) -> Result<&Arc<dyn Codec>> {
        self.codecs.get(name).ok_or_else(|| self.missing(&[name]))
    }

    /// Checks that all of these codecs are registered.
    ///
    /// # Errors
    /// [`UnknownCodec`](ErrorKind::UnknownCodec), naming all that are missing and the crates that bring them.
    pub fn require(&self, names: &[&str]) -> Result<()> {
        let missing: Vec<&str> = names
            .iter()
            .copied()
            .filter(|name| !self.codecs.contains_key(*name))
            .collect();
        if missing.is_empty() {
            Ok(())
        } else {
            Err(self.missing(&missing))
        }
    }

    /// What each codec says of itself, sorted by name.
    #[must_use]
    pub fn list(&self) -> Vec<CodecInfo> {
        self.codecs.values().map(|codec| codec.info()).collect()
    }

    /// The crate that is known, or by convention expected, to bring a codec.
    #[must_use]
    pub fn crate_for(name: &str) -> String {
        CRATES.iter().find(|(known, _)| *known == name).map_or_else(
            || format!("dj-{}-codecs", name.replace('_', "-")),
            |(_, crate_name)| (*crate_name).to_owned(),
        )
    }

    fn missing(&self, names: &[&str]) -> Error {
        let list = |names: &mut dyn Iterator<Item = String>| names.collect::<Vec<_>>().join(", ");
        let missing = list(&mut names.iter().map(|name| format!("<{name}>")));
        let known = list(&mut self.codecs.keys().map(|name| format!("<{name}>")));
        let known = if known.is_empty() {
            "none".to_owned()
        } else {
            known
        };
        let mut crates: Vec<String> = names
            .iter()
            .filter(|name| is_name(name))
            .map(|name| Self::crate_for(name))
            .collect();
        crates.dedup();
        let error = Error::new(
            ErrorKind::UnknownCodec,
            format!("no codec {missing} is registered; registered are {known}"),
        );
        if crates.is_empty() {
            return error;
        }
        error.advise(format!(
            "add the crate {} and register its codec",
            crates.join(", ")
        ))
    }
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// A codec that a linked crate offers; made by [`submit_codec!`](crate::submit_codec).
#[derive(Debug)]
#[doc(hidden)]
pub struct LinkedCodec {
    make: fn() -> Arc<dyn Codec>,
}

impl LinkedCodec {
    #[doc(hidden)]
    pub const fn new(make: fn() -> Arc<dyn Codec>) -> Self {
        Self { make }
    }
}

inventory::collect!(LinkedCodec);

/// Offers a codec to [`Registry::linked`]. Takes an expression that makes it.
///
/// ```
/// # use dj_codec_api::{Codec, CodecInfo, Context, Mode, Result, TypeSpec, Value};
/// # #[derive(Debug, Default)]
/// # struct SpikeTrainCodec;
/// # impl Codec for SpikeTrainCodec {
/// #     fn name(&self) -> &str { "spike_train" }
/// #     fn info(&self) -> CodecInfo { CodecInfo::new("spike_train", "dj-spike-train-codecs", "0.1.0") }
/// #     fn dtype(&self, _: Mode) -> Result<TypeSpec> { "<blob>".parse() }
/// #     fn encode(&self, value: Value, _: &Context) -> Result<Value> { Ok(value) }
/// #     fn decode(&self, stored: Value, _: &Context) -> Result<Value> { Ok(stored) }
/// # }
/// dj_codec_api::submit_codec!(SpikeTrainCodec::default());
///
/// # fn main() -> Result<()> {
/// let registry = dj_codec_api::Registry::linked()?;
/// assert!(registry.get("spike_train").is_ok());
/// # Ok(())
/// # }
/// ```
#[macro_export]
macro_rules! submit_codec {
    ($make:expr) => {
        $crate::inventory::submit! {
            $crate::LinkedCodec::new(|| ::std::sync::Arc::new($make))
        }
    };
}
