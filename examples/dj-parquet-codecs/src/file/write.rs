//! Writes tables.

use std::sync::Arc;

use dj_codec_api::{Bytes, Error, Result};
use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{Type, TypePtr};

use crate::{Cells, Column, Table};

/// How many rows stand together: a reader of some rows reads all of these.
const GROUP: usize = 1 << 20;

/// The Parquet file of a table: Snappy, whole numbers as INT64, floating-point numbers as DOUBLE, texts as UTF-8.
///
/// ```
/// use dj_codec_api::Limits;
/// use dj_parquet_codecs::{Table, decode_table, encode_table};
///
/// let table = Table::new().with_column("choice", vec!["left", "right"])?;
/// let file = encode_table(&table)?;
/// assert!(file.starts_with(b"PAR1"));
/// assert_eq!(decode_table(&file, &Limits::default())?, table);
/// # Ok::<(), dj_codec_api::Error>(())
/// ```
///
/// # Errors
/// Where the library refuses, which no table is known for.
pub fn encode_table(table: &Table) -> Result<Bytes> {
    let mut file = Vec::new();
    let failed =
        |error: ParquetError| Error::invalid_value("the table cannot be written as Parquet").caused_by(error);
    write(table, &mut file).map_err(failed)?;
    Ok(file.into())
}

fn write(table: &Table, file: &mut Vec<u8>) -> Result<(), ParquetError> {
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        // Not the version of a library, so that what a format looks like does not change with that.
        .set_created_by("dj-parquet-codecs".into())
        .build();
    let columns = table
        .columns()
        .iter()
        .map(schema)
        .collect::<Result<Vec<_>, _>>()?;
    let root = Type::group_type_builder("table").with_fields(columns).build()?;
    let mut writer = SerializedFileWriter::new(file, Arc::new(root), Arc::new(properties))?;
    for start in (0..table.rows()).step_by(GROUP) {
        let mut group = writer.next_row_group()?;
        for column in table.columns() {
            write_rows(column.cells(), start..table.rows().min(start + GROUP), &mut group)?;
        }
        group.close()?;
    }
    writer.close().map(drop)
}

/// The type of a column: nullable where a cell is missing.
fn schema(column: &Column) -> Result<TypePtr, ParquetError> {
    let (physical, logical) = match column.cells() {
        Cells::Int(_) => (Physical::INT64, None),
        Cells::Float(_) => (Physical::DOUBLE, None),
        Cells::Bool(_) => (Physical::BOOLEAN, None),
        Cells::Text(_) => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        Cells::Missing(_) => (Physical::INT32, Some(LogicalType::Unknown)),
    };
    let repetition = if column.cells().has_missing() {
        Repetition::OPTIONAL
    } else {
        Repetition::REQUIRED
    };
    let column = Type::primitive_type_builder(column.name(), physical);
    column
        .with_logical_type(logical)
        .with_repetition(repetition)
        .build()
        .map(Arc::new)
}

type Group<'a, 'f> = SerializedRowGroupWriter<'a, &'f mut Vec<u8>>;

fn write_rows(
    cells: &Cells,
    rows: std::ops::Range<usize>,
    group: &mut Group<'_, '_>,
) -> Result<(), ParquetError> {
    let nullable = cells.has_missing();
    match cells {
        Cells::Int(cells) => write_column::<Int64Type, _>(part(cells, rows), nullable, group, |cell| *cell),
        Cells::Float(cells) => {
            write_column::<DoubleType, _>(part(cells, rows), nullable, group, |cell| *cell)
        }
        Cells::Bool(cells) => write_column::<BoolType, _>(part(cells, rows), nullable, group, |cell| *cell),
        Cells::Text(cells) => write_column::<ByteArrayType, _>(part(cells, rows), nullable, group, |cell| {
            ByteArray::from(cell.as_str())
        }),
        Cells::Missing(_) => {
            let none = vec![None::<i32>; rows.len()];
            write_column::<Int32Type, _>(&none, nullable, group, |cell| *cell)
        }
    }
}

fn part<T>(cells: &[T], rows: std::ops::Range<usize>) -> &[T] {
    cells.get(rows).unwrap_or_default()
}

fn write_column<D: DataType, T>(
    cells: &[Option<T>],
    nullable: bool,
    group: &mut Group<'_, '_>,
    stored: impl Fn(&T) -> D::T,
) -> Result<(), ParquetError> {
    let there: Vec<D::T> = cells.iter().flatten().map(stored).collect();
    let levels: Option<Vec<i16>> =
        nullable.then(|| cells.iter().map(|cell| i16::from(cell.is_some())).collect());
    let column = group.next_column()?;
    let mut column =
        column.ok_or_else(|| ParquetError::General("a column more than the schema has".into()))?;
    column.typed::<D>().write_batch(&there, levels.as_deref(), None)?;
    column.close()
}
