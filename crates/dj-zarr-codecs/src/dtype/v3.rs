//! Zarr V3 has names of its own, and zarr-python's for what NumPy has beyond them.

use dj_codec_api::{DType, Error, Field, Json, Kind, Result, StructType, TimeUnit};
use serde_json::json;

use super::{ElementType, STRUCT_DEPTH, check_size, unit_base};

const PLAIN: [(&str, Kind); 14] = [
    ("bool", Kind::Bool),
    ("int8", Kind::Int8),
    ("int16", Kind::Int16),
    ("int32", Kind::Int32),
    ("int64", Kind::Int64),
    ("uint8", Kind::UInt8),
    ("uint16", Kind::UInt16),
    ("uint32", Kind::UInt32),
    ("uint64", Kind::UInt64),
    ("float16", Kind::Float16),
    ("float32", Kind::Float32),
    ("float64", Kind::Float64),
    ("complex64", Kind::Complex64),
    ("complex128", Kind::Complex128),
];

fn no_long_double(dtype: &DType) -> Error {
    Error::unsupported(format!(
        "Zarr cannot hold {dtype}: float128 is laid out differently on every machine"
    ))
    .advise("convert to float64, or complex128")
}

/// The name of a type in Zarr V3: of its little-endian form, for the order of the bytes is the `bytes` codec's.
///
/// # Errors
/// Where Zarr V3 has no name for it.
pub(crate) fn v3_name(dtype: &DType) -> Result<Json> {
    check_size(dtype.clone())?;
    let length = |name: &str, bytes: usize| json!({"name": name, "configuration": {"length_bytes": bytes}});
    let time = |name: &str, unit: TimeUnit| json!({"name": name, "configuration": {"unit": unit.base.name(), "scale_factor": unit.count}});
    Ok(match dtype.kind() {
        Kind::Bytes(width) => length("null_terminated_bytes", *width),
        Kind::Unicode(width) => length("fixed_length_utf32", width.saturating_mul(4)),
        Kind::Void(width) => length("raw_bytes", *width),
        Kind::DateTime64(unit) => time("numpy.datetime64", *unit),
        Kind::TimeDelta64(unit) => time("numpy.timedelta64", *unit),
        Kind::Struct(record) => {
            if !record.is_packed() {
                return Err(Error::unsupported(format!(
                    "Zarr V3 cannot hold {dtype}: its fields do not follow each other without gaps"
                ))
                .advise("repack the structure (numpy.lib.recfunctions.repack_fields)"));
            }
            let mut fields = Vec::new();
            for field in record.fields() {
                if !field.shape.is_empty() {
                    return Err(Error::unsupported(format!(
                        "Zarr V3 cannot hold the array in field {:?}",
                        field.name
                    )));
                }
                fields.push(json!([field.name, v3_name(&field.dtype)?]));
            }
            json!({"name": "structured", "configuration": {"fields": fields}})
        }
        Kind::LongDouble | Kind::ComplexLongDouble => return Err(no_long_double(dtype)),
        kind => match PLAIN.iter().find(|(_, known)| known == kind) {
            Some((name, _)) => Json::from(*name),
            None => return Err(Error::unsupported(format!("Zarr has no name for {dtype}"))),
        },
    })
}

/// The type that a `data_type` of Zarr V3 names, little-endian.
///
/// # Errors
/// Where it is no type, or one that is not known here.
pub(crate) fn v3_parse(data_type: &Json) -> Result<ElementType> {
    match name_of(data_type) {
        Some("string") => Ok(ElementType::Text),
        Some("variable_length_bytes" | "bytes") => Ok(ElementType::Bytes),
        _ => parse(data_type, 0).and_then(check_size).map(ElementType::Fixed),
    }
}

fn name_of(data_type: &Json) -> Option<&str> {
    data_type.as_str().or_else(|| data_type.get("name")?.as_str())
}

fn parse(data_type: &Json, depth: usize) -> Result<DType> {
    if depth > STRUCT_DEPTH {
        return Err(Error::limit("nesting depth", depth as u64, STRUCT_DEPTH as u64));
    }
    let name = name_of(data_type)
        .ok_or_else(|| Error::corrupt("data_type is neither a name nor an object with one"))?;
    if let Some((_, kind)) = PLAIN.iter().find(|(known, _)| *known == name) {
        return Ok(DType::new(kind.clone()));
    }
    let option = |key: &str| data_type.get("configuration").and_then(|all| all.get(key));
    let wrong = |key: &str| Error::corrupt(format!("data_type {name:?} has no proper {key}"));
    let length = || {
        let length = option("length_bytes")
            .and_then(Json::as_u64)
            .and_then(|length| usize::try_from(length).ok());
        length.ok_or_else(|| wrong("length_bytes"))
    };
    let time = || {
        let count = match option("scale_factor") {
            None => 1,
            Some(count) => count
                .as_u64()
                .and_then(|count| u32::try_from(count).ok())
                .ok_or_else(|| wrong("scale_factor"))?,
        };
        let base = option("unit")
            .and_then(Json::as_str)
            .and_then(unit_base)
            .ok_or_else(|| wrong("unit"))?;
        Ok::<_, Error>(TimeUnit { base, count })
    };
    Ok(DType::new(match name {
        "null_terminated_bytes" => Kind::Bytes(length()?),
        "raw_bytes" => Kind::Void(length()?),
        "fixed_length_utf32" => match length()? {
            bytes if bytes % 4 == 0 => Kind::Unicode(bytes / 4),
            _ => return Err(wrong("length_bytes")),
        },
        "numpy.datetime64" => Kind::DateTime64(time()?),
        "numpy.timedelta64" => Kind::TimeDelta64(time()?),
        "structured" | "struct" => {
            let entries = option("fields")
                .and_then(Json::as_array)
                .ok_or_else(|| wrong("fields"))?;
            let mut fields = Vec::new();
            let mut offset = 0usize;
            for entry in entries {
                let (label, inner) = match entry {
                    Json::Array(pair) => match pair.as_slice() {
                        [label, inner] => (Some(label), Some(inner)),
                        _ => (None, None),
                    },
                    other => (other.get("name"), other.get("data_type")),
                };
                let (Some(label), Some(inner)) = (label.and_then(Json::as_str), inner) else {
                    return Err(wrong("fields"));
                };
                let dtype = parse(inner, depth + 1)?;
                let end = offset.checked_add(dtype.size()).ok_or_else(|| wrong("fields"))?;
                fields.push(Field::new(label, dtype, offset));
                offset = end;
            }
            Kind::Struct(StructType::new(fields, offset)?)
        }
        _ => match raw_bits(name) {
            Some(bytes) => Kind::Void(bytes),
            None => {
                let shown: String = name.chars().take(60).collect();
                return Err(Error::unsupported(format!(
                    "Zarr's data type {shown:?} is not known here"
                )));
            }
        },
    }))
}

/// `r24` is three raw bytes.
fn raw_bits(name: &str) -> Option<usize> {
    let bits: usize = name.strip_prefix('r')?.parse().ok()?;
    (bits > 0 && bits.is_multiple_of(8)).then_some(bits / 8)
}
