//! The codec itself.

use dj_codec_api::{
    Array, CheckLevel, Codec, CodecInfo, Context, Error, FormatVersion, Mode, Record, Result, TypeSpec, Value,
};

use crate::array::named;
use crate::filter::ArrayFilters;
use crate::record::ZarrRecord;
use crate::version::FORMATS;
use crate::write::{ZarrOptions, ZarrWriter};
use crate::{NAME, ZarrArray, verify};

/// `<zarr@>`: an array as Zarr chunks in a store, with a record of its path, store, shape and dtype in the column.
///
/// Decoding gives a [`ZarrArray`], which reads its elements when asked. Encoding takes an array and writes data format 2.0,
/// or 1.0 where the context asks for it, with these options.
#[derive(Debug, Clone, Default)]
pub struct ZarrCodec {
    options: ZarrOptions,
    filters: ArrayFilters,
}

impl ZarrCodec {
    /// A codec that writes with these options.
    #[must_use]
    pub fn new(options: ZarrOptions) -> Self {
        Self {
            options,
            filters: ArrayFilters::new(),
        }
    }

    /// Also opens arrays with these filters of other crates.
    #[must_use]
    pub fn with_filters(mut self, filters: ArrayFilters) -> Self {
        self.filters = filters;
        self
    }

    /// The filters of other crates that it knows.
    #[must_use]
    pub fn filters(&self) -> &ArrayFilters {
        &self.filters
    }

    /// The options that it writes with.
    #[must_use]
    pub fn options(&self) -> &ZarrOptions {
        &self.options
    }

    /// Writes an array to the store that the column names, under a fresh path, and returns the record for the column.
    /// For rows that come in one after the other there is [`ZarrWriter`](crate::ZarrWriter).
    ///
    /// # Errors
    /// Where Zarr cannot hold the dtype, the options make no sense, or the store cannot be written. Nothing is left in the
    /// store then, and nothing existing is ever overwritten.
    pub fn write(&self, array: &Array, cx: &Context) -> Result<ZarrRecord> {
        ZarrWriter::write(array, &self.options, cx).map_err(named)
    }

    /// Opens the array that a record tells of. Reads its metadata, and no elements.
    ///
    /// # Errors
    /// Where the record makes no sense, the store is not configured, the array is not there, its metadata cannot be read or
    /// has another shape than the record, or its data format is not known.
    pub fn open(&self, record: impl Into<Record>, cx: &Context) -> Result<ZarrArray> {
        ZarrRecord::from_record(record.into())
            .and_then(|record| ZarrArray::open_record(record, &self.filters, cx))
            .map_err(named)
    }
}

impl Codec for ZarrCodec {
    fn name(&self) -> &str {
        NAME
    }

    fn info(&self) -> CodecInfo {
        CodecInfo::new(NAME, env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))
            .with_modes(&[Mode::Store])
            .with_formats(FORMATS.writes, FORMATS.formats())
            .with_datajoint(">=2.0, <3")
    }

    fn dtype(&self, mode: Mode) -> Result<TypeSpec> {
        mode.store_only(NAME)
    }

    fn validate(&self, value: &Value) -> Result<()> {
        match value {
            Value::Array(_) => Ok(()),
            Value::Lazy(handle) if handle.dtype().is_some() => Ok(()),
            Value::Objects(_) => Err(
                Error::invalid_value("<zarr> does not support object dtype arrays")
                    .advise("store them with <blob>, or convert them to numbers or fixed-length texts first"),
            ),
            other => Err(Error::invalid_value(format!(
                "<zarr> requires an array, this is {}",
                other.type_name()
            ))),
        }
    }

    fn encode(&self, value: Value, cx: &Context) -> Result<Value> {
        self.validate(&value).map_err(named)?;
        let array = value.into_array().map_err(named)?;
        self.write(&array, cx)
            .map(|record| Value::from(record.into_record()))
    }

    fn decode(&self, stored: Value, cx: &Context) -> Result<Value> {
        let record = Record::from_value(stored).map_err(named)?;
        self.open(record, cx).map(Value::lazy)
    }

    fn check(&self, stored: &Value, cx: &Context, level: CheckLevel) -> Result<()> {
        let record = Record::from_value(stored.clone()).map_err(named)?;
        verify::check(self, record, cx, level).map_err(named)
    }

    fn record_keys(&self) -> &'static [&'static str] {
        // Not `provenance`, which tells where an array came from, also after it was written anew.
        &["path", "store", "shape", "dtype", "codec_version", "inventory"]
    }

    fn format_version(&self, stored: &Value, cx: &Context) -> Result<Option<FormatVersion>> {
        let record = Record::from_value(stored.clone()).map_err(named)?;
        Ok(Some(self.open(record, cx)?.format_version()))
    }
}

dj_codec_api::submit_codec!(ZarrCodec::default().with_filters(ArrayFilters::linked()));
