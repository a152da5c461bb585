//! Tables and their columns, as DataJoint declared them.

use serde::Serialize;

use crate::comment::Declared;
use crate::tier::Tier;

/// A table of a schema.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Table {
    /// The schema.
    pub schema: String,
    /// The name in the database: `#stimulus`, `session__trial`.
    pub name: String,
    /// The tier, as the name tells it.
    pub tier: Tier,
    /// The comment for people.
    pub comment: String,
    /// The columns, in their order.
    pub attributes: Vec<Attribute>,
    /// How many rows the server thinks there are. Far from exact, and 0 where it does not know.
    pub estimated_rows: u64,
}

impl Table {
    /// The fields of the primary key, in the order of the key.
    #[must_use]
    pub fn primary_key(&self) -> Vec<&Attribute> {
        let mut key: Vec<_> = self
            .attributes
            .iter()
            .filter(|one| one.key_position.is_some())
            .collect();
        key.sort_by_key(|one| one.key_position);
        key
    }

    /// The columns whose values a codec made, registered or not, and those of declarations before DataJoint 2.0. DataJoint never
    /// made a table without a primary key: bytes without a declaration are not its own there.
    pub fn codec_columns(&self) -> impl Iterator<Item = &Attribute> {
        let keyed = self.attributes.iter().any(|one| one.key_position.is_some());
        self.attributes
            .iter()
            .filter(move |one| one.is_encoded() && (keyed || one.declared != Declared::Nothing))
    }

    /// The column of this name.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|one| one.name == name)
    }

    /// The master, where this is a part table.
    #[must_use]
    pub fn master(&self) -> Option<&str> {
        crate::tier::master_of(&self.name)
    }
}

/// A column of a table.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Attribute {
    /// The name.
    pub name: String,
    /// The type in the database, as the server spells it: `character varying(8)`, `binary(16)`, `jsonb`.
    pub sql_type: String,
    /// What the comment declares; for a foreign key, which DataJoint declares without the type, what the column that it
    /// refers to declares.
    pub declared: Declared,
    /// The comment for people.
    pub comment: String,
    /// Whether it may be NULL.
    pub nullable: bool,
    /// The place in the primary key, from 0.
    pub key_position: Option<usize>,
}

impl Attribute {
    /// What the database holds.
    #[must_use]
    pub fn storage(&self) -> Storage {
        Storage::of(&self.sql_type)
    }

    /// Whether DataJoint keeps the column to itself, as it does all whose names begin with `_`: rows are shown, inserted and
    /// named in paths without it. One is `_singleton`, the primary key of a table that declares none.
    #[must_use]
    pub fn is_hidden(&self) -> bool {
        self.name.starts_with('_')
    }

    /// Whether the values are made by a codec.
    #[must_use]
    pub fn is_encoded(&self) -> bool {
        match &self.declared {
            Declared::Codec(_) | Declared::Old(_) => true,
            Declared::Nothing => self.storage() == Storage::Bytes && self.key_position.is_none(),
            Declared::Core(_) => false,
        }
    }

    /// Whether the declaration is one of DataJoint before 2.0: a `longblob` without a type in its comment held packed
    /// values then, and is plain bytes to DataJoint 2.
    #[must_use]
    pub fn is_old(&self) -> bool {
        match &self.declared {
            Declared::Old(_) => true,
            Declared::Nothing => self.is_encoded(),
            Declared::Codec(_) | Declared::Core(_) => false,
        }
    }

    /// How the column is declared, for people: the type in the comment, else the type in the database.
    #[must_use]
    pub fn type_name(&self) -> &str {
        match &self.declared {
            Declared::Nothing => &self.sql_type,
            Declared::Core(text) | Declared::Codec(text) | Declared::Old(text) => text,
        }
    }
}

/// What a column of the database holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Storage {
    /// Bytes: `longblob`, `bytea`.
    Bytes,
    /// JSON, or text that may hold JSON: `json`, `jsonb`, MariaDB's `longtext`.
    Json,
    /// Anything else.
    Other,
}

impl Storage {
    /// What a type of the database holds.
    fn of(sql_type: &str) -> Self {
        let name = sql_type
            .split(['(', ' '])
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        match name.as_str() {
            "tinyblob" | "blob" | "mediumblob" | "longblob" | "bytea" => Self::Bytes,
            "json" | "jsonb" | "longtext" | "mediumtext" | "text" => Self::Json,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A column with this comment in the database.
    pub(crate) fn attribute(sql_type: &str, comment: &str, key_position: Option<usize>) -> Attribute {
        let (declared, comment) = crate::parse_comment(comment);
        Attribute {
            name: "a".into(),
            sql_type: sql_type.into(),
            declared,
            comment: comment.into(),
            nullable: false,
            key_position,
        }
    }

    /// A table with these columns.
    pub(crate) fn table(attributes: Vec<Attribute>) -> Table {
        Table {
            schema: "lab".into(),
            name: "session".into(),
            tier: Tier::Manual,
            comment: String::new(),
            attributes,
            estimated_rows: 0,
        }
    }

    #[test]
    fn columns_of_every_age_are_told_apart() {
        for (sql_type, comment, encoded, old, name) in [
            ("longblob", ":<blob>:", true, false, "<blob>"),
            ("bytea", ":<photon>:x", true, false, "<photon>"),
            ("jsonb", ":<npy@main>:x", true, false, "<npy@main>"),
            ("longblob", "packed by 0.12", true, true, "longblob"),
            ("longblob", ":bytes:", false, false, "bytes"),
            ("bytea", ":bytes:", false, false, "bytes"),
            ("binary(16)", ":external-raw:", true, true, "external-raw"),
            ("binary(16)", ":uuid:", false, false, "uuid"),
            ("json", "", false, false, "json"),
            ("json", ":json:", false, false, "json"),
            ("int unsigned", "", false, false, "int unsigned"),
        ] {
            let one = attribute(sql_type, comment, None);
            assert_eq!(
                (one.is_encoded(), one.is_old(), one.type_name()),
                (encoded, old, name)
            );
        }
    }

    #[test]
    fn bytes_without_a_key_are_nobodys() {
        let with_key = |key_position| {
            table(vec![
                attribute("int", "", key_position),
                attribute("longblob", "", None),
                attribute("longblob", ":<blob>:", None),
            ])
        };
        let types = |table: &Table| -> Vec<String> {
            table
                .codec_columns()
                .map(|one| one.type_name().to_owned())
                .collect()
        };
        assert_eq!(types(&with_key(Some(0))), ["longblob", "<blob>"]);
        assert_eq!(types(&with_key(None)), ["<blob>"]);
    }

    #[test]
    fn storage_is_told_by_the_type() {
        for (sql_type, storage) in [
            ("longblob", Storage::Bytes),
            ("bytea", Storage::Bytes),
            ("jsonb", Storage::Json),
            ("longtext", Storage::Json),
            ("binary(16)", Storage::Other),
            ("character varying(8)", Storage::Other),
        ] {
            assert_eq!(Storage::of(sql_type), storage, "{sql_type}");
        }
    }
}
