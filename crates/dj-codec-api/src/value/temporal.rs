//! Dates and times of day, as Python's `datetime` has them.

use std::fmt;
use std::str::FromStr;

use crate::{Error, Result};

/// A date of the proleptic Gregorian calendar, years 1 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

/// A time of day to the microsecond, without a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time {
    hour: u8,
    minute: u8,
    second: u8,
    microsecond: u32,
}

/// A date and a time of day, without a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DateTime {
    /// The date.
    pub date: Date,
    /// The time of day.
    pub time: Time,
}

impl Date {
    /// This date.
    ///
    /// # Errors
    /// Where there is no such day.
    pub fn new(year: u16, month: u8, day: u8) -> Result<Self> {
        let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = match month {
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            _ => 31,
        };
        if (1..=9999).contains(&year) && (1..=12).contains(&month) && (1..=days).contains(&day) {
            return Ok(Self { year, month, day });
        }
        Err(Error::corrupt(format!("there is no day {year}-{month}-{day}")))
    }

    /// The year, 1 to 9999.
    #[must_use]
    pub fn year(self) -> u16 {
        self.year
    }

    /// The month, 1 to 12.
    #[must_use]
    pub fn month(self) -> u8 {
        self.month
    }

    /// The day of the month, 1 to 31.
    #[must_use]
    pub fn day(self) -> u8 {
        self.day
    }
}

impl Time {
    /// This time of day.
    ///
    /// # Errors
    /// Where there is no such time.
    pub fn new(hour: u8, minute: u8, second: u8, microsecond: u32) -> Result<Self> {
        if hour < 24 && minute < 60 && second < 60 && microsecond < 1_000_000 {
            return Ok(Self {
                hour,
                minute,
                second,
                microsecond,
            });
        }
        Err(Error::corrupt(format!(
            "there is no time {hour}:{minute}:{second} and {microsecond} microseconds"
        )))
    }

    /// The hour, 0 to 23.
    #[must_use]
    pub fn hour(self) -> u8 {
        self.hour
    }

    /// The minute, 0 to 59.
    #[must_use]
    pub fn minute(self) -> u8 {
        self.minute
    }

    /// The second, 0 to 59.
    #[must_use]
    pub fn second(self) -> u8 {
        self.second
    }

    /// The microsecond, 0 to 999,999.
    #[must_use]
    pub fn microsecond(self) -> u32 {
        self.microsecond
    }
}

/// Python's `isoformat()`.
impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// Python's `isoformat()`: no fraction where there is none.
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}:{:02}", self.hour, self.minute, self.second)?;
        if self.microsecond > 0 {
            write!(f, ".{:06}", self.microsecond)
        } else {
            Ok(())
        }
    }
}

/// Python's `isoformat()`.
impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}T{}", self.date, self.time)
    }
}

fn number<T: FromStr>(text: &str, digits: usize) -> Option<T> {
    let plain = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

impl FromStr for Date {
    type Err = Error;

    /// `YYYY-MM-DD`.
    fn from_str(text: &str) -> Result<Self> {
        let mut parts = text.split('-');
        let mut next = || parts.next().unwrap_or_default();
        let (year, month, day) = (number(next(), 4), number(next(), 2), number(next(), 2));
        match (year, month, day, parts.next()) {
            (Some(year), Some(month), Some(day), None) => Self::new(year, month, day),
            _ => {
                Err(Error::corrupt(format!("{text:?} is not a date")).advise("a date looks like 2024-01-31"))
            }
        }
    }
}

impl FromStr for Time {
    type Err = Error;

    /// `HH:MM:SS`, with an optional fraction of one to six digits.
    fn from_str(text: &str) -> Result<Self> {
        let wrong =
            || Error::corrupt(format!("{text:?} is not a time")).advise("a time looks like 23:59:59.000001");
        let (clock, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let mut parts = clock.split(':');
        let mut next = || number(parts.next().unwrap_or_default(), 2).ok_or_else(wrong);
        let (hour, minute, second) = (next()?, next()?, next()?);
        if parts.next().is_some() || fraction.is_empty() || fraction.len() > 6 {
            return Err(wrong());
        }
        let microsecond = number(&format!("{fraction:0<6}"), 6).ok_or_else(wrong)?;
        Self::new(hour, minute, second, microsecond)
    }
}

impl FromStr for DateTime {
    type Err = Error;

    /// A date and a time with `T` or a space between.
    fn from_str(text: &str) -> Result<Self> {
        let (date, time) = text.split_once(['T', ' ']).ok_or_else(|| {
            Error::corrupt(format!("{text:?} is not a datetime")).advise("it looks like 2024-01-31T23:59:59")
        })?;
        Ok(Self {
            date: date.parse()?,
            time: time.parse()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_round_trip() {
        for text in ["0001-01-01", "2024-02-29", "9999-12-31"] {
            assert_eq!(text.parse::<Date>().unwrap().to_string(), text);
        }
        for text in ["00:00:00", "23:59:59.999999", "12:30:15.000001"] {
            assert_eq!(text.parse::<Time>().unwrap().to_string(), text);
        }
        assert_eq!(
            "2024-01-31 01:02:03.5".parse::<DateTime>().unwrap().to_string(),
            "2024-01-31T01:02:03.500000"
        );
    }

    #[test]
    fn what_is_no_day_or_time_is_refused() {
        for text in [
            "2023-02-29",
            "1900-02-29",
            "0000-01-01",
            "2024-13-01",
            "2024-1-1",
            "10000-01-01",
            "+024-01-01",
        ] {
            assert!(text.parse::<Date>().is_err(), "{text}");
        }
        for text in [
            "24:00:00",
            "1:2:3",
            "00:00:60",
            "00:00:00.",
            "00:00:00.1234567",
            "00:00:00:00",
        ] {
            assert!(text.parse::<Time>().is_err(), "{text}");
        }
    }
}
