//! What the column holds of an array.

use dj_codec_api::layout::check_path;
use dj_codec_api::{DType, Json, Record, Result};

use crate::inventory::Inventory;

/// The record of an array: where it is, and what is known of it without reading it.
///
/// Only `path` must be there. Records have had these forms, told apart by what they hold:
///
/// | written by | beside `path` and `store` |
/// | --- | --- |
/// | dj-zarr-codecs before 2026-01-16 | `shape`, `dtype` |
/// | dj-zarr-codecs of 2026-01-16 | `shape`, `dtype`, `codec_version` "1.0" |
/// | dj-zarr-codecs of 2026-01-23 | `shape`, `dtype`; the versions of the writers are attributes of the array |
/// | dj-zarr-codecs since | `shape`, `dtype`, `provenance` |
/// | this crate, format 2.0 | `shape`, `dtype`, `codec_version` "2.0", `inventory` |
///
/// Other keys are ignored and kept.
#[derive(Debug, Clone)]
pub struct ZarrRecord {
    record: Record,
    path: String,
    store: Option<String>,
    shape: Option<Vec<u64>>,
    inventory: Option<Inventory>,
}

impl ZarrRecord {
    /// Reads a record.
    ///
    /// # Errors
    /// [`UnsafePath`](dj_codec_api::ErrorKind::UnsafePath) where the path leads out of the store;
    /// [`Corrupt`](dj_codec_api::ErrorKind::Corrupt) where there is none, or a key holds what it must not.
    pub fn from_record(record: Record) -> Result<Self> {
        Self::of_codec(crate::NAME, record)
    }

    /// Reads a record of another codec that keeps its values as Zarr arrays: one with the same keys, and others. Errors name
    /// that codec.
    ///
    /// # Errors
    /// As [`from_record`](Self::from_record).
    pub fn of_codec(codec: &str, record: Record) -> Result<Self> {
        Self::parse(record).map_err(|error| error.with_codec(codec))
    }

    fn parse(record: Record) -> Result<Self> {
        // Some object stores list folders with a slash at the end, and so did somebody who wrote records by hand.
        let path = record.path()?.trim_end_matches('/').to_owned();
        check_path(&path)?;
        Ok(Self {
            store: record.store()?.map(str::to_owned),
            shape: record.shape("shape")?,
            inventory: match record.get("inventory") {
                None | Some(Json::Null) => None,
                Some(inventory) => Some(Inventory::from_json(inventory)?),
            },
            path,
            record,
        })
    }

    /// The folder of the array, relative to its store.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The name of the store; `None` for the default store.
    #[must_use]
    pub fn store(&self) -> Option<&str> {
        self.store.as_deref()
    }

    /// The shape of the array.
    #[must_use]
    pub fn shape(&self) -> Option<&[u64]> {
        self.shape.as_deref()
    }

    /// The dtype of the array that was stored. Zarr V3 keeps no byte order, so it may differ in that from the array's.
    /// `None` where it is not said, or in words that name no type here, such as those of structures.
    #[must_use]
    pub fn dtype(&self) -> Option<DType> {
        self.record.text("dtype").ok()??.parse().ok()
    }

    /// What was written of the array; records of format 2.0 have it.
    #[must_use]
    pub fn inventory(&self) -> Option<&Inventory> {
        self.inventory.as_ref()
    }

    /// The same record, its inventory not believed: of an array that says it is of a format without one.
    pub(crate) fn without_inventory(mut self) -> Self {
        self.inventory = None;
        self
    }

    /// The record with all its keys.
    #[must_use]
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// The record as the column holds it.
    #[must_use]
    pub fn into_record(self) -> Record {
        self.record
    }
}

impl From<ZarrRecord> for Record {
    fn from(record: ZarrRecord) -> Self {
        record.record
    }
}

impl TryFrom<Record> for ZarrRecord {
    type Error = dj_codec_api::Error;

    fn try_from(record: Record) -> Result<Self> {
        Self::from_record(record)
    }
}

#[cfg(test)]
mod tests {
    use dj_codec_api::ErrorKind;
    use serde_json::json;

    use super::*;

    fn parse(json: Json) -> Result<ZarrRecord> {
        Record::from_json(json).and_then(ZarrRecord::from_record)
    }

    #[test]
    fn only_a_path_is_needed() {
        let record = parse(json!({"path": "a/b.zarr/", "note": 1})).unwrap();
        assert_eq!(
            (record.path(), record.store(), record.shape()),
            ("a/b.zarr", None, None)
        );
        assert_eq!(record.into_record().get("note"), Some(&json!(1)));
        let record = parse(json!({"path": "a", "store": "main", "shape": [2, 3], "dtype": ">i2"})).unwrap();
        assert_eq!(
            (record.store(), record.shape()),
            (Some("main"), Some(&[2, 3][..]))
        );
        assert_eq!(record.dtype().unwrap().to_string(), ">i2");
    }

    #[test]
    fn paths_out_of_the_store_are_refused() {
        for path in ["../a", "/etc", "a/../../b", "C:\\x", "", "/"] {
            let error = parse(json!({ "path": path })).unwrap_err();
            assert_eq!(error.kind(), &ErrorKind::UnsafePath, "{path}");
        }
        for wrong in [
            json!({}),
            json!({"path": 5}),
            json!({"path": "a", "shape": [-1]}),
            json!({"path": "a", "inventory": 1}),
        ] {
            assert_eq!(
                parse(wrong.clone()).unwrap_err().kind(),
                &ErrorKind::Corrupt,
                "{wrong}"
            );
        }
    }
}
