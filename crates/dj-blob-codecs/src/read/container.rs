//! Lists, tuples, sets, dicts, and record arrays.

use dj_codec_api::value::RecordArray;
use dj_codec_api::{Error, Result, Value};

use super::cursor::Cursor;

/// A value takes its length and at least the byte of its code.
const CODE: u64 = 1;

impl Cursor<'_> {
    /// A value with its length before it.
    pub(super) fn sized_value(&mut self, depth: usize) -> Result<Value> {
        let end = self.sized_end()?;
        self.value(end, depth)
    }

    /// A count, then so many values.
    pub(super) fn items(&mut self, depth: usize) -> Result<Vec<Value>> {
        let count = self.count(self.size_width() + CODE)?;
        self.sized_values(count, depth)
    }

    pub(super) fn sized_values(&mut self, count: usize, depth: usize) -> Result<Vec<Value>> {
        let mut items = self.reserve(count)?;
        for _ in 0..count {
            items.push(self.sized_value(depth + 1)?);
        }
        Ok(items)
    }

    /// Room for `count` values, which the caller has checked against what the blob can hold.
    fn reserve<T>(&self, count: usize) -> Result<Vec<T>> {
        self.limits().check_items(count as u64)?;
        let mut items = Vec::new();
        items
            .try_reserve_exact(count)
            .map_err(|error| Error::limit("items", count as u64, self.limits().items).caused_by(error))?;
        Ok(items)
    }

    pub(super) fn dict(&mut self, depth: usize) -> Result<Value> {
        let count = self.count(2 * (self.size_width() + CODE))?;
        let mut entries = self.reserve(count)?;
        for _ in 0..count {
            entries.push((self.sized_value(depth + 1)?, self.sized_value(depth + 1)?));
        }
        Ok(Value::Dict(entries))
    }

    /// The number of fields and their names. Python writes a NUL after the names even where there are none.
    pub(super) fn field_names(&mut self) -> Result<Vec<String>> {
        let at = self.position();
        let count = u64::from(self.u32()?);
        let count = self.check_room(count, 1, at)?;
        if count == 0 && self.next_is(0) {
            self.byte()?;
        }
        (0..count).map(|_| self.terminated_text()).collect()
    }

    /// A structured array, field by field.
    pub(super) fn record_array(&mut self, depth: usize) -> Result<Value> {
        let at = self.position();
        let names = self.field_names()?;
        if names.is_empty() {
            return Err(
                Error::corrupt("a structured array has no fields, and so no shape").at(format!("byte {at}")),
            );
        }
        let mut fields = Vec::with_capacity(names.len());
        for name in names {
            let column = self.open_value(depth + 1)?;
            fields.push((name, column));
        }
        let shape = common_shape(&fields).ok_or_else(|| {
            Error::corrupt("the fields of a structured array have different shapes").at(format!("byte {at}"))
        })?;
        Ok(RecordArray { shape, fields }.into())
    }
}

/// The shape that all columns begin with: a sub-array field has its own dimensions after it.
fn common_shape(fields: &[(String, Value)]) -> Option<Vec<usize>> {
    let shapes: Option<Vec<&[usize]>> = fields
        .iter()
        .map(|(_, column)| match column {
            Value::Array(array) => Some(array.shape()),
            Value::Objects(array) => Some(array.shape.as_slice()),
            Value::Record(array) => Some(array.shape.as_slice()),
            Value::Chars(array) => Some(array.shape.as_slice()),
            _ => None,
        })
        .collect();
    let shapes = shapes?;
    let shortest = shapes
        .iter()
        .copied()
        .min_by_key(|shape| shape.len())
        .unwrap_or_default();
    shapes
        .iter()
        .all(|shape| shape.starts_with(shortest))
        .then(|| shortest.to_vec())
}
