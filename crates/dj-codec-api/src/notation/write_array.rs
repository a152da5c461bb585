//! From arrays to JSON.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::write::{Noted, State, tagged};
use crate::value::{CharArray, SparseMatrix};
use crate::{Array, Error, Field, Kind, Order, Result, StructType};

/// `{"dtype": ..., "shape": ..., key: content}`.
pub(super) struct ArrayBody<'a, C> {
    pub(super) dtype: Option<&'a str>,
    pub(super) shape: &'a [usize],
    pub(super) key: &'static str,
    pub(super) content: C,
}

impl<C: Serialize> Serialize for ArrayBody<'_, C> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let Some(dtype) = self.dtype {
            map.serialize_entry("dtype", dtype)?;
        }
        map.serialize_entry("shape", self.shape)?;
        map.serialize_entry(self.key, &self.content)?;
        map.end()
    }
}

impl Serialize for Noted<'_, Array> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.check_depth()?;
        let array = self.value;
        if let Kind::Struct(record) = array.dtype().kind() {
            let columns = self.state.check(columns(array, record))?;
            let fields: Vec<_> = columns
                .iter()
                .map(|(name, column)| (name, self.inner(column)))
                .collect();
            let body = ArrayBody {
                dtype: None,
                shape: array.shape(),
                key: "fields",
                content: fields,
            };
            return tagged(serializer, "$record", &body);
        }
        let array = array.to_little_endian();
        let dtype = array.dtype().numpy_str();
        let bytes = array.to_bytes(Order::C);
        if let Kind::Unicode(width) = *array.dtype().kind() {
            let count = array
                .shape()
                .iter()
                .try_fold(1_usize, |count, &length| count.checked_mul(length));
            let count = if array.is_empty() {
                0
            } else {
                count.unwrap_or(usize::MAX)
            };
            self.state.check_items(count)?;
            let items = self.state.check(texts(&bytes, width, count))?;
            let body = ArrayBody {
                dtype: Some(&dtype),
                shape: array.shape(),
                key: "items",
                content: items,
            };
            return tagged(serializer, "$array", &body);
        }
        let body = ArrayBody {
            dtype: Some(&dtype),
            shape: array.shape(),
            key: "data",
            content: self.state.base64(&bytes),
        };
        tagged(serializer, "$array", &body)
    }
}

/// The fields of a structured array, each as a view of its bytes.
fn columns<'a>(array: &Array, record: &'a StructType) -> Result<Vec<(&'a str, Array)>> {
    record
        .fields()
        .iter()
        .map(|field| Ok((field.name.as_str(), column(array, field)?)))
        .collect()
}

fn column(array: &Array, field: &Field) -> Result<Array> {
    let shape: Vec<usize> = array.shape().iter().chain(&field.shape).copied().collect();
    let within = Order::C.strides(&field.shape, field.dtype.size());
    let strides: Vec<isize> = array.strides().iter().copied().chain(within).collect();
    let start = array.start().saturating_add(field.offset);
    Array::with_strides(field.dtype.clone(), &shape, &strides, start, array.data().clone())
}

/// The texts of elements of `width` little-endian code points.
fn texts(bytes: &[u8], width: usize, count: usize) -> Result<Vec<String>> {
    if width == 0 {
        return Ok(vec![String::new(); count]);
    }
    bytes.chunks_exact(width.saturating_mul(4)).map(text).collect()
}

fn text(element: &[u8]) -> Result<String> {
    let codes = element.as_chunks::<4>().0;
    let end = codes
        .iter()
        .rposition(|code| *code != [0; 4])
        .map_or(0, |last| last + 1);
    codes
        .iter()
        .take(end)
        .map(|&code| {
            let code = u32::from_le_bytes(code);
            char::from_u32(code).ok_or_else(|| {
                Error::corrupt(format!(
                    "an array of texts holds {code:#x}, which is no character"
                ))
            })
        })
        .collect()
}

/// MATLAB text as Python reads it: a line is one str, a matrix an array of single characters.
pub(super) struct CharsBody {
    dtype: String,
    shape: Vec<usize>,
    items: Vec<String>,
}

impl CharsBody {
    pub(super) fn new(chars: &CharArray) -> Result<Self> {
        let no_text = || {
            Error::invalid_value("MATLAB text with half of a surrogate pair has no notation")
                .advise("decode it as a char array and take its UTF-16 code units")
        };
        if matches!(chars.shape.as_slice(), [_] | [1, _]) {
            let text = String::from_utf16(&chars.units).map_err(|_| no_text())?;
            let text = text.trim_end_matches('\0').to_owned();
            let width = text.chars().count().max(1);
            return Ok(Self {
                dtype: format!("<U{width}"),
                shape: vec![1],
                items: vec![text],
            });
        }
        let items = chars
            .units
            .iter()
            .map(|&unit| match char::from_u32(unit.into()) {
                // A str of NumPy ends where its padding begins.
                Some('\0') => Ok(String::new()),
                Some(c) => Ok(c.to_string()),
                None => Err(no_text()),
            })
            .collect::<Result<_>>()?;
        Ok(Self {
            dtype: "<U1".into(),
            shape: chars.shape.clone(),
            items,
        })
    }
}

impl Serialize for CharsBody {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        ArrayBody {
            dtype: Some(&self.dtype),
            shape: &self.shape,
            key: "items",
            content: &self.items,
        }
        .serialize(serializer)
    }
}

pub(super) struct SparseBody<'a>(pub(super) &'a SparseMatrix, pub(super) &'a State);

impl Serialize for SparseBody<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let data = self.0.data.to_little_endian();
        let mut map = serializer.serialize_map(Some(5))?;
        map.serialize_entry("dtype", &data.dtype().numpy_str())?;
        map.serialize_entry("shape", &self.0.shape)?;
        map.serialize_entry("indptr", &self.0.indptr)?;
        map.serialize_entry("indices", &self.0.indices)?;
        map.serialize_entry("data", &self.1.base64(&data.to_bytes(Order::C)))?;
        map.end()
    }
}
