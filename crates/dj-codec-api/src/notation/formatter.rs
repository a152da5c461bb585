//! JSON text as the notation wants it.

use std::io::{self, Write};

use data_encoding::BASE64;
use serde_json::ser::{CompactFormatter, Formatter};

use crate::layout::python_float;

/// Compact JSON whose floats have the text of Python's `repr` (`7.0`, `1e-07`), and whose bytes are base64.
pub(super) struct NotationFormatter;

/// Bytes that are encoded at a time: a multiple of 3, so that only the last block is padded.
const BLOCK: usize = 48 << 10;

impl Formatter for NotationFormatter {
    fn write_f64<W: ?Sized + Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        // Where neither has an exponent, both print the same, and serde_json is faster.
        if (1e-4..1e16).contains(&value.abs()) {
            CompactFormatter.write_f64(writer, value)
        } else {
            writer.write_all(python_float(value).as_bytes())
        }
    }

    /// Straight to the writer: base64 has nothing to escape.
    fn write_byte_array<W: ?Sized + Write>(&mut self, writer: &mut W, bytes: &[u8]) -> io::Result<()> {
        writer.write_all(b"\"")?;
        let mut text = vec![0; BASE64.encode_len(bytes.len().min(BLOCK))];
        for block in bytes.chunks(BLOCK) {
            if let Some(text) = text.get_mut(..BASE64.encode_len(block.len())) {
                BASE64.encode_mut(block, text);
                writer.write_all(text)?;
            }
        }
        writer.write_all(b"\"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(value: f64) -> String {
        let mut text = Vec::new();
        NotationFormatter.write_f64(&mut text, value).unwrap();
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn floats_have_the_text_of_python() {
        // A walk through all magnitudes and signs, and the powers of two, whose neighbours are not equally far.
        let mut bits = 1_u64;
        let walk = (0..20_000).map(|_| {
            bits = bits
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            bits
        });
        let near_one = (0..2000_u64).map(|step| ((1009 + step % 70) << 52) | (step << 41));
        for bits in walk
            .chain(near_one)
            .chain((0..2047).map(|exponent| exponent << 52))
        {
            let value = f64::from_bits(bits);
            if value.is_finite() {
                assert_eq!(written(value), python_float(value), "{bits:#x}");
            }
        }
        for value in [
            1e-4,
            9.999e-5,
            1e16,
            9_999_999_999_999_998.0,
            0.1,
            -0.0,
            0.0,
            123_456_789.0,
        ] {
            assert_eq!(written(value), python_float(value));
        }
    }

    #[test]
    fn blocks_join_to_one_base64() {
        for size in [0, 1, 2, 3, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK + 2] {
            let bytes: Vec<u8> = (0..size).map(|at| at as u8).collect();
            let mut text = Vec::new();
            NotationFormatter.write_byte_array(&mut text, &bytes).unwrap();
            assert_eq!(text, format!("\"{}\"", BASE64.encode(&bytes)).as_bytes());
        }
    }
}
