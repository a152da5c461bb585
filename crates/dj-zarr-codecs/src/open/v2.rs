//! `.zarray` and `.zattrs`.

use dj_codec_api::{Error, Json, Limits, Result};

use super::{KeyEncoding, Metadata, lengths};
use crate::dtype::{ElementType, v2_parse};
use crate::engine::{Chain, Codecs, Known, to_little_endian};
use crate::fill;
use crate::filter::ArrayFilters;

pub(super) const DOCUMENT: &str = ".zarray";
pub(super) const ATTRIBUTES: &str = ".zattrs";
pub(super) const GROUP: &str = ".zgroup";

type Members = serde_json::Map<String, Json>;

pub(super) fn parse(
    document: Members,
    attributes: Option<Members>,
    known: &ArrayFilters,
    limits: &Limits,
) -> Result<Metadata> {
    let get = |key: &str| document.get(key).unwrap_or(&Json::Null);
    if get("zarr_format").as_u64() != Some(2) {
        return Err(Error::corrupt(format!(
            "zarr_format is {}, where 2 is expected",
            get("zarr_format")
        )));
    }
    let shape = lengths(document.get("shape"), "shape")?;
    limits.check_dimensions(shape.len())?;
    let fortran = match get("order").as_str() {
        None | Some("C") => false,
        Some("F") => true,
        Some(_) => return Err(Error::corrupt("order is neither C nor F")),
    };
    let filters: Vec<&str> = match get("filters").as_array() {
        Some(filters) => filters
            .iter()
            .filter_map(|filter| filter.get("id")?.as_str())
            .collect(),
        None => Vec::new(),
    };
    let stored = v2_parse(get("dtype"), &filters)?;
    let (element, fill) = match &stored {
        ElementType::Fixed(dtype) => {
            // An element is as large as a chunk may be at most, and the fill value is one.
            limits.check_chunk_bytes(dtype.size() as u64)?;
            let mut fill = fill::v2_parse(get("fill_value"), dtype)?;
            to_little_endian(dtype, &mut fill);
            (ElementType::Fixed(dtype.to_little_endian()), fill)
        }
        other => (other.clone(), Vec::new()),
    };
    Metadata {
        zarr_format: 2,
        object_shape: lengths(document.get("chunks"), "chunks")?,
        fill,
        keys: KeyEncoding::v2(document.get("dimension_separator"))?,
        codecs: Codecs::Chunk(Chain::v2(
            get("filters"),
            get("compressor"),
            fortran,
            shape.len(),
            &Known {
                filters: known,
                element: element.fixed(),
            },
        )?),
        element,
        stored,
        attributes: attributes.unwrap_or_default(),
        dimension_names: None,
        shape,
        document: Json::Object(document),
    }
    .check(limits)
}
