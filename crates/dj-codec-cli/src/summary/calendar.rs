//! Dates and durations as NumPy counts them.

use dj_codecs::api::{TimeBase, TimeUnit};

/// A moment, as NumPy's `str` of a `datetime64`: as exact as its unit.
pub(super) fn moment(steps: i64, unit: TimeUnit) -> String {
    if steps == i64::MIN {
        return "NaT".into();
    }
    let count = i128::from(steps) * i128::from(unit.count);
    let days = |days: i128| {
        let (year, month, day) = civil(days);
        format!("{year:04}-{month:02}-{day:02}")
    };
    match unit.base {
        TimeBase::Generic => count.to_string(),
        TimeBase::Year => format!("{:04}", 1970 + count),
        TimeBase::Month => format!(
            "{:04}-{:02}",
            1970 + count.div_euclid(12),
            count.rem_euclid(12) + 1
        ),
        TimeBase::Week => days(count * 7),
        TimeBase::Day => days(count),
        base => {
            let (seconds, fraction, digits) = seconds(count, base);
            let (day, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
            let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
            let clock = match base {
                TimeBase::Hour => format!("{hour:02}"),
                TimeBase::Minute => format!("{hour:02}:{minute:02}"),
                _ if digits == 0 => format!("{hour:02}:{minute:02}:{second:02}"),
                _ => format!("{hour:02}:{minute:02}:{second:02}.{fraction:0digits$}"),
            };
            format!("{}T{clock}", days(day))
        }
    }
}

/// A duration, as the number of its units.
pub(super) fn duration(steps: i64, unit: TimeUnit) -> String {
    if steps == i64::MIN {
        return "NaT".into();
    }
    let count = i128::from(steps) * i128::from(unit.count);
    let name = match unit.base {
        TimeBase::Generic => return count.to_string(),
        TimeBase::Year => "years",
        TimeBase::Month => "months",
        TimeBase::Week => "weeks",
        TimeBase::Day => "days",
        TimeBase::Hour => "h",
        TimeBase::Minute => "min",
        TimeBase::Second => "s",
        TimeBase::Millisecond => "ms",
        TimeBase::Microsecond => "us",
        TimeBase::Nanosecond => "ns",
        TimeBase::Picosecond => "ps",
        TimeBase::Femtosecond => "fs",
        TimeBase::Attosecond => "as",
    };
    format!("{count} {name}")
}

/// Whole seconds, the rest, and how many digits the rest has.
fn seconds(count: i128, base: TimeBase) -> (i128, i128, usize) {
    let digits = match base {
        TimeBase::Hour => return (count * 3600, 0, 0),
        TimeBase::Minute => return (count * 60, 0, 0),
        TimeBase::Millisecond => 3,
        TimeBase::Microsecond => 6,
        TimeBase::Nanosecond => 9,
        TimeBase::Picosecond => 12,
        TimeBase::Femtosecond => 15,
        TimeBase::Attosecond => 18,
        _ => 0,
    };
    let scale = 10_i128.pow(digits);
    (count.div_euclid(scale), count.rem_euclid(scale), digits as usize)
}

/// Year, month and day of the day that is so many after 1970-01-01, in the proleptic Gregorian calendar.
fn civil(days: i128) -> (i128, i128, i128) {
    // Counted from the 1st of March of the year 0, so that a leap day is the last of its year; in eras of 400 years.
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year_of_era + era * 400 + i128::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(base: TimeBase) -> TimeUnit {
        TimeUnit { base, count: 1 }
    }

    // Each is what NumPy 2.4 prints.
    #[test]
    fn moments_are_numpys() {
        for (steps, base, text) in [
            (0, TimeBase::Day, "1970-01-01"),
            (-1, TimeBase::Day, "1969-12-31"),
            (19_782, TimeBase::Day, "2024-02-29"),
            (11_016, TimeBase::Day, "2000-02-29"),
            (-719_162, TimeBase::Day, "0001-01-01"),
            (2, TimeBase::Week, "1970-01-15"),
            (-1, TimeBase::Month, "1969-12"),
            (54, TimeBase::Year, "2024"),
            (25, TimeBase::Hour, "1970-01-02T01"),
            (61, TimeBase::Minute, "1970-01-01T01:01"),
            (-1, TimeBase::Second, "1969-12-31T23:59:59"),
            (
                1_706_745_599_000_001,
                TimeBase::Microsecond,
                "2024-01-31T23:59:59.000001",
            ),
            (-1, TimeBase::Nanosecond, "1969-12-31T23:59:59.999999999"),
            (1, TimeBase::Attosecond, "1970-01-01T00:00:00.000000000000000001"),
            (i64::MIN, TimeBase::Second, "NaT"),
        ] {
            assert_eq!(moment(steps, unit(base)), text);
        }
        assert_eq!(
            moment(
                2,
                TimeUnit {
                    base: TimeBase::Second,
                    count: 25
                }
            ),
            "1970-01-01T00:00:50"
        );
    }

    #[test]
    fn the_ends_of_the_range_do_not_overflow() {
        for base in [
            TimeBase::Year,
            TimeBase::Month,
            TimeBase::Week,
            TimeBase::Day,
            TimeBase::Hour,
            TimeBase::Attosecond,
        ] {
            for steps in [i64::MAX, i64::MIN + 1] {
                assert!(
                    !moment(
                        steps,
                        TimeUnit {
                            base,
                            count: u32::MAX
                        }
                    )
                    .is_empty()
                );
                assert!(
                    !duration(
                        steps,
                        TimeUnit {
                            base,
                            count: u32::MAX
                        }
                    )
                    .is_empty()
                );
            }
        }
    }
}
