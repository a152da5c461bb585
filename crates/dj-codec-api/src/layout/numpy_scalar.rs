//! NumPy scalars as `str` prints them, in NumPy 2.4.

use super::python::{digits_of, not_finite, place_digits, python_bytes_repr, python_float, shortest};
use crate::{Array, Error, Kind, Result, TimeBase, TimeUnit};

/// The text of an array without dimensions.
pub(super) fn numpy_str(array: &Array) -> Result<String> {
    let array = array.to_little_endian();
    let bytes = array.element_bytes(&[]).unwrap_or_default();
    let refuse = || {
        Error::invalid_value(format!(
            "a scalar of dtype {} cannot be part of a primary key",
            array.dtype()
        ))
    };
    macro_rules! number {
        ($type:ty) => {
            bytes
                .try_into()
                .map(<$type>::from_le_bytes)
                .map_err(|_| refuse())?
        };
    }
    Ok(match array.dtype().kind() {
        Kind::Bool => if number!(u8) == 0 { "False" } else { "True" }.into(),
        Kind::Int8 => number!(i8).to_string(),
        Kind::Int16 => number!(i16).to_string(),
        Kind::Int32 => number!(i32).to_string(),
        Kind::Int64 => number!(i64).to_string(),
        Kind::UInt8 => number!(u8).to_string(),
        Kind::UInt16 => number!(u16).to_string(),
        Kind::UInt32 => number!(u32).to_string(),
        Kind::UInt64 => number!(u64).to_string(),
        Kind::Float16 => half(number!(u16)),
        Kind::Float32 => single(number!(f32)),
        Kind::Float64 => python_float(number!(f64)),
        Kind::Bytes(_) => {
            let end = bytes
                .iter()
                .rposition(|&byte| byte != 0)
                .map_or(0, |last| last + 1);
            python_bytes_repr(bytes.get(..end).unwrap_or_default())
        }
        Kind::Unicode(_) => {
            let codes: Vec<u32> = bytes
                .as_chunks::<4>()
                .0
                .iter()
                .map(|&code| u32::from_le_bytes(code))
                .collect();
            let end = codes
                .iter()
                .rposition(|&code| code != 0)
                .map_or(0, |last| last + 1);
            let text: Option<String> = codes.iter().take(end).map(|&code| char::from_u32(code)).collect();
            text.ok_or_else(refuse)?
        }
        Kind::DateTime64(unit) => datetime(number!(i64), *unit).ok_or_else(refuse)?,
        Kind::TimeDelta64(unit) => timedelta(number!(i64), *unit),
        _ => return Err(refuse()),
    })
}

/// NumPy writes an exponent from the value on where the digits of the type end.
fn single(number: f32) -> String {
    if !number.is_finite() {
        return not_finite(number.into()).to_owned();
    }
    let (digits, exponent) = shortest(number.abs());
    let size = f64::from(number.abs());
    let scientific = size != 0.0 && !(1e-4..1e6).contains(&size);
    place_digits(number.is_sign_negative(), &digits, exponent, scientific)
}

fn half(bits: u16) -> String {
    let number = half_value(bits & 0x7fff);
    let negative = bits & 0x8000 != 0;
    if !number.is_finite() {
        return not_finite(if negative { -number } else { number }).to_owned();
    }
    // Everything closer to this number than to its neighbours reads back as it; a tie goes to the even one.
    let below = if bits & 0x7fff == 0 {
        0.0
    } else {
        half_value((bits & 0x7fff) - 1)
    };
    let above = match half_value((bits & 0x7fff) + 1) {
        above if above.is_finite() => above,
        _ => 65536.0,
    };
    let (low, high) = (f64::midpoint(below, number), f64::midpoint(number, above));
    let even = bits & 1 == 0;
    let reads_back = |text: &str| {
        text.parse::<f64>()
            .is_ok_and(|read| (read > low && read < high) || (even && (read == low || read == high)))
    };
    // Five digits always suffice for 11 bits. Where the number is halfway between two texts, and a power of two, so that
    // its neighbours are not equally far, the upper text may read back though the lower, even one does not.
    let upper = number * (1.0 + f64::EPSILON);
    let text = (0..5)
        .flat_map(|digits| [format!("{number:.digits$e}"), format!("{upper:.digits$e}")])
        .find(|text| reads_back(text));
    let (digits, exponent) = digits_of(&text.unwrap_or_else(|| format!("{number:e}")));
    let scientific = number != 0.0 && !(1e-4..1e3).contains(&number);
    place_digits(negative, &digits, exponent, scientific)
}

/// The value of a half without sign.
fn half_value(bits: u16) -> f64 {
    let fraction = f64::from(bits & 0x3ff);
    match i32::from(bits >> 10) {
        0 => fraction * 2f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        exponent => (1024.0 + fraction) * 2f64.powi(exponent - 25),
    }
}

fn timedelta(steps: i64, unit: TimeUnit) -> String {
    if steps == i64::MIN {
        return "NaT".into();
    }
    let name = match unit.base {
        TimeBase::Generic => "generic time units",
        TimeBase::Year => "years",
        TimeBase::Month => "months",
        TimeBase::Week => "weeks",
        TimeBase::Day => "days",
        TimeBase::Hour => "hours",
        TimeBase::Minute => "minutes",
        TimeBase::Second => "seconds",
        TimeBase::Millisecond => "milliseconds",
        TimeBase::Microsecond => "microseconds",
        TimeBase::Nanosecond => "nanoseconds",
        TimeBase::Picosecond => "picoseconds",
        TimeBase::Femtosecond => "femtoseconds",
        TimeBase::Attosecond => "attoseconds",
    };
    format!("{} {name}", i128::from(steps) * i128::from(unit.count))
}

/// ISO format down to the unit. `None` for a date without a unit, which NumPy cannot print either.
fn datetime(steps: i64, unit: TimeUnit) -> Option<String> {
    if steps == i64::MIN {
        return Some("NaT".into());
    }
    let steps = i128::from(steps) * i128::from(unit.count);
    let (per_day, fraction_digits) = match unit.base {
        TimeBase::Generic => return None,
        TimeBase::Year => return Some(format!("{:04}", 1970 + steps)),
        TimeBase::Month => {
            return Some(format!(
                "{:04}-{:02}",
                1970 + steps.div_euclid(12),
                1 + steps.rem_euclid(12)
            ));
        }
        TimeBase::Week => return Some(date(steps * 7)),
        TimeBase::Day => return Some(date(steps)),
        TimeBase::Hour => (24, 0),
        TimeBase::Minute => (24 * 60, 0),
        TimeBase::Second => (DAY, 0),
        TimeBase::Millisecond => (DAY * 10_i128.pow(3), 3),
        TimeBase::Microsecond => (DAY * 10_i128.pow(6), 6),
        TimeBase::Nanosecond => (DAY * 10_i128.pow(9), 9),
        TimeBase::Picosecond => (DAY * 10_i128.pow(12), 12),
        TimeBase::Femtosecond => (DAY * 10_i128.pow(15), 15),
        TimeBase::Attosecond => (DAY * 10_i128.pow(18), 18),
    };
    let mut text = date(steps.div_euclid(per_day));
    let within = steps.rem_euclid(per_day);
    // Each part of the clock is a share of the day, counted in the unit.
    let hour = per_day / 24;
    text.push_str(&format!("T{:02}", within / hour));
    if unit.base != TimeBase::Hour {
        let minute = hour / 60;
        text.push_str(&format!(":{:02}", within % hour / minute));
        if unit.base != TimeBase::Minute {
            let second = minute / 60;
            text.push_str(&format!(":{:02}", within % minute / second));
            if fraction_digits > 0 {
                text.push_str(&format!(".{:0fraction_digits$}", within % second));
            }
        }
    }
    Some(text)
}

const DAY: i128 = 24 * 60 * 60;

/// The date so many days after 1970-01-01, in the proleptic Gregorian calendar.
fn date(days: i128) -> String {
    // Years are counted from March, so that the leap day is the last of its year; 719468 days lead from the first
    // March of the year 0 to 1970, and 146097 days are 400 years.
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (year, month) = if month < 10 {
        (year, month + 3)
    } else {
        (year + 1, month - 9)
    };
    format!("{:04}-{month:02}-{day:02}", year + 400 * era)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    use crate::Order;

    fn scalar(dtype: &str, bytes: &[u8]) -> Result<String> {
        numpy_str(
            &Array::new(
                dtype.parse().unwrap(),
                &[],
                Order::C,
                Bytes::copy_from_slice(bytes),
            )
            .unwrap(),
        )
    }

    #[test]
    fn floats_are_printed_as_numpy_prints_them() {
        for (number, text) in [
            (0.1_f32, "0.1"),
            (1e-4, "1e-04"),
            (1.000_000_1e-4, "0.00010000001"),
            (999_999.94, "999999.94"),
            (1e6, "1e+06"),
            (16_777_216.0, "1.6777216e+07"),
            (1e-45, "1e-45"),
            (135_614.0 + 0.625, "135614.62"),
            (-0.0, "-0.0"),
            (f32::NEG_INFINITY, "-inf"),
        ] {
            assert_eq!(single(number), text);
        }
        assert_eq!(scalar(">f4", &0.1_f32.to_be_bytes()).unwrap(), "0.1");
    }

    #[test]
    fn every_half_is_printed_as_numpy_prints_it() {
        // The digest of all of them, made with NumPy 2.4.6:
        // hashlib.md5("\n".join(map(str, np.arange(65536, dtype="u2").view("f2"))).encode()).hexdigest()
        let all: Vec<String> = (0..=u16::MAX).map(half).collect();
        assert_eq!(
            format!("{:x}", md5::compute(all.join("\n"))),
            "802e801effca316b0fc7e3794eb50d2f"
        );
    }

    #[test]
    fn dates_are_printed_as_numpy_prints_them() {
        for (dtype, steps, text) in [
            ("<M8[Y]", -1971, "-001"),
            ("<M8[Y]", 1_000_007, "1001977"),
            ("<M8[M]", -1, "1969-12"),
            ("<M8[W]", -10_000_000, "-189684-07-06"),
            ("<M8[D]", 1 << 62, "12626367463885247-04-15"),
            ("<M8[h]", -10_000_000, "0829-03-16T08"),
            ("<M8[m]", 1_000_007, "1971-11-26T10:47"),
            ("<M8[s]", -1, "1969-12-31T23:59:59"),
            ("<M8[s]", 1_234_567_890, "2009-02-13T23:31:30"),
            ("<M8[ms]", 0, "1970-01-01T00:00:00.000"),
            ("<M8[ms]", 1_234_567_890_123, "2009-02-13T23:31:30.123"),
            ("<M8[us]", -1, "1969-12-31T23:59:59.999999"),
            ("<M8[us]", 1_234_567_890_123_456, "2009-02-13T23:31:30.123456"),
            ("<M8[ns]", 1 << 62, "2116-02-20T23:53:38.427387904"),
            (
                "<M8[ns]",
                -1_234_567_890_123_456_789,
                "1930-11-18T00:28:29.876543211",
            ),
            (
                "<M8[ps]",
                -1_234_567_890_123_456_789,
                "1969-12-17T17:03:52.109876543211",
            ),
            (
                "<M8[fs]",
                1_234_567_890_123_456_789,
                "1970-01-01T00:20:34.567890123456789",
            ),
            (
                "<M8[as]",
                1_234_567_890_123_456_789,
                "1970-01-01T00:00:01.234567890123456789",
            ),
            ("<M8[as]", -10_000_000, "1969-12-31T23:59:59.999999999990000000"),
            ("<M8[25s]", 3, "1970-01-01T00:01:15"),
            ("<M8[7D]", -3, "1969-12-11"),
            ("<M8[s]", i64::MIN, "NaT"),
            ("<m8[s]", 5, "5 seconds"),
            ("<m8[25s]", 3, "75 seconds"),
            ("<m8", 3, "3 generic time units"),
            ("<m8[D]", i64::MIN, "NaT"),
        ] {
            assert_eq!(
                scalar(dtype, &i64::to_le_bytes(steps)).unwrap(),
                text,
                "{dtype} {steps}"
            );
        }
        assert!(scalar("<M8", &[1, 0, 0, 0, 0, 0, 0, 0]).is_err());
    }

    #[test]
    fn february_ends_as_the_calendar_has_it() {
        // str(np.datetime64(days, "D"))
        for (days, text) in [
            (-135_081, "1600-02-29"),
            (-98_557, "1700-02-28"),
            (-98_556, "1700-03-01"),
            (-25_509, "1900-02-28"),
            (-25_508, "1900-03-01"),
            (-24_048, "1904-02-29"),
            (10_650, "1999-02-28"),
            (11_016, "2000-02-29"),
            (11_017, "2000-03-01"),
            (11_381, "2001-02-28"),
            (11_382, "2001-03-01"),
            (47_540, "2100-02-28"),
            (47_541, "2100-03-01"),
            (157_053, "2399-12-31"),
            (157_113, "2400-02-29"),
        ] {
            assert_eq!(date(days), text);
        }
    }

    #[test]
    fn numbers_of_every_type_are_printed() {
        for (dtype, bytes, text) in [
            ("|b1", &[1][..], "True"),
            ("|i1", &[0x80], "-128"),
            ("<i2", &[0, 0x80], "-32768"),
            (">i4", &[0x80, 0, 0, 1], "-2147483647"),
            ("<i8", &[0, 0, 0, 0, 0, 0, 0, 0x80], "-9223372036854775808"),
            ("|u1", &[0xff], "255"),
            (">u2", &[0xff, 0xfe], "65534"),
            ("<u4", &[0xfe, 0xff, 0xff, 0xff], "4294967294"),
            ("<u8", &[0xff; 8], "18446744073709551615"),
            ("<f2", &[0x00, 0x3e], "1.5"),
            ("<f8", &[0, 0, 0, 0, 0, 0, 0xf8, 0xbf], "-1.5"),
        ] {
            assert_eq!(scalar(dtype, bytes).unwrap(), text, "{dtype}");
        }
    }

    #[test]
    fn texts_end_where_their_padding_begins() {
        assert_eq!(scalar("|S4", b"ab\0\0").unwrap(), "b'ab'");
        assert_eq!(scalar("<U3", b"x\0\0\0\0\x01\0\0\0\0\0\0").unwrap(), "x\u{100}");
        assert!(scalar("<U1", &[0, 0, 0x11, 0]).is_err());
        assert!(scalar("|V2", b"ab").is_err());
    }
}
