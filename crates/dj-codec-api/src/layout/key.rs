//! Primary-key values in paths.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::decimal::python_decimal;
use super::numpy_scalar::numpy_str;
use super::python::{python_bytes_repr, python_float};
use crate::{Error, Json, Result, Value};

/// What Python's `urllib.parse.quote(text, safe="")` encodes.
const QUOTED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'_')
    .remove(b'.')
    .remove(b'-')
    .remove(b'~');

/// A value of a primary key as it stands in a path: DataJoint's `encode_pk_value`.
///
/// Numbers as Python's `str` prints them, dates in ISO format, datetimes without fraction and with `-` for `:`; of
/// everything else the text, percent-encoded where it has a character of `/\:*?"<>|`, and cut to 50 characters and 8 of
/// its MD5 where it has over 100. Different values can have one text (`a/b` and `a%2Fb`); the token keeps their objects
/// apart.
///
/// NumPy scalars (arrays without dimensions) are printed as NumPy 2.4 prints them.
///
/// # Errors
/// [`ErrorKind::InvalidValue`](crate::ErrorKind::InvalidValue) where the value is of a kind that no database has keys of.
///
/// ```
/// use dj_codec_api::Value;
/// use dj_codec_api::layout::encode_pk_value;
///
/// assert_eq!(encode_pk_value(&Value::Float(1e-7))?, "1e-07");
/// assert_eq!(encode_pk_value(&Value::from("a/b"))?, "a%2Fb");
/// assert_eq!(encode_pk_value(&Value::Bool(true))?, "True");
/// # Ok::<(), dj_codec_api::Error>(())
/// ```
pub fn encode_pk_value(value: &Value) -> Result<String> {
    Ok(match value {
        Value::Null => "None".into(),
        Value::Bool(true) => "True".into(),
        Value::Bool(false) => "False".into(),
        Value::Int(number) => number.to_string(),
        Value::BigInt(number) => number.to_string(),
        Value::Float(number) => python_float(*number),
        Value::Str(text) => path_safe(text),
        Value::Bytes(bytes) => path_safe(&python_bytes_repr(bytes)),
        Value::Uuid(uuid) => uuid.hyphenated().to_string(),
        Value::Decimal(text) => path_safe(&python_decimal(text)?),
        Value::Date(date) => date.to_string(),
        Value::Time(time) => time.to_string(),
        Value::DateTime(moment) => {
            // `strftime` of the C library does not pad the year; `%Y` below 1000 has fewer than four digits.
            let (date, time) = (moment.date, moment.time);
            format!(
                "{}-{:02}-{:02}T{:02}-{:02}-{:02}",
                date.year(),
                date.month(),
                date.day(),
                time.hour(),
                time.minute(),
                time.second()
            )
        }
        Value::Array(array) if array.ndim() == 0 => path_safe(&numpy_str(array)?),
        Value::Json(json) => match json.as_ref() {
            Json::String(text) => path_safe(text),
            Json::Number(number) => match number.as_f64() {
                Some(float) if number.is_f64() => python_float(float),
                _ => number.to_string(),
            },
            Json::Null => "None".into(),
            Json::Bool(flag) => return encode_pk_value(&Value::Bool(*flag)),
            Json::Array(_) | Json::Object(_) => return Err(no_key(value)),
        },
        other => return Err(no_key(other)),
    })
}

fn no_key(value: &Value) -> Error {
    Error::invalid_value(format!("{} cannot be part of a primary key", value.type_name()))
        .advise("keys are numbers, texts, dates, times, UUIDs, decimals or bytes")
}

/// The text as it is where it can stand in a path; else quoted, and cut where it is long.
fn path_safe(text: &str) -> String {
    let long = text.chars().nth(100).is_some();
    if !long && !text.contains(['/', '\\', ':', '*', '?', '"', '<', '>', '|']) {
        return text.to_owned();
    }
    if !long {
        return utf8_percent_encode(text, QUOTED).to_string();
    }
    let mut short: String = text.chars().take(50).collect();
    let digest = format!("{:x}", md5::compute(text));
    short.push('_');
    short.extend(digest.chars().take(8));
    utf8_percent_encode(&short, QUOTED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_safe_text_is_not_touched() {
        let hundred = "é".repeat(100);
        assert_eq!(path_safe(&hundred), hundred);
        assert_eq!(path_safe("50% of a+b#c"), "50% of a+b#c");
        assert!(path_safe(&"é".repeat(101)).starts_with("%C3%A9"));
    }

    #[test]
    fn json_is_printed_as_python_prints_what_it_decodes_to() {
        use serde_json::json;
        for (json, text) in [
            (json!(5), "5"),
            (json!(-5), "-5"),
            (json!(u64::MAX), "18446744073709551615"),
            (json!(5.0), "5.0"),
            (json!(1e22), "1e+22"),
            (json!(1e-5), "1e-05"),
            (json!("a/b"), "a%2Fb"),
            (json!(null), "None"),
            (json!(false), "False"),
        ] {
            assert_eq!(
                encode_pk_value(&Value::from(json.clone())).unwrap(),
                text,
                "{json}"
            );
        }
    }

    #[test]
    fn containers_are_no_keys() {
        let texts = crate::Array::new(
            "|S2".parse().unwrap(),
            &[1],
            crate::Order::C,
            b"ab".as_slice().into(),
        );
        for value in [
            Value::from(texts.unwrap()),
            Value::List(vec![]),
            Value::Complex(0.0, 1.0),
            Value::from(serde_json::json!([1])),
        ] {
            assert!(encode_pk_value(&value).is_err());
        }
    }
}
