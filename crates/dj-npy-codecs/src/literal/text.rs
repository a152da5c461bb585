//! Python strings, both ways.

use dj_codec_api::Result;

use super::Parser;

impl Parser<'_> {
    /// A string, or several that follow each other and so are one.
    pub(super) fn text(&mut self) -> Result<String> {
        let mut out = String::new();
        loop {
            self.one_text(&mut out)?;
            let end = self.at;
            self.skip_blanks();
            if !self.peek().is_some_and(|c| matches!(c, '\'' | '"')) {
                self.at = end;
                return Ok(out);
            }
        }
    }

    fn one_text(&mut self, out: &mut String) -> Result<()> {
        let quote = self.next();
        loop {
            match self.next() {
                None | Some('\n') => return Err(self.error("a string has no end")),
                c if c == quote => return Ok(()),
                Some('\\') => self.escape(out)?,
                Some(c) => out.push(c),
            }
        }
    }

    fn escape(&mut self, out: &mut String) -> Result<()> {
        let c = self.next().ok_or_else(|| self.error("a string has no end"))?;
        let c = match c {
            '\n' => return Ok(()),
            '\\' | '\'' | '"' => c,
            'a' => '\x07',
            'b' => '\x08',
            'f' => '\x0c',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\x0b',
            'x' => self.code(2)?,
            'u' => self.code(4)?,
            'U' => self.code(8)?,
            '0'..='7' => {
                self.at -= 1;
                let digits = self
                    .rest()
                    .bytes()
                    .take(3)
                    .take_while(|b| (b'0'..=b'7').contains(b))
                    .count();
                self.digits(digits, 8)?
            }
            'N' => return Err(self.error("characters by their names (\\N) are not known here")),
            // Python keeps the backslash of an escape that it does not know.
            other => {
                out.push('\\');
                other
            }
        };
        out.push(c);
        Ok(())
    }

    fn code(&mut self, digits: usize) -> Result<char> {
        let valid = self
            .rest()
            .bytes()
            .take(digits)
            .filter(u8::is_ascii_hexdigit)
            .count();
        if valid != digits {
            return Err(self.error("an escape in a string is cut short"));
        }
        self.digits(digits, 16)
    }

    fn digits(&mut self, digits: usize, radix: u32) -> Result<char> {
        let text = self.rest().get(..digits).unwrap_or_default();
        let found = u32::from_str_radix(text, radix).ok().and_then(char::from_u32);
        let c = found.ok_or_else(|| self.error("an escape in a string is no character"))?;
        self.at += digits;
        Ok(c)
    }
}

/// A text as Python's `repr` shows it.
pub(crate) fn repr(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    let mut out = String::from(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => out.extend(['\\', c]),
            c if is_printable(c) => out.push(c),
            c => out.push_str(&match u32::from(c) {
                code @ ..0x100 => format!("\\x{code:02x}"),
                code @ ..0x1_0000 => format!("\\u{code:04x}"),
                code => format!("\\U{code:08x}"),
            }),
        }
    }
    out.push(quote);
    out
}

/// Whether Python prints the character itself. Rust and Python draw the same line (the categories `C*`, `Zl`, `Zp` and
/// `Zs` but for the space are escaped), each by its own version of Unicode.
fn is_printable(c: char) -> bool {
    // A combining character is escaped where it comes first, so another one goes before it.
    matches!(c, '\'' | '"') || ['a', c].iter().collect::<String>().escape_debug().nth(1) == Some(c)
}

#[cfg(test)]
mod tests {
    use dj_codec_api::Limits;

    use super::*;
    use crate::literal::{Literal, parse};

    #[test]
    fn escapes_are_read() {
        let cases = [
            (r"'\x41\u00e9\U0001d11e'", "Aé𝄞"),
            (r"'\101\0'", "A\0"),
            (r"'\n\t\\\'\q'", "\n\t\\'\\q"),
            (r#""it's""#, "it's"),
        ];
        for (source, text) in cases {
            assert_eq!(
                parse(source, false, &Limits::default()).unwrap(),
                Literal::Str(text.into()),
                "{source}"
            );
        }
        for source in [r"'\x4'", r"'\ud800'", r"'\U00110000'", r"'\N{DOT}'", r"'\"] {
            assert!(parse(source, false, &Limits::default()).is_err(), "{source}");
        }
    }

    #[test]
    fn repr_is_pythons() {
        // Each was printed by Python 3.11.
        let cases = [
            ("plain", "'plain'"),
            ("it's", "\"it's\""),
            ("'\"", "'\\'\"'"),
            ("a\\b\n\r\t", "'a\\\\b\\n\\r\\t'"),
            ("\0\x1f\x7f\u{80}\u{a0}\u{ad}", "'\\x00\\x1f\\x7f\\x80\\xa0\\xad'"),
            (
                "\u{200b}\u{2028}\u{3000}\u{e000}",
                "'\\u200b\\u2028\\u3000\\ue000'",
            ),
            ("\u{301}é日付𝄞", "'\u{301}é日付𝄞'"),
            ("\u{e0001}\u{10ffff}", "'\\U000e0001\\U0010ffff'"),
        ];
        for (text, shown) in cases {
            assert_eq!(repr(text), shown);
            assert_eq!(
                parse(shown, false, &Limits::default()).unwrap(),
                Literal::Str(text.into())
            );
        }
    }
}
