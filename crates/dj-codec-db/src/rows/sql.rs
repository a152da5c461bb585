//! The SQL that reads rows.

use super::Extent;
use crate::heading::{Attribute, Storage};
use crate::key::{ALIAS, KeyField, quote};
use crate::location::Backend;

/// What selects a column, and its length where only its front is wanted.
pub(crate) fn select(attribute: &Attribute, extent: Extent, backend: Backend) -> Vec<String> {
    let name = format!("{ALIAS}.{}", quote(&attribute.name, backend));
    let (value, length) = match (attribute.storage(), backend) {
        (Storage::Bytes, Backend::PostgreSql) => (name.clone(), format!("octet_length({name})::text")),
        (_, Backend::PostgreSql) => (
            format!("{name}::text"),
            format!("octet_length({name}::text)::text"),
        ),
        (Storage::Bytes, Backend::MySql) => (name.clone(), format!("CAST(LENGTH({name}) AS CHAR)")),
        (_, Backend::MySql) => {
            let text = format!("CAST({name} AS CHAR)");
            (text.clone(), format!("CAST(LENGTH({text}) AS CHAR)"))
        }
    };
    match extent {
        Extent::Text => vec![KeyField::new(attribute, backend).select],
        Extent::Whole => vec![value],
        Extent::Front(count) => vec![format!("SUBSTRING({value} FROM 1 FOR {count})"), length],
    }
}

pub(crate) fn equal(fields: &[KeyField]) -> String {
    let each: Vec<String> = fields
        .iter()
        .map(|field| format!("{} = {}", field.order, field.bound))
        .collect();
    each.join(" AND ")
}

/// The rows of so many keys.
pub(super) fn among(fields: &[KeyField], keys: usize) -> String {
    let (names, bounds) = (
        joined(fields, |field| &field.order),
        joined(fields, |field| &field.bound),
    );
    let each = vec![format!("({bounds})"); keys].join(", ");
    format!("({names}) IN ({each})")
}

fn joined(fields: &[KeyField], part: fn(&KeyField) -> &str) -> String {
    fields.iter().map(part).collect::<Vec<_>>().join(", ")
}

/// The rows behind a key. MySQL uses no index for `(a, b) > (x, y)`, but does for `a >= x`.
pub(super) fn behind(fields: &[KeyField], backend: Backend) -> String {
    match backend {
        Backend::PostgreSql => {
            let (names, bounds) = (
                joined(fields, |field| &field.order),
                joined(fields, |field| &field.bound),
            );
            format!("({names}) > ({bounds})")
        }
        Backend::MySql => {
            let mut choices = Vec::new();
            for (place, field) in fields.iter().enumerate() {
                let mut same = fields.iter().take(place).cloned().collect::<Vec<_>>();
                let more = format!("{} > {}", field.order, field.bound);
                let choice = if same.is_empty() {
                    more
                } else {
                    format!("{} AND {more}", equal(&same))
                };
                same.clear();
                choices.push(format!("({choice})"));
            }
            let first = fields
                .first()
                .map(|field| format!("{} >= {}", field.order, field.bound));
            format!("{} AND ({})", first.unwrap_or_default(), choices.join(" OR "))
        }
    }
}

/// PostgreSQL numbers its parameters. No name of a column is a parameter: a `?` in quotes is left alone.
pub(crate) fn numbered(backend: Backend, sql: String) -> String {
    if backend == Backend::MySql {
        return sql;
    }
    let mut text = String::with_capacity(sql.len() + 16);
    let (mut quoted, mut number) = (false, 0);
    for c in sql.chars() {
        match c {
            '"' => {
                quoted = !quoted;
                text.push(c);
            }
            '?' if !quoted => {
                number += 1;
                text.push_str(&format!("${number}"));
            }
            _ => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(backend: Backend) -> Vec<KeyField> {
        ["subject", "s?n"]
            .iter()
            .map(|name| {
                let attribute = Attribute {
                    name: (*name).into(),
                    sql_type: "int".into(),
                    declared: crate::Declared::Nothing,
                    comment: String::new(),
                    nullable: false,
                    key_position: Some(0),
                };
                KeyField::new(&attribute, backend)
            })
            .collect()
    }

    #[test]
    fn named_keys_are_asked_for_together() {
        assert_eq!(
            among(&fields(Backend::MySql), 2),
            "(t.`subject`, t.`s?n`) IN ((CAST(CAST(? AS CHAR) AS SIGNED), CAST(CAST(? AS CHAR) AS SIGNED)), (CAST(CAST(? AS CHAR) AS SIGNED), CAST(CAST(? AS CHAR) AS SIGNED)))"
        );
        let one = among(&fields(Backend::PostgreSql)[..1], 2);
        assert_eq!(
            numbered(Backend::PostgreSql, one),
            r#"(t."subject") IN (($1::text::int), ($2::text::int))"#
        );
    }

    #[test]
    fn what_is_behind_a_key_is_asked_for_as_each_server_finds_it_by_its_index() {
        assert_eq!(
            numbered(
                Backend::PostgreSql,
                behind(&fields(Backend::PostgreSql), Backend::PostgreSql)
            ),
            r#"(t."subject", t."s?n") > ($1::text::int, $2::text::int)"#
        );
        assert_eq!(
            behind(&fields(Backend::MySql), Backend::MySql),
            "t.`subject` >= CAST(CAST(? AS CHAR) AS SIGNED) AND ((t.`subject` > CAST(CAST(? AS CHAR) AS SIGNED)) OR \
             (t.`subject` = CAST(CAST(? AS CHAR) AS SIGNED) AND t.`s?n` > CAST(CAST(? AS CHAR) AS SIGNED)))"
        );
    }
}
