//! The objects of the journal, one after the other.

use std::collections::HashSet;

use dj_codec_api::{Error, Result};

use super::{Named, Why, as_text, schema};
use crate::Backend;
use crate::raw::{Cells, text};
use crate::writable::{Bind, Writable};

/// An object of the journal, and the row that needed it or would have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::migrate) struct Listed {
    pub(in crate::migrate) id: u64,
    pub(in crate::migrate) object: Named,
    pub(in crate::migrate) why: Why,
    pub(in crate::migrate) table: String,
    pub(in crate::migrate) field: String,
    pub(in crate::migrate) row_key: String,
    pub(in crate::migrate) migration: String,
}

/// The objects of a journal, those left out that somebody is writing.
pub(in crate::migrate) struct Listing {
    writable: Writable,
    rows: String,
    /// All but which objects by their numbers.
    select: String,
    binds: Vec<Bind>,
    after: u64,
}

impl Listing {
    /// The objects of a table, or of one column; `None` where the schema has no journal.
    pub(in crate::migrate) async fn open(
        writable: Writable,
        schema_name: &str,
        place: Option<(&str, Option<&str>)>,
    ) -> Result<Option<Self>> {
        if !schema::exists(writable.database(), schema_name).await? {
            return Ok(None);
        }
        let backend = writable.database().backend();
        let mut conditions = String::new();
        let mut binds: Vec<Bind> = Vec::new();
        if let Some((table, field)) = place {
            conditions.push_str(" AND table_name = ?");
            binds.push(table.into());
            if let Some(field) = field {
                conditions.push_str(" AND field = ?");
                binds.push(field.into());
            }
        }
        let columns = [
            "id",
            "store",
            "path",
            "fresh",
            "why",
            "table_name",
            "field",
            "row_key",
            "migration_id",
        ];
        let columns = columns.map(|column| as_text(column, backend)).join(", ");
        let objects = schema::name(schema_name, schema::OBJECTS, backend);
        Ok(Some(Self {
            rows: schema::name(schema_name, schema::ROWS, backend),
            select: format!("SELECT {columns} FROM {objects} AS o WHERE why <> ''{conditions}"),
            binds,
            after: 0,
            writable,
        }))
    }

    /// The next objects, up to so many that are looked at; empty at the end.
    pub(in crate::migrate) async fn next(&mut self, most: u64) -> Result<Vec<Listed>> {
        loop {
            let sql = format!(
                "{} AND o.id > {} ORDER BY o.id LIMIT {most}",
                self.select, self.after
            );
            let rows = self.writable.query(sql, self.binds.clone()).await?;
            let found = rows.iter().map(listed).collect::<Result<Vec<_>>>()?;
            let Some(last) = found.last() else {
                return Ok(found);
            };
            self.after = last.id;
            let (writing, mut settled): (Vec<_>, Vec<_>) =
                found.into_iter().partition(|one| one.why == Why::Writing);
            for some in writing.chunks(500) {
                settled.extend(self.abandoned(some).await?);
            }
            if !settled.is_empty() {
                return Ok(settled);
            }
        }
    }

    /// Those that nobody is writing any more: their rows of the journal are not locked, and they are in it still.
    async fn abandoned(&self, some: &[Listed]) -> Result<Vec<Listed>> {
        let all: HashSet<&str> = some.iter().map(|one| one.migration.as_str()).collect();
        let ids: Vec<&str> = all.into_iter().collect();
        let id = as_text("id", self.backend());
        let among = format!("SELECT {id} FROM {} WHERE id IN ({})", self.rows, ids.join(", "));
        let names = |rows: Vec<Cells>| rows.iter().map(|row| text(row.first())).collect::<HashSet<_>>();
        let mut open = self.writable.begin().await?;
        let known = names(open.query(among.as_str(), Vec::new()).await?);
        let free = names(
            open.query(format!("{among} FOR UPDATE SKIP LOCKED"), Vec::new())
                .await?,
        );
        let settled = |one: &&Listed| !known.contains(&one.migration) || free.contains(&one.migration);
        let candidates: Vec<&Listed> = some.iter().filter(settled).collect();
        let mut still = HashSet::new();
        if !candidates.is_empty() {
            let ids: Vec<String> = candidates.iter().map(|one| one.id.to_string()).collect();
            // What was finished between the two looks is no longer there as something that is being written.
            let sql = format!("{} AND id IN ({}) AND why = ?", self.select, ids.join(", "));
            let mut binds = self.binds.clone();
            binds.push(Why::Writing.name().into());
            for row in open.query(sql, binds).await? {
                still.insert(listed(&row)?.id);
            }
        }
        open.rollback().await?;
        Ok(candidates
            .into_iter()
            .filter(|one| still.contains(&one.id))
            .cloned()
            .collect())
    }

    fn backend(&self) -> Backend {
        self.writable.database().backend()
    }
}

fn listed(row: &Cells) -> Result<Listed> {
    let cell = |at: usize| text(row.get(at));
    let unknown = || Error::corrupt("the journal names an object for a reason that is not known here");
    Ok(Listed {
        id: cell(0).parse().map_err(|_| unknown())?,
        object: Named {
            store: cell(1),
            path: cell(2),
            fresh: cell(3) == "1",
        },
        why: [Why::Writing, Why::Superseded, Why::RolledBack]
            .into_iter()
            .find(|why| why.name() == cell(4))
            .ok_or_else(unknown)?,
        table: cell(5),
        field: cell(6),
        row_key: cell(7),
        migration: cell(8),
    })
}
