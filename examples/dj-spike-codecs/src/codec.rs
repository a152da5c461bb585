//! The codec itself.

use dj_codec_api::{Codec, CodecInfo, Context, FormatVersion, Mode, Result, TypeSpec, Value};

use crate::format::{self, FORMATS};
use crate::{NAME, SpikeTrain};

/// `<spike_train>`: chains to `<blob>`, in the table or in a store.
#[derive(Debug, Clone, Copy, Default)]
pub struct SpikeTrainCodec;

impl Codec for SpikeTrainCodec {
    fn name(&self) -> &str {
        NAME
    }

    fn info(&self) -> CodecInfo {
        CodecInfo::new(NAME, env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))
            .with_modes(&[Mode::Table, Mode::Store])
            .with_formats(FORMATS.writes, FORMATS.formats())
            .with_datajoint(">=2.3, <2.4")
    }

    fn dtype(&self, _: Mode) -> Result<TypeSpec> {
        Ok(TypeSpec::codec("blob"))
    }

    fn validate(&self, value: &Value) -> Result<()> {
        SpikeTrain::try_from(value).map(drop)
    }

    fn encode(&self, value: Value, cx: &Context) -> Result<Value> {
        format::write(&SpikeTrain::try_from(&value)?, cx)
    }

    fn decode(&self, stored: Value, cx: &Context) -> Result<Value> {
        format::read(&stored, cx).map(Value::from)
    }

    fn format_version(&self, stored: &Value, _: &Context) -> Result<Option<FormatVersion>> {
        FORMATS.version_in(stored).map(Some)
    }
}

dj_codec_api::submit_codec!(SpikeTrainCodec);
