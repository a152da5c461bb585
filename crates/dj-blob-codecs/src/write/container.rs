//! Lists, tuples, sets, dicts, and record arrays.

use dj_codec_api::value::RecordArray;
use dj_codec_api::{Error, Result, Value};

use super::Writer;
use crate::wire::code;

impl Writer<'_> {
    pub(super) fn items(&mut self, code: u8, items: &[Value], depth: usize) -> Result<()> {
        self.out.push(code);
        self.size(items.len());
        items
            .iter()
            .try_for_each(|item| self.sized_value(item, depth + 1))
    }

    pub(super) fn dict(&mut self, entries: &[(Value, Value)], depth: usize) -> Result<()> {
        self.out.push(code::DICT);
        self.size(entries.len());
        entries.iter().try_for_each(|(key, value)| {
            self.sized_value(key, depth + 1)?;
            self.sized_value(value, depth + 1)
        })
    }

    /// The number of fields, their names with NULs between, and one NUL after: also where there are none.
    pub(super) fn field_names<'n>(&mut self, names: impl ExactSizeIterator<Item = &'n str>) -> Result<()> {
        let count =
            u32::try_from(names.len()).map_err(|_| Error::invalid_value("there are too many fields"))?;
        self.out.extend_from_slice(&count.to_le_bytes());
        for (index, name) in names.enumerate() {
            if name.contains('\0') {
                return Err(Error::invalid_value(format!(
                    "the field {name:?} has a NUL in its name"
                )));
            }
            if index > 0 {
                self.out.push(0);
            }
            self.out.extend_from_slice(name.as_bytes());
        }
        self.out.push(0);
        Ok(())
    }

    /// Each field as an array, without a length before it.
    pub(super) fn record_array(&mut self, array: &RecordArray, depth: usize) -> Result<()> {
        if array.fields.is_empty() {
            return Err(Error::invalid_value(
                "a structured array has no fields; its shape would be lost",
            ));
        }
        self.out.push(code::RECORD);
        self.field_names(array.fields.iter().map(|(name, _)| name.as_str()))?;
        for (name, column) in &array.fields {
            if !matches!(
                column,
                Value::Array(_) | Value::Objects(_) | Value::Record(_) | Value::Chars(_)
            ) {
                return Err(Error::invalid_value(format!(
                    "the field {name:?} is no array, it is {}",
                    column.type_name()
                )));
            }
            self.value(column, depth + 1)?;
        }
        Ok(())
    }
}
