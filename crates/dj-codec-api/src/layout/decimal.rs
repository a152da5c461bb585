//! Python's `str(Decimal(text))`.

use crate::{Error, Result};

/// The text of a decimal as Python prints it: `1e2` is `1E+2`, `007.50` is `7.50`, `.000000001` is `1E-9`.
pub(crate) fn python_decimal(text: &str) -> Result<String> {
    let wrong = || {
        let shown: String = text.chars().take(60).collect();
        Error::invalid_value(format!("{shown:?} is no decimal"))
            .advise("a decimal looks like -12.50, 1E-7 or NaN")
    };
    let (sign, body) = match text.strip_prefix('-') {
        Some(body) => ("-", body),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let lower = body.to_ascii_lowercase();
    if matches!(lower.as_str(), "inf" | "infinity") {
        return Ok(format!("{sign}Infinity"));
    }
    for (prefix, name) in [("nan", "NaN"), ("snan", "sNaN")] {
        if let Some(payload) = lower.strip_prefix(prefix)
            && payload.bytes().all(|byte| byte.is_ascii_digit())
        {
            return Ok(format!("{sign}{name}{}", payload.trim_start_matches('0')));
        }
    }
    let (number, exponent) = match lower.split_once('e') {
        Some((number, exponent)) => {
            // Digits with a sign or without, and nothing else, are a number.
            (number, exponent.parse::<i64>().map_err(|_| wrong())?)
        }
        None => (lower.as_str(), 0),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = format!("{whole}{fraction}");
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(wrong());
    }
    let digits = match digits.trim_start_matches('0') {
        "" => "0",
        digits => digits,
    };
    let length = |text: &str| i64::try_from(text.len()).map_err(|_| wrong());
    let exponent = exponent.checked_sub(length(fraction)?).ok_or_else(wrong)?;
    let left = exponent.checked_add(length(digits)?).ok_or_else(wrong)?;
    let point = if exponent <= 0 && left > -6 { left } else { 1 };
    let mut out = sign.to_owned();
    match usize::try_from(point)
        .ok()
        .and_then(|point| digits.split_at_checked(point))
    {
        Some((whole, fraction)) if point > 0 => {
            out.push_str(whole);
            if !fraction.is_empty() {
                out.push('.');
                out.push_str(fraction);
            }
        }
        _ => {
            out.push_str("0.");
            out.extend((point..0).map(|_| '0'));
            out.push_str(digits);
        }
    }
    if left != point {
        out.push_str(&format!("E{:+}", left.saturating_sub(point)));
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_printed_as_python_prints_them() {
        // Printed by `str(Decimal(text))` of Python 3.11.
        for (text, printed) in [
            ("1.50", "1.50"),
            ("-1E+2", "-1E+2"),
            ("1e2", "1E+2"),
            ("+007.50", "7.50"),
            ("0", "0"),
            ("-0.00", "-0.00"),
            ("0E-10", "0E-10"),
            ("0e3", "0E+3"),
            (".5", "0.5"),
            ("5.", "5"),
            ("0.000001", "0.000001"),
            ("0.0000001", "1E-7"),
            ("12345E-9", "0.000012345"),
            ("12345E-12", "1.2345E-8"),
            ("1.5E3", "1.5E+3"),
            (
                "123456789012345678901234567890.5",
                "123456789012345678901234567890.5",
            ),
            ("nan", "NaN"),
            ("-sNaN0012", "-sNaN12"),
            ("inf", "Infinity"),
        ] {
            assert_eq!(python_decimal(text).unwrap(), printed, "{text}");
        }
        for text in [
            "",
            "-",
            ".",
            "e5",
            "1e",
            "1e+",
            "1e+-1",
            "1e1_0",
            "1.2.3",
            "0x1",
            "--1",
            "1 ",
            "../x",
            "é",
            "1e99999999999999999999",
        ] {
            assert!(python_decimal(text).is_err(), "{text}");
        }
    }
}
