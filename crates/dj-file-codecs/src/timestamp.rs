//! Timestamps as Python's `datetime.isoformat()` writes them.

use std::time::SystemTime;

use dj_codec_api::value::{Date, DateTime, Time};
use dj_codec_api::{Error, Result};
use time::{OffsetDateTime, UtcOffset};

/// `datetime.now(timezone.utc).isoformat()` of this time: microseconds, unless they are 0, and `+00:00`.
pub(crate) fn iso(time: SystemTime) -> Result<String> {
    let utc = OffsetDateTime::from(time);
    let date = u16::try_from(utc.year())
        .ok()
        .map(|year| Date::new(year, utc.month().into(), utc.day()));
    let Some(date) = date else {
        return Err(Error::invalid_value("the time is outside of the years 1 to 9999"));
    };
    let time = Time::new(utc.hour(), utc.minute(), utc.second(), utc.microsecond())?;
    Ok(format!("{}+00:00", DateTime { date: date?, time }))
}

/// The time that such a text tells, with any offset; one without an offset is taken as UTC, which is what Python
/// DataJoint writes. `None` where it is no timestamp.
pub(crate) fn parse(text: &str) -> Option<SystemTime> {
    let (plain, offset) = split_offset(text)?;
    let DateTime { date, time } = plain.parse().ok()?;
    let month = time::Month::try_from(date.month()).ok()?;
    let date = time::Date::from_calendar_date(i32::from(date.year()), month, date.day()).ok()?;
    let time =
        time::Time::from_hms_micro(time.hour(), time.minute(), time.second(), time.microsecond()).ok()?;
    Some(
        time::PrimitiveDateTime::new(date, time)
            .assume_offset(offset)
            .into(),
    )
}

fn split_offset(text: &str) -> Option<(&str, UtcOffset)> {
    if let Some(plain) = text.strip_suffix('Z') {
        return Some((plain, UtcOffset::UTC));
    }
    // The dashes of the date come before the T.
    let clock = text.find(['T', ' '])?;
    let Some(sign) = text.get(clock..)?.find(['+', '-']).map(|at| clock + at) else {
        return Some((text, UtcOffset::UTC));
    };
    let (plain, offset) = text.split_at_checked(sign)?;
    let mut parts = offset.get(1..)?.split(':').map(|part| {
        (part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| part.parse::<i8>().ok())
            .flatten()
    });
    let hours = parts.next()??;
    let minutes = parts.next()??;
    let seconds = parts.next().unwrap_or(Some(0))?;
    if parts.next().is_some() {
        return None;
    }
    let factor = if offset.starts_with('-') { -1 } else { 1 };
    Some((
        plain,
        UtcOffset::from_hms(factor * hours, factor * minutes, factor * seconds).ok()?,
    ))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    #[test]
    fn texts_are_pythons() {
        for (micros, text) in [
            (1_795_330_020_800_706, "2026-11-22T06:47:00.800706+00:00"),
            (1_795_330_020_000_000, "2026-11-22T06:47:00+00:00"),
            (1_709_164_800_000_001, "2024-02-29T00:00:00.000001+00:00"),
            (0, "1970-01-01T00:00:00+00:00"),
        ] {
            let time = UNIX_EPOCH + Duration::from_micros(micros);
            assert_eq!(iso(time).unwrap(), text);
            assert_eq!(parse(text), Some(time));
        }
    }

    #[test]
    fn offsets_are_understood() {
        let time = UNIX_EPOCH + Duration::from_secs(1_709_164_800);
        for text in [
            "2024-02-29T00:00:00",
            "2024-02-29 00:00:00Z",
            "2024-02-28T16:00:00-08:00",
            "2024-02-29T05:30:00+05:30",
            "2024-02-29T05:30:00+05:30:00",
        ] {
            assert_eq!(parse(text), Some(time), "{text}");
        }
        for text in [
            "",
            "yesterday",
            "2024-02-30T00:00:00Z",
            "2024-02-29T00:00:00+",
            "2024-02-29T00:00:00+99:00",
            "2024-02-29T00:00:00+5:30",
            "2024-02-29T00:00:00+005:30",
            "2024-02-29T00:00:00++5:30",
            "2024-02-29T00:00:00+05:30:00:00",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
