//! A value of a plain column as the text that the server reads.

use dj_codec_api::{Error, Result, Value};

use crate::key::{KeyField, KeyKind};
use crate::location::Backend;

/// What a parameter of an INSERT is turned into a value of the column with; `?` stands for it.
pub(super) fn placeholder(field: &KeyField, backend: Backend) -> String {
    match (backend, field.kind) {
        (Backend::PostgreSql, _) => field.bound.clone(),
        (Backend::MySql, KeyKind::Bytes | KeyKind::Uuid) => "UNHEX(?)".into(),
        // MySQL reads the text as the column's type asks for, and refuses what is none.
        (Backend::MySql, _) => "?".into(),
    }
}

/// The text of a value.
///
/// # Errors
/// Where the column cannot hold such a value. Text is taken for what the server makes of it.
pub(super) fn text(field: &KeyField, value: &Value, backend: Backend) -> Result<String> {
    use KeyKind::{Bool, Bytes, Date, DateTime, Decimal, Float, Indexed, Int, Str, Time, Uuid};
    let on_mysql = backend == Backend::MySql;
    Ok(match (field.kind, value) {
        (_, Value::Str(text)) if field.kind != Uuid && field.kind != Bytes => text.clone(),
        (Bool, Value::Bool(flag)) if !on_mysql => flag.to_string(),
        (Int | Bool | Decimal, Value::Bool(flag)) => u8::from(*flag).to_string(),
        (Int | Float | Decimal, Value::Int(number)) => number.to_string(),
        (Bool, Value::Int(number)) => number.to_string(),
        (Int | Float | Decimal, Value::BigInt(number)) => number.to_string(),
        (Float | Decimal, Value::Float(number)) => float(*number),
        (Decimal, Value::Decimal(text)) => text.clone(),
        (Date, Value::Date(date)) => date.to_string(),
        (Time, Value::Time(time)) => time.to_string(),
        (DateTime, Value::DateTime(at)) => at.to_string().replacen('T', " ", 1),
        (DateTime, Value::Date(date)) => date.to_string(),
        (Uuid, Value::Uuid(uuid)) if on_mysql => uuid.simple().to_string(),
        (Uuid, Value::Uuid(uuid)) => uuid.to_string(),
        (Uuid, Value::Str(text)) => {
            let uuid = text
                .parse::<dj_codec_api::Uuid>()
                .map_err(|error| refused(field, value).caused_by(error))?;
            return self::text(field, &Value::Uuid(uuid), backend);
        }
        (Bytes, Value::Bytes(bytes)) => {
            let digits = data_encoding::HEXLOWER.encode(bytes);
            if on_mysql { digits } else { format!("\\x{digits}") }
        }
        (Str | Indexed, Value::Int(number)) => number.to_string(),
        _ => return Err(refused(field, value)),
    })
}

/// The shortest text that is this number, as both servers read it.
fn float(number: f64) -> String {
    match number {
        _ if number.is_nan() => "NaN".into(),
        f64::INFINITY => "Infinity".into(),
        f64::NEG_INFINITY => "-Infinity".into(),
        number => format!("{number:?}"),
    }
}

fn refused(field: &KeyField, value: &Value) -> Error {
    Error::invalid_value(format!(
        "the column {:?} cannot hold {}",
        field.name,
        value.type_name()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::heading::Attribute;

    fn field(sql_type: &str, comment: &str, backend: Backend) -> KeyField {
        let (declared, words) = crate::parse_comment(comment);
        let attribute = Attribute {
            name: "k".into(),
            sql_type: sql_type.into(),
            declared,
            comment: words.into(),
            nullable: false,
            key_position: None,
        };
        KeyField::new(&attribute, backend)
    }

    #[test]
    fn what_is_written_is_read_as_the_same_value() {
        let (pg, my) = (Backend::PostgreSql, Backend::MySql);
        let uuid = Value::Uuid("8d6e7a3c-1f2b-4c3d-9e8f-0a1b2c3d4e5f".parse().unwrap());
        for (sql_type, comment, backend, value, written, placed) in [
            ("int", "", my, Value::Int(-7), "-7", "?"),
            (
                "bigint unsigned",
                "",
                my,
                Value::from(u64::MAX),
                "18446744073709551615",
                "?",
            ),
            ("tinyint", ":bool:", my, Value::Bool(true), "1", "?"),
            (
                "boolean",
                ":bool:",
                pg,
                Value::Bool(true),
                "true",
                "?::text::boolean",
            ),
            ("double", "", my, Value::Float(1e-7), "1e-7", "?"),
            (
                "double precision",
                "",
                pg,
                Value::Float(f64::INFINITY),
                "Infinity",
                "?::text::double precision",
            ),
            (
                "decimal(6,3)",
                "",
                my,
                Value::Decimal("1.500".into()),
                "1.500",
                "?",
            ),
            ("varchar(8)", "", my, Value::from("é'"), "é'", "?"),
            ("enum('a','b')", "", my, Value::from("b"), "b", "?"),
            (
                "date",
                "",
                pg,
                Value::Date("2024-02-29".parse().unwrap()),
                "2024-02-29",
                "?::text::date",
            ),
            (
                "datetime(3)",
                "",
                my,
                Value::DateTime("2024-02-29T01:02:03.5".parse().unwrap()),
                "2024-02-29 01:02:03.500000",
                "?",
            ),
            (
                "uuid",
                "",
                pg,
                uuid.clone(),
                "8d6e7a3c-1f2b-4c3d-9e8f-0a1b2c3d4e5f",
                "?::text::uuid",
            ),
            (
                "binary(16)",
                ":uuid:",
                my,
                uuid,
                "8d6e7a3c1f2b4c3d9e8f0a1b2c3d4e5f",
                "UNHEX(?)",
            ),
            (
                "binary(2)",
                "",
                my,
                Value::Bytes(vec![0, 255].into()),
                "00ff",
                "UNHEX(?)",
            ),
            (
                "bytea",
                "",
                pg,
                Value::Bytes(vec![0, 255].into()),
                "\\x00ff",
                "?::text::bytea",
            ),
        ] {
            let field = field(sql_type, comment, backend);
            assert_eq!(text(&field, &value, backend).unwrap(), written, "{sql_type}");
            assert_eq!(placeholder(&field, backend), placed);
            if field.kind != KeyKind::Indexed {
                let shown = if field.kind == KeyKind::Float {
                    written.replace("Infinity", "inf")
                } else {
                    written.to_owned()
                };
                assert_eq!(field.value(&shown).unwrap(), value, "{sql_type}");
            }
        }
        let int = field("int", "", my);
        assert!(
            text(&int, &Value::Float(1.5), my)
                .unwrap_err()
                .to_string()
                .contains("cannot hold a float")
        );
        assert!(text(&field("uuid", "", pg), &Value::from("no uuid"), pg).is_err());
    }
}
