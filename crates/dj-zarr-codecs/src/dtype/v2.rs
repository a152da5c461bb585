//! Zarr V2 has NumPy's names.

use dj_codec_api::{DType, Error, Field, Json, Kind, Result, StructType};

use super::{ElementType, STRUCT_DEPTH, check_size};

/// The type that a `dtype` of Zarr V2 names. Objects are what the `filters` make of them.
///
/// # Errors
/// Where it is no type, or one that is not known here.
pub(crate) fn v2_parse(name: &Json, filters: &[&str]) -> Result<ElementType> {
    if matches!(name.as_str(), Some("|O" | "O" | "<O" | ">O")) {
        return match filters.first() {
            Some(&"vlen-utf8") => Ok(ElementType::Text),
            Some(&"vlen-bytes") => Ok(ElementType::Bytes),
            Some(other) => Err(Error::unsupported(format!(
                "objects stored by the filter {other:?} are not known here"
            ))
            .advise("known are vlen-utf8 and vlen-bytes")),
            None => Err(Error::corrupt(
                "dtype is |O, but no filter says how the objects are stored",
            )),
        };
    }
    parse(name, 0).and_then(check_size).map(ElementType::Fixed)
}

fn parse(name: &Json, depth: usize) -> Result<DType> {
    if depth > STRUCT_DEPTH {
        return Err(Error::limit("nesting depth", depth as u64, STRUCT_DEPTH as u64));
    }
    match name {
        Json::String(text) => text.parse(),
        Json::Array(entries) if !entries.is_empty() => {
            let mut fields = Vec::new();
            let mut offset = 0usize;
            for entry in entries {
                let wrong =
                    || Error::corrupt("a field of a structured dtype is a name, a dtype and perhaps a shape");
                let entry = entry.as_array().ok_or_else(wrong)?;
                let (label, dtype, shape) = match entry.as_slice() {
                    [label, dtype] => (label, dtype, Vec::new()),
                    [label, dtype, shape] => (label, dtype, sub_shape(shape).ok_or_else(wrong)?),
                    _ => return Err(wrong()),
                };
                // A title stands before the name: ["title", "name"].
                let (title, label) = match label {
                    Json::String(label) => (None, label.clone()),
                    Json::Array(both) => match both.as_slice() {
                        [Json::String(title), Json::String(label)] => (Some(title.clone()), label.clone()),
                        _ => return Err(wrong()),
                    },
                    _ => return Err(wrong()),
                };
                let field = Field {
                    name: label,
                    title,
                    dtype: parse(dtype, depth + 1)?,
                    shape,
                    offset,
                };
                let overflow = || Error::corrupt("a structured dtype is larger than memory");
                offset = field
                    .size()
                    .and_then(|size| size.checked_add(offset))
                    .ok_or_else(overflow)?;
                // What has no name is padding.
                if !(field.name.is_empty() && matches!(field.dtype.kind(), Kind::Void(_))) {
                    fields.push(field);
                }
            }
            Ok(DType::new(Kind::Struct(StructType::new(fields, offset)?)))
        }
        _ => Err(Error::corrupt("dtype is neither a text nor a list of fields")),
    }
}

fn sub_shape(shape: &Json) -> Option<Vec<usize>> {
    let length = |json: &Json| json.as_u64().and_then(|length| usize::try_from(length).ok());
    match shape {
        Json::Array(lengths) => lengths.iter().map(length).collect(),
        one => length(one).map(|length| vec![length]),
    }
}
