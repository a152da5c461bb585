//! From `$array`, `$record` and `$sparse` to values.

use bytes::Bytes;

use super::body::{Body, need, shape};
use super::read::Noted;
use crate::value::{ObjectArray, RecordArray, SparseMatrix};
use crate::{Array, DType, Error, Kind, Limits, Order, Result, Value};

pub(super) fn array(noted: &Noted<'_, '_>, body: Body) -> Result<Value> {
    let limits = noted.state.limits;
    let dtype = need(body.dtype, "dtype")?;
    let shape = shape(body.shape)?;
    limits.check_dimensions(shape.len())?;
    let (data, items) = (body.data, body.items);
    if matches!(dtype.as_str(), "|O" | "O" | "object") {
        only(data.is_none(), "an array of objects has items and no data")?;
        return ObjectArray::new(shape, need(items, "items")?).map(Value::from);
    }
    let dtype: DType = dtype.parse()?;
    let size = check_size(&dtype, &shape, limits)?;
    let bytes = if let Kind::Unicode(width) = *dtype.kind() {
        only(data.is_none(), "an array of texts has items and no data")?;
        let items = need(items, "items")?;
        only(
            size.count == items.len(),
            "the shape does not fit the number of items",
        )?;
        code_points(&dtype, &items, width, size.bytes)?
    } else {
        only(items.is_none(), "this dtype has data and no items")?;
        need(data, "data")?
    };
    Array::new(dtype, &shape, Order::C, bytes).map(Value::from)
}

fn only(fits: bool, message: &str) -> Result<()> {
    if fits {
        Ok(())
    } else {
        Err(Error::invalid_value(message))
    }
}

struct Size {
    count: usize,
    bytes: usize,
}

/// How many elements and bytes an array has, within the limits. Elements of no bytes are counted too.
fn check_size(dtype: &DType, shape: &[usize], limits: &Limits) -> Result<Size> {
    let lengths: Vec<u64> = shape.iter().map(|&length| length as u64).collect();
    let count = limits.array_size(&lengths, 1)?;
    let bytes = limits.array_size(&lengths, dtype.size() as u64)?;
    let machine =
        |number| usize::try_from(number).map_err(|_| Error::limit("array bytes", number, usize::MAX as u64));
    Ok(Size {
        count: machine(count)?,
        bytes: machine(bytes)?,
    })
}

/// The texts as code points, each padded with NULs to the width.
fn code_points(dtype: &DType, items: &[Value], width: usize, size: usize) -> Result<Bytes> {
    let mut bytes: Vec<u8> = Vec::new();
    bytes
        .try_reserve_exact(size)
        .map_err(|error| Error::limit("array bytes", size as u64, 0).caused_by(error))?;
    for item in items {
        let Value::Str(text) = item else {
            return Err(Error::invalid_value(format!(
                "an item of an array of texts is {}",
                item.type_name()
            )));
        };
        let count = text.chars().count();
        if count > width {
            return Err(Error::invalid_value(format!(
                "a text of {count} characters does not fit into {dtype}"
            )));
        }
        for code in text.chars().map(u32::from) {
            bytes.extend(match dtype.byte_order() {
                crate::ByteOrder::Little => code.to_le_bytes(),
                crate::ByteOrder::Big => code.to_be_bytes(),
            });
        }
        bytes.resize(bytes.len() + (width - count) * 4, 0);
    }
    Ok(Bytes::from(bytes))
}

pub(super) fn record(noted: &Noted<'_, '_>, body: Body) -> Result<Value> {
    let shape = shape(body.shape)?;
    noted.state.limits.check_dimensions(shape.len())?;
    let field = |field: Value| {
        let parts = if let Value::List(parts) = field {
            parts
        } else {
            Vec::new()
        };
        match <[Value; 2]>::try_from(parts) {
            Ok([Value::Str(name), column]) => check_column(&name, &column, &shape).map(|()| (name, column)),
            _ => Err(Error::invalid_value(
                "a field of $record is a list of its name and its array",
            )),
        }
    };
    let fields = need(body.fields, "fields")?
        .into_iter()
        .map(field)
        .collect::<Result<Vec<_>>>()?;
    Ok(RecordArray { shape, fields }.into())
}

/// A column has the shape of the record, and may have more dimensions.
fn check_column(name: &str, column: &Value, shape: &[usize]) -> Result<()> {
    let found = match column {
        Value::Array(array) => array.shape(),
        Value::Objects(array) => &array.shape,
        Value::Record(record) => &record.shape,
        Value::Cell(cell) => &cell.shape,
        Value::Struct(array) => &array.shape,
        other => {
            let what = other.type_name();
            return Err(Error::invalid_value(format!(
                "field {name:?} of $record is {what} and no array"
            )));
        }
    };
    only(
        found.starts_with(shape),
        &format!("field {name:?} of $record has shape {found:?}, the record has {shape:?}"),
    )
}

pub(super) fn sparse(noted: &Noted<'_, '_>, body: Body) -> Result<Value> {
    let shape = <[u64; 2]>::try_from(need(body.shape, "shape")?)
        .map_err(|_| Error::invalid_value("a sparse matrix has two dimensions"))?;
    let dtype: DType = need(body.dtype, "dtype")?.parse()?;
    let indices = need(body.indices, "indices")?;
    check_size(&dtype, &[indices.len()], noted.state.limits)?;
    let data = Array::new(dtype, &[indices.len()], Order::C, need(body.data, "data")?)?;
    let matrix = SparseMatrix {
        shape,
        indptr: need(body.indptr, "indptr")?,
        indices,
        data,
    };
    matrix.check()?;
    Ok(matrix.into())
}
