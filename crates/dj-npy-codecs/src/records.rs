//! Structured arrays that come field by field.

use bytes::Bytes;
use dj_codec_api::value::RecordArray;
use dj_codec_api::{Array, DType, Error, Field, Kind, Limits, Order, Result, StructType, Value};

/// The array that a value is, loaded where it is lazy, with its fields put together where they come apart: without padding
/// between them, as `numpy.dtype` lays them out.
///
/// # Errors
/// Where the value is no array, holds Python objects, or cannot be read.
pub(crate) fn array_of(value: Value, limits: &Limits) -> Result<Array> {
    match value.load()? {
        Value::Record(record) => together(*record, limits),
        other => other.into_array(),
    }
}

fn together(record: RecordArray, limits: &Limits) -> Result<Array> {
    let RecordArray { shape, fields } = record;
    let mut members = Vec::with_capacity(fields.len());
    let mut columns = Vec::with_capacity(fields.len());
    let mut end = 0_usize;
    for (name, value) in fields {
        let column = column(value, limits).map_err(|error| error.at(format!("field {name:?}")))?;
        let Some(own) = column.shape().strip_prefix(shape.as_slice()) else {
            return Err(Error::invalid_value(format!(
                "field {name:?} has shape {:?}, which does not begin with that of the records, {shape:?}",
                column.shape()
            )));
        };
        let mut member = Field::new(name, column.dtype().clone(), end);
        member.shape = own.to_vec();
        let size = member.size().and_then(|size| end.checked_add(size));
        end = size.ok_or_else(|| Error::limit("array bytes", u64::MAX, limits.array_bytes))?;
        members.push(member);
        columns.push(column);
    }
    let lengths: Vec<u64> = shape.iter().map(|&length| length as u64).collect();
    let total = limits.array_size(&lengths, end as u64)?;
    let mut bytes = vec![0; usize::try_from(total).unwrap_or_default()];
    for (member, column) in members.iter().zip(&columns) {
        let size = member.size().unwrap_or_default();
        if size == 0 || total == 0 {
            continue;
        }
        let source = column.to_bytes(Order::C);
        for (target, source) in bytes.chunks_exact_mut(end).zip(source.chunks_exact(size)) {
            if let Some(target) = target.get_mut(member.offset..member.offset + size) {
                target.copy_from_slice(source);
            }
        }
    }
    let dtype = DType::new(Kind::Struct(StructType::new(members, end)?));
    Array::new(dtype, &shape, Order::C, Bytes::from(bytes))
}

fn column(value: Value, limits: &Limits) -> Result<Array> {
    match value {
        Value::Array(_) | Value::Record(_) => array_of(value, limits),
        other => Err(Error::invalid_value(format!(
            "a field of records is {}, which .npy cannot hold",
            other.type_name()
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers<T: dj_codec_api::Element>(elements: Vec<T>, shape: &[usize]) -> Value {
        Array::from_vec(elements, shape).unwrap().into()
    }

    fn read(shape: &[usize], fields: Vec<(&str, Value)>) -> Result<Array> {
        let fields = fields
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        array_of(
            RecordArray {
                shape: shape.to_vec(),
                fields,
            }
            .into(),
            &Limits::default(),
        )
    }

    #[test]
    fn fields_are_put_together() {
        let inner = RecordArray {
            shape: vec![2],
            fields: vec![("x".into(), numbers(vec![7_u8, 8], &[2]))],
        };
        let fields = vec![
            ("a", numbers(vec![1_u8, 2], &[2])),
            ("b", numbers(vec![3_u16, 4, 5, 6], &[2, 2])),
            ("in", inner.into()),
        ];
        let array = read(&[2], fields).unwrap();
        assert_eq!(
            array.dtype().to_string(),
            "[('a', 'u1'), ('b', '<u2', (2,)), ('in', [('x', 'u1')])]"
        );
        assert_eq!(array.data().as_ref(), [1, 3, 0, 4, 0, 7, 2, 5, 0, 6, 0, 8]);
    }

    #[test]
    fn empty_records_and_fields_are_arrays_too() {
        assert_eq!(
            read(&[0], vec![("a", numbers(Vec::<u8>::new(), &[0]))])
                .unwrap()
                .shape(),
            [0]
        );
        assert_eq!(
            read(&[3], vec![("a", numbers(Vec::<u8>::new(), &[3, 0]))])
                .unwrap()
                .dtype()
                .size(),
            0
        );
        let beside_nothing = vec![
            ("none", numbers(Vec::<u8>::new(), &[2, 0])),
            ("one", numbers(vec![7_u8, 8], &[2])),
        ];
        assert_eq!(read(&[2], beside_nothing).unwrap().data().as_ref(), [7, 8]);
        assert_eq!(
            read(&[], vec![("a", Array::scalar(5_u8).into())])
                .unwrap()
                .data()
                .as_ref(),
            [5]
        );
    }

    #[test]
    fn fields_that_do_not_fit_are_refused() {
        assert!(read(&[2], vec![("a", numbers(vec![1_u8], &[1]))]).is_err());
        let error = read(&[2], vec![("a", Value::List(vec![]))]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "at field \"a\": a field of records is a list, which .npy cannot hold"
        );
        let twice = vec![("a", numbers(vec![1_u8], &[1])), ("a", numbers(vec![1_u8], &[1]))];
        assert!(read(&[1], twice).is_err());
    }
}
