//! Floats as Python prints them.

use std::io::{self, Write};

use serde_json::ser::Formatter;

use crate::layout::python_float;

/// Compact JSON whose floats have the text of Python's `repr`: `7.0`, `1e-07`.
pub(super) struct PythonFloats;

impl Formatter for PythonFloats {
    fn write_f64<W: ?Sized + Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        writer.write_all(python_float(value).as_bytes())
    }
}
