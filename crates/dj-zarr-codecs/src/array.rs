//! A Zarr array in a store, read when asked.

mod mapped;
mod owned;
mod typed;
mod variable;

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use dj_codec_api::layout::check_path;
use dj_codec_api::{
    Array, Context, DType, Error, FormatVersion, Json, Lazy, Limits, Order, Result, Store, Value, Warning,
    WarningKind,
};

use crate::NAME;
use crate::adapter::Folder;
use crate::engine::{Buffer, Codecs, Reader, ShardCache};
use crate::filter::ArrayFilters;
use crate::inventory::Inventory;
use crate::open::Metadata;
use crate::record::ZarrRecord;
use crate::version::{FORMATS, Format, version_of, warn_of_unknown_flags};

/// An array in a store. Its metadata is read when it is opened; elements are read when asked, and only the chunks that
/// are needed.
///
/// Regions are ranges of indices along the first axes; axes that are not mentioned are read whole. Elements come in C
/// order and little-endian, whatever their order in the store. Reading uses all threads of the current `rayon` pool, and
/// beside the output no more memory than a few chunks for each of them.
///
/// Cloning is cheap, and clones share what they have learnt about the array.
///
/// ```
/// use std::sync::Arc;
///
/// use dj_codec_api::{Array, Context, MemoryStore, StoreMap};
/// use dj_zarr_codecs::ZarrCodec;
///
/// let stores = StoreMap::new().with("main", Arc::new(MemoryStore::new())).with_default("main");
/// let cx = Context::new(stores).with_field("lab", "recording", "movie").with_key("recording_id", 7_i64);
/// let codec = ZarrCodec::default();
/// let movie = Array::from_vec((0..60_i16).collect(), &[5, 4, 3])?;
/// let record = codec.write(&movie, &cx)?;
///
/// let array = codec.open(record, &cx)?;
/// assert_eq!(array.shape(), [5, 4, 3]);
/// assert_eq!(array.read()?, movie);
/// assert_eq!(array.frame(2)?.to_vec::<i16>()?, (24..36).collect::<Vec<_>>());
/// let pixel = array.read_region(&[0..5, 1..2, 0..1])?;
/// assert_eq!((pixel.shape(), pixel.to_vec::<i16>()?), (&[5, 1, 1][..], vec![3, 15, 27, 39, 51]));
/// # Ok::<(), dj_codec_api::Error>(())
/// ```
#[derive(Clone)]
pub struct ZarrArray(Arc<Opened>);

struct Opened {
    metadata: Metadata,
    folder: Folder,
    store_name: Option<String>,
    record: Option<ZarrRecord>,
    version: FormatVersion,
    limits: Limits,
    shards: ShardCache,
    /// The codec that errors name.
    codec: Cow<'static, str>,
}

impl ZarrArray {
    /// Opens the array that a record tells of.
    ///
    /// # Errors
    /// Where the store is not configured, the array is not there, its metadata cannot be read or contradicts the record,
    /// or its data format is not known.
    pub(crate) fn open_record(record: ZarrRecord, filters: &ArrayFilters, cx: &Context) -> Result<Self> {
        let store = cx.open_record_store(record.record())?;
        let folder = Folder::new(store.store, record.path());
        let metadata = Metadata::read(&folder, filters, cx.limits())?;
        let version = version_of(&metadata.attributes, Some(&record))?;
        check_shape(&record, &metadata, &folder)?;
        if let (Some(said), Some(found)) = (record.dtype(), metadata.element.fixed())
            && said.to_little_endian() != *found
        {
            let message = format!(
                "the stored record says dtype {said}, the array {} has {found}, which is believed",
                folder.path()
            );
            cx.warn(&Warning::new(
                WarningKind::Contradiction,
                NAME,
                folder.path(),
                message,
            ));
        }
        // Every format is read alike, but for the inventory.
        let inventoried = match FORMATS.reader(version, cx)? {
            Format::Plain => false,
            Format::Inventoried => {
                warn_of_unknown_flags(&metadata.attributes, folder.path(), cx);
                true
            }
        };
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
            codec: NAME.into(),
        })))
    }

    /// Opens any Zarr array, V2 or V3, in the folder `path` of a store: one without a record.
    ///
    /// # Errors
    /// Where there is none, its metadata cannot be read, or its data format is not known.
    pub fn open_path(store: Arc<dyn Store>, path: &str) -> Result<Self> {
        Self::open_path_with_limits(store, path, Limits::default())
    }

    /// Opens any Zarr array, as [`open_path`](Self::open_path), obeying these limits.
    ///
    /// # Errors
    /// As [`open_path`](Self::open_path), and where the array is over a limit.
    pub fn open_path_with_limits(store: Arc<dyn Store>, path: &str, limits: Limits) -> Result<Self> {
        Self::open_path_with_filters(store, path, &ArrayFilters::new(), limits)
    }

    /// Opens any Zarr array, as [`open_path_with_limits`](Self::open_path_with_limits), also one with these filters of other
    /// crates.
    ///
    /// # Errors
    /// As [`open_path_with_limits`](Self::open_path_with_limits).
    pub fn open_path_with_filters(
        store: Arc<dyn Store>,
        path: &str,
        filters: &ArrayFilters,
        limits: Limits,
    ) -> Result<Self> {
        let open = || {
            let path = path.trim_end_matches('/');
            check_path(path)?;
            let folder = Folder::new(store, path);
            let metadata = Metadata::read(&folder, filters, &limits)?;
            let version = version_of(&metadata.attributes, None)?;
            // Nobody is there to be warned of a newer minor version.
            FORMATS.reader(version, &Context::new(dj_codec_api::StoreMap::new()))?;
            Ok(Self(Arc::new(Opened {
                metadata,
                folder,
                store_name: None,
                record: None,
                version,
                limits,
                shards: ShardCache::default(),
                codec: NAME.into(),
            })))
        };
        open().map_err(named)
    }

    /// The lengths of the dimensions; empty for an array of one element.
    #[must_use]
    pub fn shape(&self) -> &[u64] {
        &self.0.metadata.shape
    }

    /// The shape of the chunks that are read one by one; chunks in shards, where the array has shards.
    #[must_use]
    pub fn chunk_shape(&self) -> &[u64] {
        self.0.metadata.chunk_shape()
    }

    /// The shape of the shards, where the array has them.
    #[must_use]
    pub fn shard_shape(&self) -> Option<&[u64]> {
        match &self.0.metadata.codecs {
            Codecs::Chunk(_) => None,
            Codecs::Shard(_) => Some(&self.0.metadata.object_shape),
        }
    }

    /// The type of the elements as they are read: little-endian. `None` for arrays of texts or bytes of any length,
    /// which load as objects.
    #[must_use]
    pub fn dtype(&self) -> Option<&DType> {
        self.0.metadata.element.fixed()
    }

    /// The attributes.
    #[must_use]
    pub fn attributes(&self) -> &serde_json::Map<String, Json> {
        &self.0.metadata.attributes
    }

    /// The names of the dimensions, where Zarr V3 metadata has them.
    #[must_use]
    pub fn dimension_names(&self) -> Option<&[Option<String>]> {
        self.0.metadata.dimension_names.as_deref()
    }

    /// The value of elements that were never written, as the bytes of one element; empty where elements have no fixed
    /// size.
    #[must_use]
    pub fn fill_value(&self) -> &[u8] {
        &self.0.metadata.fill
    }

    /// The folder of the array in its store.
    #[must_use]
    pub fn path(&self) -> &str {
        self.0.folder.path()
    }

    /// The name of the store; `None` where the array was opened without one.
    #[must_use]
    pub fn store_name(&self) -> Option<&str> {
        self.0.store_name.as_deref()
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn Store> {
        self.0.folder.store()
    }

    /// 2 for Zarr V2, 3 for Zarr V3.
    #[must_use]
    pub fn zarr_format(&self) -> u8 {
        self.0.metadata.zarr_format
    }

    /// The data format of `<zarr@>`, which is not the Zarr format.
    #[must_use]
    pub fn format_version(&self) -> FormatVersion {
        self.0.version
    }

    /// The record that the array was opened by.
    #[must_use]
    pub fn record(&self) -> Option<&ZarrRecord> {
        self.0.record.as_ref()
    }

    /// What was written of the array, where its record says.
    #[must_use]
    pub fn inventory(&self) -> Option<&Inventory> {
        self.0.record.as_ref()?.inventory()
    }

    /// The whole metadata document: `zarr.json`, or `.zarray`.
    #[must_use]
    pub fn metadata(&self) -> &Json {
        &self.0.metadata.document
    }

    /// The array as the `zarrs` crate sees it, for what this crate has no word for. `zarrs` is not at version 1: this method
    /// follows its changes, and is exempt from the promise that a minor version breaks nothing.
    ///
    /// # Errors
    /// Where `zarrs` does not know a data type or a codec that this crate reads.
    pub fn zarrs(&self) -> Result<zarrs::array::Array<dyn zarrs::storage::ReadableStorageTraits>> {
        let storage: Arc<dyn zarrs::storage::ReadableStorageTraits> = Arc::new(self.0.folder.clone());
        zarrs::array::Array::open(storage, "/").map_err(|error| {
            self.named(
                Error::unsupported("the zarrs crate cannot open the array")
                    .at(self.path())
                    .caused_by(error.to_string()),
            )
        })
    }

    /// Reads the whole array.
    ///
    /// # Errors
    /// As [`read_region`](Self::read_region).
    pub fn read(&self) -> Result<Array> {
        self.read_region(&[])
    }

    /// Reads a region: a range for each of the first axes; the others are read whole. All dimensions are kept.
    ///
    /// # Errors
    /// Where the region is not within the array or over a limit, elements have no fixed size, or a chunk is damaged, lost or
    /// cannot be read: the error names its coordinates.
    pub fn read_region(&self, region: &[Range<u64>]) -> Result<Array> {
        let read = || {
            let (dtype, region) = (self.fixed()?, self.region(region)?);
            let (shape, bytes) = self.size(&region, dtype)?;
            let mut buffer = Buffer::new(bytes)?;
            self.reader().read(dtype, &region, None, buffer.as_mut(), true)?;
            Array::new(dtype.clone(), &shape, Order::C, buffer.into_bytes())
        };
        read().map_err(|error| self.named(error))
    }

    /// Reads these rows of the first axis, such as some seconds of a recording.
    ///
    /// # Errors
    /// As [`read_region`](Self::read_region).
    pub fn rows(&self, rows: Range<u64>) -> Result<Array> {
        self.read_region(std::slice::from_ref(&rows))
    }

    /// Reads what is at one index of the first axis, such as a frame of a movie. That dimension is left out.
    ///
    /// # Errors
    /// As [`read_region`](Self::read_region).
    pub fn frame(&self, index: u64) -> Result<Array> {
        if self.shape().is_empty() {
            return Err(
                self.named(Error::invalid_value("an array of no dimensions has no frames").at(self.path()))
            );
        }
        let end = index.saturating_add(1);
        let frame = self.read_region(std::slice::from_ref(&(index..end)))?;
        frame.reshape(frame.shape().get(1..).unwrap_or_default())
    }

    /// Reads the whole array as a value: [`Value::Array`], or for texts and bytes of any length [`Value::Objects`].
    ///
    /// # Errors
    /// As [`read_region`](Self::read_region).
    pub fn read_value(&self) -> Result<Value> {
        match self.dtype() {
            Some(_) => self.read().map(Value::from),
            None => self.read_objects().map_err(|error| self.named(error)),
        }
    }

    /// Names the codec in an error.
    fn named(&self, error: Error) -> Error {
        error.with_codec(self.0.codec.as_ref())
    }

    fn reader(&self) -> Reader<'_> {
        let opened = &*self.0;
        Reader {
            metadata: &opened.metadata,
            folder: &opened.folder,
            inventory: self.inventory(),
            limits: &opened.limits,
            shards: &opened.shards,
        }
    }

    fn fixed(&self) -> Result<&DType> {
        self.dtype().ok_or_else(|| {
            Error::unsupported("elements of no fixed size are read whole, as objects")
                .at(self.path())
                .advise("use read_value")
        })
    }

    /// A range for every axis, checked to lie within the array.
    fn region(&self, region: &[Range<u64>]) -> Result<Vec<Range<u64>>> {
        let shape = self.shape();
        let fits = region.len() <= shape.len()
            && region
                .iter()
                .zip(shape)
                .all(|(range, &length)| range.start <= range.end && range.end <= length);
        if !fits {
            return Err(Error::invalid_value(format!(
                "region {region:?} is not within an array of shape {shape:?}"
            ))
            .at(self.path()));
        }
        let rest = shape.iter().skip(region.len()).map(|&length| 0..length);
        Ok(region.iter().cloned().chain(rest).collect())
    }

    /// The shape of a region and its bytes, within the limits.
    fn size(&self, region: &[Range<u64>], dtype: &DType) -> Result<(Vec<usize>, usize)> {
        let lengths: Vec<u64> = region.iter().map(|range| range.end - range.start).collect();
        let bytes = self
            .0
            .limits
            .array_size(&lengths, dtype.size() as u64)
            .map_err(|error| error.at(self.path()))?;
        let fit = |length: u64| {
            usize::try_from(length).map_err(|_| Error::limit("array bytes", bytes, usize::MAX as u64))
        };
        let shape: Result<Vec<usize>> = lengths.iter().map(|&length| fit(length)).collect();
        Ok((shape?, fit(bytes)?))
    }
}

/// Refuses a record of another shape than its array.
fn check_shape(record: &ZarrRecord, metadata: &Metadata, folder: &Folder) -> Result<()> {
    match record.shape() {
        Some(shape) if shape != metadata.shape => Err(Error::corrupt(format!(
            "the stored record says shape {shape:?}, the array has shape {:?}",
            metadata.shape
        ))
        .at(folder.path())
        .advise("one of them was changed or belongs to something else")),
        _ => Ok(()),
    }
}

impl std::fmt::Debug for ZarrArray {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ZarrArray")
            .field("path", &self.path())
            .field("shape", &self.shape())
            .field("dtype", &self.dtype())
            .field("chunk_shape", &self.chunk_shape())
            .finish_non_exhaustive()
    }
}

impl Lazy for ZarrArray {
    fn type_name(&self) -> &'static str {
        "a Zarr array"
    }

    fn load(&self) -> Result<Value> {
        self.read_value()
    }

    fn load_rows(&self, rows: Range<u64>) -> Option<Result<Array>> {
        let has_rows = self.dtype().is_some() && !self.shape().is_empty();
        has_rows.then(|| self.rows(rows))
    }

    fn shape(&self) -> Option<&[u64]> {
        Some(self.shape())
    }

    fn dtype(&self) -> Option<&DType> {
        self.dtype()
    }
}

/// Names the codec in an error.
pub(crate) fn named(error: Error) -> Error {
    error.with_codec(NAME)
}
