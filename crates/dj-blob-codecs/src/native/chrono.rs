//! Dates and times of the `chrono` crate: those without a zone, as blobs have none.

use chrono::{Datelike as _, NaiveDate, NaiveDateTime, NaiveTime, Timelike as _};
use dj_codec_api::value::{Date, DateTime, Time};
use dj_codec_api::{Error, Result, Value};

use super::Native;

fn date(date: NaiveDate) -> Result<Date> {
    let year = u16::try_from(date.year()).map_err(|_| beyond(&date))?;
    // `chrono`'s months and days fit in a byte.
    Date::new(year, date.month() as u8, date.day() as u8).map_err(|_| beyond(&date))
}

fn time(time: NaiveTime) -> Result<Time> {
    let nanosecond = time.nanosecond();
    // From 10^9 on it is a leap second, which blobs have not.
    if !nanosecond.is_multiple_of(1000) || nanosecond >= 1_000_000_000 {
        return Err(beyond(&time).advise("round it to whole microseconds"));
    }
    Time::new(
        time.hour() as u8,
        time.minute() as u8,
        time.second() as u8,
        nanosecond / 1000,
    )
}

fn beyond(what: &dyn std::fmt::Display) -> Error {
    Error::invalid_value(format!(
        "a blob holds years 1 to 9999 and whole microseconds, not {what}"
    ))
}

fn to_date(date: Date) -> Result<NaiveDate> {
    NaiveDate::from_ymd_opt(date.year().into(), date.month().into(), date.day().into())
        .ok_or_else(|| Error::corrupt(format!("there is no day {date}")))
}

fn to_time(time: Time) -> Result<NaiveTime> {
    NaiveTime::from_hms_micro_opt(
        time.hour().into(),
        time.minute().into(),
        time.second().into(),
        time.microsecond(),
    )
    .ok_or_else(|| Error::corrupt(format!("there is no time {time}")))
}

impl Native for NaiveDate {
    fn to_value(&self) -> Result<Value> {
        date(*self).map(Value::from)
    }

    fn from_value(value: Value) -> Result<Self> {
        Date::from_value(value).and_then(to_date)
    }
}

impl Native for NaiveTime {
    fn to_value(&self) -> Result<Value> {
        time(*self).map(Value::from)
    }

    fn from_value(value: Value) -> Result<Self> {
        Time::from_value(value).and_then(to_time)
    }
}

impl Native for NaiveDateTime {
    fn to_value(&self) -> Result<Value> {
        Ok(DateTime {
            date: date(self.date())?,
            time: time(self.time())?,
        }
        .into())
    }

    fn from_value(value: Value) -> Result<Self> {
        let both = DateTime::from_value(value)?;
        Ok(Self::new(to_date(both.date)?, to_time(both.time)?))
    }
}
