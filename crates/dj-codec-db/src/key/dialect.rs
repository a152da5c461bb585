//! The SQL of a field of a primary key.

use crate::comment::Declared;
use crate::heading::Attribute;
use crate::location::Backend;

/// What the table is called in every query.
pub(crate) const ALIAS: &str = "t";

/// What a field of a primary key is to DataJoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyKind {
    Int,
    Float,
    Decimal,
    Str,
    /// A text of MySQL's enum or set, selected as `INDEX:TEXT`, because MySQL sorts by the index.
    Indexed,
    Bytes,
    Uuid,
    Bool,
    Date,
    Time,
    DateTime,
}

/// A field of a primary key: its SQL in the dialect of the server.
///
/// Values travel as text in both directions, so that every type takes one way; each cast is exact.
#[derive(Debug, Clone)]
pub(crate) struct KeyField {
    pub(crate) name: String,
    pub(crate) kind: KeyKind,
    /// Selects the value as text.
    pub(crate) select: String,
    /// What rows are sorted and compared by.
    pub(crate) order: String,
    /// What turns a bound text into a value that is compared with `order`; `?` stands for the parameter.
    pub(crate) bound: String,
}

impl KeyField {
    pub(crate) fn new(attribute: &Attribute, backend: Backend) -> Self {
        // With the table in front: alone, PostgreSQL takes a name in ORDER BY for that of a selected column, which is text.
        let name = format!("{ALIAS}.{}", quote(&attribute.name, backend));
        let kind = kind_of(attribute, backend);
        let (select, order, bound) = match backend {
            Backend::PostgreSql => (
                format!("{name}::text"),
                name,
                format!("?::text::{}", attribute.sql_type),
            ),
            Backend::MySql => mysql(name, kind, &attribute.sql_type),
        };
        Self {
            name: attribute.name.clone(),
            kind,
            select,
            order,
            bound,
        }
    }
}

fn mysql(name: String, kind: KeyKind, sql_type: &str) -> (String, String, String) {
    let text = format!("CAST({name} AS CHAR)");
    let base = base_type(sql_type);
    match kind {
        KeyKind::Int | KeyKind::Bool if sql_type.contains("unsigned") => (text, name, cast("UNSIGNED")),
        KeyKind::Int | KeyKind::Bool => (text, name, cast("SIGNED")),
        // A float prints six digits, a double all; both compare as doubles.
        KeyKind::Float => (
            format!("CAST(({name} + 0e0) AS CHAR)"),
            if base == "float" {
                format!("({name} + 0e0)")
            } else {
                name
            },
            "(? + 0e0)".into(),
        ),
        KeyKind::Decimal => {
            let size = sql_type.find('(').zip(sql_type.find(')'));
            let size = size
                .and_then(|(from, to)| sql_type.get(from..=to))
                .unwrap_or("(65, 30)");
            (text, name, cast(&format!("DECIMAL{size}")))
        }
        KeyKind::Indexed => (
            format!("CONCAT({name} + 0, ':', CAST({name} AS CHAR))"),
            format!("({name} + 0)"),
            "CAST(SUBSTRING_INDEX(?, ':', 1) AS UNSIGNED)".into(),
        ),
        KeyKind::Bytes | KeyKind::Uuid => (format!("HEX({name})"), name, "UNHEX(?)".into()),
        KeyKind::Date => (text, name, cast("DATE")),
        KeyKind::Time => (text, name, cast("TIME(6)")),
        KeyKind::DateTime => (text, name, cast("DATETIME(6)")),
        KeyKind::Str => (text, name, "?".into()),
    }
}

/// A parameter as a value of a type. Cast from text that is said to be text: else MySQL takes the parameter for a value of that
/// type itself, and an unsigned one for a signed one.
fn cast(sql_type: &str) -> String {
    format!("CAST(CAST(? AS CHAR) AS {sql_type})")
}

/// A name in SQL.
pub(crate) fn quote(name: &str, backend: Backend) -> String {
    let mark = match backend {
        Backend::PostgreSql => '"',
        Backend::MySql => '`',
    };
    let doubled = name.replace(mark, &format!("{mark}{mark}"));
    format!("{mark}{doubled}{mark}")
}

/// The type without its size and modifiers.
fn base_type(sql_type: &str) -> String {
    sql_type
        .split(['(', ' '])
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase()
}

fn kind_of(attribute: &Attribute, backend: Backend) -> KeyKind {
    let declared = match &attribute.declared {
        Declared::Core(core) => base_type(core),
        _ => String::new(),
    };
    let base = base_type(&attribute.sql_type);
    match (declared.as_str(), base.as_str()) {
        ("uuid", "binary" | "uuid") | (_, "uuid") => KeyKind::Uuid,
        ("bool", "tinyint" | "boolean") | (_, "boolean") => KeyKind::Bool,
        (_, "tinyint" | "smallint" | "mediumint" | "int" | "integer" | "bigint" | "year") => KeyKind::Int,
        (_, "float" | "double" | "real") => KeyKind::Float,
        (_, "decimal" | "numeric") => KeyKind::Decimal,
        (_, "binary" | "varbinary" | "bytea" | "bit") => KeyKind::Bytes,
        (_, "date") => KeyKind::Date,
        (_, "time") => KeyKind::Time,
        (_, "datetime" | "timestamp") => KeyKind::DateTime,
        (_, "enum" | "set") if backend == Backend::MySql => KeyKind::Indexed,
        _ => KeyKind::Str,
    }
}
