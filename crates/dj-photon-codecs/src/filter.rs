//! The codec `anscombe-v1` for arrays that dj-zarr-codecs reads and writes.

use std::sync::Arc;

use dj_anscombe::{Decoder, Params, Table};
use dj_codec_api::{DType, Error, Json, Result};
use dj_zarr_codecs::{ArrayFilter, ArrayFilterKind, ArrayFilters};
use serde_json::json;

use crate::cast::turn;
use crate::version::ANSCOMBE_V1;

/// The kind of filter that makes `<zarr@>` and `<photon@>` read arrays with the codec `anscombe-v1`, as this crate and PyPI's
/// anscombe-transform write them.
///
/// ```
/// use std::sync::Arc;
///
/// use dj_photon_codecs::AnscombeFilters;
/// use dj_zarr_codecs::{ArrayFilters, ZarrCodec};
///
/// let codec = ZarrCodec::default().with_filters(ArrayFilters::new().with(Arc::new(AnscombeFilters)));
/// assert_eq!(codec.filters().names(), ["anscombe-v1"]);
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct AnscombeFilters;

/// The filters that photon movies may have.
pub(crate) fn filters() -> ArrayFilters {
    ArrayFilters::new().with(Arc::new(AnscombeFilters))
}

impl ArrayFilterKind for AnscombeFilters {
    fn name(&self) -> &str {
        ANSCOMBE_V1
    }

    fn configure(&self, configuration: &Json, decoded: &DType) -> Result<Arc<dyn ArrayFilter>> {
        let number = |key: &str| {
            let value = configuration.get(key).and_then(Json::as_f64);
            value.ok_or_else(|| Error::corrupt(format!("the codec {ANSCOMBE_V1} has no proper {key}")))
        };
        let mut params = Params::new(number("conversion_gain")?, number("zero_level")?);
        match configuration.get("encoded_dtype") {
            // The Zarr V2 form of the Python package leaves it out.
            None | Some(Json::Null) => {}
            Some(Json::String(name)) => params.encoded = named(name)?,
            Some(_) => {
                return Err(Error::corrupt(format!(
                    "the codec {ANSCOMBE_V1} has no proper encoded_dtype"
                )));
            }
        }
        // What the array says its elements are is what readers get, whatever the configuration says.
        params.decoded = named(&decoded.to_string())?;
        let decoder = Decoder::new(params).map_err(|error| {
            Error::corrupt(format!("the parameters of the codec {ANSCOMBE_V1} make no table"))
                .caused_by(error)
        })?;
        Filter::new(decoder, None).map(|filter| Arc::new(filter) as Arc<dyn ArrayFilter>)
    }
}

dj_zarr_codecs::submit_array_filter!(AnscombeFilters);

fn named(name: &str) -> Result<dj_anscombe::DType> {
    dj_anscombe::DType::from_name(name).map_err(|error| {
        Error::unsupported(format!("the codec {ANSCOMBE_V1} has no elements of this type")).caused_by(error)
    })
}

/// The codec with its tables. One that only decodes has none for encoding.
#[derive(Debug)]
pub(crate) struct Filter {
    decoder: Decoder,
    table: Option<Table>,
    decoded: DType,
    encoded: DType,
}

impl Filter {
    fn new(decoder: Decoder, table: Option<Table>) -> Result<Self> {
        let params = *decoder.params();
        Ok(Self {
            decoder,
            table,
            decoded: params.decoded.name().parse()?,
            encoded: params.encoded.name().parse()?,
        })
    }

    /// The codec that encodes with this table.
    ///
    /// # Errors
    /// None that a caller could cause: the types of tables have names.
    pub(crate) fn with_table(table: Table) -> Result<Self> {
        Self::new(table.decoder().clone(), Some(table))
    }
}

/// Does something with the Rust type of an integer or float type.
macro_rules! with_type {
    ($dtype:expr, [$($variant:ident $type:ty),+], $alias:ident => $body:expr) => {
        match $dtype {
            $(dj_anscombe::DType::$variant => {
                type $alias = $type;
                $body
            })+
            other => Err(Error::unsupported(format!("the codec {ANSCOMBE_V1} has no elements of {other} here"))),
        }
    };
}

/// All types of decoded elements with one type of codes.
macro_rules! all_types {
    ($dtype:expr, $alias:ident => $body:expr) => {
        with_type!($dtype, [U8 u8, I8 i8, U16 u16, I16 i16, U32 u32, I32 i32, U64 u64, I64 i64, F32 f32, F64 f64], $alias => $body)
    };
}

macro_rules! integer_types {
    ($dtype:expr, $alias:ident => $body:expr) => {
        with_type!($dtype, [U8 u8, I8 i8, U16 u16, I16 i16, U32 u32, I32 i32, U64 u64, I64 i64], $alias => $body)
    };
}

macro_rules! code_types {
    ($dtype:expr, $alias:ident => $body:expr) => {
        with_type!($dtype, [U8 u8, U16 u16, U32 u32], $alias => $body)
    };
}

impl ArrayFilter for Filter {
    fn name(&self) -> &str {
        ANSCOMBE_V1
    }

    fn configuration(&self) -> Json {
        let params = self.decoder.params();
        json!({
            "zero_level": whole(params.zero_level),
            "conversion_gain": params.conversion_gain,
            "encoded_dtype": params.encoded.name(),
            "decoded_dtype": params.decoded.name(),
        })
    }

    fn decoded(&self) -> &DType {
        &self.decoded
    }

    fn encoded(&self) -> &DType {
        &self.encoded
    }

    fn encode(&self, decoded: &[u8], encoded: &mut [u8]) -> Result<()> {
        let params = self.decoder.params();
        let table = self.table.as_ref().ok_or_else(|| {
            Error::unsupported(format!("the codec {ANSCOMBE_V1} was opened for reading alone"))
        })?;
        integer_types!(params.decoded, Sample => code_types!(params.encoded, Code => {
            turn(decoded, encoded, |from: &[Sample], to: &mut [Code]| {
                table.encode(from, to).map_err(|error| {
                    Error::invalid_value("a value has no code").caused_by(error)
                })
            })
        }))
    }

    fn decode(&self, encoded: &[u8], decoded: &mut [u8]) -> Result<()> {
        let params = self.decoder.params();
        all_types!(params.decoded, Sample => all_types!(params.encoded, Code => {
            turn(encoded, decoded, |from: &[Code], to: &mut [Sample]| {
                self.decoder.decode(from, to).map_err(undecodable)
            })
        }))
    }
}

/// The index in the error is that within a part of a chunk, which tells nobody anything.
fn undecodable(error: dj_anscombe::Error) -> Error {
    match error {
        dj_anscombe::Error::Code { code, why, .. } => {
            Error::corrupt(format!("the code {code} does not say what was encoded: {why}"))
        }
        other => Error::corrupt("codes cannot be decoded").caused_by(other),
    }
}

/// The Python package takes the zero level for a whole number.
fn whole(number: f64) -> Json {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a whole number of a 32-bit integer's range"
    )]
    if number.fract() == 0.0 && number.abs() <= f64::from(i32::MAX) {
        return Json::from(number as i64);
    }
    Json::from(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_become_codes_and_come_back() {
        let table = Table::choose(10.0, 0.0, dj_anscombe::DType::U16).unwrap();
        let filter = Filter::with_table(table).unwrap();
        assert_eq!(
            filter.configuration(),
            json!({"zero_level": 0, "conversion_gain": 10.0, "encoded_dtype": "uint8", "decoded_dtype": "uint16"})
        );
        // What anscombe-transform 1.0.0 makes of these.
        let counts: Vec<u8> = [0_u16, 1, 2, 100, 5000, 32_767]
            .iter()
            .flat_map(|count| count.to_le_bytes())
            .collect();
        let mut codes = [0; 6];
        filter.encode(&counts, &mut codes).unwrap();
        assert_eq!(codes, [0, 0, 1, 10, 87, 227]);
        let mut back = [0; 12];
        filter.decode(&codes, &mut back).unwrap();
        let back: Vec<u16> = back
            .chunks_exact(2)
            .map(|two| u16::from_le_bytes([two[0], two[1]]))
            .collect();
        assert_eq!(back, [0, 0, 3, 93, 4997, 32_762]);
        assert!(filter.encode(&40_000_u16.to_le_bytes(), &mut codes[..1]).is_err());
        assert!(filter.decode(&[255], &mut [0; 2]).is_err());
    }

    #[test]
    fn configurations_that_make_no_sense_are_refused() {
        let configure = |json: Json| AnscombeFilters.configure(&json, &"uint16".parse().unwrap());
        assert!(configure(json!({"zero_level": 0, "conversion_gain": 10.0})).is_ok());
        for wrong in [
            json!({}),
            json!({"zero_level": 0}),
            json!({"zero_level": 0, "conversion_gain": 0.0}),
            json!({"zero_level": 0, "conversion_gain": "10"}),
            json!({"zero_level": 0, "conversion_gain": 10.0, "encoded_dtype": "text"}),
            json!({"zero_level": 0, "conversion_gain": 10.0, "encoded_dtype": 5}),
        ] {
            assert!(configure(wrong.clone()).is_err(), "{wrong}");
        }
        let complex = AnscombeFilters.configure(
            &json!({"zero_level": 0, "conversion_gain": 10.0}),
            &"complex64".parse().unwrap(),
        );
        assert!(complex.is_err());
    }
}
