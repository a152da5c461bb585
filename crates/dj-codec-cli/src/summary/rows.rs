//! Labels and texts in two columns.

use std::fmt;

/// Labels and texts in two columns.
#[derive(Debug, Default)]
pub(crate) struct Rows(Vec<(String, String)>);

impl Rows {
    /// Adds a line.
    pub(crate) fn add(&mut self, label: impl Into<String>, text: impl Into<String>) {
        self.0.push((label.into(), text.into()));
    }
}

impl fmt::Display for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self
            .0
            .iter()
            .map(|(label, _)| label.chars().count())
            .max()
            .unwrap_or(0);
        for (label, text) in &self.0 {
            writeln!(f, "{label:width$}  {}", printable(text))?;
        }
        Ok(())
    }
}

/// A text without what would steer the terminal: it may come from data.
pub(crate) fn printable(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect()
}

/// A number of bytes, and what that is in larger units.
pub(crate) fn bytes_text(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let exact = if bytes == 1 {
        "1 byte".to_owned()
    } else {
        format!("{bytes} bytes")
    };
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
        Some(unit) => format!("{exact} ({size:.1} {unit})"),
        None => exact,
    }
}

/// A shape as Python writes it.
pub(crate) fn shape_text<T: ToString>(shape: &[T]) -> String {
    match shape {
        [one] => format!("({},)", one.to_string()),
        many => format!(
            "({})",
            many.iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(", ")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_fitting_units() {
        assert_eq!(bytes_text(1), "1 byte");
        assert_eq!(bytes_text(1023), "1023 bytes");
        assert_eq!(bytes_text(1536), "1536 bytes (1.5 KiB)");
        assert_eq!(bytes_text(u64::MAX), "18446744073709551615 bytes (16.0 EiB)");
    }

    #[test]
    fn shapes_are_pythons() {
        assert_eq!(shape_text::<u64>(&[]), "()");
        assert_eq!(shape_text(&[3]), "(3,)");
        assert_eq!(shape_text(&[3, 4]), "(3, 4)");
    }

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        let mut rows = Rows::default();
        rows.add("a", "x\x1b[31m\ny");
        assert_eq!(rows.to_string(), "a  x\u{fffd}[31m\u{fffd}y\n");
    }
}
