//! The codec's configuration, as metadata have it.

use serde_json::{Map, Value, json};

use super::{AnscombeCodec, convert};
use crate::{DType, Params};

/// Reads a configuration. Keys that are not known are left alone, as by the package. Says in words what is wrong.
pub(super) fn parse(config: &Map<String, Value>) -> Result<AnscombeCodec, String> {
    let number = |key: &str| match config.get(key).map(|value| (value, value.as_f64())) {
        Some((_, Some(number))) => Ok(number),
        Some((value, None)) => Err(format!("{key} is {value}: expected a number")),
        None => Err(format!("{key} is missing: expected a number")),
    };
    let dtype = |key: &str| match config.get(key) {
        None => Ok(None),
        Some(Value::String(name)) => DType::from_name(name)
            .map(Some)
            .map_err(|error| format!("{key}: {error}")),
        Some(value) => Err(format!(
            "{key} is {value}: expected the name of a data type, such as \"uint8\""
        )),
    };
    let mut params = Params::new(number("conversion_gain")?, number("zero_level")?);
    params.encoded = dtype("encoded_dtype")?.unwrap_or(params.encoded);
    let decoded = dtype("decoded_dtype")?;
    params.decoded = decoded.unwrap_or(params.decoded);
    params.check().map_err(|error| error.to_string())?;
    let input_max = match config.get("input_max") {
        None => None,
        Some(value) => match value.as_u64().and_then(|most| u32::try_from(most).ok()) {
            Some(most) if (1..=Params::INPUT_MAX).contains(&most) => Some(most),
            _ => {
                return Err(format!(
                    "input_max is {value}: expected the largest sample, from 1 to 32767"
                ));
            }
        },
    };
    Ok(AnscombeCodec {
        params,
        decoded,
        input_max,
        tables: convert::Tables::default(),
    })
}

/// The configuration: in Zarr V3 with the types. In Zarr V2 without them where the package's defaults hold, since its own filter has
/// none; readers that know the keys take others from there.
pub(super) fn write(codec: &AnscombeCodec, v3: bool) -> Map<String, Value> {
    let Params {
        conversion_gain,
        zero_level,
        encoded,
        ..
    } = codec.params;
    let mut config = Map::new();
    // The package annotates it as an int.
    let whole = zero_level.fract() == 0.0 && zero_level.abs() < 9e15;
    config.insert(
        "zero_level".to_owned(),
        if whole {
            json!(zero_level as i64)
        } else {
            json!(zero_level)
        },
    );
    config.insert("conversion_gain".to_owned(), json!(conversion_gain));
    if v3 || encoded != DType::U8 {
        config.insert("encoded_dtype".to_owned(), json!(encoded.name()));
    }
    if let Some(decoded) = codec.decoded.filter(|decoded| v3 || *decoded != DType::I16) {
        config.insert("decoded_dtype".to_owned(), json!(decoded.name()));
    }
    if let Some(most) = codec.input_max {
        config.insert("input_max".to_owned(), json!(most));
    }
    config
}
