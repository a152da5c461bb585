//! Arrays as sequences of values.

use dj_codec_api::value::{ObjectArray, RecordArray, StructArray};
use dj_codec_api::{Array, Element, Error, Kind, Order, Result, Value};

/// An array as lists of lists, and a 0-d array as its element.
pub(super) fn array(array: &Array) -> Result<Value> {
    fn all<T: Element>(array: &Array, make: fn(T) -> Value) -> Result<Vec<Value>> {
        Ok(array.to_vec::<T>()?.into_iter().map(make).collect())
    }
    let elements = match array.dtype().kind() {
        Kind::Bool => all::<bool>(array, Value::Bool)?,
        Kind::Int8 => all::<i8>(array, |number| Value::Int(number.into()))?,
        Kind::Int16 => all::<i16>(array, |number| Value::Int(number.into()))?,
        Kind::Int32 => all::<i32>(array, Value::from)?,
        Kind::Int64 => all::<i64>(array, Value::Int)?,
        Kind::UInt8 => all::<u8>(array, |number| Value::Int(number.into()))?,
        Kind::UInt16 => all::<u16>(array, |number| Value::Int(number.into()))?,
        Kind::UInt32 => all::<u32>(array, Value::from)?,
        Kind::UInt64 => all::<u64>(array, Value::from)?,
        Kind::Float32 => all::<f32>(array, |number| Value::Float(number.into()))?,
        Kind::Float64 => all::<f64>(array, Value::Float)?,
        Kind::Complex64 => all::<[f32; 2]>(array, |[real, imaginary]| {
            Value::Complex(real.into(), imaginary.into())
        })?,
        Kind::Complex128 => all::<[f64; 2]>(array, |[real, imaginary]| Value::Complex(real, imaginary))?,
        Kind::Unicode(_) => texts(array)?,
        _ => {
            return Err(Error::unsupported(format!(
                "an array of dtype {} has no elements for serde",
                array.dtype()
            ))
            .advise("keep the array: #[serde(with = \"dj_blob_codecs::native\")]"));
        }
    };
    nested(array.shape(), elements)
}

/// As many lists or texts a shape may ask for that has no elements behind it.
const EMPTY: usize = 1 << 16;

/// How many there are of this shape: no more than are `held`, unless they take nothing to hold and are not many.
fn count(shape: &[usize], held: usize) -> Result<usize> {
    let (product, limit) = (
        shape
            .iter()
            .try_fold(1_usize, |product, &length| product.checked_mul(length)),
        held.max(EMPTY),
    );
    product
        .filter(|&product| product <= limit)
        .ok_or_else(|| Error::limit("items", product.unwrap_or(usize::MAX) as u64, limit as u64))
}

fn texts(array: &Array) -> Result<Vec<Value>> {
    let bytes = array.to_little_endian().to_bytes(Order::C);
    let text = |element: &[u8]| {
        let points = element
            .as_chunks::<4>()
            .0
            .iter()
            .map(|point| u32::from_le_bytes(*point));
        let text: String = points
            .map(|point| char::from_u32(point).unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect();
        Value::from(text.trim_end_matches('\0'))
    };
    Ok(match array.dtype().size() {
        0 => vec![Value::from(""); count(array.shape(), 0)?],
        size => bytes.chunks_exact(size).map(text).collect(),
    })
}

/// An array of objects, of cells or of rows, as lists of lists.
///
/// # Errors
/// Where there are no elements, and more empty lists than anybody means.
pub(super) fn nested(shape: &[usize], mut elements: Vec<Value>) -> Result<Value> {
    let Some((_, inner)) = shape.split_first() else {
        return Ok(elements.pop().unwrap_or(Value::Null));
    };
    let held = elements.len();
    // From the innermost dimension outwards.
    for (at, &length) in inner.iter().enumerate().rev() {
        let outer = count(shape.get(..=at).unwrap_or_default(), held)?;
        let mut rest = elements.into_iter();
        elements = (0..outer)
            .map(|_| Value::List(rest.by_ref().take(length).collect()))
            .collect();
    }
    Ok(Value::List(elements))
}

/// MATLAB's struct as a dict, an array of them as lists of dicts.
///
/// # Errors
/// Where there are no fields, and more elements than anybody means.
pub(super) fn structs(array: StructArray) -> Result<Value> {
    let count = count(&array.shape, array.items.len())?;
    let StructArray { shape, fields, items } = array;
    let mut rest = items.into_iter();
    let mut dicts: Vec<Value> = (0..count)
        .map(|_| {
            Value::Dict(
                fields
                    .iter()
                    .map(|name| Value::from(name.as_str()))
                    .zip(rest.by_ref())
                    .collect(),
            )
        })
        .collect();
    match (count, dicts.pop()) {
        (1, Some(one)) => Ok(one),
        (_, Some(last)) => {
            dicts.push(last);
            nested(&shape, dicts)
        }
        (_, None) => Ok(Value::List(dicts)),
    }
}

/// A structured array as lists of dicts, a 0-d one as a dict.
pub(super) fn records(record: RecordArray) -> Result<Value> {
    let count = match record.fields.is_empty() {
        true => count(&record.shape, 0)?,
        // The columns have a value for each, or are refused.
        false => record.shape.iter().copied().fold(1, usize::saturating_mul),
    };
    let mut columns = Vec::with_capacity(record.fields.len());
    for (name, column) in record.fields {
        columns.push((name, flat(column, record.shape.len(), count)?.into_iter()));
    }
    let row = |_| {
        let row = columns
            .iter_mut()
            .filter_map(|(name, column)| Some((Value::from(name.as_str()), column.next()?)));
        Value::Dict(row.collect())
    };
    let rows = (0..count).map(row).collect();
    nested(&record.shape, rows)
}

/// The value of a column for each of `count` records.
fn flat(column: Value, dimensions: usize, count: usize) -> Result<Vec<Value>> {
    let own = |shape: &[usize]| [&[count], shape.get(dimensions..).unwrap_or_default()].concat();
    let list = match column {
        Value::Array(column) => array(&column.reshape(&own(column.shape()))?)?,
        Value::Objects(column) => {
            let ObjectArray { shape, items } = *column;
            nested(&own(&shape), items)?
        }
        Value::Record(mut column) => {
            column.shape = vec![count];
            records(*column)?
        }
        other => other,
    };
    match list {
        Value::List(values) if values.len() == count => Ok(values),
        Value::List(values) => Err(Error::invalid_value(format!(
            "a column has {} values where there are {count} records",
            values.len()
        ))),
        other => Err(Error::unsupported(format!("a column is {}", other.type_name()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_has_a_value_for_each_record() {
        let of_length = |length: usize| {
            let column = Value::List((0..length).map(|at| Value::Int(at as i64)).collect());
            records(RecordArray {
                shape: vec![2],
                fields: vec![("a".into(), column)],
            })
        };
        let dict = |number| Value::Dict(vec![(Value::from("a"), Value::Int(number))]);
        assert_eq!(of_length(2).unwrap(), Value::List(vec![dict(0), dict(1)]));
        for length in [0, 1, 3] {
            assert!(of_length(length).is_err(), "{length}");
        }
    }
}
