//! The codec `<attach>`.

use std::path::Path;

use dj_codec_api::{
    Codec, CodecInfo, Context, Error, FormatVersion, Mode, Result, TypeSpec, Value, VersionDispatch, Warning,
    WarningKind,
};

use crate::attachment::Attachment;
use crate::name::windows_trap;
use crate::version::{Layout, formats};

const NAME: &str = "attach";
const FORMATS: VersionDispatch<Layout> = formats(NAME);

/// `<attach>`: a file with its name, in the table, or with `@` in a store by way of `<hash@>`.
///
/// It takes a path ([`Value::Path`], or [`Value::Str`] as in Python) or an [`Attachment`], and decodes to an
/// [`Attachment`].
#[derive(Debug, Clone, Copy, Default)]
pub struct AttachCodec;

impl AttachCodec {
    /// Reads a file, and gives what the column, or `<hash@>`, holds.
    ///
    /// # Errors
    /// Where it is no file or cannot be read, is over the limit on array bytes, or has a name that cannot be stored.
    pub fn encode_path(path: impl AsRef<Path>, cx: &Context) -> Result<Value> {
        let attachment = Attachment::read(path.as_ref(), cx.limits().array_bytes)?;
        Self::encode_attachment(&attachment, cx)
    }

    /// What the column, or `<hash@>`, holds for this file.
    ///
    /// # Errors
    /// Where the context asks for a data format that is not known.
    pub fn encode_attachment(attachment: &Attachment, cx: &Context) -> Result<Value> {
        FORMATS.version_to_write(cx)?;
        if let Some(trap) = windows_trap(attachment.name()) {
            cx.warn(&Warning::new(
                WarningKind::Portability,
                NAME,
                attachment.name(),
                format!(
                    "{:?} cannot be saved under its name on Windows: {trap}",
                    attachment.name()
                ),
            ));
        }
        Ok(Value::Bytes(attachment.to_stored()))
    }

    /// The file that the column, or `<hash@>`, holds. Its contents are not copied.
    ///
    /// # Errors
    /// Where there is no NUL after the name, or the name is no UTF-8.
    pub fn open(stored: &dj_codec_api::Bytes) -> Result<Attachment> {
        Attachment::from_stored(stored)
    }
}

fn not_attachable(value: &Value) -> Error {
    Error::invalid_value(format!(
        "<attach> takes the path of a file, this is {}",
        value.type_name()
    ))
    .advise("give a path, or an Attachment for contents in memory")
}

impl Codec for AttachCodec {
    fn name(&self) -> &str {
        NAME
    }

    fn info(&self) -> CodecInfo {
        CodecInfo::new(NAME, env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))
            .with_modes(&[Mode::Table, Mode::Store])
            .with_formats(FORMATS.writes, FORMATS.formats())
            .with_datajoint(">=2.0, <2.4")
    }

    fn dtype(&self, mode: Mode) -> Result<TypeSpec> {
        Ok(match mode {
            Mode::Table => TypeSpec::core("bytes"),
            Mode::Store => TypeSpec::codec("hash"),
        })
    }

    fn validate(&self, value: &Value) -> Result<()> {
        match value {
            Value::Path(_) | Value::Str(_) => Ok(()),
            Value::Lazy(_) if value.downcast::<Attachment>().is_some() => Ok(()),
            other => Err(not_attachable(other)),
        }
    }

    fn encode(&self, value: Value, cx: &Context) -> Result<Value> {
        match &value {
            Value::Path(path) => Self::encode_path(path, cx),
            Value::Str(path) => Self::encode_path(path, cx),
            other => match other.downcast::<Attachment>() {
                Some(attachment) => Self::encode_attachment(attachment, cx),
                None => Err(not_attachable(other)),
            },
        }
    }

    fn decode(&self, stored: Value, cx: &Context) -> Result<Value> {
        match stored {
            Value::Bytes(bytes) => {
                cx.limits().check_array_bytes(bytes.len() as u64)?;
                Self::open(&bytes).map(Value::lazy)
            }
            other => Err(Error::corrupt(format!(
                "an attachment is bytes, the column holds {}",
                other.type_name()
            ))),
        }
    }

    fn format_version(&self, _: &Value, _: &Context) -> Result<Option<FormatVersion>> {
        Ok(Some(FORMATS.assumed))
    }
}

dj_codec_api::submit_codec!(AttachCodec);
