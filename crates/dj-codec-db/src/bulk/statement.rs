//! The INSERT of many rows.

use crate::heading::Table;
use crate::key::quote;
use crate::location::Backend;
use crate::writable::Bind;

/// Both servers take no more parameters in one statement than 65,535.
const PARAMETERS: usize = 60_000;
/// A statement has no more bytes of values than this, but for its last row: MySQL takes no larger ones than its
/// `max_allowed_packet` says.
const BYTES: usize = 8 << 20;
/// And no more rows.
const ROWS: usize = 500;

/// What a row puts into a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cell {
    /// What the column is declared to have where nothing is said.
    Default,
    /// NULL.
    Null,
    /// A value.
    Bound(Bind),
}

impl Cell {
    fn bytes(&self) -> usize {
        match self {
            Self::Bound(Bind::Text(text)) => text.len(),
            Self::Bound(Bind::Bytes(bytes)) => bytes.len(),
            _ => 0,
        }
    }
}

/// The columns of an INSERT, with what turns a parameter into a value of each.
#[derive(Debug)]
pub(super) struct Insert {
    front: String,
    placeholders: Vec<String>,
}

impl Insert {
    pub(super) fn new(table: &Table, columns: Vec<(String, String)>, backend: Backend) -> Self {
        let names: Vec<String> = columns.iter().map(|(name, _)| quote(name, backend)).collect();
        Self {
            front: format!(
                "INSERT INTO {}.{} ({}) VALUES ",
                quote(&table.schema, backend),
                quote(&table.name, backend),
                names.join(", ")
            ),
            placeholders: columns.into_iter().map(|(_, placeholder)| placeholder).collect(),
        }
    }

    /// One statement for these rows.
    pub(super) fn statement(&self, rows: &[Vec<Cell>]) -> (String, Vec<Bind>) {
        let mut sql = self.front.clone();
        let mut binds = Vec::new();
        for (number, row) in rows.iter().enumerate() {
            sql.push_str(if number == 0 { "(" } else { ", (" });
            for (place, (cell, placeholder)) in row.iter().zip(&self.placeholders).enumerate() {
                if place > 0 {
                    sql.push_str(", ");
                }
                match cell {
                    Cell::Default => sql.push_str("DEFAULT"),
                    Cell::Null => sql.push_str("NULL"),
                    Cell::Bound(bind) => {
                        sql.push_str(placeholder);
                        binds.push(bind.clone());
                    }
                }
            }
            sql.push(')');
        }
        (sql, binds)
    }

    /// How many of these rows go into the next statement.
    pub(super) fn next(&self, rows: &[Vec<Cell>]) -> usize {
        let most = (PARAMETERS / self.placeholders.len().max(1)).clamp(1, ROWS);
        let mut bytes = 0_usize;
        let fitting = rows.iter().take(most).take_while(|row| {
            let before = bytes;
            bytes += row.iter().map(Cell::bytes).sum::<usize>();
            before == 0 || bytes <= BYTES
        });
        fitting.count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tier::Tier;

    fn insert(backend: Backend) -> Insert {
        let table = Table {
            schema: "lab".into(),
            name: "#sti`m".into(),
            tier: Tier::Lookup,
            comment: String::new(),
            attributes: Vec::new(),
            estimated_rows: 0,
        };
        let columns =
            [("n", "?::text::int"), ("v\"", "?")].map(|(name, place)| (name.to_owned(), place.to_owned()));
        Insert::new(&table, columns.into(), backend)
    }

    fn row(number: &str, value: Cell) -> Vec<Cell> {
        vec![Cell::Bound(number.into()), value]
    }

    #[test]
    fn rows_are_inserted_together() {
        let rows = [
            row("1", Cell::Bound(Bind::Bytes("abc".into()))),
            row("2", Cell::Null),
            row("3", Cell::Default),
        ];
        let (sql, binds) = insert(Backend::PostgreSql).statement(&rows);
        assert_eq!(
            sql,
            "INSERT INTO \"lab\".\"#sti`m\" (\"n\", \"v\"\"\") VALUES (?::text::int, ?), (?::text::int, NULL), \
             (?::text::int, DEFAULT)"
        );
        let bound = ["1".into(), Bind::Bytes("abc".into()), "2".into(), "3".into()];
        assert_eq!(binds, bound);
        let (sql, _) = insert(Backend::MySql).statement(&rows[1..2]);
        assert_eq!(
            sql,
            "INSERT INTO `lab`.`#sti``m` (`n`, `v\"`) VALUES (?::text::int, NULL)"
        );
    }

    #[test]
    fn a_statement_is_not_too_large() {
        let insert = insert(Backend::MySql);
        let of = |bytes: usize, rows: usize| {
            let value = Cell::Bound(Bind::Bytes(vec![0; bytes].into()));
            insert.next(&vec![row("1", value); rows])
        };
        assert_eq!(of(10, 7), 7);
        assert_eq!(of(10, 1000), ROWS);
        assert_eq!(of(3 << 20, 5), 2);
        assert_eq!(of(9 << 20, 5), 1);
        assert_eq!(insert.next(&[]), 0);
    }
}
