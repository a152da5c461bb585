//! Texts as Python's `repr` prints them.

use std::fmt::{LowerExp, Write as _};
use std::str::FromStr;

/// `repr` of a `str`: quotes, and escapes for what cannot be printed.
///
/// ```
/// assert_eq!(dj_codec_api::layout::python_repr("it's\n"), r#""it's\n""#);
/// ```
#[must_use]
pub fn python_repr(text: &str) -> String {
    let quote = quote_for(text.contains('\''), text.contains('"'));
    let mut out = String::from(quote);
    for c in text.chars() {
        let code = u32::from(c);
        // Writing to a String cannot fail.
        let _ = match c {
            '\\' => out.write_str("\\\\"),
            '\n' => out.write_str("\\n"),
            '\r' => out.write_str("\\r"),
            '\t' => out.write_str("\\t"),
            c if c == quote => write!(out, "\\{c}"),
            c if is_printable(c) => out.write_char(c),
            _ if code <= 0xff => write!(out, "\\x{code:02x}"),
            _ if code <= 0xffff => write!(out, "\\u{code:04x}"),
            _ => write!(out, "\\U{code:08x}"),
        };
    }
    out.push(quote);
    out
}

/// `repr` of `bytes`.
#[must_use]
pub(super) fn python_bytes_repr(bytes: &[u8]) -> String {
    let quote = quote_for(bytes.contains(&b'\''), bytes.contains(&b'"'));
    let mut out = format!("b{quote}");
    for &byte in bytes {
        let c = char::from(byte);
        let _ = match c {
            '\\' => out.write_str("\\\\"),
            '\n' => out.write_str("\\n"),
            '\r' => out.write_str("\\r"),
            '\t' => out.write_str("\\t"),
            c if c == quote => write!(out, "\\{c}"),
            ' '..='~' => out.write_char(c),
            _ => write!(out, "\\x{byte:02x}"),
        };
    }
    out.push(quote);
    out
}

fn quote_for(single: bool, double: bool) -> char {
    if single && !double { '"' } else { '\'' }
}

/// Python's `str.isprintable` of one character. The standard library has the same table (no control, format, private,
/// unassigned or separating characters), and shows it by what `escape_debug` leaves alone. It also escapes a combining
/// character, but only at the beginning of a text.
fn is_printable(c: char) -> bool {
    match c {
        ' '..='~' => true,
        c => {
            let after_a_letter: String = ['a', c].into_iter().collect();
            after_a_letter.escape_debug().nth(1) == Some(c)
        }
    }
}

/// `repr` of a `float`: the shortest digits that give the number back, with an exponent from 1e16 up and below 1e-4.
#[must_use]
pub(crate) fn python_float(number: f64) -> String {
    if !number.is_finite() {
        return not_finite(number).to_owned();
    }
    let (digits, exponent) = shortest(number.abs());
    place_digits(
        number.is_sign_negative(),
        &digits,
        exponent,
        !(-4..16).contains(&exponent),
    )
}

/// `nan`, `inf` or `-inf`.
pub(super) fn not_finite(number: f64) -> &'static str {
    match number {
        number if number.is_nan() => "nan",
        number if number.is_sign_negative() => "-inf",
        _ => "inf",
    }
}

/// The fewest digits that give the number back, the nearest of them where there are several, and their exponent.
pub(super) fn shortest<T>(number: T) -> (String, i32)
where
    T: LowerExp + FromStr<Err: PartialEq> + PartialEq,
{
    let text = format!("{number:e}");
    let (digits, exponent) = digits_of(&text);
    // Of two that are equally near, Rust takes the upper one and Python the even one, as rounding to so many digits does.
    let rounded = format!("{number:.*e}", digits.len().saturating_sub(1));
    if rounded.parse() == Ok(number) {
        digits_of(&rounded)
    } else {
        (digits, exponent)
    }
}

/// Digits and decimal exponent of what `{:e}` printed.
pub(super) fn digits_of(scientific: &str) -> (String, i32) {
    let (digits, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    (digits.replace('.', ""), exponent.parse().unwrap_or(0))
}

/// The digits with their point, with an exponent of at least two digits or with zeros.
pub(super) fn place_digits(negative: bool, digits: &str, exponent: i32, scientific: bool) -> String {
    let sign = if negative { "-" } else { "" };
    let count = i32::try_from(digits.len()).unwrap_or(i32::MAX);
    if scientific {
        let (first, rest) = digits.split_at_checked(1).unwrap_or((digits, ""));
        let point = if rest.is_empty() { "" } else { "." };
        let exponent_sign = if exponent < 0 { '-' } else { '+' };
        return format!(
            "{sign}{first}{point}{rest}e{exponent_sign}{:02}",
            exponent.unsigned_abs()
        );
    }
    if exponent < 0 {
        let zeros = "0".repeat(exponent.unsigned_abs().saturating_sub(1) as usize);
        return format!("{sign}0.{zeros}{digits}");
    }
    if count <= exponent.saturating_add(1) {
        let zeros = "0".repeat((exponent + 1 - count).unsigned_abs() as usize);
        return format!("{sign}{digits}{zeros}.0");
    }
    let (whole, fraction) = digits
        .split_at_checked(exponent as usize + 1)
        .unwrap_or((digits, "0"));
    format!("{sign}{whole}.{fraction}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_printed_as_python_prints_them() {
        for (number, text) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (7.0, "7.0"),
            (1e15, "1000000000000000.0"),
            (9_999_999_999_999_998.0, "9999999999999998.0"),
            (1e16, "1e+16"),
            (1.234_567_890_123_456_8e17, "1.2345678901234568e+17"),
            (0.0001, "0.0001"),
            (0.000_099_999, "9.9999e-05"),
            (1e-7, "1e-07"),
            (1.5e300, "1.5e+300"),
            (5e-324, "5e-324"),
            (-2.5, "-2.5"),
            (123.456, "123.456"),
            (0.1 + 0.2, "0.30000000000000004"),
            (f64::NAN, "nan"),
            (f64::NEG_INFINITY, "-inf"),
            // Halfway between two shortest texts: the even one.
            (2f64.powi(-44), "5.684341886080802e-14"),
            (2f64.powi(-25), "2.9802322387695312e-08"),
            (220_819_326_170_457.0 + 0.625, "220819326170457.62"),
            (9.007_199_254_740_992e15, "9007199254740992.0"),
        ] {
            assert_eq!(python_float(number), text);
        }
    }

    #[test]
    fn an_exponent_has_its_sign_and_two_digits() {
        assert_eq!(place_digits(true, "15", 0, true), "-1.5e+00");
        assert_eq!(place_digits(false, "1", -120, true), "1e-120");
    }

    #[test]
    fn texts_are_quoted_as_python_quotes_them() {
        // Printed by `repr` of Python 3.11.
        for (text, printed) in [
            ("plain", "'plain'"),
            ("it's", "\"it's\""),
            ("\"", "'\"'"),
            ("'\"", "'\\'\"'"),
            ("a\\b", "'a\\\\b'"),
            ("\t\n\r\0\x1b\x7f", "'\\t\\n\\r\\x00\\x1b\\x7f'"),
            ("é日本𝄞", "'é日本𝄞'"),
            ("e\u{301}", "'e\u{301}'"),
            ("\u{301}", "'\u{301}'"),
            ("\u{a0}\u{ad}\u{85}", "'\\xa0\\xad\\x85'"),
            (
                "\u{200d}\u{2028}\u{feff}\u{e000}",
                "'\\u200d\\u2028\\ufeff\\ue000'",
            ),
            ("\u{e0001}\u{10ffff}", "'\\U000e0001\\U0010ffff'"),
        ] {
            assert_eq!(python_repr(text), printed);
        }
        assert_eq!(python_bytes_repr(b"raw"), "b'raw'");
        assert_eq!(
            python_bytes_repr(b"it's\\ \n\r\t\x00\xff"),
            "b\"it's\\\\ \\n\\r\\t\\x00\\xff\""
        );
        assert_eq!(python_bytes_repr(b"'\""), "b'\\'\"'");
    }
}
