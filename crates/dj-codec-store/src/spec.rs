//! What one store is configured to be, checked as DataJoint checks it.

mod layout;
mod prefixes;
mod protocol;

use std::fmt;

use dj_codec_api::{Error, Result, StoreLayout};
use serde_json::{Map, Value};

pub use protocol::Protocol;

/// The settings of one store: complete, with DataJoint's defaults, and valid.
///
/// `Debug` output shows no values of credentials.
#[derive(Clone, PartialEq)]
pub struct StoreSpec {
    name: String,
    protocol: Protocol,
    settings: Map<String, Value>,
    layout: StoreLayout,
}

impl StoreSpec {
    /// Fills in the defaults and checks the settings, as Python's `get_store_spec`.
    pub(crate) fn new(name: &str, settings: &Value) -> Result<Self> {
        let Value::Object(settings) = settings else {
            return Err(Error::config(format!("{} must be a JSON object", place(name)))
                .advise("give it at least a protocol and a location"));
        };
        let mut settings = settings.clone();
        for (key, default) in layout::defaults() {
            settings.entry(key).or_insert(default);
        }
        let protocol = Protocol::of(name, &settings)?;
        if protocol == Protocol::S3 {
            settings.entry("secure").or_insert(true.into());
        }
        protocol.check_keys(name, &settings)?;
        prefixes::check(name, &settings)?;
        let layout = layout::read(name, &settings)?;
        Ok(Self {
            name: name.into(),
            protocol,
            settings,
            layout,
        })
    }

    /// The name of the store.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What kind of store it is.
    #[must_use]
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// All settings, as Python's `get_store_spec` returns them. They include credentials: do not print them.
    #[must_use]
    pub fn settings(&self) -> &Map<String, Value> {
        &self.settings
    }

    /// How the store lays out paths.
    #[must_use]
    pub fn layout(&self) -> &StoreLayout {
        &self.layout
    }

    /// The folder, or the prefix in the bucket, that holds everything; empty where the whole bucket does.
    #[must_use]
    pub fn location(&self) -> &str {
        self.settings
            .get("location")
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// Where the store is, for people: a folder or a URL, without credentials.
    #[must_use]
    pub fn url(&self) -> String {
        let bucket = |key| self.settings.get(key).and_then(Value::as_str).unwrap_or_default();
        let location = self.location();
        match self.protocol {
            Protocol::File => location.to_owned(),
            Protocol::S3 => format!("s3://{}/{location}", bucket("bucket")),
            Protocol::Gcs => format!("gs://{}/{location}", bucket("bucket")),
            Protocol::Azure => format!("az://{}/{location}", bucket("container")),
            Protocol::Memory => format!("memory://{location}"),
        }
    }

    /// A setting that must be text; `None` where it is null, empty or not there.
    pub(crate) fn text(&self, key: &str) -> Result<Option<&str>> {
        match self.settings.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.as_str()).filter(|text| !text.is_empty())),
            Some(_) => Err(Error::config(format!(
                "{}: {key} must be a string",
                place(&self.name)
            ))),
        }
    }

    /// A setting that must be there, as text.
    #[cfg(any(feature = "s3", feature = "gcs", feature = "azure"))]
    pub(crate) fn required_text(&self, key: &str) -> Result<&str> {
        self.text(key)?
            .ok_or_else(|| Error::config(format!("{}: {key} is empty", place(&self.name))).advise("set it"))
    }
}

impl fmt::Debug for StoreSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreSpec")
            .field("name", &self.name)
            .field("protocol", &self.protocol)
            .field("url", &self.url())
            .field("keys", &self.settings.keys())
            .field("layout", &self.layout)
            .finish()
    }
}

/// How DataJoint names a store in its messages.
pub(crate) fn place(name: &str) -> String {
    format!("config.stores[\"{}\"]", name.escape_debug())
}

/// Whether Python takes a value for true.
pub(crate) fn truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
    }
}
