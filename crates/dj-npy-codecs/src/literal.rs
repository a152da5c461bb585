//! Python literals: what the header of an `.npy` file and the text of a structured dtype are made of.
//!
//! Of `ast.literal_eval` it reads what such texts can hold: dicts, lists, tuples, strings, whole numbers, `True`,
//! `False` and `None`. Anything that would have to be computed is refused.

mod text;

use dj_codec_api::{Error, Limits, Result};

/// Python's own parser refuses brackets that are nested deeper.
const DEEPEST: usize = 200;

/// A Python literal.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Literal {
    None,
    Bool(bool),
    Int(i64),
    Float,
    Str(String),
    List(Vec<Literal>),
    Tuple(Vec<Literal>),
    Dict(Vec<(Literal, Literal)>),
}

impl Literal {
    /// What it is, in words for messages.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Bool(_) => "a bool",
            Self::Int(_) => "an int",
            Self::Float => "a float",
            Self::Str(_) => "a str",
            Self::List(_) => "a list",
            Self::Tuple(_) => "a tuple",
            Self::Dict(_) => "a dict",
        }
    }

    /// The value of a key of a dict. As in Python the last one counts where a key comes twice.
    pub(crate) fn key(&self, name: &str) -> Option<&Self> {
        let Self::Dict(entries) = self else { return None };
        entries
            .iter()
            .rev()
            .find(|(key, _)| matches!(key, Self::Str(text) if text == name))
            .map(|(_, value)| value)
    }

    /// The members of a list or a tuple.
    pub(crate) fn members(&self) -> Option<&[Self]> {
        match self {
            Self::List(members) | Self::Tuple(members) => Some(members),
            _ => None,
        }
    }
}

/// Reads a text that is one literal. `python2` lets an `L` follow a number, as Python 2 wrote long integers.
pub(crate) fn parse(text: &str, python2: bool, limits: &Limits) -> Result<Literal> {
    let mut parser = Parser {
        text,
        at: 0,
        python2,
        depth: 0,
        values: 0,
        limits,
    };
    let literal = parser.value()?;
    parser.skip_blanks();
    match parser.peek() {
        None => Ok(literal),
        Some(_) => Err(parser.wrong("the end")),
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    python2: bool,
    depth: usize,
    values: u64,
    limits: &'a Limits,
}

impl Parser<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn eat(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    fn skip_blanks(&mut self) {
        while self
            .peek()
            .is_some_and(|c| matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0c'))
        {
            self.at += 1;
        }
    }

    fn error(&self, message: &str) -> Error {
        Error::corrupt(format!("{message}, at character {} of it", self.position()))
    }

    fn position(&self) -> usize {
        self.text
            .get(..self.at)
            .map_or(0, |before| before.chars().count())
    }

    fn wrong(&self, wanted: &str) -> Error {
        let found: String = self.rest().chars().take(20).collect();
        if found.is_empty() {
            self.error(&format!("{wanted} was expected where the text ends"))
        } else {
            self.error(&format!("{wanted} was expected, there is {found:?}"))
        }
    }

    fn value(&mut self) -> Result<Literal> {
        self.values += 1;
        self.limits.check_items(self.values)?;
        self.skip_blanks();
        match self.peek() {
            Some('{') => self.nested(Self::dict),
            Some('[') => self.nested(|parser| Ok(Literal::List(parser.series(']')?.0))),
            Some('(') => self.nested(Self::tuple),
            Some('\'' | '"') => self.text().map(Literal::Str),
            Some('u' | 'U')
                if self
                    .rest()
                    .chars()
                    .nth(1)
                    .is_some_and(|c| matches!(c, '\'' | '"')) =>
            {
                self.at += 1;
                self.text().map(Literal::Str)
            }
            Some('0'..='9' | '+' | '-' | '.') => self.number(),
            _ => self.name(),
        }
    }

    /// Reads what stands between brackets.
    fn nested(&mut self, read: impl FnOnce(&mut Self) -> Result<Literal>) -> Result<Literal> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.error(&format!("brackets are nested deeper than {DEEPEST}")));
        }
        self.limits.check_depth(self.depth)?;
        self.at += 1;
        let literal = read(self);
        self.depth -= 1;
        literal
    }

    /// Values with commas between them up to `end`, and whether a comma was last.
    fn series(&mut self, end: char) -> Result<(Vec<Literal>, bool)> {
        let mut members = Vec::new();
        let mut comma = false;
        loop {
            self.skip_blanks();
            if self.eat(end) {
                return Ok((members, comma));
            }
            if !members.is_empty() && !comma {
                return Err(self.wrong(&format!("a comma or {end:?}")));
            }
            members.push(self.value()?);
            self.skip_blanks();
            comma = self.eat(',');
        }
    }

    fn tuple(&mut self) -> Result<Literal> {
        let (mut members, comma) = self.series(')')?;
        // Brackets around one value are only brackets.
        if members.len() == 1 && !comma {
            return members.pop().ok_or_else(|| self.wrong("a value"));
        }
        Ok(Literal::Tuple(members))
    }

    fn dict(&mut self) -> Result<Literal> {
        let mut entries = Vec::new();
        let mut comma = true;
        loop {
            self.skip_blanks();
            if self.eat('}') {
                return Ok(Literal::Dict(entries));
            }
            if !comma {
                return Err(self.wrong("a comma or '}'"));
            }
            let key = self.value()?;
            self.skip_blanks();
            if !self.eat(':') {
                return Err(self.wrong("':'"));
            }
            entries.push((key, self.value()?));
            self.skip_blanks();
            comma = self.eat(',');
        }
    }

    fn name(&mut self) -> Result<Literal> {
        let start = self.at;
        let length = self
            .rest()
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(self.rest().len());
        self.at += length;
        match self.text.get(start..self.at) {
            Some("None") => Ok(Literal::None),
            Some("True") => Ok(Literal::Bool(true)),
            Some("False") => Ok(Literal::Bool(false)),
            _ => {
                self.at = start;
                Err(self.wrong("a Python literal"))
            }
        }
    }

    fn number(&mut self) -> Result<Literal> {
        let start = self.at;
        let negative = match self.peek() {
            Some(sign @ ('-' | '+')) => {
                self.at += 1;
                self.skip_blanks();
                sign == '-'
            }
            _ => false,
        };
        let digits: String = self
            .rest()
            .chars()
            .take_while(|c| c.is_ascii_digit() || *c == '_')
            .collect();
        self.at += digits.len();
        if self.peek().is_some_and(|c| matches!(c, '.' | 'e' | 'E')) {
            return self.float(start);
        }
        if self.python2 && !digits.is_empty() {
            let _ = self.eat('L');
        }
        let plain = !digits.is_empty()
            && !digits.starts_with('_')
            && !digits.ends_with('_')
            && !digits.contains("__");
        if !plain || self.peek().is_some_and(char::is_alphanumeric) {
            self.at = start;
            return Err(self.wrong("a whole number"));
        }
        let magnitude: i64 = digits.replace('_', "").parse().map_err(|_| {
            self.at = start;
            self.wrong("a number of at most 18 digits")
        })?;
        Ok(Literal::Int(if negative { -magnitude } else { magnitude }))
    }

    /// Passes over a float: no place in a header may hold one, and the message says so when its place is known.
    fn float(&mut self, start: usize) -> Result<Literal> {
        while self
            .peek()
            .is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '+' | '-'))
        {
            self.at += 1;
        }
        let text = self.text.get(start..self.at).unwrap_or_default();
        if text.parse::<f64>().is_err() {
            self.at = start;
            return Err(self.wrong("a number"));
        }
        Ok(Literal::Float)
    }
}

#[cfg(test)]
mod tests {
    use dj_codec_api::ErrorKind;

    use super::*;

    fn read(text: &str) -> Result<Literal> {
        parse(text, true, &Limits::default())
    }

    fn text(text: &str) -> Literal {
        Literal::Str(text.into())
    }

    #[test]
    fn literals_are_read() {
        let cases = [
            ("None", Literal::None),
            (" True \n", Literal::Bool(true)),
            ("-12", Literal::Int(-12)),
            ("1_000", Literal::Int(1000)),
            ("3L", Literal::Int(3)),
            ("2.5e-3", Literal::Float),
            ("()", Literal::Tuple(vec![])),
            ("(3)", Literal::Int(3)),
            ("(3,)", Literal::Tuple(vec![Literal::Int(3)])),
            ("[1, 2,]", Literal::List(vec![Literal::Int(1), Literal::Int(2)])),
            ("'a' \"b\"", text("ab")),
            ("u'a'", text("a")),
            ("{'k': 'v'}", Literal::Dict(vec![(text("k"), text("v"))])),
        ];
        for (source, literal) in cases {
            assert_eq!(read(source).unwrap(), literal, "{source}");
        }
    }

    #[test]
    fn what_is_no_literal_is_refused() {
        for source in [
            "",
            "(",
            "[1",
            "[1 2]",
            "[,]",
            "(,)",
            "{'a'}",
            "{'a': }",
            "{'a': 1 'b': 2}",
            "f(1)",
            "__import__",
            "1 2",
            "1a",
            "_1",
            "1_",
            "--1",
            "+_1",
            "1__0",
            "'a",
            "'a\n'",
            "b'a'",
            "1.2.3",
            "+",
            "}",
            "\u{e9}",
            "99999999999999999999999999999999999999999",
        ] {
            assert!(read(source).is_err(), "{source}");
        }
        assert!(parse("3L", false, &Limits::default()).is_err());
    }

    #[test]
    fn the_place_of_a_mistake_is_told() {
        let error = read("{'é': f(x)}").unwrap_err().to_string();
        assert_eq!(
            error,
            "a Python literal was expected, there is \"f(x)}\", at character 6 of it"
        );
        for (source, message) in [
            (
                "u",
                "a Python literal was expected, there is \"u\", at character 0 of it",
            ),
            (
                "[@]",
                "a Python literal was expected, there is \"@]\", at character 1 of it",
            ),
        ] {
            assert_eq!(read(source).unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn depth_and_number_of_values_are_limited() {
        let nested = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(read(&nested(200)).is_ok());
        assert!(read(&nested(201)).is_err());
        assert!(read(&"[".repeat(1_000_000)).is_err());
        let limits = Limits::default().with_depth(3).with_items(4);
        let error = parse(&nested(4), true, &limits).unwrap_err();
        assert!(matches!(
            error.kind(),
            ErrorKind::Limit {
                what: "nesting depth",
                ..
            }
        ));
        assert!(parse("[1, 2, 3]", true, &limits).is_ok());
        let error = parse("[1, 2, 3, 4]", true, &limits).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Limit { what: "items", .. }));
    }
}
