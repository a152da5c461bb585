//! Everything that is decided before the first chunk is written.

use std::collections::BTreeMap;
use std::sync::Arc;

use dj_codec_api::{Array, Context, DType, Error, FormatVersion, Json, Kind, Order, Result};

use super::chunking::{check_chunks, check_shards, choose_chunks, choose_shards, choose_zarr_python_chunks};
use super::encode::Encoding;
use super::grid::{Grid, Keys};
use super::options::{Compressor, Sharding, ZarrOptions};
use crate::filter::{ArrayFilter, ElementMap};
use crate::owner::Owner;
use crate::version::FORMATS;
use crate::{NAME, dtype, fill};

/// The attributes that the codec writes itself.
const RESERVED: [&str; 3] = ["codec_name", "codec_version", "feature_flags"];

/// How an array is going to be stored.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// The codec that the array belongs to.
    pub(crate) owner: Option<Owner>,
    /// The data format of that codec, else of this one.
    pub(crate) version: FormatVersion,
    /// The elements of the array: little-endian.
    pub(crate) dtype: DType,
    /// What rows come in with: little-endian.
    pub(crate) source: DType,
    /// What makes the elements of the array of them, where that is another type.
    pub(crate) map: Option<Arc<dyn ElementMap>>,
    /// What is done to the elements of a chunk before they are bytes.
    pub(crate) filter: Option<Arc<dyn ArrayFilter>>,
    /// As the caller has it: what a 1.0 record says.
    pub(crate) given: DType,
    /// One element.
    pub(crate) fill: Vec<u8>,
    /// `None` for an array of no dimensions.
    pub(crate) row_shape: Option<Vec<u64>>,
    /// Of the chunks that are compressed, within shards where there are any.
    pub(crate) chunk: Vec<u64>,
    /// Whether the caller chose the chunk shape.
    pub(crate) chunk_given: bool,
    pub(crate) shard: Option<Vec<u64>>,
    pub(crate) encoding: Encoding,
    user_attributes: BTreeMap<String, Json>,
}

impl Plan {
    /// Plans an array of this shape, `None` for a first length that nobody knows yet.
    ///
    /// # Errors
    /// Where the options contradict each other or the array, and where Zarr, or its portable part, cannot hold the
    /// dtype.
    pub(crate) fn new(
        given: &DType,
        shape: &[Option<u64>],
        options: &ZarrOptions,
        cx: &Context,
    ) -> Result<Self> {
        let version = match &options.owner {
            Some(owner) => owner.version,
            None => FORMATS.version_to_write(cx)?,
        };
        let first = options.owner.is_none() && version.major() < 2;
        let zarr_v2 = options.owner.as_ref().is_some_and(|owner| owner.zarr_v2);
        let source = given.to_little_endian();
        let dtype = turned(&source, options)?;
        check_dtype(&dtype, options.is_portable() && !first)?;
        cx.limits().check_dimensions(shape.len())?;
        if let Some(name) = RESERVED
            .iter()
            .find(|name| options.attributes.contains_key(**name))
        {
            return Err(
                Error::invalid_value(format!("the attribute {name:?} is the codec's own"))
                    .advise("choose another name"),
            );
        }

        let item = dtype.size() as u64;
        let known: Option<Vec<u64>> = shape.iter().copied().collect();
        let row_shape: Option<Vec<u64>> = shape
            .get(1..)
            .map(|row| row.iter().map(|length| length.unwrap_or(0)).collect());
        let by_rows = options.rows_per_chunk.map(|rows| {
            let rows = match shape.first().copied().flatten() {
                Some(length) => rows.min(length.max(1)),
                None => rows,
            };
            let row = row_shape.iter().flatten().map(|&length| length.max(1));
            std::iter::once(rows).chain(row).collect::<Vec<u64>>()
        });
        let by_rows = by_rows.filter(|_| !shape.is_empty());
        let chunk = match (&options.chunk_shape, &known) {
            (Some(chunk), _) => {
                check_chunks(chunk, shape.len())?;
                chunk.clone()
            }
            (None, _) if by_rows.is_some() => by_rows.unwrap_or_default(),
            (None, Some(shape)) if first => choose_zarr_python_chunks(shape, item),
            (None, _) => match &row_shape {
                Some(row) => choose_chunks(shape.first().copied().flatten(), row, item),
                None => Vec::new(),
            },
        };
        let bytes = size(&chunk, item)
            .ok_or_else(|| Error::limit("chunk bytes", u64::MAX, cx.limits().chunk_bytes))?;
        cx.limits().check_chunk_bytes(bytes)?;

        let shard = match (&options.sharding, &known) {
            // An array of no dimensions is one chunk.
            _ if shape.is_empty() => None,
            (Sharding::Shape(_), _) if zarr_v2 => {
                return Err(Error::invalid_value("Zarr V2 has no shards"));
            }
            (Sharding::Shape(shard), _) => {
                check_shards(shard, &chunk)?;
                Some(shard.clone())
            }
            (Sharding::Auto, Some(shape)) if !first && !zarr_v2 => choose_shards(shape, &chunk, item),
            (Sharding::Auto | Sharding::Never, _) => None,
        };
        let standard = if first {
            Compressor::ZARR_PYTHON
        } else {
            Compressor::DEFAULT
        };
        let compressor = options.compressor.clone().unwrap_or(standard);
        let stored = options.filter.as_ref().map_or(&dtype, |filter| filter.encoded());
        let stored_bytes = size(&chunk, stored.size() as u64)
            .ok_or_else(|| Error::limit("chunk bytes", u64::MAX, cx.limits().chunk_bytes))?;
        cx.limits().check_chunk_bytes(stored_bytes)?;
        compressor.check(stored_bytes)?;
        if zarr_v2 && options.checksum == Some(true) {
            return Err(Error::invalid_value("Zarr V2 has no crc32c after the compressor"));
        }
        Ok(Self {
            owner: options.owner.clone(),
            version,
            fill: fill_value(options.fill_value.as_ref(), &dtype)?,
            encoding: Encoding {
                compressor,
                // Blosc keeps it in one byte, and takes larger elements for bytes.
                typesize: if stored.size() > 255 { 1 } else { stored.size() },
                checksum: options.checksum.unwrap_or(!first && !zarr_v2),
            },
            source,
            map: options.map.clone(),
            filter: options.filter.clone(),
            dtype,
            given: given.clone(),
            row_shape,
            chunk,
            chunk_given: options.chunk_shape.is_some(),
            shard,
            user_attributes: options.attributes.clone(),
        })
    }

    /// Whether it is a Zarr V2 array.
    pub(crate) fn is_zarr_v2(&self) -> bool {
        self.owner.as_ref().is_some_and(|owner| owner.zarr_v2)
    }

    /// The type of the elements as they are stored.
    pub(crate) fn stored(&self) -> &DType {
        self.filter
            .as_ref()
            .map_or(&self.dtype, |filter| filter.encoded())
    }

    /// The grid of the chunks that are compressed.
    pub(crate) fn chunk_grid(&self) -> Grid {
        Grid::new(self.row_shape.as_deref().unwrap_or_default(), &self.chunk)
    }

    /// The grid of the objects: of shards where there are any, else of chunks.
    pub(crate) fn object_grid(&self) -> Grid {
        Grid::new(
            self.row_shape.as_deref().unwrap_or_default(),
            self.shard.as_ref().unwrap_or(&self.chunk),
        )
        .with_keys(if self.is_zarr_v2() { Keys::V2 } else { Keys::V3 })
    }

    /// How many rows a chunk has.
    pub(crate) fn chunk_rows(&self) -> u64 {
        self.chunk.first().copied().unwrap_or(1)
    }

    /// Whether the order of bytes means anything to the elements, as Zarr sees them.
    pub(crate) fn has_byte_order(&self) -> bool {
        !self.stored().numpy_str().starts_with('|')
    }

    /// The attributes of the array: the caller's and, from format 2.0 on, the codec's.
    pub(crate) fn attributes(&self) -> BTreeMap<String, Json> {
        let mut attributes = self.user_attributes.clone();
        if let Some(owner) = &self.owner {
            attributes.insert("codec_name".into(), owner.name.as_str().into());
            attributes.insert("codec_version".into(), owner.version.to_string().into());
            if let Some(flags) = &owner.flags {
                let mut flags = flags.clone();
                flags.extend(self.shard.is_some().then(|| "sharding".to_owned()));
                flags.sort_unstable();
                attributes.insert("feature_flags".into(), flags.into());
            }
        } else if self.version.major() >= 2 {
            attributes.insert("codec_name".into(), NAME.into());
            attributes.insert("codec_version".into(), self.version.to_string().into());
            attributes.insert("feature_flags".into(), self.feature_flags().into());
        }
        attributes
    }

    /// What a reader needs to know beyond plain chunks, sorted.
    fn feature_flags(&self) -> Vec<&'static str> {
        let mut flags = Vec::new();
        match self.encoding.compressor {
            Compressor::Blosc { .. } => flags.push("blosc"),
            Compressor::Zstd { .. } => flags.push("zstd"),
            Compressor::Gzip { .. } => flags.push("gzip"),
            Compressor::None => {}
        }
        if self.encoding.checksum {
            flags.push("crc32c");
        }
        if self.shard.is_some() {
            flags.push("sharding");
        }
        flags.sort_unstable();
        flags
    }
}

/// The bytes of a chunk of this shape; `None` where that overflows.
fn size(chunk: &[u64], item: u64) -> Option<u64> {
    chunk
        .iter()
        .try_fold(item, |bytes, &length| bytes.checked_mul(length))
}

fn check_dtype(dtype: &DType, portable: bool) -> Result<()> {
    // Names what Zarr cannot hold at all.
    dtype::v3_name(dtype)?;
    if dtype.size() == 0 {
        return Err(Error::unsupported(format!(
            "Zarr cannot hold {dtype}: its elements have no bytes"
        )));
    }
    if portable && !dtype::is_portable(dtype) {
        return Err(Error::unsupported(format!("not every Zarr library can read arrays of {dtype}")).advise(
            "convert them to numbers, store them with <npy@> or <blob@>, allow them with ZarrOptions::with_portable(false), \
             or ask for data format 1.0, which is what Python writes",
        ));
    }
    Ok(())
}

/// What the options make of elements: the type of those of the array.
fn turned(source: &DType, options: &ZarrOptions) -> Result<DType> {
    let fits = |what: &str, wanted: &DType, found: &DType| {
        if wanted == found {
            return Ok(());
        }
        Err(Error::invalid_value(format!(
            "{what} for elements of {wanted} was given for elements of {found}"
        )))
    };
    let dtype = match &options.map {
        Some(map) => {
            fits("a map", map.source(), source)?;
            map.target()
        }
        None => source,
    };
    if let Some(filter) = &options.filter {
        fits(&format!("the filter {}", filter.name()), filter.decoded(), dtype)?;
    }
    Ok(dtype.clone())
}

fn fill_value(scalar: Option<&Array>, dtype: &DType) -> Result<Vec<u8>> {
    let Some(scalar) = scalar else {
        return Ok(match dtype.kind() {
            // Not-a-time, as in zarr-python.
            Kind::DateTime64(_) | Kind::TimeDelta64(_) => i64::MIN.to_le_bytes().to_vec(),
            _ => fill::zero(dtype),
        });
    };
    if scalar.ndim() != 0 || scalar.dtype().to_little_endian() != *dtype {
        return Err(Error::invalid_value(format!(
            "the fill value is an array of dtype {} and shape {:?}, it should be a scalar of dtype {dtype}",
            scalar.dtype(),
            scalar.shape()
        )));
    }
    Ok(scalar.to_little_endian().to_bytes(Order::C).to_vec())
}
