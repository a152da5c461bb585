//! Shards: objects of many chunks, with an index of where each is.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use dj_codec_api::{Error, Json, Result};

use super::chain::{Chain, Known};
use crate::filter::ArrayFilters;

/// How the chunks of a shard are stored.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ShardLayout {
    /// The shape of the chunks in a shard.
    pub(crate) chunk: Vec<u64>,
    pub(crate) chain: Chain,
    /// How many chunks a shard has along each axis.
    counts: Vec<u64>,
    total: usize,
    big_endian: bool,
    checksum: bool,
    at_end: bool,
}

/// Where the chunks of one shard are in its object, in C order; `None` where a chunk is not there.
pub(super) type ShardIndex = Vec<Option<Range<u64>>>;

const ENTRY_BYTES: usize = 16;
const CHECKSUM_BYTES: usize = 4;
/// A chunk that is not there.
const ABSENT: u64 = u64::MAX;
/// Chunks in a shard: the index of these takes 64 MiB.
const MAX_CHUNKS: u64 = 4 << 20;

impl ShardLayout {
    /// Reads the configuration of the codec `sharding_indexed`, for shards of `shape`.
    ///
    /// # Errors
    /// Where it makes no sense, or is of a kind that is not known here.
    pub(super) fn parse(configuration: &Json, shape: &[u64], known: &Known<'_>) -> Result<Self> {
        let lengths = configuration.get("chunk_shape").and_then(Json::as_array);
        let chunk: Option<Vec<u64>> = lengths.and_then(|lengths| {
            lengths
                .iter()
                .map(|length| length.as_u64().filter(|&length| length > 0))
                .collect()
        });
        let chunk = chunk.filter(|chunk| chunk.len() == shape.len());
        let chunk =
            chunk.ok_or_else(|| Error::corrupt("the codec sharding_indexed has no proper chunk_shape"))?;
        if !shape
            .iter()
            .zip(&chunk)
            .all(|(shard, chunk)| shard.is_multiple_of(*chunk))
        {
            return Err(Error::corrupt(format!(
                "shards of shape {shape:?} cannot be cut into chunks of {chunk:?}"
            )));
        }
        let counts: Vec<u64> = shape
            .iter()
            .zip(&chunk)
            .map(|(shard, chunk)| shard / chunk)
            .collect();
        let total = counts
            .iter()
            .try_fold(1_u64, |product, &count| product.checked_mul(count))
            .unwrap_or(u64::MAX);
        if total > MAX_CHUNKS {
            return Err(Error::limit("chunks in a shard", total, MAX_CHUNKS));
        }
        let codecs = configuration
            .get("codecs")
            .ok_or_else(|| Error::corrupt("the codec sharding_indexed has no codecs"))?;
        let nested = |codec: &Json| codec.get("name").and_then(Json::as_str) == Some("sharding_indexed");
        if codecs.as_array().is_some_and(|codecs| codecs.iter().any(nested)) {
            return Err(Error::unsupported("shards within shards are not known here"));
        }
        let chain = Chain::v3_from_json(codecs, shape.len(), known)?;
        let default =
            serde_json::json!([{"name": "bytes", "configuration": {"endian": "little"}}, {"name": "crc32c"}]);
        let none = Known {
            filters: &ArrayFilters::new(),
            element: None,
        };
        let index = Chain::v3_from_json(
            configuration.get("index_codecs").unwrap_or(&default),
            shape.len(),
            &none,
        )?;
        let checksum = match index.codecs.as_slice() {
            [] => false,
            [
                super::bytes_codec::BytesCodec::Checksum {
                    kind: super::bytes_codec::Checksum::Crc32c,
                    at_end: true,
                },
            ] => true,
            _ => {
                return Err(Error::unsupported(
                    "an index of shards in other codecs than bytes and crc32c is not known here",
                ));
            }
        };
        if index.order.is_some() {
            return Err(Error::unsupported(
                "a transposed index of shards is not known here",
            ));
        }
        let at_end = match configuration.get("index_location").and_then(Json::as_str) {
            None | Some("end") => true,
            Some("start") => false,
            Some(other) => {
                return Err(Error::corrupt(format!(
                    "the index of a shard cannot be at {other:?}"
                )));
            }
        };
        // 2^22 entries at most, so this fits.
        let total = usize::try_from(total).unwrap_or(usize::MAX);
        Ok(Self {
            chunk,
            chain,
            counts,
            total,
            big_endian: index.endian.is_some(),
            checksum,
            at_end,
        })
    }

    /// The bytes of the index.
    fn index_bytes(&self) -> usize {
        self.total * ENTRY_BYTES + if self.checksum { CHECKSUM_BYTES } else { 0 }
    }

    /// Where the index is in an object of `length` bytes.
    ///
    /// # Errors
    /// Where the object is too short for it.
    pub(super) fn index_range(&self, length: u64) -> Result<Range<u64>> {
        let size = self.index_bytes() as u64;
        if length < size {
            return Err(Error::corrupt(format!(
                "the shard has {length} bytes, its index alone takes {size}"
            )));
        }
        Ok(if self.at_end {
            length - size..length
        } else {
            0..size
        })
    }

    /// Reads the index of an object of `length` bytes.
    ///
    /// # Errors
    /// Where its checksum is wrong, or a chunk lies outside of the object.
    pub(super) fn parse_index(&self, bytes: &[u8], length: u64) -> Result<ShardIndex> {
        let damaged = |what: &str| Error::corrupt(format!("the index of the shard is damaged: {what}"));
        if bytes.len() != self.index_bytes() {
            return Err(damaged("it is cut short"));
        }
        let mut entries = bytes;
        if self.checksum {
            let (body, sum) = bytes
                .split_last_chunk::<CHECKSUM_BYTES>()
                .ok_or_else(|| damaged("it is cut short"))?;
            if crc32c::crc32c(body) != u32::from_le_bytes(*sum) {
                return Err(damaged("its CRC-32C is wrong")
                    .advise("restore the object from a backup or from the original data"));
            }
            entries = body;
        }
        let number = |bytes: [u8; 8]| {
            if self.big_endian {
                u64::from_be_bytes(bytes)
            } else {
                u64::from_le_bytes(bytes)
            }
        };
        let words = entries.as_chunks::<8>().0;
        let pairs = words.as_chunks::<2>().0;
        pairs
            .iter()
            .map(|&[start, size]| match (number(start), number(size)) {
                (ABSENT, ABSENT) => Ok(None),
                (start, size) => match start.checked_add(size).filter(|&end| end <= length) {
                    Some(end) => Ok(Some(start..end)),
                    None => Err(damaged("a chunk lies outside of it")),
                },
            })
            .collect()
    }

    /// The position in the index of the chunk at these coordinates in the grid of chunks of the whole array.
    pub(super) fn position(&self, chunk: &[u64]) -> usize {
        let position = chunk
            .iter()
            .zip(&self.counts)
            .fold(0, |sum, (at, count)| sum * count + at % count);
        usize::try_from(position).unwrap_or(usize::MAX)
    }
}

/// The indices that were read last: reading frame after frame asks for the same one again and again.
#[derive(Debug, Default)]
pub(crate) struct ShardCache(Mutex<VecDeque<Kept>>);

type Kept = (Vec<u64>, Arc<ShardIndex>);

/// Entries kept in memory: 24 MiB of them.
const CACHED_ENTRIES: usize = 1 << 20;

impl ShardCache {
    pub(super) fn get(&self, shard: &[u64]) -> Option<Arc<ShardIndex>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter()
            .find(|(at, _)| at == shard)
            .map(|(_, index)| Arc::clone(index))
    }

    pub(super) fn put(&self, shard: &[u64], index: ShardIndex) -> Arc<ShardIndex> {
        let index = Arc::new(index);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_front((shard.to_vec(), Arc::clone(&index)));
        let mut entries = 0;
        let fitting = kept.iter().take_while(|(_, index)| {
            entries += index.len();
            entries <= CACHED_ENTRIES
        });
        let fitting = fitting.count();
        kept.truncate(fitting.max(1));
        index
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(configuration: &Json, shape: &[u64]) -> Result<ShardLayout> {
        let known = Known {
            filters: &ArrayFilters::new(),
            element: None,
        };
        ShardLayout::parse(configuration, shape, &known)
    }

    fn layout(change: impl FnOnce(&mut Json)) -> Result<ShardLayout> {
        let mut configuration =
            json!({"chunk_shape": [2, 3], "codecs": ["bytes"], "index_codecs": ["bytes", "crc32c"]});
        change(&mut configuration);
        parse(&configuration, &[4, 6])
    }

    #[test]
    fn an_index_is_read_and_checked() {
        let layout = layout(|_| ()).unwrap();
        let entries = [0, 10, ABSENT, ABSENT, 10, 5, 15, 0];
        let mut bytes: Vec<u8> = entries
            .iter()
            .flat_map(|entry: &u64| entry.to_le_bytes())
            .collect();
        bytes.extend(crc32c::crc32c(&bytes).to_le_bytes());
        assert_eq!(layout.index_range(100).unwrap(), 32..100);
        assert!(layout.index_range(67).is_err());
        let index = layout.parse_index(&bytes, 100).unwrap();
        assert_eq!(index, [Some(0..10), None, Some(10..15), Some(15..15)]);
        assert!(layout.parse_index(&bytes, 14).is_err());
        assert_eq!(layout.position(&[3, 2]), 2);
        bytes[3] ^= 1;
        assert!(
            layout
                .parse_index(&bytes, 100)
                .unwrap_err()
                .to_string()
                .contains("CRC-32C")
        );
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        assert!(layout(|json| json["chunk_shape"] = json!([3, 3])).is_err());
        assert!(layout(|json| json["chunk_shape"] = json!([0, 3])).is_err());
        assert!(layout(|json| json["chunk_shape"] = json!([2])).is_err());
        assert!(layout(|json| json["codecs"] = json!([{"name": "sharding_indexed"}])).is_err());
        assert!(layout(|json| json["codecs"] = json!(null)).is_err());
        assert!(layout(|json| json["index_codecs"] = json!(["bytes", "gzip"])).is_err());
        assert!(layout(|json| json["index_location"] = json!("middle")).is_err());
        assert!(layout(|json| json["chunk_shape"] = json!([1, 1])).is_ok());
        let many = json!({"chunk_shape": [1, 1], "codecs": ["bytes"]});
        assert!(parse(&many, &[1 << 40, 1 << 40]).is_err());
    }
}
