//! Single values.

use dj_codec_api::value::{Date, Time};
use dj_codec_api::{BigInt, Error, Result, Uuid};

use super::Writer;
use crate::read::is_decimal;
use crate::wire::code;

impl Writer<'_> {
    /// Python takes `bit_length // 8 + 1` bytes, so -128 takes two.
    pub(super) fn int(&mut self, number: i64) {
        let bits = u64::BITS - number.unsigned_abs().leading_zeros();
        let length = bits as usize / 8 + 1;
        let wide = i128::from(number).to_le_bytes();
        self.out.push(code::INT);
        self.out.extend_from_slice(&(length as u16).to_le_bytes());
        self.out.extend_from_slice(wide.get(..length).unwrap_or_default());
    }

    pub(super) fn big_int(&mut self, number: &BigInt) -> Result<()> {
        let length = number.bits() / 8 + 1;
        let length16 = u16::try_from(length).map_err(|_| {
            Error::invalid_value(format!("an int of {length} bytes; a blob holds at most 65535"))
        })?;
        let mut bytes = number.to_signed_bytes_le();
        let sign = if number < &BigInt::ZERO { 0xff } else { 0 };
        bytes.resize(usize::from(length16), sign);
        self.out.push(code::INT);
        self.out.extend_from_slice(&length16.to_le_bytes());
        self.out.extend_from_slice(&bytes);
        Ok(())
    }

    pub(super) fn float(&mut self, number: f64) {
        self.out.push(code::FLOAT);
        self.out.extend_from_slice(&number.to_le_bytes());
    }

    pub(super) fn complex(&mut self, real: f64, imaginary: f64) {
        self.out.push(code::COMPLEX);
        self.out.extend_from_slice(&real.to_le_bytes());
        self.out.extend_from_slice(&imaginary.to_le_bytes());
    }

    pub(super) fn text(&mut self, code: u8, text: &str) {
        self.out.push(code);
        self.size(text.len());
        self.out.extend_from_slice(text.as_bytes());
    }

    pub(super) fn byte_string(&mut self, bytes: &[u8]) {
        self.out.push(code::BYTES);
        self.size(bytes.len());
        self.out.extend_from_slice(bytes);
    }

    pub(super) fn decimal(&mut self, text: &str) -> Result<()> {
        if !is_decimal(text) {
            return Err(Error::invalid_value(format!("{text:?} is no decimal number")));
        }
        self.text(code::DECIMAL, text);
        Ok(())
    }

    pub(super) fn uuid(&mut self, uuid: Uuid) {
        self.out.push(code::UUID);
        self.out.extend_from_slice(uuid.as_bytes());
    }

    /// A date as `yyyymmdd` and a time as `hhmmssffffff`, each -1 where there is none.
    pub(super) fn datetime(&mut self, date: Option<Date>, time: Option<Time>) {
        let date = date.map_or(-1, |date| {
            (i32::from(date.year()) * 100 + i32::from(date.month())) * 100 + i32::from(date.day())
        });
        let time = time.map_or(-1, |time| {
            let clock =
                (i64::from(time.hour()) * 100 + i64::from(time.minute())) * 100 + i64::from(time.second());
            clock * 1_000_000 + i64::from(time.microsecond())
        });
        self.out.push(code::DATETIME);
        self.out.extend_from_slice(&date.to_le_bytes());
        self.out.extend_from_slice(&time.to_le_bytes());
    }
}
