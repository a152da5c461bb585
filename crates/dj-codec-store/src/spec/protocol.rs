//! The kinds of stores, and which settings each takes.

use std::fmt;

use dj_codec_api::{Error, Result};
use serde_json::{Map, Value};

use super::place;

/// The settings that every kind of store takes, beside its own.
const COMMON: &[&str] = &[
    "protocol",
    "location",
    "subfolding",
    "partition_pattern",
    "token_length",
    "hash_prefix",
    "schema_prefix",
    "filepath_prefix",
    "stage",
];

/// What kind of store a store is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Protocol {
    /// A folder of a file system: `file`.
    File,
    /// A bucket of Amazon S3, or of a server that speaks its protocol: `s3`.
    S3,
    /// A bucket of Google Cloud Storage: `gcs`.
    Gcs,
    /// A container of Azure Blob Storage: `azure`.
    Azure,
    /// The memory of this process, gone when it ends: `memory`. DataJoint for Python does not have it.
    Memory,
}

impl Protocol {
    const ALL: [Self; 5] = [Self::File, Self::S3, Self::Gcs, Self::Azure, Self::Memory];

    /// The name in the configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::S3 => "s3",
            Self::Gcs => "gcs",
            Self::Azure => "azure",
            Self::Memory => "memory",
        }
    }

    /// The protocol of a store with these settings. Case does not count.
    pub(super) fn of(name: &str, settings: &Map<String, Value>) -> Result<Self> {
        let text = match settings.get("protocol") {
            None => "",
            Some(Value::String(text)) => text,
            Some(_) => {
                return Err(Error::config(format!(
                    "{}: protocol must be a string",
                    place(name)
                )));
            }
        };
        Self::ALL
            .into_iter()
            .find(|protocol| text.to_lowercase() == protocol.as_str())
            .ok_or_else(|| {
                Error::config(format!(
                    "Unknown protocol \"{}\" in {}",
                    text.to_lowercase().escape_debug(),
                    place(name)
                ))
                .advise("known are file, s3, gcs, azure and, for tests, memory")
            })
    }

    const fn required(self) -> &'static [&'static str] {
        match self {
            Self::File => &["protocol", "location"],
            Self::S3 => &["protocol", "endpoint", "bucket", "location"],
            Self::Gcs => &["protocol", "bucket", "location"],
            Self::Azure => &["protocol", "container", "location"],
            Self::Memory => &["protocol"],
        }
    }

    const fn own(self) -> &'static [&'static str] {
        match self {
            Self::File | Self::Memory => &[],
            Self::S3 => &[
                "endpoint",
                "bucket",
                "access_key",
                "secret_key",
                "secure",
                "proxy_server",
            ],
            Self::Gcs => &["bucket", "token", "project"],
            Self::Azure => &["container", "account_name", "account_key", "connection_string"],
        }
    }

    pub(super) fn check_keys(self, name: &str, settings: &Map<String, Value>) -> Result<()> {
        let missing: Vec<_> = self
            .required()
            .iter()
            .copied()
            .filter(|key| !settings.contains_key(*key))
            .collect();
        if !missing.is_empty() {
            return Err(Error::config(format!(
                "{} is missing: {}",
                place(name),
                missing.join(", ")
            )));
        }
        let invalid: Vec<_> = settings
            .keys()
            .filter(|key| !COMMON.contains(&key.as_str()) && !self.own().contains(&key.as_str()))
            .map(|key| key.escape_debug().to_string())
            .collect();
        if !invalid.is_empty() {
            let own: Vec<_> = COMMON.iter().chain(self.own()).copied().collect();
            return Err(Error::config(format!(
                "Invalid key(s) in {}: {}",
                place(name),
                invalid.join(", ")
            ))
            .advise(format!(
                "a store with the protocol {self} takes: {}",
                own.join(", ")
            )));
        }
        Ok(())
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
