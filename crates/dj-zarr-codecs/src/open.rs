//! What an array's metadata says, of Zarr V2 and V3, checked before anything is made of it.

mod document;
mod keys;
mod v2;
mod v3;

use dj_codec_api::{DType, Error, Json, Limits, Result};

pub(crate) use keys::KeyEncoding;

use crate::adapter::Folder;
use crate::dtype::ElementType;
use crate::engine::{Chain, Codecs};
use crate::filter::ArrayFilters;

/// An array's metadata.
#[derive(Debug, Clone)]
pub(crate) struct Metadata {
    /// 2 or 3.
    pub(crate) zarr_format: u8,
    pub(crate) shape: Vec<u64>,
    /// The shape of the stored objects: of chunks, or of shards.
    pub(crate) object_shape: Vec<u64>,
    /// The elements as they are read: little-endian.
    pub(crate) element: ElementType,
    /// The elements as they are stored.
    pub(crate) stored: ElementType,
    /// One element, as it is read; empty for texts and bytes of any length.
    pub(crate) fill: Vec<u8>,
    pub(crate) keys: KeyEncoding,
    pub(crate) codecs: Codecs,
    pub(crate) attributes: serde_json::Map<String, Json>,
    pub(crate) dimension_names: Option<Vec<Option<String>>>,
    /// `zarr.json` or `.zarray`, whole.
    pub(crate) document: Json,
}

impl Metadata {
    /// Reads the metadata of the array in a folder.
    ///
    /// # Errors
    /// Where there is no array, or its metadata is damaged, absurd, or of a kind that is not known here.
    pub(crate) fn read(folder: &Folder, filters: &ArrayFilters, limits: &Limits) -> Result<Self> {
        let metadata = match document::read(folder, v3::DOCUMENT, limits)? {
            Some(found) => {
                v3::parse(found, filters, limits).map_err(|error| error.at(folder.object(v3::DOCUMENT)))?
            }
            None => match document::read(folder, v2::DOCUMENT, limits)? {
                Some(found) => {
                    let attributes = document::read(folder, v2::ATTRIBUTES, limits)?;
                    v2::parse(found, attributes, filters, limits)
                        .map_err(|error| error.at(folder.object(v2::DOCUMENT)))?
                }
                None => {
                    let group = folder.size(v2::GROUP)?.is_some();
                    let what = if group {
                        "there is a Zarr group where an array is expected"
                    } else {
                        "there is no Zarr array"
                    };
                    return Err(Error::not_found(what).at(folder.path()).advise(if group {
                        "open one of the arrays in it"
                    } else {
                        "neither zarr.json nor .zarray is there: it was never finished, or it was removed"
                    }));
                }
            },
        };
        Ok(metadata)
    }

    /// The chunks that are decoded one by one: those in shards, where there are shards.
    pub(crate) fn chunk_shape(&self) -> &[u64] {
        match &self.codecs {
            Codecs::Chunk(_) => &self.object_shape,
            Codecs::Shard(layout) => &layout.chunk,
        }
    }

    /// The codecs of those chunks.
    pub(crate) fn chain(&self) -> &Chain {
        match &self.codecs {
            Codecs::Chunk(chain) => chain,
            Codecs::Shard(layout) => &layout.chain,
        }
    }

    /// The type of the elements as they are stored, with their byte order.
    pub(crate) fn stored_dtype(&self) -> Option<DType> {
        let dtype = match &self.chain().filter {
            Some(filter) => filter.0.encoded(),
            None => self.stored.fixed()?,
        };
        Some(match self.chain().endian {
            Some(order) => ordered(dtype, order),
            None => dtype.clone(),
        })
    }

    /// Checks what both formats have in common, before anything is allocated.
    fn check(self, limits: &Limits) -> Result<Self> {
        limits.check_dimensions(self.shape.len())?;
        if self.object_shape.len() != self.shape.len() {
            return Err(Error::corrupt(format!(
                "chunks of shape {:?} do not fit an array of shape {:?}",
                self.object_shape, self.shape
            )));
        }
        if self.object_shape.contains(&0) {
            return Err(Error::corrupt(format!(
                "chunks of shape {:?} hold nothing",
                self.object_shape
            )));
        }
        // A filter may store larger elements than it gives.
        let stored = self.stored_dtype().map_or(1, |dtype| dtype.size());
        let item = self.element.fixed().map_or(1, DType::size).max(stored) as u64;
        let bytes = self
            .chunk_shape()
            .iter()
            .try_fold(item, |product, &length| product.checked_mul(length));
        limits.check_chunk_bytes(bytes.unwrap_or(u64::MAX))?;
        if usize::try_from(bytes.unwrap_or(u64::MAX)).is_err() {
            return Err(Error::limit(
                "chunk bytes",
                bytes.unwrap_or(u64::MAX),
                usize::MAX as u64,
            ));
        }
        Ok(self)
    }
}

/// The same type in another byte order, the fields of structures too.
fn ordered(dtype: &DType, order: dj_codec_api::ByteOrder) -> DType {
    use dj_codec_api::{Kind, StructType};
    if let Kind::Struct(record) = dtype.kind() {
        let mut fields = record.fields().to_vec();
        for field in &mut fields {
            field.dtype = ordered(&field.dtype, order);
        }
        return StructType::new(fields, record.size())
            .map_or_else(|_| dtype.clone(), |record| DType::new(Kind::Struct(record)));
    }
    DType::with_order(dtype.kind().clone(), order)
}

/// A list of lengths.
fn lengths(json: Option<&Json>, key: &str) -> Result<Vec<u64>> {
    let lengths = json
        .and_then(Json::as_array)
        .and_then(|list| list.iter().map(Json::as_u64).collect::<Option<_>>());
    lengths.ok_or_else(|| Error::corrupt(format!("{key} is no list of lengths")))
}
