//! The codec itself.

use dj_codec_api::{
    Array, CheckLevel, Codec, CodecInfo, Context, DType, Error, FormatVersion, Mode, Record, Result,
    TypeSpec, Value,
};
use dj_zarr_codecs::{Verification, VerifyLevel, ZarrCodec, ZarrWriter};

use crate::NAME;
use crate::check;
use crate::filter::filters;
use crate::movie::Movie;
use crate::options::{PhotonOptions, Plan};
use crate::record::{PhotonRecord, RECORD_KEYS};
use crate::version::FORMATS;
use crate::writer::MovieWriter;

/// `<photon@>`: a photon-limited movie as Zarr chunks in a store, with a record of it in the column.
///
/// Decoding gives a [`Movie`], which reads when asked. Encoding takes an array of three dimensions or more, time first, and writes
/// data format 2.0, or 1.0 where the context asks for it, with these options.
#[derive(Debug, Clone, Default)]
pub struct PhotonCodec {
    options: PhotonOptions,
}

impl PhotonCodec {
    /// A codec that writes with these options.
    #[must_use]
    pub fn new(options: PhotonOptions) -> Self {
        Self { options }
    }

    /// The options that it writes with.
    #[must_use]
    pub fn options(&self) -> &PhotonOptions {
        &self.options
    }

    /// Writes a movie to the store that the column names, under a fresh path, and returns the record for the column. Its
    /// first axis is time.
    ///
    /// # Errors
    /// Where it has fewer than three dimensions, its elements are no numbers, or one is negative or not finite (the frame is
    /// named); where it is to be quantised and a value has no code; where the store cannot be written. Nothing is left in the
    /// store then, and nothing existing is ever overwritten.
    pub fn write(&self, movie: &Array, cx: &Context) -> Result<PhotonRecord> {
        self.write_checked(movie, cx).map_err(named)
    }

    fn write_checked(&self, movie: &Array, cx: &Context) -> Result<PhotonRecord> {
        check::dimensions(movie.ndim())?;
        let frame = movie.shape().get(1..).unwrap_or_default();
        let plan = Plan::new(movie.dtype(), frame, &self.options, cx)?;
        check::frames(movie, 0, plan.accepted)?;
        let written = ZarrWriter::write(movie, &plan.zarr, cx)?;
        PhotonRecord::written(&written, plan.version, plan.quantization)
    }

    /// Begins a movie whose frames come in one after the other. `frame_shape` is that of one frame, of two dimensions or more.
    ///
    /// # Errors
    /// As [`MovieWriter::create`].
    pub fn writer(&self, dtype: &DType, frame_shape: &[usize], cx: &Context) -> Result<MovieWriter> {
        MovieWriter::create(dtype, frame_shape, &self.options, cx)
    }

    /// Opens the movie that a record tells of. Reads its metadata, and no frames.
    ///
    /// # Errors
    /// Where the record makes no sense, the store is not configured, the array is not there, its metadata cannot be read or
    /// has another shape than the record, or its data format is not known.
    pub fn open(&self, record: impl Into<Record>, cx: &Context) -> Result<Movie> {
        PhotonRecord::from_record(record.into())
            .and_then(|record| Movie::open(record, cx))
            .map_err(named)
    }

    /// Compares what is in the store with the inventory of a record of format 2.0, decoding nothing.
    ///
    /// # Errors
    /// As [`ZarrCodec::verify`].
    pub fn verify(&self, record: PhotonRecord, cx: &Context, level: VerifyLevel) -> Result<Verification> {
        ZarrCodec::default()
            .with_filters(filters())
            .verify(record.into_array(), cx, level)
    }
}

impl Codec for PhotonCodec {
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
        validate(value).map_err(named)
    }

    fn encode(&self, value: Value, cx: &Context) -> Result<Value> {
        // A movie that is stored already is written as its counts, not as its stabilised values.
        let movie = match value.downcast::<Movie>() {
            Some(movie) => movie.counts()?.read()?,
            None => {
                if !matches!(value, Value::Array(_)) {
                    self.validate(&value)?;
                }
                value.into_array().map_err(named)?
            }
        };
        self.write(&movie, cx)
            .map(|record| Value::from(record.into_record()))
    }

    fn decode(&self, stored: Value, cx: &Context) -> Result<Value> {
        let record = Record::from_value(stored).map_err(named)?;
        self.open(record, cx).map(Value::lazy)
    }

    fn record_keys(&self) -> &'static [&'static str] {
        RECORD_KEYS
    }

    fn check(&self, stored: &Value, cx: &Context, level: CheckLevel) -> Result<()> {
        let record = Record::from_value(stored.clone()).map_err(named)?;
        let movie = self.open(record.clone(), cx)?;
        // The formats of `<zarr@>` have the same inventories as those of this codec, by the same major versions.
        let version = FormatVersion::new(movie.format_version().major(), 0);
        let record = record.with("codec_version", version.to_string());
        let array = PhotonRecord::from_record(record).map_err(named)?.into_array();
        ZarrCodec::default()
            .with_filters(filters())
            .check(&Value::from(array.into_record()), cx, level)
            .map_err(named)
    }

    fn format_version(&self, stored: &Value, cx: &Context) -> Result<Option<FormatVersion>> {
        let record = Record::from_value(stored.clone()).map_err(named)?;
        Ok(Some(self.open(record, cx)?.format_version()))
    }
}

dj_codec_api::submit_codec!(PhotonCodec::default());

fn validate(value: &Value) -> Result<()> {
    match value {
        Value::Array(movie) => {
            check::dtype(movie.dtype())?;
            check::dimensions(movie.ndim())?;
            check::frames(movie, 0, check::Accepted::default())
        }
        // Its values are looked at when it is encoded.
        Value::Lazy(handle) if handle.dtype().is_some() => {
            handle.dtype().map_or(Ok(()), check::dtype)?;
            check::dimensions(handle.shape().map_or(0, <[u64]>::len))
        }
        Value::Objects(_) => Err(
            Error::invalid_value("<photon> does not support object dtype arrays")
                .advise("convert them to integers or floats first"),
        ),
        other => Err(Error::invalid_value(format!(
            "<photon> requires an array, this is {}",
            other.type_name()
        ))),
    }
}

/// Names the codec in an error.
pub(crate) fn named(error: Error) -> Error {
    error.with_codec(NAME)
}
