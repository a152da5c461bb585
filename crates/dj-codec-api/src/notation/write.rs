//! From values to JSON.

use std::cell::RefCell;
use std::collections::HashSet;

use serde::ser::{Error as _, SerializeMap};
use serde::{Serialize, Serializer};

use super::write_array::{ArrayBody, CharsBody, SparseBody};
use crate::value::{FileDigest, StructArray};
use crate::{Error, Json, Limits, Result, Value};

/// The largest int that is plain JSON: every program reads it exactly.
const PLAIN_INT: u64 = 1 << 53;

/// Our own error on its way through serde, which knows only texts.
pub(super) struct State {
    error: RefCell<Option<Error>>,
    limits: Limits,
    /// Whether the serializer is one whose formatter writes bytes as base64.
    formatted: bool,
}

impl State {
    pub(super) fn new(formatted: bool) -> Self {
        Self {
            error: RefCell::new(None),
            limits: Limits::default(),
            formatted,
        }
    }

    pub(super) fn base64<'a>(&self, bytes: &'a [u8]) -> Base64<'a> {
        Base64 {
            bytes,
            formatted: self.formatted,
        }
    }

    pub(super) fn into_error(self, error: serde_json::Error) -> Error {
        self.error
            .into_inner()
            .unwrap_or_else(|| Error::store("the notation could not be written").caused_by(error))
    }

    pub(super) fn fail<E: serde::ser::Error>(&self, error: Error) -> E {
        let text = error.to_string();
        self.error.borrow_mut().get_or_insert(error);
        E::custom(text)
    }

    pub(super) fn check<T, E: serde::ser::Error>(&self, result: Result<T>) -> Result<T, E> {
        result.map_err(|error| self.fail(error))
    }

    /// For counts that no items stand behind: empty texts, structures without fields.
    pub(super) fn check_items<E: serde::ser::Error>(&self, count: usize) -> Result<(), E> {
        self.check(self.limits.check_items(count as u64))
    }
}

/// Something to write, how deep it stands, and where errors go.
pub(super) struct Noted<'a, T: ?Sized = Value> {
    pub(super) value: &'a T,
    pub(super) state: &'a State,
    depth: usize,
}

impl<T: ?Sized> Clone for Noted<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: ?Sized> Copy for Noted<'_, T> {}

impl<'a, T: ?Sized> Noted<'a, T> {
    pub(super) fn new(value: &'a T, state: &'a State) -> Self {
        Self {
            value,
            state,
            depth: 0,
        }
    }

    /// Another thing at the same depth.
    pub(super) fn with<U: ?Sized>(self, value: &'a U) -> Noted<'a, U> {
        Noted {
            value,
            state: self.state,
            depth: self.depth,
        }
    }

    /// Something inside of this.
    pub(super) fn inner<U: ?Sized>(self, value: &'a U) -> Noted<'a, U> {
        Noted {
            value,
            state: self.state,
            depth: self.depth + 1,
        }
    }

    pub(super) fn check_depth<E: serde::ser::Error>(&self) -> Result<(), E> {
        self.state.check(self.state.limits.check_depth(self.depth))
    }
}

/// `{"$tag": body}`.
pub(super) fn tagged<S: Serializer>(
    serializer: S,
    tag: &str,
    body: &(impl Serialize + ?Sized),
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(1))?;
    map.serialize_entry(tag, body)?;
    map.end()
}

/// Each group of kinds is written by a function of its own, which keeps the stack of deep values small.
impl Serialize for Noted<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.check_depth()?;
        match self.value {
            Value::List(items) => self.with(items.as_slice()).serialize(serializer),
            Value::Tuple(items) => tagged(serializer, "$tuple", &self.with(items.as_slice())),
            Value::Set(items) => tagged(serializer, "$set", &self.with(items.as_slice())),
            Value::Dict(entries) => self.dict(entries, serializer),
            Value::Objects(_) | Value::Record(_) | Value::Cell(_) | Value::Struct(_) => {
                self.container(serializer)
            }
            Value::Array(array) => self.with(array.as_ref()).serialize(serializer),
            Value::Json(json) => self.with(json.as_ref()).serialize(serializer),
            Value::Lazy(handle) => {
                let value = self.state.check(handle.load())?;
                Noted {
                    value: &value,
                    ..self.inner(self.value)
                }
                .serialize(serializer)
            }
            _ => self.leaf(serializer),
        }
    }
}

impl<'a> Noted<'a> {
    /// The arrays whose elements are values.
    #[inline(never)]
    fn container<S: Serializer>(self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.value {
            Value::Objects(array) => {
                let content = self.with(array.items.as_slice());
                let body = ArrayBody {
                    dtype: Some("|O"),
                    shape: &array.shape,
                    key: "items",
                    content,
                };
                tagged(serializer, "$array", &body)
            }
            Value::Cell(cell) => {
                let content = self.with(cell.items.as_slice());
                // Python forgets the shape of a cell array without cells.
                let shape = if cell.items.is_empty() {
                    &[0][..]
                } else {
                    &cell.shape
                };
                tagged(
                    serializer,
                    "$cell",
                    &ArrayBody {
                        dtype: None,
                        shape,
                        key: "items",
                        content,
                    },
                )
            }
            Value::Record(record) => {
                let content: Vec<_> = record
                    .fields
                    .iter()
                    .map(|(name, column)| (name, self.inner(column)))
                    .collect();
                tagged(
                    serializer,
                    "$record",
                    &ArrayBody {
                        dtype: None,
                        shape: &record.shape,
                        key: "fields",
                        content,
                    },
                )
            }
            Value::Struct(array) => {
                if array.fields.is_empty() {
                    let rows = array
                        .shape
                        .iter()
                        .try_fold(1_usize, |rows, &length| rows.checked_mul(length));
                    self.state.check_items(rows.unwrap_or(usize::MAX))?;
                }
                tagged(serializer, "$struct", &self.with(array.as_ref()))
            }
            _ => self.leaf(serializer),
        }
    }

    /// The kinds that hold no other values.
    #[inline(never)]
    fn leaf<S: Serializer>(self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.value {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(flag) => serializer.serialize_bool(*flag),
            Value::Int(number) => int(*number, serializer),
            Value::BigInt(number) => match i64::try_from(number.as_ref()) {
                Ok(small) => int(small, serializer),
                Err(_) => tagged(serializer, "$int", &number.to_string()),
            },
            Value::Float(number) => Float(*number).serialize(serializer),
            Value::Complex(real, imaginary) => {
                tagged(serializer, "$complex", &[Float(*real), Float(*imaginary)])
            }
            Value::Str(text) => serializer.serialize_str(text),
            Value::Bytes(bytes) => tagged(serializer, "$bytes", &self.state.base64(bytes)),
            Value::Uuid(uuid) => tagged(serializer, "$uuid", &uuid.hyphenated().to_string()),
            Value::Decimal(text) => tagged(serializer, "$decimal", text),
            Value::Date(date) => tagged(serializer, "$date", &date.to_string()),
            Value::Time(time) => tagged(serializer, "$time", &time.to_string()),
            Value::DateTime(moment) => tagged(serializer, "$datetime", &moment.to_string()),
            Value::Chars(chars) => {
                let body = self.state.check(CharsBody::new(chars))?;
                tagged(serializer, "$array", &body)
            }
            Value::Sparse(matrix) => tagged(serializer, "$sparse", &SparseBody(matrix, self.state)),
            Value::File(file) => tagged(serializer, "$file", &File(file)),
            Value::Folder(files) => tagged(serializer, "$folder", &Folder(files)),
            other => Err(self.state.fail(
                Error::invalid_value(format!("{} has no notation", other.type_name())).advise(
                    "store the file with <attach>, <object@> or <filepath@>, and print what that decodes to",
                ),
            )),
        }
    }

    /// A plain object where the keys allow it.
    #[inline(never)]
    fn dict<S: Serializer>(self, entries: &'a [(Value, Value)], serializer: S) -> Result<S::Ok, S::Error> {
        if let Some(keys) = plain_keys(entries) {
            let mut map = serializer.serialize_map(Some(entries.len()))?;
            for (key, (_, value)) in keys.iter().zip(entries) {
                map.serialize_entry(key, &self.inner(value))?;
            }
            return map.end();
        }
        let pairs: Vec<_> = entries
            .iter()
            .map(|(key, value)| [self.inner(key), self.inner(value)])
            .collect();
        tagged(serializer, "$dict", &pairs)
    }
}

/// The keys where all are texts, none looks like a tag and none stands twice, as in damaged data.
fn plain_keys(entries: &[(Value, Value)]) -> Option<Vec<&str>> {
    let keys: Vec<&str> = entries
        .iter()
        .map(|(key, _)| match key {
            Value::Str(key) if !key.starts_with('$') => Some(key.as_str()),
            _ => None,
        })
        .collect::<Option<_>>()?;
    let known: HashSet<&str> = keys.iter().copied().collect();
    (known.len() == keys.len()).then_some(keys)
}

fn int<S: Serializer>(number: i64, serializer: S) -> Result<S::Ok, S::Error> {
    if number.unsigned_abs() < PLAIN_INT {
        serializer.serialize_i64(number)
    } else {
        tagged(serializer, "$int", &number.to_string())
    }
}

/// The items of a container; they stand one deeper than it.
impl Serialize for Noted<'_, [Value]> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.value.iter().map(|item| self.inner(item)))
    }
}

impl Serialize for Noted<'_, StructArray> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let array = self.value;
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("shape", &array.shape)?;
        map.serialize_entry("fields", &array.fields)?;
        if array.fields.is_empty() {
            let rows = array.shape.iter().product();
            map.serialize_entry("items", &vec![[(); 0]; rows])?;
        } else {
            let rows: Vec<_> = array.rows().map(|row| self.with(row)).collect();
            map.serialize_entry("items", &rows)?;
        }
        map.end()
    }
}

/// A JSON document in the same notation: its objects are dicts.
impl Serialize for Noted<'_, Json> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.check_depth()?;
        match self.value {
            Json::Null => serializer.serialize_unit(),
            Json::Bool(flag) => serializer.serialize_bool(*flag),
            Json::String(text) => serializer.serialize_str(text),
            Json::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
                (Some(number), ..) => int(number, serializer),
                (_, Some(number), _) => tagged(serializer, "$int", &number.to_string()),
                (_, _, Some(float)) => Float(float).serialize(serializer),
                _ => Err(S::Error::custom("a number is out of range")),
            },
            Json::Array(items) => serializer.collect_seq(items.iter().map(|item| self.inner(item))),
            Json::Object(entries) if entries.keys().any(|key| key.starts_with('$')) => {
                let pairs: Vec<_> = entries
                    .iter()
                    .map(|(key, value)| (key, self.inner(value)))
                    .collect();
                tagged(serializer, "$dict", &pairs)
            }
            Json::Object(entries) => {
                serializer.collect_map(entries.iter().map(|(key, value)| (key, self.inner(value))))
            }
        }
    }
}

struct Float(f64);

impl Serialize for Float {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            number if number.is_finite() => serializer.serialize_f64(number),
            number => tagged(serializer, "$float", &crate::layout::python_float(number)),
        }
    }
}

/// Bytes as base64.
pub(super) struct Base64<'a> {
    bytes: &'a [u8],
    formatted: bool,
}

impl Serialize for Base64<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.formatted {
            serializer.serialize_bytes(self.bytes)
        } else {
            serializer.serialize_str(&data_encoding::BASE64.encode(self.bytes))
        }
    }
}

struct File<'a>(&'a FileDigest);

impl Serialize for File<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("name", &self.0.name)?;
        map.serialize_entry("size", &self.0.size)?;
        map.serialize_entry("sha256", &self.0.sha256)?;
        map.end()
    }
}

struct Folder<'a>(&'a [FileDigest]);

impl Serialize for Folder<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut files: Vec<_> = self
            .0
            .iter()
            .map(|file| (&file.name, file.size, &file.sha256))
            .collect();
        files.sort_unstable();
        tagged(serializer, "files", &files)
    }
}
