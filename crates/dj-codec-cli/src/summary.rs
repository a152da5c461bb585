//! Decoded values, in a few lines for people.

mod calendar;
mod element;
mod range;
mod rows;

use std::io::{self, Write};

use dj_codecs::api::{Array, DType, Json, Kind, Result, Value, notation};

use crate::progress::Progress;
use crate::region::{self, Source};

use range::Range;
pub(crate) use rows::{Rows, bytes_text, printable, shape_text};

/// How many elements of an array are shown.
const ELEMENTS: usize = 8;
/// How much of a text is shown.
const CHARACTERS: usize = 200;

/// A value in a few lines.
pub(crate) fn of_value(value: &Value, rows: &mut Rows) {
    match value {
        Value::Array(array) => of_array(array, rows),
        Value::Str(text) => {
            rows.add("type", "str");
            rows.add("length", format!("{} characters", text.chars().count()));
            rows.add("value", shortened(&format!("{text:?}")));
        }
        Value::Bytes(bytes) => {
            rows.add("type", "bytes");
            rows.add("size", bytes_text(bytes.len() as u64));
            rows.add(
                "value",
                shortened(&format!("{:?}", bytes.slice(..bytes.len().min(CHARACTERS)))),
            );
        }
        Value::File(file) => {
            rows.add("type", "file");
            rows.add("name", &file.name);
            rows.add("size", bytes_text(file.size));
            rows.add("sha256", &file.sha256);
        }
        Value::Folder(files) => {
            rows.add("type", "folder");
            rows.add("files", files.len().to_string());
            rows.add(
                "size",
                bytes_text(files.iter().fold(0, |sum, file| file.size.saturating_add(sum))),
            );
            for file in files.iter().take(ELEMENTS) {
                rows.add(
                    "file",
                    format!("{}, {}", shortened(&file.name), bytes_text(file.size)),
                );
            }
            if files.len() > ELEMENTS {
                rows.add("file", "...");
            }
        }
        other => {
            rows.add("type", type_of(other));
            if let Some(length) = length_of(other) {
                rows.add("length", length.to_string());
            }
            rows.add("value", shortened(&beginning(other)));
        }
    }
}

fn of_array(array: &Array, rows: &mut Rows) {
    let mut range = Range::default();
    range.take(array);
    let shape: Vec<u64> = array.shape().iter().map(|&length| length as u64).collect();
    add_array(
        array.dtype(),
        &shape,
        &range,
        &first_elements(array, array.len()),
        rows,
    );
}

/// A stored array in a few lines, read part by part.
pub(crate) fn of_source(source: &dyn Source, rows: &mut Rows, progress: &mut Progress) -> Result<()> {
    let elements = elements(source.shape());
    let parts = region::rows(source, region::BYTES);
    let (total, mut range, mut first) = (parts.total(), Range::default(), "none".to_owned());
    for (done, part) in parts.enumerate() {
        progress.share("decoding", done as u64, total);
        let part = source.read(&part)?;
        range.take(&part);
        if done == 0 {
            first = first_elements(&part, usize::try_from(elements).unwrap_or(usize::MAX));
        }
    }
    progress.clear();
    add_array(source.dtype(), source.shape(), &range, &first, rows);
    Ok(())
}

fn add_array(dtype: &DType, shape: &[u64], range: &Range, first: &str, rows: &mut Rows) {
    let elements = elements(shape);
    rows.add("type", "array");
    rows.add("dtype", dtype.to_string());
    rows.add("shape", shape_text(shape));
    rows.add("size", bytes_text(elements.saturating_mul(dtype.size() as u64)));
    for (label, text) in range.words(dtype, elements) {
        rows.add(label, text);
    }
    rows.add("values", first);
}

fn elements(shape: &[u64]) -> u64 {
    if shape.contains(&0) {
        return 0;
    }
    shape
        .iter()
        .fold(1, |elements: u64, &length| elements.saturating_mul(length))
}

/// The first elements in C order, of an array or of the first rows of one of so many elements.
fn first_elements(array: &Array, all: usize) -> String {
    let mut shown = Vec::new();
    let mut index = vec![0; array.ndim()];
    while shown.len() < ELEMENTS {
        let Some(bytes) = array.element_bytes(&index) else {
            break;
        };
        shown.push(element::text(array.dtype(), bytes));
        if !step(&mut index, array.shape()) {
            break;
        }
    }
    let more = if shown.len() < all { ", ..." } else { "" };
    let text = if array.is_empty() {
        "none".into()
    } else {
        shown.join(", ") + more
    };
    // A structure has commas of its own.
    if matches!(array.dtype().kind(), Kind::Struct(_)) {
        shortened(&text)
    } else {
        text
    }
}

/// The next index in C order; `false` after the last one.
fn step(index: &mut [usize], shape: &[usize]) -> bool {
    for (at, &length) in index.iter_mut().zip(shape).rev() {
        *at += 1;
        if *at < length {
            return true;
        }
        *at = 0;
    }
    false
}

fn type_of(value: &Value) -> &str {
    let name = value.type_name();
    name.strip_prefix("a ")
        .or_else(|| name.strip_prefix("an "))
        .unwrap_or(name)
}

fn length_of(value: &Value) -> Option<usize> {
    match value {
        Value::List(items) | Value::Tuple(items) | Value::Set(items) => Some(items.len()),
        Value::Dict(entries) => Some(entries.len()),
        Value::Json(json) => match json.as_ref() {
            Json::Object(members) => Some(members.len()),
            Json::Array(items) => Some(items.len()),
            _ => None,
        },
        _ => None,
    }
}

/// The beginning of a value in the notation, however large it is.
fn beginning(value: &Value) -> String {
    let mut clipped = Clipped {
        text: Vec::new(),
        full: false,
    };
    let outcome = notation::to_writer(value, &mut clipped);
    match outcome {
        Err(error) if !clipped.full => error.report(),
        _ => String::from_utf8_lossy(&clipped.text).into_owned(),
    }
}

/// Takes as much text as is shown, and then fails, which ends the writing.
struct Clipped {
    text: Vec<u8>,
    full: bool,
}

impl Write for Clipped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Characters take up to four bytes, and one more tells that there is more.
        self.full = self.text.len() > 4 * CHARACTERS;
        if self.full {
            return Err(io::ErrorKind::WriteZero.into());
        }
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The beginning of a text that may be long.
pub(crate) fn shortened(text: &str) -> String {
    match text.char_indices().nth(CHARACTERS) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use dj_codecs::api::{Bytes, Order};

    use super::*;

    fn summary(value: impl Into<Value>) -> String {
        let mut rows = Rows::default();
        of_value(&value.into(), &mut rows);
        rows.to_string()
    }

    #[test]
    fn an_array_shows_its_first_elements_in_c_order() {
        let array = Array::from_vec((0..12_i16).collect(), &[3, 4]).unwrap();
        let expected = "type    array\ndtype   int16\nshape   (3, 4)\nsize    24 bytes\nmin     0\nmax     11\n\
                        values  0, 1, 2, 3, 4, 5, 6, 7, ...\n";
        assert_eq!(summary(array.clone()), expected);
        let fortran = array.to_order(Order::Fortran);
        assert_eq!(summary(fortran), expected);
        assert!(summary(Array::scalar(5_u8)).ends_with("values  5\n"));
        let empty = Array::new("<f8".parse().unwrap(), &[0, 3], Order::C, Bytes::new()).unwrap();
        assert!(summary(empty).ends_with("values  none\n"));
    }

    #[test]
    fn long_values_are_cut() {
        let text = summary("é".repeat(1000));
        assert!(
            text.contains("1000 characters") && text.chars().count() < 300,
            "{text}"
        );
        assert!(summary(Bytes::from(vec![0; 100_000])).len() < 400);
    }
}
