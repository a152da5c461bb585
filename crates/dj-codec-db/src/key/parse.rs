//! The value of a field of a primary key, from the text that the server says.

use dj_codec_api::value::{Date, DateTime, Time};
use dj_codec_api::{BigInt, Error, Result, Uuid, Value};

use super::dialect::{KeyField, KeyKind};

impl KeyField {
    /// The text for people: without the index of an enum.
    pub(crate) fn shown<'a>(&self, text: &'a str) -> &'a str {
        match self.kind {
            KeyKind::Indexed => text.split_once(':').map_or(text, |(_, label)| label),
            _ => text,
        }
    }

    /// The value that DataJoint has of it.
    pub(crate) fn value(&self, text: &str) -> Result<Value> {
        let wrong = || Error::invalid_value(format!("{text:?} is no value of the field {:?}", self.name));
        match self.kind {
            KeyKind::Int => text.parse::<BigInt>().map(Value::int).map_err(|_| wrong()),
            KeyKind::Bool => match text {
                "true" | "t" | "1" => Ok(Value::Bool(true)),
                "false" | "f" | "0" => Ok(Value::Bool(false)),
                other => other.parse::<i64>().map(Value::Int).map_err(|_| wrong()),
            },
            KeyKind::Float => text.parse::<f64>().map(Value::Float).map_err(|_| wrong()),
            KeyKind::Decimal => Ok(Value::Decimal(text.to_owned())),
            KeyKind::Str | KeyKind::Indexed => Ok(Value::from(self.shown(text))),
            KeyKind::Uuid => Uuid::parse_str(text).map(Value::Uuid).map_err(|_| wrong()),
            KeyKind::Bytes => {
                let digits = text.strip_prefix("\\x").unwrap_or(text);
                data_encoding::HEXLOWER_PERMISSIVE
                    .decode(digits.as_bytes())
                    .map(|bytes| Value::Bytes(bytes.into()))
                    .map_err(|_| wrong())
            }
            KeyKind::Date => text.parse::<Date>().map(Value::Date).map_err(|_| wrong()),
            KeyKind::Time => text.parse::<Time>().map(Value::Time).map_err(|_| wrong()),
            KeyKind::DateTime => {
                // PostgreSQL says `+00` behind a time with a zone; sessions are in UTC.
                let plain = text.strip_suffix("+00").unwrap_or(text).replacen(' ', "T", 1);
                plain
                    .parse::<DateTime>()
                    .map(Value::DateTime)
                    .map_err(|_| wrong())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::heading::Attribute;
    use crate::heading::tests::attribute;
    use crate::location::Backend;

    fn field(sql_type: &str, comment: &str, backend: Backend) -> KeyField {
        let attribute = Attribute {
            name: "k`\"".into(),
            ..attribute(sql_type, comment, Some(0))
        };
        KeyField::new(&attribute, backend)
    }

    #[test]
    fn values_are_typed_as_datajoint_types_them() {
        let (pg, my) = (Backend::PostgreSql, Backend::MySql);
        for (sql_type, comment, backend, text, value) in [
            ("int unsigned", "", my, "7", Value::Int(7)),
            (
                "bigint unsigned",
                "",
                my,
                "18446744073709551615",
                Value::from(u64::MAX),
            ),
            ("tinyint", ":bool:", my, "1", Value::Bool(true)),
            ("tinyint", "", my, "1", Value::Int(1)),
            ("boolean", ":bool:", pg, "false", Value::Bool(false)),
            (
                "float",
                ":float32:",
                my,
                "0.10000000149011612",
                Value::Float(f64::from(0.1_f32)),
            ),
            ("double precision", ":float64:", pg, "1e-07", Value::Float(1e-7)),
            ("numeric(10,3)", "", pg, "1.500", Value::Decimal("1.500".into())),
            ("enum('a:b','c')", "", my, "1:a:b", Value::from("a:b")),
            ("lab.enum_56b5abc6", "", pg, "a:b", Value::from("a:b")),
            ("binary(16)", "", my, "00FF", Value::Bytes(vec![0, 255].into())),
            ("bytea", "", pg, "\\x00ff", Value::Bytes(vec![0, 255].into())),
            (
                "binary(16)",
                ":uuid:",
                my,
                "8D6E7A3C1F2B4C3D9E8F0A1B2C3D4E5F",
                Value::Uuid("8d6e7a3c-1f2b-4c3d-9e8f-0a1b2c3d4e5f".parse().unwrap()),
            ),
            (
                "date",
                "",
                my,
                "2024-02-29",
                Value::Date("2024-02-29".parse().unwrap()),
            ),
            (
                "timestamp(3) without time zone",
                "",
                pg,
                "2024-02-29 01:02:03.5",
                Value::DateTime("2024-02-29T01:02:03.5".parse().unwrap()),
            ),
            (
                "time(6)",
                "",
                my,
                "01:02:03.000001",
                Value::Time("01:02:03.000001".parse().unwrap()),
            ),
            ("character varying(8)", "", pg, "x y", Value::from("x y")),
        ] {
            let found = field(sql_type, comment, backend).value(text).unwrap();
            assert_eq!(found, value, "{sql_type} {text}");
        }
        assert!(field("int", "", my).value("x").is_err());
        assert!(field("date", "", my).value("0000-00-00").is_err());
    }

    #[test]
    fn names_are_quoted_and_comparisons_are_exact() {
        let one = field("float", "", Backend::MySql);
        assert_eq!(one.order, "(t.`k``\"` + 0e0)");
        let one = field("decimal(10,3)", "", Backend::MySql);
        assert_eq!(one.bound, "CAST(CAST(? AS CHAR) AS DECIMAL(10,3))");
        let one = field("enum('x')", "", Backend::MySql);
        assert_eq!(one.select, "CONCAT(t.`k``\"` + 0, ':', CAST(t.`k``\"` AS CHAR))");
        let one = field("character varying(8)", "", Backend::PostgreSql);
        assert_eq!(
            (one.order.as_str(), one.bound.as_str()),
            ("t.\"k`\"\"\"", "?::text::character varying(8)")
        );
    }
}
