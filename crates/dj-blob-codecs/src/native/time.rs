//! Dates and times of the `time` crate: those without a zone, as blobs have none.

use dj_codec_api::value::{Date, DateTime, Time};
use dj_codec_api::{Error, Result, Value};

use super::Native;

fn date(date: time::Date) -> Result<Date> {
    u16::try_from(date.year())
        .ok()
        .and_then(|year| Date::new(year, date.month().into(), date.day()).ok())
        .ok_or_else(|| Error::invalid_value(format!("a blob holds years 1 to 9999, not {}", date.year())))
}

fn time_of_day(time: time::Time) -> Result<Time> {
    if !time.nanosecond().is_multiple_of(1000) {
        return Err(Error::invalid_value(format!(
            "a blob holds whole microseconds, not {} nanoseconds",
            time.nanosecond()
        ))
        .advise("round it to whole microseconds"));
    }
    Time::new(time.hour(), time.minute(), time.second(), time.microsecond())
}

fn to_date(date: Date) -> Result<time::Date> {
    time::Month::try_from(date.month())
        .and_then(|month| time::Date::from_calendar_date(date.year().into(), month, date.day()))
        .map_err(|error| Error::corrupt(format!("there is no day {date}")).caused_by(error))
}

fn to_time(time: Time) -> Result<time::Time> {
    time::Time::from_hms_micro(time.hour(), time.minute(), time.second(), time.microsecond())
        .map_err(|error| Error::corrupt(format!("there is no time {time}")).caused_by(error))
}

impl Native for time::Date {
    fn to_value(&self) -> Result<Value> {
        date(*self).map(Value::from)
    }

    fn from_value(value: Value) -> Result<Self> {
        Date::from_value(value).and_then(to_date)
    }
}

impl Native for time::Time {
    fn to_value(&self) -> Result<Value> {
        time_of_day(*self).map(Value::from)
    }

    fn from_value(value: Value) -> Result<Self> {
        Time::from_value(value).and_then(to_time)
    }
}

impl Native for time::PrimitiveDateTime {
    fn to_value(&self) -> Result<Value> {
        Ok(DateTime {
            date: date(self.date())?,
            time: time_of_day(self.time())?,
        }
        .into())
    }

    fn from_value(value: Value) -> Result<Self> {
        let both = DateTime::from_value(value)?;
        Ok(Self::new(to_date(both.date)?, to_time(both.time)?))
    }
}
