//! The file that a lock is kept in.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind as Io;
use std::path::Path;

use dj_codec_api::{Error, Json, Result};
use serde_json::json;

/// What was written for one input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Digests {
    /// Of the stored bytes or record.
    pub(super) stored: String,
    /// Of the objects but payload.
    pub(super) objects: Option<String>,
    /// Of the objects that are payload.
    pub(super) payload: Option<String>,
    /// What is stored, for messages; not kept.
    pub(super) shown: String,
}

impl Digests {
    pub(super) fn changes(&self, now: &Self) -> Vec<String> {
        let mut changes = Vec::new();
        if self.stored != now.stored {
            changes.push(format!("what the column holds changed; it is now {}", now.shown));
        }
        if self.objects != now.objects {
            changes.push("the objects in the store changed: their paths, or what is in them".into());
        }
        if self.payload != now.payload {
            changes.push("the payload in the store changed".into());
        }
        changes
    }

    pub(super) fn differs_only_in_payload(&self, now: &Self) -> bool {
        self.stored == now.stored && self.objects == now.objects && self.payload != now.payload
    }

    fn to_json(&self) -> Json {
        let digests = [
            ("stored", Some(&self.stored)),
            ("objects", self.objects.as_ref()),
            ("payload", self.payload.as_ref()),
        ];
        let known = digests
            .into_iter()
            .filter_map(|(key, digest)| Some((key.to_owned(), digest?.as_str().into())));
        Json::Object(known.collect())
    }

    fn from_json(json: &Json) -> Option<Self> {
        let text = |key| json.get(key).and_then(Json::as_str).map(str::to_owned);
        Some(Self {
            stored: text("stored")?,
            objects: text("objects"),
            payload: text("payload"),
            shown: String::new(),
        })
    }
}

/// By format, by input.
#[derive(Debug, Default)]
pub(super) struct Lock(BTreeMap<String, BTreeMap<String, Digests>>);

impl Lock {
    pub(super) fn read(path: &Path) -> Result<Self> {
        let text = match fs::read(path) {
            Ok(text) => text,
            Err(error) if error.kind() == Io::NotFound => return Ok(Self::default()),
            Err(error) => return Err(failed(path, "cannot be read", error)),
        };
        let json: Json = serde_json::from_slice(&text).map_err(|error| failed(path, "is no JSON", error))?;
        let wrong = || {
            Error::corrupt("the lock file has not the form that FormatLock writes")
                .at(path.display().to_string())
        };
        let formats = json.get("formats").and_then(Json::as_object).ok_or_else(wrong)?;
        let mut lock = Self::default();
        for (version, inputs) in formats {
            for (name, digests) in inputs.as_object().ok_or_else(wrong)? {
                lock.set(version, name, Digests::from_json(digests).ok_or_else(wrong)?);
            }
        }
        Ok(lock)
    }

    /// Writes the file beside itself, and puts it in place when it is whole.
    pub(super) fn write(&self, path: &Path, crate_name: &str) -> Result<()> {
        let inputs = |inputs: &BTreeMap<String, Digests>| -> Json {
            let members = inputs
                .iter()
                .map(|(name, digests)| (name.clone(), digests.to_json()));
            Json::Object(members.collect())
        };
        let formats = self.0.iter().map(|(version, of)| (version.clone(), inputs(of)));
        let json = json!({
            "about": format!("SHA-256 of what {crate_name} writes for fixed inputs. Written by dj-codec-testkit's FormatLock; entries are added, never edited."),
            "formats": Json::Object(formats.collect()),
        });
        let text = serde_json::to_string_pretty(&json)
            .map_err(|error| failed(path, "cannot be made", error))?
            + "\n";
        let beside = path.with_extension("json.new");
        path.parent()
            .map_or(Ok(()), fs::create_dir_all)
            .and_then(|()| fs::write(&beside, text))
            .and_then(|()| fs::rename(&beside, path))
            .map_err(|error| failed(path, "cannot be written", error))
    }

    pub(super) fn get(&self, version: &str, name: &str) -> Option<&Digests> {
        self.0.get(version)?.get(name)
    }

    pub(super) fn set(&mut self, version: &str, name: &str, digests: Digests) {
        self.0
            .entry(version.into())
            .or_default()
            .insert(name.into(), digests);
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = (&str, &str)> {
        let pairs = self.0.iter();
        pairs.flat_map(|(version, inputs)| inputs.keys().map(move |name| (version.as_str(), name.as_str())))
    }
}

fn failed(path: &Path, what: &str, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::store(format!("the lock file {what}"))
        .at(path.display().to_string())
        .caused_by(error)
}
