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
                "  {} rows, {name}, {}: {what}",
                format.rows,
                size(format.bytes)
            )?;
            match &format.reason {
                Some(reason) => writeln!(f, " ({})", plain(reason))?,
                None => writeln!(f)?,
            }
        }
        if self.nulls > 0 {
            writeln!(f, "  {} rows are NULL: stay", self.nulls)?;
        }
        write!(
            f,
            "{} of {} rows to migrate, {} before",
            self.to_migrate,
            self.rows,
            size(self.bytes_before)
        )?;
        match (self.bytes_after, self.seconds) {
            (Some(after), Some(seconds)) => writeln!(
                f,
                ", about {} after, about {} (estimated: {} values were encoded in memory)",
                size(after),
                time(seconds),
                self.sampled
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
        write!(
            f,
            "{} rows migrated in {:.1} s ({rate:.1} rows/s), {} left as they are",
            self.migrated, self.seconds, self.left
        )?;
        for (rows, what) in [
            (self.already, "were migrated by others"),
            (self.gone, "are gone by now"),
            (self.waiting, "remain to be migrated"),
        ] {
            if rows > 0 {
                write!(f, ", {rows} {what}")?;
            }
        }
        writeln!(f)?;
        if let Some(stopped) = &self.stopped {
            writeln!(f, "ended early: {}", plain(stopped))?;
        }
        if self.migrated > 0 {
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
        write!(
            f,
            "{} rows hold their old values again, after {:.1} s",
            self.put_back, self.seconds
        )?;
        for (rows, what) in [
            (self.left, "could not be put back"),
            (self.changed, "were changed since and stay as they are"),
            (self.waiting, "remain"),
        ] {
            if rows > 0 {
                write!(f, ", {rows} {what}")?;
            }
        }
        writeln!(f)?;
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

fn write_left(f: &mut fmt::Formatter<'_>, rows: &[LeftRow], left: u64) -> fmt::Result {
    for row in rows {
        writeln!(f, "left: {row}")?;
    }
    let named = rows.len() as u64;
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
    fn times_are_said_in_the_unit_that_fits() {
        assert_eq!(time(0.25), "0.2 s");
        assert_eq!(time(600.0), "10 min");
        assert_eq!(time(7200.0), "2.0 h");
    }
}
