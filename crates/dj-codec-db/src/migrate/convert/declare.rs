//! What is done to the declaration of a table, as SQL that a person runs.

use dj_codec_api::{Column, Error, Result};

use super::Replacement;
use crate::heading::{Attribute, Table};
use crate::key::quote;
use crate::location::Backend;

/// No identifier is longer on either server that DataJoint can use: 64 characters on MySQL, 63 bytes on PostgreSQL.
const LONGEST: usize = 63;

/// The name must be one that DataJoint takes.
pub(super) fn check_name(name: &str) -> Result<()> {
    let known = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(known) && name.len() <= LONGEST
    {
        return Ok(());
    }
    Err(
        Error::invalid_spec(format!("DataJoint takes no column of the name {name:?}"))
            .advise("names begin with a letter, and have lowercase letters, digits and _ alone"),
    )
}

/// A column that is to take the place of another.
pub(super) struct Declaring<'a> {
    pub(super) table: &'a Table,
    pub(super) old: &'a Attribute,
    /// What the new one is called until then.
    pub(super) name: &'a str,
    pub(super) column: &'a Column,
    pub(super) backend: Backend,
}

impl Declaring<'_> {
    /// Adds the column, as DataJoint declares one that may be NULL.
    pub(super) fn addition(&self) -> Vec<String> {
        let (place, named) = (place(self.table, self.backend), quote(self.name, self.backend));
        let (sql_type, comment) = (self.sql_type(), self.comment());
        match self.backend {
            Backend::MySql => vec![format!(
                "ALTER TABLE {place} ADD COLUMN {named} {sql_type} DEFAULT NULL COMMENT {comment};"
            )],
            Backend::PostgreSql => vec![
                format!("ALTER TABLE {place} ADD COLUMN {named} {sql_type} DEFAULT NULL;"),
                format!("COMMENT ON COLUMN {place}.{named} IS {comment};"),
            ],
        }
    }

    /// Puts it in the place of the old one.
    pub(super) fn replacement(&self) -> Replacement {
        let (old, backend) = (self.old, self.backend);
        let place = place(self.table, backend);
        let (old_name, new_name) = (quote(&old.name, backend), quote(self.name, backend));
        let kept_name = quote(&kept_name(self.table, &old.name), backend);
        let alter = |what: String| format!("ALTER TABLE {place} {what};");
        let mut swap = vec![
            alter(format!("RENAME COLUMN {old_name} TO {kept_name}")),
            alter(format!("RENAME COLUMN {new_name} TO {old_name}")),
        ];
        if !old.nullable {
            // The old one would keep every row from being inserted that no longer has a value for it.
            swap.extend(match backend {
                Backend::PostgreSql => [
                    alter(format!("ALTER COLUMN {kept_name} DROP NOT NULL")),
                    alter(format!("ALTER COLUMN {old_name} SET NOT NULL")),
                ],
                Backend::MySql => [
                    alter(format!(
                        "MODIFY COLUMN {kept_name} {} DEFAULT NULL COMMENT {}",
                        old.sql_type,
                        string(&format!(":{}:{}", old.type_name(), old.comment), backend)
                    )),
                    alter(format!(
                        "MODIFY COLUMN {old_name} {} NOT NULL COMMENT {}",
                        self.sql_type(),
                        self.comment()
                    )),
                ],
            });
        }
        let null = if old.nullable { "=null" } else { "" };
        let words = match old.comment.as_str() {
            "" => String::new(),
            words => format!("  # {words}"),
        };
        Replacement {
            swap,
            drop: vec![alter(format!("DROP COLUMN {kept_name}"))],
            definition: format!("{}{null} : {}{words}", old.name, self.column.spec()),
        }
    }

    fn sql_type(&self) -> &'static str {
        match (self.backend, self.column.storage()) {
            (Backend::MySql, "json") => "json",
            (Backend::PostgreSql, "json") => "jsonb",
            (Backend::MySql, _) => "longblob",
            (Backend::PostgreSql, _) => "bytea",
        }
    }

    /// The comment, which has its type and the words of the old one.
    fn comment(&self) -> String {
        string(
            &format!(":{}:{}", self.column.spec(), self.old.comment),
            self.backend,
        )
    }
}

/// A name for the old column that no column has.
fn kept_name(table: &Table, name: &str) -> String {
    let short: String = name.chars().take(LONGEST - 8).collect();
    let candidates = (1..).map(|number| match number {
        1 => format!("{short}_old"),
        number => format!("{short}_old{number}"),
    });
    let mut free = candidates.filter(|candidate| table.attribute(candidate).is_none());
    free.next().unwrap_or(short)
}

fn place(table: &Table, backend: Backend) -> String {
    format!(
        "{}.{}",
        quote(&table.schema, backend),
        quote(&table.name, backend)
    )
}

/// A string in SQL.
fn string(text: &str, backend: Backend) -> String {
    let text = match backend {
        Backend::PostgreSql => text.to_owned(),
        Backend::MySql => text.replace('\\', "\\\\"),
    };
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use dj_codec_api::{Codec, CodecInfo, Context, Mode, Registry, TypeSpec, Value};

    use super::*;

    #[derive(Debug)]
    struct Plain;

    impl Codec for Plain {
        fn name(&self) -> &str {
            "plain"
        }

        fn info(&self) -> CodecInfo {
            CodecInfo::new("plain", "dj-plain-codecs", "1.0.0")
        }

        fn dtype(&self, mode: Mode) -> Result<TypeSpec> {
            Ok(TypeSpec::core(if mode == Mode::Store { "json" } else { "bytes" }))
        }

        fn encode(&self, value: Value, _: &Context) -> Result<Value> {
            Ok(value)
        }

        fn decode(&self, stored: Value, _: &Context) -> Result<Value> {
            Ok(stored)
        }
    }

    /// The SQL for a column of this type in the place of the old one: what adds it, and what puts it there.
    fn declared(
        table: &Table,
        old: &Attribute,
        name: &str,
        spec: &str,
        backend: Backend,
    ) -> (Vec<String>, Replacement) {
        let mut registry = Registry::new();
        registry.register(Arc::new(Plain)).unwrap();
        let declaring = Declaring {
            table,
            old,
            name,
            column: &Column::resolve(spec, &registry).unwrap(),
            backend,
        };
        (declaring.addition(), declaring.replacement())
    }

    fn attribute(name: &str, sql_type: &str, comment: &str, nullable: bool) -> Attribute {
        let (declared, words) = crate::parse_comment(comment);
        Attribute {
            name: name.into(),
            sql_type: sql_type.into(),
            declared,
            comment: words.into(),
            nullable,
            key_position: None,
        }
    }

    fn table(attributes: Vec<Attribute>) -> Table {
        Table {
            name: "#scan".into(),
            ..crate::heading::tests::table(attributes)
        }
    }

    #[test]
    fn a_column_is_added_as_datajoint_declares_it() {
        let old = attribute("trace", "longblob", ":<blob>:it's \\ raw", true);
        let table = table(vec![old.clone()]);
        let added = |spec: &str, backend| declared(&table, &old, "trace_npy", spec, backend).0;
        assert_eq!(
            added("<plain@main>", Backend::MySql),
            [
                "ALTER TABLE `lab`.`#scan` ADD COLUMN `trace_npy` json DEFAULT NULL \
              COMMENT ':<plain@main>:it''s \\\\ raw';"
            ]
        );
        assert_eq!(
            added("<plain@main>", Backend::PostgreSql),
            [
                r##"ALTER TABLE "lab"."#scan" ADD COLUMN "trace_npy" jsonb DEFAULT NULL;"##,
                r##"COMMENT ON COLUMN "lab"."#scan"."trace_npy" IS ':<plain@main>:it''s \ raw';"##,
            ]
        );
        assert!(added("<plain>", Backend::MySql)[0].contains("`trace_npy` longblob DEFAULT"));
        assert!(added("<plain>", Backend::PostgreSql)[0].contains("\"trace_npy\" bytea DEFAULT"));
    }

    #[test]
    fn the_new_column_takes_the_name_and_the_nulls_of_the_old_one() {
        let old = attribute("trace", "longblob", ":<blob>:raw", true);
        let taken = attribute("trace_old", "int", "", true);
        let table_of = table(vec![old.clone(), taken]);
        let (_, told) = declared(&table_of, &old, "trace_npy", "<plain@main>", Backend::MySql);
        assert_eq!(
            told.swap,
            [
                "ALTER TABLE `lab`.`#scan` RENAME COLUMN `trace` TO `trace_old2`;",
                "ALTER TABLE `lab`.`#scan` RENAME COLUMN `trace_npy` TO `trace`;",
            ]
        );
        assert_eq!(told.drop, ["ALTER TABLE `lab`.`#scan` DROP COLUMN `trace_old2`;"]);
        assert_eq!(told.definition, "trace=null : <plain@main>  # raw");

        let old = attribute("trace", "longblob", ":<blob>:", false);
        let table_of = table(vec![old.clone()]);
        let (_, told) = declared(&table_of, &old, "new", "<plain@main>", Backend::MySql);
        assert_eq!(
            told.swap[2..],
            [
                "ALTER TABLE `lab`.`#scan` MODIFY COLUMN `trace_old` longblob DEFAULT NULL COMMENT ':<blob>:';",
                "ALTER TABLE `lab`.`#scan` MODIFY COLUMN `trace` json NOT NULL COMMENT ':<plain@main>:';",
            ]
        );
        assert_eq!(told.definition, "trace : <plain@main>");
        let (_, told) = declared(&table_of, &old, "new", "<plain>", Backend::PostgreSql);
        assert_eq!(
            told.swap[2..],
            [
                r##"ALTER TABLE "lab"."#scan" ALTER COLUMN "trace_old" DROP NOT NULL;"##,
                r##"ALTER TABLE "lab"."#scan" ALTER COLUMN "trace" SET NOT NULL;"##,
            ]
        );
    }

    #[test]
    fn names_are_those_that_datajoint_takes() {
        for name in ["a", "trace_npy", "x2_"] {
            check_name(name).unwrap();
        }
        let long = "x".repeat(64);
        for name in ["", "2p", "_x", "Trace", "a b", "a`b", "é", long.as_str()] {
            assert!(
                check_name(name)
                    .unwrap_err()
                    .to_string()
                    .contains("lowercase letters"),
                "{name}"
            );
        }
    }
}
