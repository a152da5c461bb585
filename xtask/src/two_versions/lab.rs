//! Where one value is written and read: a folder with a store, by either version.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dj_codecs::api::{Context, Error, Limits, StoreMap, Stored, Value, notation};
use dj_codecs::store::FileStore;

use crate::Outcome;

/// Schema, table, field, and the name of the primary key.
pub(super) const PLACE: [&str; 4] = ["lab", "recording", "value", "recording_id"];

/// A folder that is made anew, with an empty store, and removed at the end.
pub(super) struct Lab(PathBuf);

impl Lab {
    pub(super) fn new(folder: PathBuf) -> Result<Self, String> {
        let lab = Self(folder);
        lab.remove()?;
        fs::create_dir_all(lab.store_folder()).map_err(|error| lab.failed(&error))?;
        Ok(lab)
    }

    pub(super) fn folder(&self) -> &Path {
        &self.0
    }

    pub(super) fn store_folder(&self) -> PathBuf {
        self.0.join("store")
    }

    /// The store, to today's version.
    pub(super) fn context(&self) -> Result<Context, Error> {
        let store = Arc::new(FileStore::open(self.store_folder())?);
        let [schema, table, field, key] = PLACE;
        let stores = StoreMap::new().with("main", store).with_default("main");
        Ok(Context::new(stores)
            .with_field(schema, table, field)
            .with_key(key, 1_i64))
    }

    pub(super) fn write(&self, name: &str, text: &str) -> Result<PathBuf, String> {
        let path = self.0.join(name);
        fs::write(&path, text).map_err(|error| self.failed(&error))?;
        Ok(path)
    }

    fn remove(&self) -> Outcome {
        match fs::remove_dir_all(&self.0) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(self.failed(&error)),
            _ => Ok(()),
        }
    }

    fn failed(&self, error: &std::io::Error) -> String {
        format!("{}: {error}", self.0.display())
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        // What is left is below the target folder, and goes with the next run.
        let _ = self.remove();
    }
}

/// A value in the notation that `dj-codec` takes and gives.
pub(super) fn to_text(value: &Value) -> Result<String, String> {
    notation::to_string(value).map_err(|error| error.report())
}

pub(super) fn from_text(text: &str) -> Result<Value, String> {
    notation::from_str(text, &Limits::default()).map_err(|error| error.report())
}

/// What `dj-codec encode` prints: one line of what the column would hold.
pub(super) fn stored(text: &str) -> Result<Stored, String> {
    let json =
        serde_json::from_str(text).map_err(|error| format!("dj-codec encode printed no JSON: {error}"))?;
    Stored::from_json(json).map_err(|error| error.report())
}
