//! Opens arrays that another codec keeps.

use std::sync::Arc;

use dj_codec_api::{Context, FormatVersion, Json, Result};

use super::{Opened, ZarrArray, check_shape};
use crate::adapter::Folder;
use crate::engine::ShardCache;
use crate::filter::ArrayFilters;
use crate::open::Metadata;
use crate::record::ZarrRecord;

impl ZarrArray {
    /// Opens the array that a record of the codec `codec` tells of, for codecs that keep their values as Zarr arrays.
    ///
    /// `version` is told the attributes of the array, and says which data format it is, by the rules of that codec, and
    /// whether the inventory of the record is to be believed. Errors name the codec.
    ///
    /// # Errors
    /// Where the store is not configured, the array is not there, its metadata cannot be read or has another shape than the
    /// record; and what `version` says.
    pub fn open_owned(
        codec: &str,
        record: ZarrRecord,
        filters: &ArrayFilters,
        cx: &Context,
        version: impl FnOnce(&serde_json::Map<String, Json>) -> Result<(FormatVersion, bool)>,
    ) -> Result<Self> {
        let open = || {
            let store = cx.open_record_store(record.record())?;
            let folder = Folder::new(store.store, record.path());
            let metadata = Metadata::read(&folder, filters, cx.limits())?;
            let (version, inventoried) = version(&metadata.attributes)?;
            check_shape(&record, &metadata, &folder)?;
            let record = if inventoried {
                record
            } else {
                record.without_inventory()
            };
            Ok(Self(Arc::new(Opened {
                metadata,
                folder,
                store_name: Some(store.name),
                version,
                record: Some(record),
                limits: cx.limits().clone(),
                shards: ShardCache::default(),
                codec: codec.to_owned().into(),
            })))
        };
        open().map_err(|error: dj_codec_api::Error| error.with_codec(codec))
    }
}
