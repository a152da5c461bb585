//! Numbers that a JSON parser would change in silence.

use crate::{Error, Result};

/// Refuses ints that serde_json reads as floats: those beyond 64 bits, and `-0`.
pub(super) fn check(text: &str) -> Result<()> {
    let mut rest = text;
    loop {
        let Some(at) = rest.find(|c: char| matches!(c, '"' | '-' | '0'..='9')) else {
            return Ok(());
        };
        let (_, found) = rest.split_at_checked(at).unwrap_or_default();
        rest = match found.strip_prefix('"') {
            Some(string) => after_string(string),
            None => {
                let end = found
                    .find(|c: char| !matches!(c, '-' | '+' | '.' | 'e' | 'E' | '0'..='9'))
                    .unwrap_or(found.len());
                let (number, rest) = found.split_at_checked(end).unwrap_or_default();
                check_number(number).map_err(|error| error.at(place(text, found)))?;
                rest
            }
        };
    }
}

/// What follows the string whose opening quote is just before `text`.
fn after_string(text: &str) -> &str {
    let mut rest = text;
    while let Some((inside, after)) = rest.split_once('"') {
        let backslashes = inside.bytes().rev().take_while(|&byte| byte == b'\\').count();
        if backslashes.is_multiple_of(2) {
            return after;
        }
        rest = after;
    }
    ""
}

fn check_number(number: &str) -> Result<()> {
    if number == "-0" {
        return Err(Error::invalid_value("-0 is neither an int nor a float").advise("write 0 or -0.0"));
    }
    if number.contains(['.', 'e', 'E']) || number.parse::<i64>().is_ok() || number.parse::<u64>().is_ok() {
        return Ok(());
    }
    if number.len() < 19 {
        // No number at all; the parser says so.
        return Ok(());
    }
    Err(Error::invalid_value(format!(
        "an int of {} characters is beyond what plain JSON holds",
        number.len()
    ))
    .advise("write it as {\"$int\": \"...\"}"))
}

fn place(text: &str, found: &str) -> String {
    let before = text.get(..text.len() - found.len()).unwrap_or_default();
    let line = before.bytes().filter(|&byte| byte == b'\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!("line {line} column {column}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_would_change_is_refused() {
        for text in [
            "18446744073709551615",
            "-9223372036854775808",
            "[0, -1, 1e300, 123456789012345678901234.5, 1E99]",
            r#"{"a": "123456789012345678901234567890", "b\"9999999999999999999999": 1}"#,
            r#""\\", "12345678901234567890123""#,
            "\"unfinished 12345678901234567890123",
            "nonsense - é 1.2.3",
        ] {
            check(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        }
        for text in [
            "18446744073709551616",
            "[1,\n -9223372036854775809]",
            "-0",
            r#"["\\", 123456789012345678901234567890]"#,
        ] {
            assert!(check(text).is_err(), "{text}");
        }
        let error = check("[1,\n  100000000000000000000]").unwrap_err();
        assert!(error.to_string().starts_with("at line 2 column 3: "), "{error}");
    }
}
