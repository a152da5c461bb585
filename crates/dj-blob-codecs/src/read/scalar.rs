//! Single values.

use bytes::Bytes;
use dj_codec_api::value::{Date, DateTime, Time};
use dj_codec_api::{BigInt, Error, Result, Uuid, Value};

use super::cursor::Cursor;

impl Cursor<'_> {
    pub(super) fn text(&mut self) -> Result<String> {
        let length = self.size()?;
        self.utf8(length)
    }

    pub(super) fn byte_string(&mut self) -> Result<Bytes> {
        let length = self.size()?;
        self.bytes(length)
    }

    pub(super) fn int(&mut self) -> Result<Value> {
        let length = self.u16()?;
        let bytes = self.look(u64::from(length))?;
        if let Some(small) = small_int(bytes) {
            return Ok(Value::Int(small));
        }
        Ok(Value::int(BigInt::from_signed_bytes_le(bytes)))
    }

    pub(super) fn bool(&mut self) -> Result<Value> {
        let at = self.position();
        match self.byte()? {
            0 => Ok(Value::Bool(false)),
            1 => Ok(Value::Bool(true)),
            other => Err(Error::corrupt(format!("a bool is {other}")).at(format!("byte {at}"))),
        }
    }

    pub(super) fn decimal(&mut self) -> Result<Value> {
        let at = self.position();
        let text = self.text()?;
        if is_decimal(&text) {
            return Ok(Value::Decimal(text));
        }
        let shown: String = text.chars().take(40).collect();
        Err(Error::corrupt(format!("{shown:?} is no decimal number")).at(format!("byte {at}")))
    }

    pub(super) fn uuid(&mut self) -> Result<Value> {
        self.array16().map(|bytes| Value::Uuid(Uuid::from_bytes(bytes)))
    }

    /// A date as `yyyymmdd` and a time as `hhmmssffffff`, each negative where there is none.
    pub(super) fn datetime(&mut self) -> Result<Value> {
        let at = self.position();
        let (date, time) = (self.i32()?, self.i64()?);
        let locate = |error: Error| error.at(format!("byte {at}"));
        let date = (date >= 0)
            .then(|| self::date(date))
            .transpose()
            .map_err(locate)?;
        let time = (time >= 0)
            .then(|| self::time(time))
            .transpose()
            .map_err(locate)?;
        match (date, time) {
            (Some(date), Some(time)) => Ok(Value::DateTime(DateTime { date, time })),
            (Some(date), None) => Ok(Value::Date(date)),
            (None, Some(time)) => Ok(Value::Time(time)),
            (None, None) => Err(locate(Error::corrupt("a date and time is neither"))),
        }
    }
}

fn date(packed: i32) -> Result<Date> {
    let wrong = |_| Error::corrupt(format!("there is no day {packed}"));
    let year = u16::try_from(packed / 10_000).map_err(wrong)?;
    let month = u8::try_from(packed / 100 % 100).map_err(wrong)?;
    let day = u8::try_from(packed % 100).map_err(wrong)?;
    Date::new(year, month, day)
}

fn time(packed: i64) -> Result<Time> {
    let wrong = |_| Error::corrupt(format!("there is no time {packed}"));
    // Python takes each part modulo 100, so what stands above the hours would be lost.
    let hour = u8::try_from(packed / 10_000_000_000).map_err(wrong)?;
    let minute = u8::try_from(packed / 100_000_000 % 100).map_err(wrong)?;
    let second = u8::try_from(packed / 1_000_000 % 100).map_err(wrong)?;
    let microsecond = u32::try_from(packed % 1_000_000).map_err(wrong)?;
    Time::new(hour, minute, second, microsecond)
}

/// A little-endian two's-complement number of at most eight bytes.
fn small_int(bytes: &[u8]) -> Option<i64> {
    let last = *bytes.last()?;
    let mut wide = [if last & 0x80 == 0 { 0 } else { 0xff }; 8];
    wide.get_mut(..bytes.len())?.copy_from_slice(bytes);
    Some(i64::from_le_bytes(wide))
}

/// What Python's `Decimal` prints: digits with an optional point and exponent, infinities, NaNs with a payload.
pub(crate) fn is_decimal(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let lower = unsigned.to_ascii_lowercase();
    if let Some(payload) = lower.strip_prefix("snan").or_else(|| lower.strip_prefix("nan")) {
        return digits(payload);
    }
    if matches!(lower.as_str(), "inf" | "infinity") {
        return true;
    }
    let (mantissa, exponent) = lower.split_once('e').unwrap_or((&lower, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
    digits(whole)
        && digits(fraction)
        && digits(exponent)
        && !exponent.is_empty()
        && !(whole.is_empty() && fraction.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_told_from_other_text() {
        for text in [
            "0",
            "-0",
            "1E+3",
            "1E-7",
            "0E-10",
            ".5",
            "5.",
            "Infinity",
            "-Infinity",
            "NaN",
            "sNaN12",
            "+1.5e6",
        ] {
            assert!(is_decimal(text), "{text}");
        }
        for text in [
            "", "-", ".", "1e", "one", "1_000", "0x1", "--1", "1.2.3", "NaNx", "1 ",
        ] {
            assert!(!is_decimal(text), "{text}");
        }
    }

    #[test]
    fn small_ints_extend_their_sign() {
        assert_eq!(small_int(&[0x80]), Some(-128));
        assert_eq!(small_int(&[0x80, 0]), Some(128));
        assert_eq!(small_int(&[0xff; 8]), Some(-1));
        assert_eq!(small_int(&[0; 9]), None);
    }
}
