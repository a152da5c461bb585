//! `<blob>` as a codec.

use dj_codec_api::{
    Codec, CodecInfo, Context, Error, FormatStatus, FormatVersion, Mode, Reader, Result, TypeSpec, Value,
    VersionDispatch,
};

use crate::{PackOptions, Protocol, UnpackOptions, inspect};

/// The format is told by the blob's own magic.
const FORMATS: VersionDispatch<Protocol> = VersionDispatch {
    codec: "blob",
    crate_name: "dj-blob-codecs",
    writes: FormatVersion::intrinsic(2),
    assumed: FormatVersion::intrinsic(1),
    readers: &[
        Reader {
            version: FormatVersion::intrinsic(1),
            status: FormatStatus::Legacy,
            read: Protocol::Mym,
        },
        Reader {
            version: FormatVersion::intrinsic(2),
            status: FormatStatus::Current,
            read: Protocol::Dj0,
        },
    ],
};

/// The codec `<blob>`, in the table or, by way of `<hash>`, in a store.
///
/// Values are written in mYm (format 1) where that can hold them, else in dj0 (format 2), as Python does. Asked for format
/// 1, the codec refuses what mYm cannot hold; asked for format 2, it writes nothing else.
///
/// ```
/// use dj_blob_codecs::{BlobCodec, Dims, UnpackOptions};
///
/// // For a table whose blobs a 32-bit mYm wrote.
/// let codec = BlobCodec::new().with_unpack(UnpackOptions::new().with_dims(Dims::Bits32));
/// ```
#[derive(Debug, Clone, Default)]
pub struct BlobCodec {
    unpack: UnpackOptions,
    pack: PackOptions,
}

impl BlobCodec {
    /// The codec with the defaults of [`UnpackOptions`] and [`PackOptions`].
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Says how to read blobs; the limits are those of the context.
    #[must_use]
    pub fn with_unpack(mut self, options: UnpackOptions) -> Self {
        self.unpack = options;
        self
    }

    /// Says how to write blobs; the limits are those of the context, which may also ask for format 1, and so for what MATLAB reads.
    #[must_use]
    pub fn with_pack(mut self, options: PackOptions) -> Self {
        self.pack = options;
        self
    }
}

impl Codec for BlobCodec {
    fn name(&self) -> &str {
        "blob"
    }

    fn info(&self) -> CodecInfo {
        CodecInfo::new("blob", env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))
            .with_modes(&[Mode::Table, Mode::Store])
            .with_formats(FORMATS.writes, FORMATS.formats())
            .with_datajoint(">=0.11, <2.4")
    }

    fn dtype(&self, mode: Mode) -> Result<TypeSpec> {
        Ok(match mode {
            Mode::Table => TypeSpec::core("bytes"),
            Mode::Store => TypeSpec::codec("hash"),
        })
    }

    fn encode(&self, value: Value, cx: &Context) -> Result<Value> {
        let options = self.pack.clone().with_limits(cx.limits().clone());
        let options = match cx.format_version() {
            None => options,
            Some(_) if FORMATS.version_to_write(cx)? == FormatVersion::intrinsic(1) => {
                options.for_matlab(true).with_dj0(false)
            }
            Some(_) => options.for_matlab(false).with_dj0(true),
        };
        options.pack(&value).map(Value::Bytes)
    }

    fn decode(&self, stored: Value, cx: &Context) -> Result<Value> {
        let Value::Bytes(blob) = stored else {
            return Err(not_bytes(&stored));
        };
        self.unpack.clone().with_limits(cx.limits().clone()).unpack(blob)
    }

    fn format_version(&self, stored: &Value, cx: &Context) -> Result<Option<FormatVersion>> {
        let Value::Bytes(blob) = stored else {
            return Err(not_bytes(stored));
        };
        Ok(Some(match inspect(blob, cx.limits())?.protocol {
            Protocol::Mym => FormatVersion::intrinsic(1),
            Protocol::Dj0 => FormatVersion::intrinsic(2),
        }))
    }
}

fn not_bytes(stored: &Value) -> Error {
    Error::corrupt(format!("a blob is bytes, this is {}", stored.type_name()))
}

dj_codec_api::submit_codec!(BlobCodec::new());

#[cfg(test)]
mod tests {
    use dj_codec_api::{Array, Column, Registry, StoreMap, Stored};

    use super::*;

    #[test]
    fn asked_for_a_format_it_writes_that() {
        let column = Column::resolve("<blob>", &Registry::linked().unwrap()).unwrap();
        let value = Value::from(Array::from_vec(vec![1.5_f64, 2.5], &[2]).unwrap());
        let cx = Context::new(StoreMap::new());
        for (asked, magic) in [(None, "mYm\0"), (Some(1), "mYm\0"), (Some(2), "dj0\0")] {
            let cx = match asked {
                Some(major) => cx.clone().with_format_version(FormatVersion::intrinsic(major)),
                None => cx.clone(),
            };
            let stored = column.encode(value.clone(), &cx).unwrap();
            let Stored::Bytes(blob) = &stored else {
                panic!("{stored:?}")
            };
            assert_eq!(blob[..4], *magic.as_bytes(), "{asked:?}");
            assert_eq!(column.decode(stored, &cx).unwrap(), value);
        }
    }

    #[test]
    fn the_format_asked_for_comes_before_the_options() {
        let magic = |pack: PackOptions, major, value: Value| -> Result<Vec<u8>> {
            let cx = Context::new(StoreMap::new()).with_format_version(FormatVersion::intrinsic(major));
            match BlobCodec::new().with_pack(pack).encode(value, &cx)? {
                Value::Bytes(blob) => Ok(blob[..4].to_vec()),
                other => panic!("{other:?}"),
            }
        };
        let numbers = || Value::from(Array::from_vec(vec![1.5_f64], &[1]).unwrap());
        let dj0 = || PackOptions::new().with_dj0(true);
        assert_eq!(magic(dj0(), 1, numbers()).unwrap(), b"mYm\0");
        // mYm has no sets.
        let set = || Value::Set(vec![1.into()]);
        assert!(magic(dj0(), 1, set()).is_err());
        let matlab = || PackOptions::new().for_matlab(true);
        assert_eq!(magic(matlab(), 2, set()).unwrap(), b"dj0\0");
    }
}
