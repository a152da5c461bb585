//! What the server knows of schemas, tables and columns.

mod mysql;
mod postgresql;

use std::collections::BTreeMap;

use dj_codec_api::{Error, Result};

use crate::Database;
use crate::comment::{Declared, parse_comment};
use crate::heading::{Attribute, Table};
use crate::location::Backend;
use crate::raw::text;
use crate::tier::{Tier, without_mark};

/// The queries of a dialect. Each gives the columns that the functions below read.
struct Queries {
    /// The names of the schemas that this user can see.
    schemas: &'static str,
    /// Of a schema: table, comment, estimated number of rows.
    tables: &'static str,
    /// Of a schema: table, column, type, whether it may be NULL (`YES`), comment, place in the primary key from 1, or NULL.
    columns: &'static str,
    /// Of all schemas: schema, table and column that refer; schema, table and column that are referred to, and the
    /// comment of that column.
    references: &'static str,
}

impl Database {
    fn queries(&self) -> &'static Queries {
        match self.backend() {
            Backend::PostgreSql => &postgresql::QUERIES,
            Backend::MySql => &mysql::QUERIES,
        }
    }

    /// The schemas that this user can see, without those of the server itself, sorted.
    ///
    /// # Errors
    /// Where the server cannot be asked.
    pub async fn schemas(&self) -> Result<Vec<String>> {
        let rows = self.query(self.queries().schemas.to_owned(), Vec::new()).await?;
        let mut names: Vec<String> = rows.iter().map(|row| text(row.first())).collect();
        names.sort_unstable();
        Ok(names)
    }

    /// The tables of a schema with their headings, sorted by name, without DataJoint's own (`~log` and the like).
    ///
    /// # Errors
    /// Where there is no such schema, or it may not be read.
    pub async fn tables(&self, schema: &str) -> Result<Vec<Table>> {
        let queries = self.queries();
        let bind = vec![schema.to_owned()];
        let found = self.query(queries.tables.to_owned(), bind.clone()).await?;
        if found.is_empty() && !self.schemas().await?.iter().any(|name| name == schema) {
            return Err(self.no_schema(schema).await);
        }
        let mut tables: BTreeMap<String, Table> = BTreeMap::new();
        for row in &found {
            let name = text(row.first());
            let table = Table {
                schema: schema.to_owned(),
                tier: Tier::of(&name),
                name: name.clone(),
                comment: text(row.get(1)),
                attributes: Vec::new(),
                estimated_rows: text(row.get(2))
                    .parse::<f64>()
                    .map_or(0, |rows| rows.max(0.0) as u64),
            };
            if table.tier != Tier::Hidden {
                tables.insert(name, table);
            }
        }
        for row in self.query(queries.columns.to_owned(), bind).await? {
            let Some(table) = tables.get_mut(&text(row.first())) else {
                continue;
            };
            let comment = text(row.get(4));
            let (declared, words) = parse_comment(&comment);
            table.attributes.push(Attribute {
                name: text(row.get(1)),
                sql_type: text(row.get(2)),
                declared,
                comment: words.to_owned(),
                nullable: text(row.get(3)) == "YES",
                key_position: text(row.get(5))
                    .parse::<usize>()
                    .ok()
                    .and_then(|place| place.checked_sub(1)),
            });
        }
        let mut tables: Vec<Table> = tables.into_values().collect();
        self.follow_references(&mut tables).await?;
        Ok(tables)
    }

    /// The tables of a schema that a person means: all of them; or the one of this name in the database, or of this name
    /// without the mark of its tier.
    ///
    /// # Errors
    /// Where there is none of that name, naming those that there are.
    pub async fn tables_named(&self, schema: &str, name: Option<&str>) -> Result<Vec<Table>> {
        let tables = self.tables(schema).await?;
        let Some(name) = name else {
            return Ok(tables);
        };
        let known: Vec<String> = tables.iter().map(|table| table.name.clone()).collect();
        let exact = tables.iter().any(|table| table.name == name);
        let meant: Vec<Table> = tables
            .into_iter()
            .filter(|table| table.name == name || (!exact && without_mark(&table.name) == name))
            .collect();
        if meant.is_empty() {
            return Err(
                Error::not_found(format!("there is no table {name:?} in the schema {schema:?}"))
                    .at(self.place())
                    .advise(format!(
                        "the tables that this user can see are {}",
                        listed(&known)
                    )),
            );
        }
        Ok(meant)
    }

    async fn no_schema(&self, schema: &str) -> Error {
        let known = self.schemas().await.unwrap_or_default();
        Error::not_found(format!(
            "there is no schema {schema:?}, or this user may not see it"
        ))
        .at(self.place())
        .advise(format!(
            "the schemas that this user can see are {}",
            listed(&known)
        ))
    }

    /// Gives columns without a declared type the type of the column that they refer to.
    async fn follow_references(&self, tables: &mut [Table]) -> Result<()> {
        type Place = (String, String, String);
        let mut parents: BTreeMap<Place, (Place, Declared)> = BTreeMap::new();
        for row in self
            .query(self.queries().references.to_owned(), Vec::new())
            .await?
        {
            let place = |from: usize| {
                (
                    text(row.get(from)),
                    text(row.get(from + 1)),
                    text(row.get(from + 2)),
                )
            };
            parents.insert(place(0), (place(3), parse_comment(&text(row.get(6))).0));
        }
        for table in tables {
            for attribute in &mut table.attributes {
                let mut place = (table.schema.clone(), table.name.clone(), attribute.name.clone());
                // A chain of references ends; one that were a ring would not.
                for _ in 0..64 {
                    if attribute.declared != Declared::Nothing {
                        break;
                    }
                    let Some((parent, declared)) = parents.get(&place) else {
                        break;
                    };
                    attribute.declared = declared.clone();
                    place = parent.clone();
                }
            }
        }
        Ok(())
    }
}

/// Names for a message: all of them where they are few.
fn listed(names: &[String]) -> String {
    const SHOWN: usize = 20;
    if names.is_empty() {
        return "none".into();
    }
    let mut text = names
        .iter()
        .take(SHOWN)
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(", ");
    if names.len() > SHOWN {
        text.push_str(&format!(" and {} more", names.len() - SHOWN));
    }
    text
}
