//! The untyped face: a dict of columns. One without missing numbers is an array, any other a list with nulls.

use dj_codec_api::{Array, Element, Error, Kind, Result, Value};

use crate::{Cells, Table};

impl From<Table> for Value {
    fn from(table: Table) -> Self {
        let columns = table.columns().iter();
        Value::dict(columns.map(|column| (column.name(), column_value(column.cells()))))
    }
}

fn column_value(cells: &Cells) -> Value {
    match cells {
        Cells::Int(cells) => numbers(cells),
        Cells::Float(cells) => numbers(cells),
        Cells::Bool(cells) => numbers(cells),
        Cells::Text(cells) => list(cells),
        Cells::Missing(count) => Value::List(vec![Value::Null; *count]),
    }
}

fn numbers<T: Element + Into<Value> + Copy>(cells: &[Option<T>]) -> Value {
    let all: Option<Vec<T>> = cells.iter().copied().collect();
    let array = all.and_then(|cells| {
        let length = cells.len();
        Array::from_vec(cells, &[length]).ok()
    });
    array.map_or_else(|| list(cells), Value::from)
}

fn list<T: Into<Value> + Clone>(cells: &[Option<T>]) -> Value {
    let cell = |cell: &Option<T>| cell.clone().map_or(Value::Null, Into::into);
    Value::List(cells.iter().map(cell).collect())
}

impl TryFrom<&Value> for Table {
    type Error = Error;

    /// Takes what [`Value::from`] gives: a dict of names and columns, each an array of one dimension, of whole numbers, of
    /// floating-point numbers or of truth values, or a list of one kind, in which null is a missing cell.
    fn try_from(value: &Value) -> Result<Self> {
        let columns = value.as_dict().ok_or_else(|| {
            Error::invalid_value(format!(
                "a table is a dict of columns, this is {}",
                value.type_name()
            ))
            .advise("give {NAME: CELLS}, all columns of one length")
        })?;
        columns.iter().try_fold(Self::new(), |table, (name, cells)| {
            let name = name.as_str().ok_or_else(|| {
                Error::invalid_value(format!("a column's name is a text, this is {}", name.type_name()))
            })?;
            let cells = column_cells(cells)
                .map_err(|error| Error::invalid_value(format!("the column {name:?}: {}", error.message())))?;
            table.with_column(name, cells)
        })
    }
}

fn column_cells(value: &Value) -> Result<Cells> {
    match value {
        Value::Array(array) if array.ndim() == 1 => match array.dtype().kind() {
            Kind::Bool => Ok(array.to_vec::<bool>()?.into()),
            Kind::Float32 | Kind::Float64 => Ok(array.to_floats()?.into()),
            _ => Ok(array.to_ints()?.into()),
        },
        Value::Array(array) => Err(Error::invalid_value(format!(
            "an array of {} dimensions is no column",
            array.ndim()
        ))),
        Value::List(items) => {
            let Some(first) = items.iter().find(|item| !matches!(item, Value::Null)) else {
                return Ok(if items.is_empty() {
                    Vec::<String>::new().into()
                } else {
                    Cells::Missing(items.len())
                });
            };
            match first {
                Value::Bool(_) => Ok(Cells::Bool(cells(items, first, Value::as_bool)?)),
                Value::Int(_) => Ok(Cells::Int(cells(items, first, Value::as_int)?)),
                Value::Float(_) => Ok(Cells::Float(cells(items, first, Value::as_float)?)),
                Value::Str(_) => Ok(Cells::Text(cells(items, first, |item| {
                    Some(item.as_str()?.to_owned())
                })?)),
                other => Err(Error::invalid_value(format!(
                    "{} is no cell of a table",
                    other.type_name()
                ))),
            }
        }
        other => Err(Error::invalid_value(format!(
            "a list or an array of cells was expected, this is {}",
            other.type_name()
        ))),
    }
}

fn cells<T>(items: &[Value], first: &Value, cell: impl Fn(&Value) -> Option<T>) -> Result<Vec<Option<T>>> {
    let mixed = |item: &Value| {
        Error::invalid_value(format!(
            "{} and {} in one column",
            first.type_name(),
            item.type_name()
        ))
    };
    let cell = |item: &Value| match item {
        Value::Null => Ok(None),
        item => cell(item).map(Some).ok_or_else(|| mixed(item)),
    };
    items.iter().map(cell).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_column_goes_there_and_back() {
        let table = Table::new()
            .with_column("int", vec![1, 2])
            .unwrap()
            .with_column("float", vec![Some(0.5), None])
            .unwrap()
            .with_column("flag", vec![true, false])
            .unwrap()
            .with_column("text", vec![None, Some("é")])
            .unwrap()
            .with_column("nothing", Cells::Missing(2))
            .unwrap();
        let value = Value::from(table.clone());
        assert_eq!(
            value
                .get("int")
                .unwrap()
                .as_array()
                .unwrap()
                .to_vec::<i64>()
                .unwrap(),
            [1, 2]
        );
        assert_eq!(
            value.get("float").unwrap(),
            &Value::List(vec![0.5.into(), Value::Null])
        );
        assert_eq!(Table::try_from(&value).unwrap(), table);
    }

    #[test]
    fn what_is_no_table_is_said_where() {
        let column = |cells: Value| Value::dict([("c", cells)]);
        let list = |items: Vec<Value>| column(Value::List(items));
        for (value, words) in [
            (Value::from(5), "a table is a dict of columns, this is an int"),
            (
                Value::Dict(vec![(5.into(), Value::List(vec![]))]),
                "a column's name is a text",
            ),
            (
                list(vec![1.into(), 0.5.into()]),
                "the column \"c\": an int and a float in one column",
            ),
            (
                list(vec![Value::Null, Value::Bytes("x".into())]),
                "the column \"c\": bytes is no cell of a table",
            ),
            (
                column(1.into()),
                "the column \"c\": a list or an array of cells was expected, this is an int",
            ),
            (
                column(Array::from_vec(vec![0_u8; 4], &[2, 2]).unwrap().into()),
                "an array of 2 dimensions",
            ),
            (
                column(Array::from_vec(vec![u64::MAX], &[1]).unwrap().into()),
                "more than an int64 holds",
            ),
            (
                Value::dict([("a", Value::List(vec![1.into()])), ("b", Value::List(vec![]))]),
                "\"b\" has 0 cells, \"a\" has 1",
            ),
        ] {
            let error = Table::try_from(&value).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }
}
