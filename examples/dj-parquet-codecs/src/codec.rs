//! The codec itself.

use dj_codec_api::{
    Codec, CodecInfo, Context, Error, FormatStatus, FormatVersion, Mode, Reader, Record, Result, TypeSpec,
    Value, VersionDispatch,
};

use crate::{NAME, Table, decode_table, encode_table};

/// What decodes a format.
#[derive(Debug, Clone, Copy)]
enum Format {
    /// One Parquet file.
    File,
}

const FORMATS: VersionDispatch<Format> = VersionDispatch {
    codec: NAME,
    crate_name: env!("CARGO_PKG_NAME"),
    writes: FormatVersion::new(1, 0),
    assumed: FormatVersion::new(1, 0),
    readers: &[Reader {
        version: FormatVersion::new(1, 0),
        status: FormatStatus::Current,
        read: Format::File,
    }],
};

/// `<parquet@>`: a table as one Parquet file in a store, with a record of its path, store, size, format, rows and columns.
#[derive(Debug, Clone, Copy, Default)]
pub struct ParquetCodec;

impl ParquetCodec {
    /// Writes a table to the store that the column names, under a fresh path, and gives the record for the column.
    ///
    /// # Errors
    /// Where the store cannot be written. Nothing is left in it then.
    pub fn write(table: &Table, cx: &Context) -> Result<Record> {
        let version = FORMATS.version_to_write(cx)?;
        let columns: Vec<&str> = table.columns().iter().map(crate::Column::name).collect();
        let record = cx.write_object(Some(".parquet"), encode_table(table)?)?;
        Ok(record
            .with("codec_name", NAME)
            .with("codec_version", version.to_string())
            .with("rows", table.rows())
            .with("columns", columns))
    }

    /// Reads the table of a record.
    ///
    /// # Errors
    /// Where its file is gone, damaged, over a limit, or not the table that the record tells of.
    pub fn read(record: &Record, cx: &Context) -> Result<Table> {
        let version = FORMATS.version_of([record.get("codec_version")])?;
        let table = match FORMATS.reader(version, cx)? {
            Format::File => decode_table(&cx.read_object(record)?, cx.limits()),
        };
        let table = table.map_err(|error| error.at(record.path().unwrap_or_default()))?;
        match record.number("rows")? {
            Some(rows) if rows != table.rows() as u64 => Err(Error::corrupt(format!(
                "the table has {} rows, the record says {rows}",
                table.rows()
            ))
            .at(record.path()?)),
            _ => Ok(table),
        }
    }
}

impl Codec for ParquetCodec {
    fn name(&self) -> &str {
        NAME
    }

    fn info(&self) -> CodecInfo {
        CodecInfo::new(NAME, env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))
            .with_modes(&[Mode::Store])
            .with_formats(FORMATS.writes, FORMATS.formats())
            .with_datajoint(">=2.3, <2.4")
    }

    fn dtype(&self, mode: Mode) -> Result<TypeSpec> {
        mode.store_only(NAME)
    }

    fn validate(&self, value: &Value) -> Result<()> {
        Table::try_from(value).map(drop)
    }

    fn encode(&self, value: Value, cx: &Context) -> Result<Value> {
        Self::write(&Table::try_from(&value)?, cx).map(Value::from)
    }

    fn decode(&self, stored: Value, cx: &Context) -> Result<Value> {
        Self::read(&Record::from_value(stored)?, cx).map(Value::from)
    }

    fn record_keys(&self) -> &'static [&'static str] {
        &[
            "path",
            "store",
            "size",
            "codec_name",
            "codec_version",
            "rows",
            "columns",
        ]
    }

    fn format_version(&self, stored: &Value, _: &Context) -> Result<Option<FormatVersion>> {
        FORMATS.version_in(stored).map(Some)
    }
}

dj_codec_api::submit_codec!(ParquetCodec);
