//! The codec itself.

use dj_codec_api::{
    Array, CheckLevel, Codec, CodecInfo, Context, Error, ErrorKind, FormatVersion, Json, Mode, Record,
    Result, TypeSpec, Value, Warning, WarningKind,
};

use crate::records::array_of;
use crate::version::FORMATS;
use crate::{NAME, NpyRef, NpySource, NpyVersion};

/// How often another random token is tried where a path is taken. With the shortest tokens that DataJoint allows, four
/// characters of 64, a second try is needed once in millions.
const TRIES: usize = 16;
/// `numpy.load` refuses longer headers unless it is told otherwise.
const NUMPY_LONGEST_HEADER: usize = 10_000;

/// `<npy@>`: one array as an `.npy` file in a store, with a record of its path, store, dtype and shape in the column.
#[derive(Debug, Clone, Copy, Default)]
pub struct NpyCodec;

impl NpyCodec {
    /// Writes an array to the store that the column names, under a fresh path, and returns the record for the column.
    ///
    /// The file is what `numpy.save` writes, byte for byte: C or Fortran order and byte order are kept, other strides become
    /// C order. An array of another version of the format than NumPy would choose is written where the context asks for it.
    ///
    /// # Errors
    /// Where the store cannot be written, the names of the column make no path, or `.npy` cannot hold the array. Nothing
    /// is left in the store then, and nothing existing is ever overwritten.
    pub fn write(array: &Array, cx: &Context) -> Result<Record> {
        let store = cx.open_column_store()?;
        for _ in 0..TRIES {
            let mut source = source(array, cx)?;
            let path = cx.new_object_path(&store, Some(".npy"))?;
            let written = match source.parts() {
                Some(parts) => store.store.put_parts(&path, &parts, true),
                None => store.store.put_stream(&path, &mut source, true),
            };
            match written {
                Ok(_) => {
                    warn_of_long_header(&source, &path, cx);
                    let shape: Vec<Json> = array.shape().iter().map(|&length| length.into()).collect();
                    return Ok(Record::new()
                        .with("path", path)
                        .with("store", store.name)
                        .with("dtype", array.dtype().to_string())
                        .with("shape", shape));
                }
                Err(error) if error.kind() == &ErrorKind::AlreadyExists => {}
                Err(error) => {
                    // The file may be there although the store's answer was lost. Whether or not it can be removed, what failed is
                    // the writing.
                    let _ = store.store.delete(&path);
                    return Err(error.with_codec(NAME).at(path));
                }
            }
        }
        Err(Error::new(
            ErrorKind::AlreadyExists,
            format!("{TRIES} random paths for the array were all taken"),
        )
        .with_codec(NAME)
        .at(cx.place())
        .advise("raise token_length of the store"))
    }

    /// Opens what a column holds, without I/O.
    ///
    /// # Errors
    /// Where the record has no path, one that leads outside of the store, or a shape that no array has; and where the
    /// store is not configured.
    pub fn open(record: Record, cx: &Context) -> Result<NpyRef> {
        NpyRef::open(record, cx).map_err(|error| error.with_codec(NAME))
    }
}

impl Codec for NpyCodec {
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
            Value::Array(_) | Value::Record(_) => Ok(()),
            Value::Lazy(handle) if handle.dtype().is_some() || handle.shape().is_some() => Ok(()),
            Value::Objects(_) => Err(Error::invalid_value("<npy> does not support object dtype arrays")
                .advise(
                    "store them with <blob>, or convert them to numbers, fixed-length texts or records first",
                )),
            other => Err(Error::invalid_value(format!(
                "<npy> requires an array, this is {}",
                other.type_name()
            ))),
        }
    }

    fn encode(&self, value: Value, cx: &Context) -> Result<Value> {
        self.validate(&value)?;
        Self::write(&array_of(value, cx.limits())?, cx).map(Value::from)
    }

    fn decode(&self, stored: Value, cx: &Context) -> Result<Value> {
        Self::open(Record::from_value(stored)?, cx).map(Value::lazy)
    }

    fn check(&self, stored: &Value, cx: &Context, level: CheckLevel) -> Result<()> {
        let array = Self::open(Record::from_value(stored.clone())?, cx)?;
        match level {
            // An array of another shape than the record's may be there all the same: its header is read, as a reader would.
            CheckLevel::Presence => array.npy_version().map(drop),
            CheckLevel::Size => array.check_size(),
            CheckLevel::Full => array.load().map(drop),
        }
    }

    fn record_keys(&self) -> &'static [&'static str] {
        &["path", "store", "dtype", "shape"]
    }

    fn format_version(&self, stored: &Value, cx: &Context) -> Result<Option<FormatVersion>> {
        let array = Self::open(Record::from_value(stored.clone())?, cx)?;
        Ok(Some(array.npy_version()?.format_version()))
    }
}

/// The file to write: in the version that the context asks for, else as NumPy chooses.
fn source(array: &Array, cx: &Context) -> Result<NpySource> {
    if cx.format_version().is_none() {
        return NpySource::new(array);
    }
    let asked = FORMATS.version_to_write(cx)?;
    NpySource::with_version(
        array,
        NpyVersion::from_format_version(asked).unwrap_or(NpyVersion::V1),
    )
}

fn warn_of_long_header(source: &NpySource, path: &str, cx: &Context) {
    let length = source.header().data_start();
    if length > NUMPY_LONGEST_HEADER {
        let message = format!(
            "the header of {path} takes {length} bytes; numpy.load refuses headers over {NUMPY_LONGEST_HEADER} bytes \
             unless it is given a larger max_header_size"
        );
        cx.warn(&Warning::new(WarningKind::Portability, NAME, path, message));
    }
}

dj_codec_api::submit_codec!(NpyCodec);
