//! What `zarrs` asks of a codec.

use std::num::NonZeroU64;
use std::sync::Arc;

use zarrs::array::codec::api::{
    ArrayBytes, ArrayCodecTraits, ArrayToArrayCodecTraits, Codec, CodecError, CodecMetadataOptions,
    CodecOptions, CodecPluginV2, CodecPluginV3, CodecTraits, CodecTraitsV2, CodecTraitsV3,
    PartialDecoderCapability, PartialEncoderCapability, RecommendedConcurrency,
};
use zarrs::array::{DataType, FillValue, data_type};
use zarrs::metadata::Configuration;
use zarrs::metadata::v2::MetadataV2;
use zarrs::metadata::v3::MetadataV3;
use zarrs::plugin::{ExtensionName, PluginCreateError, ZarrVersion};

use super::{AnscombeCodec, NAME, config, convert};
use crate::{DType, Error};

zarrs::plugin::impl_extension_aliases!(AnscombeCodec, v3: NAME, v2: NAME);

inventory::submit! {
    CodecPluginV3::new::<AnscombeCodec>()
}
inventory::submit! {
    CodecPluginV2::new::<AnscombeCodec>()
}

impl CodecTraitsV3 for AnscombeCodec {
    fn create(metadata: &MetadataV3) -> Result<Codec, PluginCreateError> {
        let empty = Configuration::default();
        create(metadata.configuration().unwrap_or(&empty))
    }
}

impl CodecTraitsV2 for AnscombeCodec {
    fn create(metadata: &MetadataV2) -> Result<Codec, PluginCreateError> {
        create(metadata.configuration())
    }
}

fn create(configuration: &Configuration) -> Result<Codec, PluginCreateError> {
    match config::parse(configuration) {
        Ok(codec) => Ok(Codec::ArrayToArray(Arc::new(codec))),
        Err(why) => Err(PluginCreateError::Other(format!(
            "the configuration of {NAME}: {why}"
        ))),
    }
}

impl CodecTraits for AnscombeCodec {
    fn as_any(&self) -> &dyn std::any::Any {
        self
    }

    fn configuration(&self, version: ZarrVersion, _options: &CodecMetadataOptions) -> Option<Configuration> {
        Some(config::write(self, version == ZarrVersion::V3).into())
    }

    fn partial_decoder_capability(&self) -> PartialDecoderCapability {
        PartialDecoderCapability {
            partial_read: true,
            partial_decode: true,
        }
    }

    fn partial_encoder_capability(&self) -> PartialEncoderCapability {
        PartialEncoderCapability {
            partial_encode: false,
        }
    }
}

impl ArrayCodecTraits for AnscombeCodec {
    fn recommended_concurrency(
        &self,
        _shape: &[NonZeroU64],
        _data_type: &DataType,
    ) -> Result<RecommendedConcurrency, CodecError> {
        Ok(RecommendedConcurrency::new_maximum(1))
    }
}

impl ArrayToArrayCodecTraits for AnscombeCodec {
    fn into_dyn(self: Arc<Self>) -> Arc<dyn ArrayToArrayCodecTraits> {
        self
    }

    fn encoded_data_type(&self, decoded_data_type: &DataType) -> Result<DataType, CodecError> {
        dtype_of(decoded_data_type)?;
        Ok(match self.params.encoded {
            DType::U8 => data_type::uint8(),
            DType::I8 => data_type::int8(),
            DType::U16 => data_type::uint16(),
            DType::I16 => data_type::int16(),
            DType::U32 => data_type::uint32(),
            DType::I32 => data_type::int32(),
            DType::U64 => data_type::uint64(),
            DType::I64 => data_type::int64(),
            DType::F32 => data_type::float32(),
            DType::F64 => data_type::float64(),
        })
    }

    /// The same number, as zarr-python takes it: a code, not a sample to encode. It only matters inside shards, and there
    /// both sides must leave out the same chunks. Where the encoded type does not hold it, 0.
    fn encoded_fill_value(
        &self,
        decoded_data_type: &DataType,
        decoded_fill_value: &FillValue,
    ) -> Result<FillValue, CodecError> {
        let dtype = dtype_of(decoded_data_type)?;
        let encoded = self.params.encoded;
        let same = convert::number(dtype, decoded_fill_value.as_ne_bytes())
            .and_then(|number| convert::bytes_of(encoded, number));
        Ok(FillValue::new(same.unwrap_or_else(|| vec![0; encoded.size()])))
    }

    fn encode<'a>(
        &self,
        bytes: ArrayBytes<'a>,
        _shape: &[NonZeroU64],
        data_type: &DataType,
        _fill_value: &FillValue,
        _options: &CodecOptions,
    ) -> Result<ArrayBytes<'a>, CodecError> {
        let dtype = dtype_of(data_type)?;
        let samples = bytes.into_fixed()?;
        let table = self
            .tables
            .table(dtype, || self.table(dtype))
            .map_err(described)?;
        Ok(convert::encode(&table, dtype, &samples)
            .map_err(described)?
            .into())
    }

    fn decode<'a>(
        &self,
        bytes: ArrayBytes<'a>,
        _shape: &[NonZeroU64],
        data_type: &DataType,
        _fill_value: &FillValue,
        _options: &CodecOptions,
    ) -> Result<ArrayBytes<'a>, CodecError> {
        let dtype = dtype_of(data_type)?;
        let codes = bytes.into_fixed()?;
        let decoder = self
            .tables
            .decoder(dtype, || self.decoder(dtype))
            .map_err(described)?;
        Ok(convert::decode(&decoder, &codes).map_err(described)?.into())
    }
}

fn described(error: Error) -> CodecError {
    CodecError::Other(format!("{NAME}: {error}"))
}

fn dtype_of(data_type: &DataType) -> Result<DType, CodecError> {
    data_type
        .name(ZarrVersion::V3)
        .and_then(|name| DType::from_name(&name).ok())
        .ok_or_else(|| CodecError::UnsupportedDataType(data_type.clone(), NAME.to_owned()))
}
