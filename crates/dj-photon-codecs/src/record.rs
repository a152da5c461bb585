//! What the column holds of a movie.

use dj_codec_api::{FormatVersion, Json, Record, Result};
use dj_zarr_codecs::{Inventory, ZarrRecord};

use crate::NAME;
use crate::quantize::Quantization;
use crate::version::{ANSCOMBE_V1, V1};

/// The record of a movie: where it is, and what is known of it without reading it.
///
/// Only `path` must be there. Other keys than these are ignored and kept.
///
/// | key | format 1.0 | format 2.0 |
/// | --- | --- | --- |
/// | `path`, `store` | the folder of the array, the store's name | the same |
/// | `codec_version` | `"1.0"`; absent before there were versions | `"2.0"` |
/// | `shape` | that of the movie | the same |
/// | `dtype` | that of the stored array: the stabilised values | that of the stored array: the counts |
/// | `transform` | `"anscombe"`: stored values are transformed | `"none"`: they are counts; `"anscombe-v1"`: counts, quantised |
/// | `inventory` | | what was written, as in `<zarr@>` 2.0 |
/// | `quantization` | | of a quantised movie: its parameters and the largest error |
#[derive(Debug, Clone)]
pub struct PhotonRecord(ZarrRecord);

/// The keys that the codec writes, in one format or another.
pub(crate) const RECORD_KEYS: &[&str] = &[
    "path",
    "store",
    "codec_version",
    "shape",
    "dtype",
    "transform",
    "inventory",
    "quantization",
];

impl PhotonRecord {
    /// Reads a record.
    ///
    /// # Errors
    /// [`UnsafePath`](dj_codec_api::ErrorKind::UnsafePath) where the path leads out of the store;
    /// [`Corrupt`](dj_codec_api::ErrorKind::Corrupt) where there is none, or a key holds what it must not.
    pub fn from_record(record: Record) -> Result<Self> {
        ZarrRecord::of_codec(NAME, record).map(Self)
    }

    /// The record of a movie that was written.
    pub(crate) fn written(
        array: &ZarrRecord,
        version: FormatVersion,
        quantization: Option<Quantization>,
    ) -> Result<Self> {
        let from = array.record();
        let mut record = Record::new()
            .with("path", array.path())
            .with("store", from.get("store").cloned().unwrap_or(Json::Null))
            .with("codec_version", version.to_string())
            .with("shape", from.get("shape").cloned().unwrap_or(Json::Null))
            .with("dtype", from.get("dtype").cloned().unwrap_or(Json::Null));
        if version == V1 {
            return Self::from_record(record.with("transform", "anscombe"));
        }
        record = record.with("transform", quantization.map_or("none", |_| ANSCOMBE_V1));
        if let Some(quantization) = quantization {
            record = record.with("quantization", quantization.to_json());
        }
        if let Some(inventory) = from.get("inventory") {
            record = record.with("inventory", inventory.clone());
        }
        Self::from_record(record)
    }

    /// The folder of the array, relative to its store.
    #[must_use]
    pub fn path(&self) -> &str {
        self.0.path()
    }

    /// The name of the store; `None` for the default store.
    #[must_use]
    pub fn store(&self) -> Option<&str> {
        self.0.store()
    }

    /// The shape of the movie.
    #[must_use]
    pub fn shape(&self) -> Option<&[u64]> {
        self.0.shape()
    }

    /// What was written, where the record says.
    #[must_use]
    pub fn inventory(&self) -> Option<&Inventory> {
        self.0.inventory()
    }

    /// How the movie is quantised, where the record says.
    #[must_use]
    pub fn quantization(&self) -> Option<Quantization> {
        self.record()
            .get("quantization")
            .and_then(Quantization::from_json)
    }

    /// The record with all its keys.
    #[must_use]
    pub fn record(&self) -> &Record {
        self.0.record()
    }

    /// The record as the column holds it.
    #[must_use]
    pub fn into_record(self) -> Record {
        self.0.into_record()
    }

    /// As a record of the array.
    pub(crate) fn into_array(self) -> ZarrRecord {
        self.0
    }
}

impl From<PhotonRecord> for Record {
    fn from(record: PhotonRecord) -> Self {
        record.into_record()
    }
}

impl TryFrom<Record> for PhotonRecord {
    type Error = dj_codec_api::Error;

    fn try_from(record: Record) -> Result<Self> {
        Self::from_record(record)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_says_where_the_movie_is_and_its_shape() {
        let record = Record::new().with("path", "a.zarr");
        let bare = PhotonRecord::from_record(record.clone()).unwrap();
        assert_eq!((bare.path(), bare.store(), bare.shape()), ("a.zarr", None, None));
        assert!(bare.quantization().is_none());

        let record = record.with("store", "raw").with("shape", vec![3, 20, 10]);
        let whole = PhotonRecord::from_record(record.clone()).unwrap();
        assert_eq!(
            (whole.store(), whole.shape()),
            (Some("raw"), Some(&[3, 20, 10][..]))
        );
        assert_eq!(whole.into_record(), record);
    }
}
