//! The arrays of `arrays.py` and `movies.py`, as NumPy has them.

use std::path::PathBuf;

use dj_codecs::api::{Array, DType, Field, Json, Kind, Limits, Order, StructType};
use dj_codecs::npy::load_npy;
use serde_json::json;

use crate::failed::{Failed, Outcome, ensure, same};
use crate::peer::Peer;

/// One array.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    /// What it is there for.
    pub(crate) name: String,
    /// The file that NumPy saved.
    pub(crate) file: PathBuf,
    /// `str(dtype)` in Python.
    pub(crate) dtype: String,
    /// NumPy's letter for its kind.
    pub(crate) kind: String,
    /// What it is, made of what NumPy says of it and of its elements: no reader of ours comes in.
    pub(crate) array: Array,
}

impl Case {
    /// Has Python write all of them below a folder.
    pub(crate) fn all(peer: &Peer, folder: &std::path::Path) -> Outcome<Vec<Self>> {
        std::fs::create_dir(folder)?;
        Self::listed(&peer.ask("arrays", json!({"folder": folder}))?, "arrays")
    }

    /// The arrays that an answer lists.
    pub(crate) fn listed(told: &Json, list: &str) -> Outcome<Vec<Self>> {
        let arrays = told.get(list).and_then(Json::as_array);
        let arrays = arrays.ok_or_else(|| format!("Python told of no {list}"))?;
        arrays.iter().map(Self::new).collect()
    }

    fn new(told: &Json) -> Outcome<Self> {
        let text = |key: &str| {
            told.get(key)
                .and_then(Json::as_str)
                .map(str::to_owned)
                .ok_or_else(|| Failed::from(format!("an array has no {key}")))
        };
        let shape = told
            .get("shape")
            .and_then(Json::as_array)
            .ok_or("an array has no shape")?;
        let shape: Vec<usize> = shape
            .iter()
            .filter_map(Json::as_u64)
            .map(|length| length as usize)
            .collect();
        let dtype = text("dtype")?;
        let elements = std::fs::read(text("elements")?)?;
        let array = Array::new(dtype_of(told, &dtype)?, &shape, Order::C, elements.into())?;
        Ok(Self {
            name: text("name")?,
            file: text("file")?.into(),
            dtype,
            kind: text("kind")?,
            array,
        })
    }

    /// The array in the order in which NumPy keeps it, as a user would read it from the file.
    pub(crate) fn read(&self) -> Outcome<Array> {
        Ok(load_npy(&self.file, &Limits::default())?)
    }

    /// Whether Zarr holds it so that zarr-python, tensorstore and zarrs all read it.
    pub(crate) fn is_portable(&self) -> bool {
        matches!(self.kind.as_str(), "b" | "i" | "u" | "f" | "c")
    }

    /// Whether an array has this one's shape and elements, bit for bit; also its byte order, unless any will do.
    pub(crate) fn check(&self, array: &Array, any_order: bool) -> Outcome {
        same("the shape", array.shape(), self.array.shape())?;
        if any_order {
            same(
                "the dtype",
                &array.dtype().to_little_endian(),
                &self.array.dtype().to_little_endian(),
            )?;
            return ensure(*array == self.array, || "an element differs".into());
        }
        same("the dtype", &array.dtype().to_string(), &self.dtype)?;
        let (found, wanted) = (array.to_bytes(Order::C), self.array.to_bytes(Order::C));
        match found
            .iter()
            .zip(&wanted[..])
            .position(|(found, wanted)| found != wanted)
        {
            None => same("the number of bytes", &found.len(), &wanted.len()),
            Some(at) => Err(format!("byte {at} of {} differs", wanted.len()).into()),
        }
    }
}

/// The dtype of an array: a structure is told field by field.
fn dtype_of(told: &Json, text: &str) -> Outcome<DType> {
    let Some(fields) = told.get("fields").and_then(Json::as_array) else {
        return Ok(text.parse()?);
    };
    let field = |told: &Json| -> Option<(String, String, u64)> {
        Some((
            told.get(0)?.as_str()?.into(),
            told.get(1)?.as_str()?.into(),
            told.get(2)?.as_u64()?,
        ))
    };
    let mut made = Vec::new();
    for told in fields {
        let (name, dtype, offset) = field(told).ok_or_else(|| format!("{told} is no field"))?;
        made.push(Field::new(
            name,
            dtype.parse()?,
            usize::try_from(offset).map_err(|error| error.to_string())?,
        ));
    }
    let size = told
        .get("itemsize")
        .and_then(Json::as_u64)
        .ok_or("an array has no itemsize")?;
    let size = usize::try_from(size).map_err(|error| error.to_string())?;
    Ok(DType::new(Kind::Struct(StructType::new(made, size)?)))
}
