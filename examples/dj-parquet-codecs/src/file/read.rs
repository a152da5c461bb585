//! Reads tables.

use dj_codec_api::{Bytes, Error, Limits, Result};
use parquet::basic::{Compression, ConvertedType, LogicalType, Repetition, Type as Physical};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{ByteArray, DataType};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::schema::types::ColumnDescriptor;

use super::guard::{check_footer, check_pages, refused, unsupported, without_panic};
use crate::{Cells, Table};

/// How many rows are decoded at a time.
const BATCH: usize = 4096;

/// The table of a Parquet file, whoever wrote it: with columns of whole numbers, floating-point numbers, truth values and texts,
/// compressed with Snappy or not at all.
///
/// # Errors
/// Where the file is damaged, is over a limit, or has columns of other kinds. No damage makes it panic, or take memory that the
/// limits do not allow.
pub fn decode_table(file: &Bytes, limits: &Limits) -> Result<Table> {
    check_footer(file, limits)?;
    without_panic(|| read(file, limits))
}

/// What a column holds, and what it is read as.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Int { unsigned: bool },
    Float,
    Bool,
    Text,
    Missing,
}

fn read(file: &Bytes, limits: &Limits) -> Result<Table> {
    let reader = SerializedFileReader::new(file.clone()).map_err(refused)?;
    let metadata = reader.metadata();
    let schema = metadata.file_metadata().schema_descr();
    let kinds = schema
        .columns()
        .iter()
        .map(|column| kind_of(column))
        .collect::<Result<Vec<_>>>()?;

    let rows = metadata.row_groups().iter().try_fold(0_u64, |rows, group| {
        u64::try_from(group.num_rows())
            .ok()
            .and_then(|more| rows.checked_add(more))
    });
    let rows =
        rows.ok_or_else(|| Error::corrupt("the Parquet file claims a number of rows that none has"))?;
    limits.check_items(rows.saturating_mul(kinds.len() as u64))?;
    let mut bytes = limits.array_size(&[rows, kinds.len() as u64], 8)?;
    let mut decompressed = 0;
    for group in metadata.row_groups() {
        for chunk in group.columns() {
            let compression = chunk.compression();
            if !matches!(compression, Compression::SNAPPY | Compression::UNCOMPRESSED) {
                return Err(unsupported(format!("it is compressed with {compression}"))
                    .advise("write it with Snappy, or without compression"));
            }
            check_pages(file, chunk, limits, &mut decompressed)?;
        }
    }

    let mut table = Table::new();
    for (at, (column, kind)) in schema.columns().iter().zip(kinds).enumerate() {
        let mut cells = empty(kind);
        for group in 0..metadata.num_row_groups() {
            let group = reader.get_row_group(group).map_err(refused)?;
            let rows = usize::try_from(group.metadata().num_rows()).unwrap_or(usize::MAX);
            let mut column = group.get_column_reader(at).map_err(refused)?;
            read_rows(&mut column, rows, kind, &mut cells, &mut bytes, limits)?;
        }
        table = table
            .with_column(column.name(), cells)
            .map_err(|error| Error::corrupt(error.message()))?;
    }
    Ok(table)
}

fn kind_of(column: &ColumnDescriptor) -> Result<Kind> {
    let field = column.self_type().get_basic_info();
    if field.repetition() == Repetition::REPEATED {
        return Err(unsupported(format!("the column {:?} has lists", column.name())));
    }
    let integer = |signed: bool| Kind::Int { unsigned: !signed };
    let logical = column.logical_type_ref();
    Ok(match (column.physical_type(), logical) {
        (_, Some(LogicalType::Unknown)) => Kind::Missing,
        (Physical::INT32 | Physical::INT64, Some(LogicalType::Integer(int))) => integer(int.is_signed),
        (Physical::INT32 | Physical::INT64, None) if field.converted_type() == ConvertedType::NONE => {
            integer(true)
        }
        (Physical::FLOAT | Physical::DOUBLE, None) => Kind::Float,
        (Physical::BOOLEAN, None) => Kind::Bool,
        (Physical::BYTE_ARRAY, Some(LogicalType::String | LogicalType::Json | LogicalType::Enum)) => {
            Kind::Text
        }
        (Physical::BYTE_ARRAY, None) if field.converted_type() == ConvertedType::UTF8 => Kind::Text,
        (physical, logical) => {
            let logical = logical.map_or_else(String::new, |logical| format!(" as {logical:?}"));
            return Err(unsupported(format!(
                "the column {:?} is of type {physical}{logical}",
                column.name()
            )));
        }
    })
}

fn empty(kind: Kind) -> Cells {
    match kind {
        Kind::Int { .. } => Cells::Int(Vec::new()),
        Kind::Float => Cells::Float(Vec::new()),
        Kind::Bool => Cells::Bool(Vec::new()),
        Kind::Text => Cells::Text(Vec::new()),
        Kind::Missing => Cells::Missing(0),
    }
}

/// Reads the rows of a group, and adds the bytes of texts to those of the table.
fn read_rows(
    column: &mut ColumnReader,
    rows: usize,
    kind: Kind,
    cells: &mut Cells,
    bytes: &mut u64,
    limits: &Limits,
) -> Result<()> {
    let unsigned = kind == Kind::Int { unsigned: true };
    match (column, cells) {
        (ColumnReader::Int32ColumnReader(column), Cells::Int(cells)) => {
            pull(column, rows, cells, &mut |cell: i32| {
                Ok(if unsigned {
                    i64::from(cell.cast_unsigned())
                } else {
                    i64::from(cell)
                })
            })
        }
        (ColumnReader::Int64ColumnReader(column), Cells::Int(cells)) => {
            pull(column, rows, cells, &mut |cell: i64| {
                let wide = || unsupported(format!("{} is more than an int64 holds", cell.cast_unsigned()));
                if unsigned && cell < 0 {
                    Err(wide())
                } else {
                    Ok(cell)
                }
            })
        }
        (ColumnReader::FloatColumnReader(column), Cells::Float(cells)) => {
            pull(column, rows, cells, &mut |cell: f32| Ok(f64::from(cell)))
        }
        (ColumnReader::DoubleColumnReader(column), Cells::Float(cells)) => pull(column, rows, cells, &mut Ok),
        (ColumnReader::BoolColumnReader(column), Cells::Bool(cells)) => pull(column, rows, cells, &mut Ok),
        (ColumnReader::ByteArrayColumnReader(column), Cells::Text(cells)) => {
            pull(column, rows, cells, &mut |cell: ByteArray| {
                // A long text that a dictionary has once may be that of every row.
                *bytes = bytes.saturating_add(cell.len() as u64);
                limits.check_array_bytes(*bytes)?;
                let text = std::str::from_utf8(cell.data());
                text.map(str::to_owned)
                    .map_err(|error| Error::corrupt("a text is not UTF-8").caused_by(error))
            })
        }
        (ColumnReader::Int32ColumnReader(column), Cells::Missing(count)) => {
            let mut none = Vec::new();
            pull(column, rows, &mut none, &mut |_: i32| {
                Err::<i32, _>(Error::corrupt(
                    "a column of nothing but missing cells has one that is there",
                ))
            })?;
            *count += none.len();
            Ok(())
        }
        _ => Err(unsupported(
            "a column is of another type than its schema says".into(),
        )),
    }
}

/// Reads rows batch by batch, so that what is allocated is what was there to read.
fn pull<D: DataType, T>(
    column: &mut ColumnReaderImpl<D>,
    rows: usize,
    cells: &mut Vec<Option<T>>,
    cell: &mut dyn FnMut(D::T) -> Result<T>,
) -> Result<()> {
    let mut left = rows;
    while left > 0 {
        let (mut levels, mut values) = (Vec::new(), Vec::new());
        let (read, there, _) = column
            .read_records(left.min(BATCH), Some(&mut levels), None, &mut values)
            .map_err(refused)?;
        if read == 0 {
            return Err(Error::corrupt(format!("a column ends {left} rows early")));
        }
        let mut values = values.into_iter();
        if there == read {
            for value in values {
                cells.push(Some(cell(value)?));
            }
        } else {
            for level in levels {
                cells.push(match level {
                    0 => None,
                    _ => {
                        Some(cell(values.next().ok_or_else(|| {
                            Error::corrupt("a column has fewer cells than rows")
                        })?)?)
                    }
                });
            }
        }
        left = left.saturating_sub(read);
    }
    Ok(())
}
