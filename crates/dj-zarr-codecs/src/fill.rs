//! The fill value: one element that stands for every element that was never written.

use data_encoding::BASE64;
use dj_codec_api::{ByteOrder, DType, Error, Json, Kind, Result};
use serde_json::json;

/// The fill value of a Zarr V3 array as one element, little-endian.
///
/// # Errors
/// Where it is no value of this type.
pub(crate) fn v3_parse(fill: &Json, dtype: &DType) -> Result<Vec<u8>> {
    parse(fill, &dtype.to_little_endian()).ok_or_else(|| wrong(fill, dtype))
}

/// The fill value of a Zarr V2 array as one element in the byte order of its dtype. `null` says that there is none:
/// zeros then, which is what zarr-python takes.
///
/// # Errors
/// Where it is no value of this type.
pub(crate) fn v2_parse(fill: &Json, dtype: &DType) -> Result<Vec<u8>> {
    match fill {
        Json::Null => Ok(vec![0; dtype.size()]),
        // Zarr-python 2 writes structures and raw bytes as base64, and 0 for "all zero".
        Json::Number(number) if number.as_u64() == Some(0) && no_number(dtype.kind()) => {
            Ok(vec![0; dtype.size()])
        }
        _ => parse(fill, dtype).ok_or_else(|| wrong(fill, dtype)),
    }
}

/// An element of zeros: the default of every type. That of times is not-a-time in NumPy, but not in Zarr.
pub(crate) fn zero(dtype: &DType) -> Vec<u8> {
    vec![0; dtype.size()]
}

/// The fill value as Zarr V3 writes it. `element` is little-endian.
///
/// # Errors
/// Where `element` is no element of this type.
pub(crate) fn v3_json(element: &[u8], dtype: &DType) -> Result<Json> {
    json_of(element, dtype)
}

fn no_number(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::Bytes(_) | Kind::Unicode(_) | Kind::Void(_) | Kind::Struct(_)
    )
}

fn wrong(fill: &Json, dtype: &DType) -> Error {
    let shown: String = fill.to_string().chars().take(60).collect();
    Error::corrupt(format!("the fill value {shown} is no element of dtype {dtype}"))
}

fn parse(fill: &Json, dtype: &DType) -> Option<Vec<u8>> {
    let order = dtype.byte_order();
    macro_rules! int {
        ($type:ty) => {
            ordered(
                &<$type>::try_from(integer(fill)?).ok()?.to_le_bytes(),
                order,
            )
        };
    }
    Some(match dtype.kind() {
        Kind::Bool => vec![match fill {
            Json::Bool(flag) => u8::from(*flag),
            Json::Number(number) => u8::from(number.as_f64()? != 0.0),
            _ => return None,
        }],
        Kind::Int8 => int!(i8),
        Kind::Int16 => int!(i16),
        Kind::Int32 => int!(i32),
        Kind::Int64 => int!(i64),
        Kind::UInt8 => int!(u8),
        Kind::UInt16 => int!(u16),
        Kind::UInt32 => int!(u32),
        Kind::UInt64 => int!(u64),
        Kind::DateTime64(_) | Kind::TimeDelta64(_) => match fill.as_str() {
            Some("NaT") => ordered(&i64::MIN.to_le_bytes(), order),
            _ => int!(i64),
        },
        Kind::Float16 => ordered(&float_bits(fill, 2)?.to_le_bytes()[..2], order),
        Kind::Float32 => ordered(&float_bits(fill, 4)?.to_le_bytes()[..4], order),
        Kind::Float64 => ordered(&float_bits(fill, 8)?.to_le_bytes(), order),
        Kind::Complex64 => complex(fill, 4, order)?,
        Kind::Complex128 => complex(fill, 8, order)?,
        Kind::LongDouble | Kind::ComplexLongDouble => {
            // Only zero can be said without 80-bit arithmetic.
            (fill.as_f64()? == 0.0).then(|| vec![0; dtype.size()])?
        }
        Kind::Unicode(width) => {
            let mut element = Vec::with_capacity(dtype.size());
            for c in fill.as_str()?.chars() {
                element.extend(ordered(&u32::from(c).to_le_bytes(), order));
            }
            padded(element, width.checked_mul(4)?)?
        }
        Kind::Bytes(width) | Kind::Void(width) => match fill {
            // The V3 specification writes raw bits as numbers, zarr-python as base64.
            Json::Array(bytes) => padded(
                bytes
                    .iter()
                    .map(|byte| u8::try_from(byte.as_u64()?).ok())
                    .collect::<Option<_>>()?,
                *width,
            )?,
            _ => padded(BASE64.decode(fill.as_str()?.as_bytes()).ok()?, *width)?,
        },
        Kind::Struct(record) => match fill {
            Json::String(text) => exact(BASE64.decode(text.as_bytes()).ok()?, record.size())?,
            Json::Object(values) => {
                let mut element = vec![0; record.size()];
                for field in record.fields() {
                    let Some(value) = values.get(&field.name) else {
                        continue;
                    };
                    let bytes = parse(value, &field.dtype)?;
                    element
                        .get_mut(field.offset..field.offset.checked_add(bytes.len())?)?
                        .copy_from_slice(&bytes);
                }
                element
            }
            _ => return None,
        },
        _ => return None,
    })
}

fn ordered(little: &[u8], order: ByteOrder) -> Vec<u8> {
    let mut bytes = little.to_vec();
    if order == ByteOrder::Big {
        bytes.reverse();
    }
    bytes
}

fn padded(mut bytes: Vec<u8>, size: usize) -> Option<Vec<u8>> {
    (bytes.len() <= size).then(|| {
        bytes.resize(size, 0);
        bytes
    })
}

fn exact(bytes: Vec<u8>, size: usize) -> Option<Vec<u8>> {
    (bytes.len() == size).then_some(bytes)
}

/// A whole number, also where a writer put it down as `0.0`.
fn integer(fill: &Json) -> Option<i128> {
    match fill {
        Json::Bool(flag) => Some(i128::from(*flag)),
        Json::Number(number) => {
            let float = || {
                number
                    .as_f64()
                    .filter(|float| float.fract() == 0.0 && float.abs() < 9e15)
            };
            number
                .as_i64()
                .map(i128::from)
                .or_else(|| number.as_u64().map(i128::from))
                .or_else(|| float().map(|float| float as i128))
        }
        _ => None,
    }
}

/// The bits of a float of 2, 4 or 8 bytes: a number, `NaN`, `Infinity`, `-Infinity`, or the bits in hexadecimal.
fn float_bits(fill: &Json, size: usize) -> Option<u64> {
    let number = match fill {
        Json::Number(number) => number.as_f64()?,
        Json::String(text) => match text.as_str() {
            "NaN" => f64::NAN,
            "Infinity" => f64::INFINITY,
            "-Infinity" => f64::NEG_INFINITY,
            hex => {
                let digits = hex.strip_prefix("0x")?;
                return (digits.len() == 2 * size).then(|| u64::from_str_radix(digits, 16).ok())?;
            }
        },
        _ => return None,
    };
    Some(match size {
        2 => u64::from(half_bits(number)),
        4 if number.is_nan() => 0x7fc0_0000,
        4 => u64::from((number as f32).to_bits()),
        _ if number.is_nan() => 0x7ff8_0000_0000_0000,
        _ => number.to_bits(),
    })
}

/// The nearest half-precision float, ties to even.
fn half_bits(number: f64) -> u16 {
    if number.is_nan() {
        return 0x7e00;
    }
    let sign = if number.is_sign_negative() { 0x8000 } else { 0 };
    let size = number.abs();
    if size >= 65520.0 {
        return sign | 0x7c00;
    }
    // Halves have a fixed step of 2^-24 below 2^-14, and of 2^(exponent - 10) above.
    let exponent = if size < 2f64.powi(-14) {
        -14
    } else {
        size.log2().floor() as i32
    };
    let steps = (size / 2f64.powi(exponent - 10)).round_ties_even() as u16;
    // A carry out of the mantissa runs into the exponent, which is what it should do.
    let biased = if steps >= 1024 {
        (((exponent + 15) as u16) << 10) + (steps - 1024)
    } else {
        steps
    };
    sign | biased
}

/// Two floats, or one that is the real part.
fn complex(fill: &Json, size: usize, order: ByteOrder) -> Option<Vec<u8>> {
    let zero = json!(0.0);
    let (real, imaginary) = match fill {
        Json::Array(parts) => match parts.as_slice() {
            [real, imaginary] => (real, imaginary),
            _ => return None,
        },
        one => (one, &zero),
    };
    let mut element = Vec::with_capacity(2 * size);
    for part in [real, imaginary] {
        element.extend(ordered(float_bits(part, size)?.to_le_bytes().get(..size)?, order));
    }
    Some(element)
}

fn json_of(element: &[u8], dtype: &DType) -> Result<Json> {
    let bad = || {
        Error::invalid_value(format!(
            "a fill value of {} bytes is no element of dtype {dtype}",
            element.len()
        ))
    };
    if element.len() != dtype.size() {
        return Err(bad());
    }
    macro_rules! number {
        ($type:ty) => {
            Json::from(<$type>::from_le_bytes(
                element.try_into().map_err(|_| bad())?,
            ))
        };
    }
    let part = |range: std::ops::Range<usize>| element.get(range).unwrap_or_default();
    Ok(match dtype.kind() {
        Kind::Bool => Json::from(element != [0]),
        Kind::Int8 => number!(i8),
        Kind::Int16 => number!(i16),
        Kind::Int32 => number!(i32),
        Kind::Int64 | Kind::DateTime64(_) | Kind::TimeDelta64(_) => number!(i64),
        Kind::UInt8 => number!(u8),
        Kind::UInt16 => number!(u16),
        Kind::UInt32 => number!(u32),
        Kind::UInt64 => number!(u64),
        Kind::Float16 | Kind::Float32 | Kind::Float64 => float_json(element),
        Kind::Complex64 => json!([float_json(part(0..4)), float_json(part(4..8))]),
        Kind::Complex128 => json!([float_json(part(0..8)), float_json(part(8..16))]),
        Kind::Unicode(_) => {
            let text: Option<String> = element
                .chunks_exact(4)
                .map(|code| {
                    code.try_into()
                        .ok()
                        .map(u32::from_le_bytes)
                        .and_then(char::from_u32)
                })
                .collect();
            Json::from(text.ok_or_else(bad)?.trim_end_matches('\0'))
        }
        _ if element.iter().all(|&byte| byte == 0) && matches!(dtype.kind(), Kind::Bytes(_)) => {
            Json::from("")
        }
        _ => Json::from(BASE64.encode(element)),
    })
}

/// A float as JSON: what JSON cannot say as words, other NaNs by their bits.
fn float_json(little: &[u8]) -> Json {
    let mut wide = [0; 8];
    if let Some(head) = wide.get_mut(..little.len()) {
        head.copy_from_slice(little);
    }
    let bits = u64::from_le_bytes(wide);
    let (number, plain_nan) = match little.len() {
        2 => (half_value(bits as u16), 0x7e00),
        4 => (f64::from(f32::from_bits(bits as u32)), 0x7fc0_0000),
        _ => (f64::from_bits(bits), 0x7ff8_0000_0000_0000),
    };
    if number.is_nan() {
        return if bits != plain_nan {
            Json::from(format!("0x{bits:0width$x}", width = 2 * little.len()))
        } else {
            Json::from("NaN")
        };
    }
    match number {
        f64::INFINITY => Json::from("Infinity"),
        f64::NEG_INFINITY => Json::from("-Infinity"),
        _ => Json::from(number),
    }
}

fn half_value(bits: u16) -> f64 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let (exponent, mantissa) = (i32::from(bits >> 10 & 31), f64::from(bits & 1023));
    sign * match exponent {
        0 => mantissa * 2f64.powi(-24),
        31 if mantissa == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1024.0 + mantissa) * 2f64.powi(exponent - 25),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v3(fill: Json, dtype: &str) -> Result<Vec<u8>> {
        v3_parse(&fill, &dtype.parse().unwrap())
    }

    #[test]
    fn values_of_every_kind() {
        assert_eq!(v3(json!(-2), "<i2").unwrap(), [0xfe, 0xff]);
        assert_eq!(v3(json!(u64::MAX), "<u8").unwrap(), [0xff; 8]);
        assert_eq!(v3(json!("NaN"), "<f4").unwrap(), 0x7fc0_0000_u32.to_le_bytes());
        assert_eq!(
            v3(json!("0x7fc00001"), "<f4").unwrap(),
            0x7fc0_0001_u32.to_le_bytes()
        );
        assert_eq!(v3(json!("-Infinity"), "<f2").unwrap(), [0, 0xfc]);
        assert_eq!(
            v3(json!([1.0, "NaN"]), "<c8").unwrap(),
            [0, 0, 0x80, 0x3f, 0, 0, 0xc0, 0x7f]
        );
        assert_eq!(v3(json!("YQ=="), "|S3").unwrap(), [b'a', 0, 0]);
        assert_eq!(
            v3(json!("ab"), "<U3").unwrap(),
            [b'a', 0, 0, 0, b'b', 0, 0, 0, 0, 0, 0, 0]
        );
        assert_eq!(v2_parse(&json!(258), &">i2".parse().unwrap()).unwrap(), [1, 2]);
        assert_eq!(v2_parse(&json!(null), &"<f8".parse().unwrap()).unwrap(), [0; 8]);
        for (fill, dtype) in [
            (json!(128), "|i1"),
            (json!("x"), "<i4"),
            (json!(1.5), "<i4"),
            (json!("0x7f"), "<f8"),
            (json!("toolong"), "<U3"),
            (json!([1]), "<c8"),
        ] {
            assert!(v3(fill.clone(), dtype).is_err(), "{fill} {dtype}");
        }
    }

    #[test]
    fn halves_round_as_ieee_says() {
        for (number, bits) in [
            (0.0, 0),
            (-0.0, 0x8000),
            (1.0, 0x3c00),
            (65504.0, 0x7bff),
            (65519.9, 0x7bff),
            (65520.0, 0x7c00),
            (2f64.powi(-24), 1),
            (2f64.powi(-25), 0),
            (2f64.powi(-14), 0x400),
            (1.0 + 2f64.powi(-11), 0x3c00),
            (1.0 + 3.0 * 2f64.powi(-11), 0x3c02),
            (2047.9999, 0x6800),
        ] {
            assert_eq!(half_bits(number), bits, "{number}");
        }
        for bits in (0..0x7c00).chain(0x8000..0xfc00) {
            assert_eq!(half_bits(half_value(bits)), bits);
        }
    }

    #[test]
    fn json_goes_there_and_back() {
        for (dtype, element) in [
            ("<f4", 0xffc0_1234_u32.to_le_bytes().to_vec()),
            ("<f2", vec![1, 0x7c]),
            ("<f8", (-0.1f64).to_le_bytes().to_vec()),
            (
                "<c16",
                [f64::NAN.to_le_bytes(), f64::INFINITY.to_le_bytes()].concat(),
            ),
            ("|S3", b"a\0\0".to_vec()),
            ("<U2", vec![0x2c, 0x67, 0, 0, 0, 0, 0, 0]),
            ("|V2", vec![0, 9]),
            ("<M8[us]", i64::MIN.to_le_bytes().to_vec()),
            ("|b1", vec![1]),
        ] {
            let parsed: DType = dtype.parse().unwrap();
            let json = v3_json(&element, &parsed).unwrap();
            assert_eq!(v3_parse(&json, &parsed).unwrap(), element, "{dtype} {json}");
        }
        assert_eq!(v3_json(&[0; 8], &"<f8".parse().unwrap()).unwrap(), json!(0.0));
        assert!(v3_json(&[0], &"<i2".parse().unwrap()).is_err());
    }
}
