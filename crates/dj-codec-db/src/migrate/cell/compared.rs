//! How a value in a column is read, written and compared exactly.

use crate::Backend;
use crate::heading::{Attribute, Storage};

/// How the server compares what a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compared {
    /// Bytes.
    Bytes,
    /// `jsonb`: as JSON.
    Jsonb,
    /// PostgreSQL's `json`, which is text that nobody compares.
    JsonText,
    /// MySQL's `json`: as JSON.
    Json,
    /// Text: MariaDB's `json`, and columns of text that hold JSON.
    Text,
}

impl Compared {
    pub(super) fn of(attribute: &Attribute, backend: Backend) -> Self {
        match (attribute.storage(), attribute.sql_type.as_str(), backend) {
            (Storage::Bytes, ..) => Self::Bytes,
            (_, "jsonb", _) => Self::Jsonb,
            (_, "json", Backend::PostgreSql) => Self::JsonText,
            (_, "json", Backend::MySql) => Self::Json,
            _ => Self::Text,
        }
    }

    /// What selects the column, what a parameter is made a value of it with, and the condition that it holds a parameter.
    pub(super) fn sql(self, whole: &str, backend: Backend) -> (String, &'static str, String) {
        match self {
            Self::Bytes => (whole.to_owned(), "?", format!("{whole} = ?")),
            Self::Jsonb => (
                format!("{whole}::text"),
                "?::text::jsonb",
                format!("{whole} = ?::text::jsonb"),
            ),
            Self::JsonText => (
                format!("{whole}::text"),
                "?::text::json",
                format!("{whole}::text = ?::text"),
            ),
            Self::Json => (
                format!("CAST({whole} AS CHAR)"),
                "CAST(? AS JSON)",
                format!("{whole} = CAST(? AS JSON)"),
            ),
            Self::Text => match backend {
                Backend::PostgreSql => (
                    format!("{whole}::text"),
                    "?::text",
                    format!("{whole}::text = ?::text"),
                ),
                // Two texts that a collation takes for the same may differ.
                Backend::MySql => (
                    format!("CAST({whole} AS CHAR)"),
                    "?",
                    format!(
                        "CAST(CONVERT({whole} USING utf8mb4) AS BINARY) = CAST(CONVERT(? USING utf8mb4) AS BINARY)"
                    ),
                ),
            },
        }
    }
}
