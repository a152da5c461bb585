//! An audit for people: a table on a terminal.

use std::fmt;

use super::report::{AuditReport, ColumnReport, ColumnStatus, FormatReport};

impl fmt::Display for AuditReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} on {}, schema {:?}; nothing was changed, the session could only read",
            plain(&self.database),
            plain(&self.server),
            self.schema
        )?;
        if self.tables.is_empty() {
            writeln!(f, "no table has a column that a codec made")?;
        } else {
            writeln!(f)?;
            self.write_columns(f)?;
        }
        self.write_notes(f)?;
        self.write_faults(f)?;
        writeln!(f)?;
        let rate = if self.seconds > 0.0 {
            self.rows as f64 / self.seconds
        } else {
            0.0
        };
        writeln!(
            f,
            "{} rows in {:.1} s ({rate:.0} rows/s)",
            self.rows, self.seconds
        )?;
        for missing in &self.missing_codecs {
            writeln!(
                f,
                "<{}> is not in this build; {} brings it: {}",
                plain(&missing.codec),
                missing.crate_name,
                plain(&missing.columns.join(", "))
            )?;
        }
        writeln!(f, "{}", conclusion(self.faults, self.sound))
    }
}

impl AuditReport {
    fn write_columns(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines = vec![
            [
                "table", "column", "type", "values", "null", "formats", "where", "wanting",
            ]
            .map(String::from),
        ];
        for table in &self.tables {
            for column in &table.columns {
                lines.push([
                    table.table.clone(),
                    column.column.clone(),
                    column.declared.clone(),
                    column.values.to_string(),
                    column.nulls.to_string(),
                    formats(column),
                    places(column),
                    wanting(column),
                ]);
            }
        }
        let widths: Vec<usize> = (0..8)
            .map(|place| {
                let lengths = lines
                    .iter()
                    .filter_map(|line| line.get(place))
                    .map(|text| text.chars().count());
                lengths.max().unwrap_or(0)
            })
            .collect();
        for line in &lines {
            let cells = line
                .iter()
                .zip(&widths)
                .enumerate()
                .map(|(place, (text, width))| {
                    // Numbers to the right.
                    if place == 3 || place == 4 {
                        format!("{text:>width$}")
                    } else {
                        format!("{text:width$}")
                    }
                });
            writeln!(f, "{}", plain(cells.collect::<Vec<_>>().join("  ").trim_end()))?;
        }
        Ok(())
    }

    fn write_notes(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut first = true;
        for table in &self.tables {
            for column in &table.columns {
                let advice = column.formats.iter().filter_map(|format| {
                    let version = format.version.as_deref().unwrap_or_default();
                    format
                        .advice
                        .as_ref()
                        .map(|advice| format!("format {version} is deprecated: {advice}"))
                });
                for note in column.notes.iter().cloned().chain(advice) {
                    if std::mem::take(&mut first) {
                        writeln!(f)?;
                    }
                    writeln!(
                        f,
                        "note: {}.{}: {}",
                        plain(&table.table),
                        plain(&column.column),
                        plain(&note)
                    )?;
                }
            }
        }
        Ok(())
    }

    fn write_faults(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut first = true;
        for table in &self.tables {
            for fault in table.columns.iter().flat_map(|column| &column.faults) {
                if std::mem::take(&mut first) {
                    writeln!(f)?;
                }
                for sample in &fault.samples {
                    writeln!(f, "{}", plain(&sample.to_string()))?;
                }
                let more = fault.values - fault.samples.len() as u64;
                if more > 0 {
                    writeln!(f, "  and {more} more: {}", fault.kind)?;
                }
            }
        }
        Ok(())
    }
}

/// What all of it comes to. Where there are no faults and it is not sound all the same, a codec is missing.
pub(crate) fn conclusion(faults: u64, sound: bool) -> String {
    match (faults, sound) {
        (0, true) => "nothing is wanting".into(),
        (0, false) => "nothing is wanting in what could be looked into; codecs are missing".into(),
        (1, _) => "1 value is found wanting".into(),
        (many, _) => format!("{many} values are found wanting"),
    }
}

/// What comes from data must not steer the terminal.
pub(crate) fn plain(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect()
}

fn formats(column: &ColumnReport) -> String {
    let one = |format: &FormatReport| {
        let version = format.version.as_deref().unwrap_or("?");
        let status = match format.status {
            Some("current") | None => String::new(),
            Some(other) => format!(" {other}"),
        };
        format!("{version}{status} x{}", format.values)
    };
    match column.status {
        ColumnStatus::Opaque => "codec not in this build".into(),
        _ if column.formats.is_empty() => "-".into(),
        _ => column.formats.iter().map(one).collect::<Vec<_>>().join(", "),
    }
}

fn places(column: &ColumnReport) -> String {
    if column.stores.is_empty() {
        return format!("table: {}", size(column.table_bytes));
    }
    let stores = column.stores.iter().map(|store| {
        let name = if store.store.is_empty() {
            "(default)"
        } else {
            &store.store
        };
        format!("{name}: {} objects, {}", store.objects, size(store.bytes))
    });
    stores.collect::<Vec<_>>().join("; ")
}

fn wanting(column: &ColumnReport) -> String {
    if column.faults.is_empty() {
        return "-".into();
    }
    let each = column
        .faults
        .iter()
        .map(|fault| format!("{} {}", fault.values, fault.kind));
    each.collect::<Vec<_>>().join(", ")
}

/// A number of bytes in the unit that people read.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let mut size = bytes as f64;
    let mut unit = None;
    for name in UNITS {
        if size < 1024.0 {
            break;
        }
        size /= 1024.0;
        unit = Some(name);
    }
    match unit {
        Some(unit) => format!("{size:.1} {unit}"),
        None => format!("{bytes} B"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::conclusion;

    #[test]
    fn a_missing_codec_is_part_of_the_conclusion() {
        let mut report = sample::report();
        for column in report.tables.iter_mut().flat_map(|table| &mut table.columns) {
            column.faults.clear();
        }
        report.sum_up();
        assert!(
            report
                .to_string()
                .ends_with("could be looked into; codecs are missing\n"),
            "{report}"
        );
        assert_eq!(conclusion(0, true), "nothing is wanting");
        assert_eq!(conclusion(1, false), "1 value is found wanting");
        assert_eq!(conclusion(2, false), "2 values are found wanting");
    }

    #[test]
    fn a_report_is_a_table_and_then_what_is_wanting() {
        insta::assert_snapshot!(sample::report().to_string());
    }

    #[test]
    fn json_keeps_its_names() {
        let json = serde_json::to_string_pretty(&sample::report()).unwrap();
        insta::assert_snapshot!(json);
    }
}
