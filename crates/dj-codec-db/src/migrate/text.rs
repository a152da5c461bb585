//! Plans and reports for people.

use std::fmt;

use super::plan::MigrationPlan;
use super::report::{LeftRow, MigrationReport, RollbackReport};
use super::superseded::{SupersededObject, WhySuperseded};
use crate::audit::text::{plain, size};

impl fmt::Display for MigrationPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} on {}", plain(&self.database), plain(&self.server))?;
        let place = format!("{}.{}.{}", self.schema, self.table, self.field);
        writeln!(f, "{}: {} to {}", plain(&place), plain(&self.type_name), self.to)?;
        for format in &self.formats {
            let name = match format.version.as_deref() {
                Some("") => "without a format version".to_owned(),
                Some(version) => format!("format {}", plain(version)),
                None => "format not told".to_owned(),
            };
            let what = match (format.migrate, &format.version) {
                (false, _) => "stays",
                (true, Some(_)) => "to migrate",
                (true, None) => "tried, and left where they cannot be read",
            };
            write!(
                f,
                "  {}, {name}, {}: {what}",
                rows(format.rows),
                size(format.bytes)
            )?;
            match &format.reason {
                Some(reason) => writeln!(f, " ({})", plain(reason))?,
                None => writeln!(f)?,
            }
        }
        if self.nulls > 0 {
            let (are, stay) = if self.nulls == 1 {
                ("is", "stays")
            } else {
                ("are", "stay")
            };
            writeln!(f, "  {} {are} NULL: {stay}", rows(self.nulls))?;
        }
        write!(
            f,
            "{} of {} to migrate, {} before",
            self.to_migrate,
            rows(self.rows),
            size(self.bytes_before)
        )?;
        match (self.bytes_after, self.seconds) {
            (Some(after), Some(seconds)) => writeln!(
                f,
                ", about {} after, about {} (estimated: {} encoded in memory)",
                size(after),
                time(seconds),
                match self.sampled {
                    1 => "1 value was".to_owned(),
                    many => format!("{many} values were"),
                }
            )?,
            _ => writeln!(f)?,
        }
        for note in &self.notes {
            writeln!(f, "note: {}", plain(note))?;
        }
        Ok(())
    }
}

impl fmt::Display for MigrationReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_left(f, &self.left_rows, self.left)?;
        let rate = if self.seconds > 0.0 {
            self.migrated as f64 / self.seconds
        } else {
            0.0
        };
        let (done, to_be_done) = if self.plan.converts {
            ("converted", "to be converted")
        } else {
            ("migrated", "to be migrated")
        };
        write!(
            f,
            "{} {done} in {:.1} s ({rate:.1} rows/s), {} left as {}",
            rows(self.migrated),
            self.seconds,
            self.left,
            if self.left == 1 { "it is" } else { "they are" }
        )?;
        write_counts(
            f,
            [
                (self.already, ["was", "were"], &format!("{done} by others")),
                (self.gone, ["is", "are"], "gone by now"),
                (self.waiting, ["remains", "remain"], to_be_done),
            ],
        )?;
        if let Some(stopped) = &self.stopped {
            writeln!(f, "ended early: {}", plain(stopped))?;
        }
        if self.migrated > 0 && !self.plan.converts {
            writeln!(
                f,
                "the old objects in stores are still there: --list-superseded names them, --rollback goes back to them"
            )?;
        }
        Ok(())
    }
}

impl fmt::Display for RollbackReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_left(f, &self.left_rows, self.left)?;
        let hold = match self.put_back {
            1 => "holds its old value",
            _ => "hold their old values",
        };
        let put_back = rows(self.put_back);
        write!(f, "{put_back} {hold} again, after {:.1} s", self.seconds)?;
        write_counts(
            f,
            [
                (self.left, ["could", "could"], "not be put back"),
                (self.changed, ["was", "were"], "changed since and not touched"),
                (self.waiting, ["remains", "remain"], "to be put back"),
            ],
        )?;
        match &self.stopped {
            Some(stopped) => writeln!(f, "ended early: {}", plain(stopped)),
            None => Ok(()),
        }
    }
}

/// `main: path (12 KiB): superseded; scan.movie, scan_id=3`
impl fmt::Display for SupersededObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let why = match self.why {
            WhySuperseded::Superseded => "superseded",
            WhySuperseded::RolledBack => "taken back",
            WhySuperseded::Leftover => "left by a run that was ended",
        };
        write!(
            f,
            "{}: {} ({}): {why}; {}.{}",
            plain(&self.store),
            plain(&self.path),
            size(self.bytes),
            plain(&self.table),
            plain(&self.field)
        )?;
        match &self.key {
            Some(key) => write!(f, ", {}", plain(&key.to_string())),
            None => Ok(()),
        }
    }
}

/// `scan_id=3: why`
impl fmt::Display for LeftRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", plain(&self.key.to_string()), plain(&self.reason))
    }
}

/// `1 row`, `2 rows`
fn rows(count: u64) -> String {
    format!("{count} {}", if count == 1 { "row" } else { "rows" })
}

/// The end of a line: those counts that are any, each with the verb for one and for several, and what follows.
fn write_counts(f: &mut fmt::Formatter<'_>, counts: [(u64, [&str; 2], &str); 3]) -> fmt::Result {
    for (count, [one, several], what) in counts {
        match count {
            0 => {}
            1 => write!(f, ", 1 {one} {what}")?,
            many => write!(f, ", {many} {several} {what}")?,
        }
    }
    writeln!(f)
}

fn write_left(f: &mut fmt::Formatter<'_>, named: &[LeftRow], left: u64) -> fmt::Result {
    for row in named {
        writeln!(f, "left: {row}")?;
    }
    let named = named.len() as u64;
    match left {
        left if left > named => writeln!(f, "and {} more, all in the journal", left - named),
        _ => Ok(()),
    }
}

/// A time in the unit that fits.
fn time(seconds: f64) -> String {
    match seconds {
        short if short < 90.0 => format!("{short:.1} s"),
        middle if middle < 5400.0 => format!("{:.0} min", middle / 60.0),
        long => format!("{:.1} h", long / 3600.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_row_is_told_as_one() {
        let report = |count: u64| {
            let report = RollbackReport {
                put_back: count,
                changed: count,
                left: 0,
                left_rows: Vec::new(),
                waiting: count,
                stopped: None,
                seconds: 2.0,
            };
            report.to_string()
        };
        assert_eq!(
            report(1),
            "1 row holds its old value again, after 2.0 s, 1 was changed since and not touched, 1 remains to be put back\n"
        );
        assert_eq!(
            report(2),
            "2 rows hold their old values again, after 2.0 s, 2 were changed since and not touched, 2 remain to be put back\n"
        );
        assert_eq!([rows(0), rows(1), rows(2)], ["0 rows", "1 row", "2 rows"]);
    }

    #[test]
    fn times_are_said_in_the_unit_that_fits() {
        assert_eq!(time(0.25), "0.2 s");
        assert_eq!(time(600.0), "10 min");
        assert_eq!(time(7200.0), "2.0 h");
    }
}
