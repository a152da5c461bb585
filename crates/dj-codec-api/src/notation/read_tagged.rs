//! From objects with a key that begins with `$` to values.

use serde::de::MapAccess;

use super::body::{Base64, Body, BodySeed, need, shape};
use super::read::{Items, Noted, int};
use super::read_array;
use crate::layout::python_decimal;
use crate::value::{CellArray, FileDigest, StructArray};
use crate::{Error, Result, Value};

type MakeOfBody = fn(&Noted<'_, '_>, Body) -> Result<Value>;
type MakeOfList = fn(Vec<Value>) -> Result<Value>;
type MakeOfText = fn(&str) -> Result<Value>;

/// The tags whose value is an object: its keys, and what makes a value of it.
const BODIES: [(&str, &[&str], MakeOfBody); 7] = [
    ("$array", &["dtype", "shape", "data", "items"], read_array::array),
    ("$record", &["shape", "fields"], read_array::record),
    (
        "$sparse",
        &["dtype", "shape", "indptr", "indices", "data"],
        read_array::sparse,
    ),
    ("$cell", &["shape", "items"], cell),
    ("$struct", &["shape", "fields", "items"], structure),
    ("$file", &["name", "size", "sha256"], file),
    ("$folder", &["files"], folder),
];

/// The tags whose value is a list.
const LISTS: [(&str, MakeOfList); 4] = [
    ("$tuple", |items| Ok(Value::Tuple(items))),
    ("$set", |items| Ok(Value::Set(items))),
    ("$dict", dict),
    ("$complex", complex),
];

/// The tags whose value is a str.
const TEXTS: [(&str, MakeOfText); 7] = [
    ("$int", int),
    ("$float", float),
    ("$uuid", uuid),
    ("$decimal", |text| {
        python_decimal(text).map(|_| Value::Decimal(text.to_owned()))
    }),
    ("$date", |text| text.parse().map(Value::Date)),
    ("$time", |text| without_zone(text).parse().map(Value::Time)),
    ("$datetime", datetime),
];

/// The value of the object whose only key is `tag`.
pub(super) fn tagged<'de, A: MapAccess<'de>>(
    noted: Noted<'_, '_>,
    tag: &str,
    map: &mut A,
) -> Result<Value, A::Error> {
    if let Some((tag, allowed, make)) = BODIES.iter().find(|(known, ..)| *known == tag) {
        let body = map.next_value_seed(BodySeed { noted, tag, allowed })?;
        return noted
            .state
            .check(make(&noted, *body).map_err(|error| match error.advice() {
                Some(_) => error,
                None => error.advise(format!("{tag} is an object with {}", allowed.join(", "))),
            }));
    }
    if let Some((_, make)) = LISTS.iter().find(|(known, _)| *known == tag) {
        let items = map.next_value_seed(Items(noted))?;
        return noted.state.check(make(items));
    }
    leaf(noted, tag, map)
}

/// A value that holds no others. Apart, so that its frame is not on the stack of every level.
#[inline(never)]
fn leaf<'de, A: MapAccess<'de>>(noted: Noted<'_, '_>, tag: &str, map: &mut A) -> Result<Value, A::Error> {
    if let Some((_, read)) = TEXTS.iter().find(|(known, _)| *known == tag) {
        let text: String = map.next_value()?;
        return noted.state.check(read(&text));
    }
    if tag == "$bytes" {
        return map.next_value_seed(Base64(noted.state)).map(Value::Bytes);
    }
    let error = Error::invalid_value(format!("{tag:?} is no notation that is known here"));
    Err(noted.state.fail(
        error.advise("a dict with a key that begins with $ is written as {\"$dict\": [[key, value], ...]}"),
    ))
}

fn uuid(text: &str) -> Result<Value> {
    let wrong = |error| Error::invalid_value(format!("{text:?} is no UUID")).caused_by(error);
    text.parse().map(Value::Uuid).map_err(wrong)
}

fn datetime(text: &str) -> Result<Value> {
    match text.split_once(['T', ' ']) {
        Some((date, time)) => format!("{date}T{}", without_zone(time))
            .parse()
            .map(Value::DateTime),
        None => text.parse().map(Value::DateTime),
    }
}

fn float(text: &str) -> Result<Value> {
    Ok(Value::Float(match text {
        "nan" => f64::NAN,
        "inf" => f64::INFINITY,
        "-inf" => f64::NEG_INFINITY,
        other => {
            return Err(
                Error::invalid_value(format!("$float is nan, inf or -inf, not {other:?}"))
                    .advise("other floats are plain numbers with a point or an exponent"),
            );
        }
    }))
}

/// A time of day without the offset from UTC that Python's `isoformat` puts behind it.
fn without_zone(time: &str) -> &str {
    match time.split_once(['+', '-']) {
        Some((time, offset))
            if offset
                .bytes()
                .all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.')) =>
        {
            time
        }
        _ => time,
    }
}

fn complex(parts: Vec<Value>) -> Result<Value> {
    let part = |value: &Value| match value {
        Value::Float(number) => Some(*number),
        Value::Int(number) if number.unsigned_abs() <= 1 << 53 => Some(*number as f64),
        _ => None,
    };
    match parts.as_slice() {
        [real, imaginary] => part(real)
            .zip(part(imaginary))
            .map(|(real, imaginary)| Value::Complex(real, imaginary)),
        _ => None,
    }
    .ok_or_else(|| Error::invalid_value("$complex is a list of two floats"))
}

fn dict(pairs: Vec<Value>) -> Result<Value> {
    let wrong = || Error::invalid_value("$dict is a list of pairs [key, value]");
    let pair = |pair: Value| match pair {
        Value::List(pair) => <[Value; 2]>::try_from(pair)
            .map(|[key, value]| (key, value))
            .map_err(|_| wrong()),
        _ => Err(wrong()),
    };
    pairs
        .into_iter()
        .map(pair)
        .collect::<Result<_>>()
        .map(Value::Dict)
}

fn cell(_: &Noted<'_, '_>, body: Body) -> Result<Value> {
    CellArray::new(shape(body.shape)?, need(body.items, "items")?).map(Value::from)
}

fn structure(_: &Noted<'_, '_>, body: Body) -> Result<Value> {
    let wrong = || Error::invalid_value("an item of $struct is a list with one value for each field");
    let fields: Option<Vec<String>> = need(body.fields, "fields")?
        .into_iter()
        .map(|field| {
            if let Value::Str(name) = field {
                Some(name)
            } else {
                None
            }
        })
        .collect();
    let fields = fields.ok_or_else(|| Error::invalid_value("\"fields\" of $struct are texts"))?;
    let rows = need(body.items, "items")?;
    let shape = shape(body.shape)?;
    let count = shape
        .iter()
        .try_fold(1_usize, |count, &length| count.checked_mul(length));
    if count != Some(rows.len()) {
        return Err(Error::invalid_value(format!(
            "$struct of shape {shape:?} has {} items",
            rows.len()
        )));
    }
    let mut items = Vec::new();
    for row in rows {
        match row {
            Value::List(row) if row.len() == fields.len() => items.extend(row),
            _ => return Err(wrong()),
        }
    }
    StructArray::new(shape, fields, items).map(Value::from)
}

fn file(_: &Noted<'_, '_>, body: Body) -> Result<Value> {
    Ok(Value::File(Box::new(FileDigest {
        name: need(body.name, "name")?,
        size: need(body.size, "size")?,
        sha256: need(body.sha256, "sha256")?,
    })))
}

fn folder(_: &Noted<'_, '_>, body: Body) -> Result<Value> {
    let digest = |file: Value| {
        let parts = if let Value::List(parts) = file {
            parts
        } else {
            Vec::new()
        };
        match <[Value; 3]>::try_from(parts) {
            Ok([Value::Str(name), Value::Int(size), Value::Str(sha256)]) => u64::try_from(size)
                .ok()
                .map(|size| FileDigest { name, size, sha256 }),
            _ => None,
        }
    };
    let files: Option<Vec<_>> = need(body.files, "files")?.into_iter().map(digest).collect();
    let mut files = files
        .ok_or_else(|| Error::invalid_value("\"files\" of $folder are lists of path, size and sha256"))?;
    // In the order in which they are written, whoever wrote them.
    files.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    if files
        .iter()
        .zip(files.iter().skip(1))
        .any(|(a, b)| a.name == b.name)
    {
        return Err(Error::invalid_value("two files of a $folder have one path"));
    }
    Ok(Value::Folder(files))
}
