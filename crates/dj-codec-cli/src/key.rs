//! The fields of a primary key, as they are written on the command line.

use dj_codecs::api::value::{Date, DateTime, Time};
use dj_codecs::api::{BigInt, Uuid, Value};

use crate::failure::{Failure, Outcome};

/// Reads `K=V` and `K=TYPE`. The order of the keys is kept: paths depend on it.
pub(crate) fn parse(keys: &[String], types: &[String]) -> Outcome<Vec<(String, Value)>> {
    let mut typed: Vec<(&str, &str, bool)> = Vec::new();
    for given in types {
        let (name, kind) = split(given, "--key-type", "K=TYPE")?;
        if typed.iter().any(|(other, ..)| *other == name) {
            return Err(Failure::usage(format!("--key-type gives {name:?} two types")));
        }
        typed.push((name, kind, false));
    }
    let mut parsed: Vec<(String, Value)> = Vec::new();
    for given in keys {
        let (name, text) = split(given, "--key", "K=V")?;
        if parsed.iter().any(|(other, _)| other == name) {
            return Err(Failure::usage(format!("--key gives {name:?} two values")));
        }
        let value = match typed.iter_mut().find(|(other, ..)| *other == name) {
            Some((_, kind, used)) => {
                *used = true;
                of_type(name, kind, text)?
            }
            None => guess(text),
        };
        parsed.push((name.to_owned(), value));
    }
    match typed.iter().find(|(.., used)| !used) {
        Some((name, ..)) => Err(Failure::usage(format!(
            "--key-type names {name:?}, for which there is no --key"
        ))),
        None => Ok(parsed),
    }
}

fn split<'a>(given: &'a str, option: &str, form: &str) -> Outcome<(&'a str, &'a str)> {
    match given.split_once('=') {
        Some((name, rest)) if !name.is_empty() => Ok((name, rest)),
        _ => Err(Failure::usage(format!(
            "{option} {given:?} is not of the form {form}"
        ))),
    }
}

/// An int where the text is one, else a float, else a string.
fn guess(text: &str) -> Value {
    int(text)
        .or_else(|| float(text))
        .unwrap_or_else(|| Value::from(text))
}

/// A whole number of any size: digits with an optional sign.
fn int(text: &str) -> Option<Value> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain
        .then(|| text.parse::<BigInt>().ok())
        .flatten()
        .map(Value::int)
}

/// A floating-point number in digits. A subject may be called "Nan" or "infinity"; these are strings.
fn float(text: &str) -> Option<Value> {
    let digits = text.bytes().any(|byte| byte.is_ascii_digit());
    digits
        .then(|| text.parse::<f64>().ok())
        .flatten()
        .map(Value::Float)
}

fn of_type(name: &str, kind: &str, text: &str) -> Outcome<Value> {
    let value = match kind {
        "str" => Some(Value::from(text)),
        "int" => int(text),
        "float" => text.parse::<f64>().ok().map(Value::Float),
        "decimal" => is_decimal(text).then(|| Value::Decimal(text.to_owned())),
        "bool" => match text {
            "true" | "True" | "1" => Some(Value::Bool(true)),
            "false" | "False" | "0" => Some(Value::Bool(false)),
            _ => None,
        },
        "uuid" => Uuid::parse_str(text).ok().map(Value::Uuid),
        "date" => text.parse::<Date>().ok().map(Value::Date),
        "time" => text.parse::<Time>().ok().map(Value::Time),
        "datetime" => text.parse::<DateTime>().ok().map(Value::DateTime),
        _ => {
            return Err(Failure::usage(format!(
                "--key-type {name}={kind}: there is no such type; there are str, int, float, decimal, bool, uuid, date \
                 (2024-01-31), time (23:59:59.000001) and datetime (2024-01-31T23:59:59)"
            )));
        }
    };
    value.ok_or_else(|| {
        Failure::usage(format!(
            "--key {name}={text}: this is not a value of the type {kind}"
        ))
    })
}

/// Whether Python's `Decimal` takes the text for a number that is finite.
fn is_decimal(text: &str) -> bool {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let mantissa = mantissa.strip_prefix(['-', '+']).unwrap_or(mantissa);
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    digits(whole)
        && digits(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && exponent.parse::<i32>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(keys: &[&str], types: &[&str]) -> Result<Vec<(String, Value)>, String> {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        parse(&owned(keys), &owned(types)).map_err(|failure| failure.to_string())
    }

    fn one(key: &str, types: &[&str]) -> Value {
        parsed(&[key], types).unwrap().remove(0).1
    }

    #[test]
    fn values_are_ints_then_floats_then_strings() {
        assert_eq!(one("k=5", &[]), Value::Int(5));
        assert_eq!(one("k=-007", &[]), Value::Int(-7));
        let large = "340282366920938463463374607431768211456";
        assert_eq!(
            one(&format!("k={large}"), &[]),
            Value::int(large.parse::<BigInt>().unwrap())
        );
        assert_eq!(one("k=5.0", &[]), Value::Float(5.0));
        assert_eq!(one("k=-1e-7", &[]), Value::Float(-1e-7));
        for text in [
            "",
            "a=b",
            "nan",
            "inf",
            "Infinity",
            "1_000",
            "5 ",
            "0x10",
            "1.2.3",
            "2024-01-31",
            "-",
            "é",
        ] {
            assert_eq!(one(&format!("k={text}"), &[]), Value::from(text));
        }
    }

    #[test]
    fn a_type_overrides_the_guess() {
        assert_eq!(one("k=007", &["k=str"]), Value::from("007"));
        assert_eq!(one("k=5", &["k=float"]), Value::Float(5.0));
        assert_eq!(one("k=1.500", &["k=decimal"]), Value::Decimal("1.500".into()));
        assert_eq!(one("k=true", &["k=bool"]), Value::Bool(true));
        assert_eq!(
            one("k=2024-01-31", &["k=date"]),
            Value::Date("2024-01-31".parse().unwrap())
        );
        assert_eq!(
            one("k=01:02:03", &["k=time"]),
            Value::Time("01:02:03".parse().unwrap())
        );
        let moment = "2024-01-31T01:02:03";
        assert_eq!(
            one(&format!("k={moment}"), &["k=datetime"]),
            Value::DateTime(moment.parse().unwrap())
        );
        let uuid = "8d6e7a3c-1f2b-4c3d-9e8f-0a1b2c3d4e5f";
        assert_eq!(
            one(&format!("k={uuid}"), &["k=uuid"]),
            Value::Uuid(uuid.parse().unwrap())
        );
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        for (keys, types, words) in [
            (&["k"][..], &[][..], "form K=V"),
            (&["=5"], &[], "form K=V"),
            (&["k=1", "k=2"], &[], "two values"),
            (&["k=1"], &["k=int", "k=str"], "two types"),
            (&["k=1"], &["j=int"], "no --key"),
            (&["k=1"], &["k=complex"], "no such type"),
            (&["k=x"], &["k=int"], "not a value of the type int"),
            (&["k=1e5x"], &["k=decimal"], "decimal"),
            (&["k=."], &["k=decimal"], "decimal"),
            (&["k=2024-02-30"], &["k=date"], "date"),
            (&["k=yes"], &["k=bool"], "bool"),
            (&["k=8d6e"], &["k=uuid"], "uuid"),
        ] {
            let error = parsed(keys, types).unwrap_err();
            assert!(error.contains(words), "{keys:?} {types:?}: {error}");
        }
    }
}
