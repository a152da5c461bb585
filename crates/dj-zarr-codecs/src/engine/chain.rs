//! The codecs of an array, as its metadata lists them.

use std::borrow::Cow;

use dj_codec_api::{ByteOrder, DType, Error, Json, Result};

use super::bytes_codec::{BytesCodec, Size};
use super::shard::ShardLayout;
use crate::filter::{ArrayFilters, Stage};

/// What turns the stored bytes of a chunk into its elements.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Chain {
    /// Which axis of the array each stored axis is, outermost first; `None` for C order.
    pub(crate) order: Option<Vec<usize>>,
    /// Set where the stored elements have another byte order than the dtype says: Zarr V3 keeps it here.
    pub(crate) endian: Option<ByteOrder>,
    /// What another crate does to the elements before they are bytes.
    pub(crate) filter: Option<Stage>,
    /// In the order of encoding.
    pub(crate) codecs: Vec<BytesCodec>,
}

/// The codecs of a chunk, or those of a shard with chunks in it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Codecs {
    Chunk(Chain),
    Shard(Box<ShardLayout>),
}

/// Codecs beyond these are not read here; the text of the error names the one that was found.
fn unknown(name: &str) -> Error {
    let shown: String = name.chars().take(60).collect();
    Error::unsupported(format!("the Zarr codec {shown:?} is not known here")).advise(
        "known are blosc, zstd, gzip, zlib, bz2, lz4, crc32c, crc32, adler32, fletcher32, shuffle, delta, fixedscaleoffset, \
         quantize, astype, bitround, packbits, transpose, sharding_indexed, vlen-utf8 and vlen-bytes; rewrite the array with one of them",
    )
}

/// What is known of codecs that other crates bring, and of the elements that they are for: `None` where these have no fixed
/// size.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known<'a> {
    pub(crate) filters: &'a ArrayFilters,
    pub(crate) element: Option<&'a DType>,
}

/// More codecs than anybody chains.
const MAX_CODECS: usize = 32;

impl Codecs {
    /// The codecs that the metadata of a Zarr V3 array lists. `shape` is that of its chunks, or of its shards; `known` has what
    /// is needed to tell codecs of other crates.
    ///
    /// # Errors
    /// Where a codec is not known here, or the list makes no sense.
    pub(crate) fn v3(list: &Json, shape: &[u64], known: &Known<'_>) -> Result<Self> {
        let (mut list, configurations) = names(list)?;
        if let Some(position) = list.iter().position(|name| *name == "sharding_indexed") {
            // Codecs around the shards would have to be undone for the whole shard.
            if list.len() > 1 {
                return Err(Error::unsupported(
                    "codecs before or after sharding_indexed are not known here",
                ));
            }
            let configuration = configurations.get(position).copied().unwrap_or(&Json::Null);
            return ShardLayout::parse(configuration, shape, known)
                .map(|layout| Self::Shard(Box::new(layout)));
        }
        Chain::v3(&mut list, &configurations, shape.len(), known).map(Self::Chunk)
    }
}

/// The names of a list of codecs, without the prefix that zarr-python gives those of numcodecs, and their configurations.
fn names(list: &Json) -> Result<(Vec<&str>, Vec<&Json>)> {
    let entries = list
        .as_array()
        .ok_or_else(|| Error::corrupt("codecs is no list"))?;
    if entries.len() > MAX_CODECS {
        return Err(Error::limit("codecs", entries.len() as u64, MAX_CODECS as u64));
    }
    let mut found = (Vec::new(), Vec::new());
    for entry in entries {
        let name = entry.as_str().or_else(|| entry.get("name")?.as_str());
        let name = name.ok_or_else(|| Error::corrupt("a codec has no name"))?;
        found.0.push(match name.strip_prefix("numcodecs.") {
            Some(bare) => bare,
            // Zarr V3's own packs its bits otherwise than numcodecs'.
            None if name == "packbits" => "packbits of Zarr V3",
            None => name,
        });
        found.1.push(entry.get("configuration").unwrap_or(&Json::Null));
    }
    Ok(found)
}

impl Chain {
    pub(super) fn v3_from_json(list: &Json, dimensions: usize, known: &Known<'_>) -> Result<Self> {
        let (mut list, configurations) = names(list)?;
        Self::v3(&mut list, &configurations, dimensions, known)
    }

    fn v3(list: &mut [&str], configurations: &[&Json], dimensions: usize, known: &Known<'_>) -> Result<Self> {
        let mut chain = Self {
            order: None,
            endian: None,
            filter: None,
            codecs: Vec::new(),
        };
        let mut serialized = false;
        for (name, configuration) in list.iter().copied().zip(configurations) {
            match name {
                "transpose" => {
                    if serialized || !chain.codecs.is_empty() || chain.filter.is_some() {
                        return Err(Error::unsupported(
                            "transpose after other codecs is not known here",
                        ));
                    }
                    let order = permutation(configuration.get("order"), dimensions)?;
                    chain.order = Some(match chain.order {
                        None => order,
                        Some(before) => order
                            .iter()
                            .filter_map(|&axis| before.get(axis).copied())
                            .collect(),
                    });
                }
                "bytes" | "endian" if !serialized => {
                    serialized = true;
                    chain.endian = match configuration.get("endian").and_then(Json::as_str) {
                        None | Some("little") => None,
                        Some("big") => Some(ByteOrder::Big),
                        Some(other) => return Err(Error::corrupt(format!("{other:?} is no order of bytes"))),
                    };
                    if chain.endian.is_some() && !chain.codecs.is_empty() {
                        return Err(Error::unsupported(
                            "filters before big-endian bytes are not known here",
                        ));
                    }
                }
                "vlen-utf8" | "vlen-bytes" if !serialized => serialized = true,
                _ => match BytesCodec::parse(name, configuration)? {
                    Some(codec) => chain.codecs.push(codec),
                    None => {
                        let first = !serialized && chain.codecs.is_empty();
                        chain.add_filter(name, configuration, known, first)?;
                    }
                },
            }
        }
        chain.order = chain.order.filter(|order| !order.is_sorted());
        Ok(chain)
    }

    /// The filters and the compressor of a Zarr V2 array, in C or in Fortran order.
    ///
    /// # Errors
    /// Where a codec is not known here, or makes no sense.
    pub(crate) fn v2(
        filters: &Json,
        compressor: &Json,
        fortran: bool,
        dimensions: usize,
        known: &Known<'_>,
    ) -> Result<Self> {
        let mut chain = Self {
            order: (fortran && dimensions > 1).then(|| (0..dimensions).rev().collect()),
            endian: None,
            filter: None,
            codecs: Vec::new(),
        };
        let filters = match filters {
            Json::Null => &[],
            Json::Array(filters) => filters.as_slice(),
            _ => return Err(Error::corrupt("filters is no list")),
        };
        if filters.len() > MAX_CODECS {
            return Err(Error::limit("codecs", filters.len() as u64, MAX_CODECS as u64));
        }
        for codec in filters
            .iter()
            .chain(Some(compressor).filter(|compressor| !compressor.is_null()))
        {
            let name = codec
                .get("id")
                .and_then(Json::as_str)
                .ok_or_else(|| Error::corrupt("a codec has no id"))?;
            match BytesCodec::parse(name, codec)? {
                Some(codec) => chain.codecs.push(codec),
                // It makes texts of the bytes, which is done elsewhere.
                None if matches!(name, "vlen-utf8" | "vlen-bytes") && chain.codecs.is_empty() => {}
                None => {
                    let first = chain.codecs.is_empty();
                    chain.add_filter(name, codec, known, first)?;
                }
            }
        }
        Ok(chain)
    }

    /// Adds a codec of another crate, which has to come before those of this one.
    fn add_filter(&mut self, name: &str, configuration: &Json, known: &Known<'_>, first: bool) -> Result<()> {
        let Some(filter) = known.filters.configure(name, configuration, known.element)? else {
            return Err(unknown(name));
        };
        if !first || self.filter.is_some() {
            return Err(Error::unsupported(format!(
                "the codec {name} after other codecs is not known here"
            )));
        }
        self.filter = Some(filter);
        Ok(())
    }

    /// Undoes all codecs but the first `keep` of encoding, which are left. `size` is that of the decoded chunk, where it
    /// is known; nothing in between may be larger than `limit`.
    ///
    /// # Errors
    /// Where the bytes are damaged.
    pub(super) fn undo<'a>(
        &self,
        encoded: Cow<'a, [u8]>,
        size: Option<usize>,
        limit: usize,
        keep: usize,
    ) -> Result<Cow<'a, [u8]>> {
        let mut bytes = encoded;
        for (position, codec) in self.codecs.iter().enumerate().skip(keep).rev() {
            let size = match self.size_before(position, size) {
                Some(size) => Size::Exactly(size),
                None => Size::AtMost(limit),
            };
            bytes = codec.decode(bytes, size)?;
        }
        Ok(bytes)
    }

    /// How many bytes the codec at this position was given; `None` where that depends on what they were.
    fn size_before(&self, position: usize, size: Option<usize>) -> Option<usize> {
        self.codecs
            .iter()
            .take(position)
            .try_fold(size?, |size, codec| codec.encoded_size(Some(size)))
    }

    /// The most bytes that a chunk of `size` may be stored in: far more than any compressor makes of it, and far less than
    /// an object that is none.
    pub(super) fn bound(size: usize) -> u64 {
        (size as u64).saturating_mul(8).saturating_add(1 << 20)
    }
}

/// A list of all axes, each once; `"C"` and `"F"` are what early drafts of Zarr V3 had.
fn permutation(order: Option<&Json>, dimensions: usize) -> Result<Vec<usize>> {
    let wrong = || Error::corrupt("the codec transpose has no proper order");
    match order.ok_or_else(wrong)? {
        Json::String(text) if text == "C" => Ok((0..dimensions).collect()),
        Json::String(text) if text == "F" => Ok((0..dimensions).rev().collect()),
        Json::Array(axes) => {
            let axes: Option<Vec<usize>> = axes
                .iter()
                .map(|axis| axis.as_u64().and_then(|axis| usize::try_from(axis).ok()))
                .collect();
            let axes = axes.ok_or_else(wrong)?;
            let mut sorted = axes.clone();
            sorted.sort_unstable();
            if sorted.iter().copied().eq(0..dimensions) {
                Ok(axes)
            } else {
                Err(wrong())
            }
        }
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn v3(list: &Json, dimensions: usize) -> Result<Chain> {
        let known = Known {
            filters: &ArrayFilters::new(),
            element: None,
        };
        Chain::v3_from_json(list, dimensions, &known)
    }

    fn v2(filters: &Json, compressor: &Json) -> Result<Chain> {
        let known = Known {
            filters: &ArrayFilters::new(),
            element: None,
        };
        Chain::v2(filters, compressor, false, 1, &known)
    }

    #[test]
    fn transpositions_add_up() {
        let list = json!([
            {"name": "transpose", "configuration": {"order": [1, 2, 0]}},
            {"name": "transpose", "configuration": {"order": [2, 0, 1]}},
            {"name": "bytes", "configuration": {"endian": "little"}}
        ]);
        assert_eq!(
            v3(&list, 3).unwrap(),
            Chain {
                order: None,
                endian: None,
                filter: None,
                codecs: vec![]
            }
        );
        for wrong in [
            json!([0, 0]),
            json!([0]),
            json!([0, 2]),
            json!([0, 1, 2]),
            json!("x"),
            json!(null),
        ] {
            let list = json!([{"name": "transpose", "configuration": {"order": wrong}}, "bytes"]);
            assert!(v3(&list, 2).is_err(), "{list}");
        }
    }

    #[test]
    fn what_is_not_known_is_named() {
        let error = v3(&json!(["bytes", {"name": "wavpack"}]), 1).unwrap_err();
        assert!(error.to_string().contains("\"wavpack\""), "{error}");
        let error = v2(&json!(null), &json!({"id": "lzma"})).unwrap_err();
        assert!(error.to_string().contains("\"lzma\""), "{error}");
        assert!(v2(&json!({}), &json!(null)).is_err());
        assert!(v2(&json!([{}]), &json!(null)).is_err());
        assert!(v3(&json!("bytes"), 1).is_err());
        assert!(v3(&Json::from(vec!["crc32c"; 100]), 1).is_err());
    }
}
