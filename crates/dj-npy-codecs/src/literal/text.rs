//! Python strings.

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

#[cfg(test)]
mod tests {
    use dj_codec_api::Limits;

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
    fn what_repr_prints_is_read() {
        for text in [
            "plain",
            "it's",
            "'\"",
            "a\\b\n\r\t",
            "\0\x1f\u{ad}\u{200b}",
            "\u{301}é日付𝄞",
            "\u{e0001}\u{10ffff}",
        ] {
            let shown = dj_codec_api::layout::python_repr(text);
            assert_eq!(
                parse(&shown, false, &Limits::default()).unwrap(),
                Literal::Str(text.into()),
                "{shown}"
            );
        }
    }
}
