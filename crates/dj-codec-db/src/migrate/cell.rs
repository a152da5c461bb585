//! One field of one row in SQL: read exactly, and replaced only where it still is what it was.

mod compared;

use bytes::Bytes;
use dj_codec_api::{Column, Error, Result, Stored};

use super::journal::Raw;
use crate::heading::{Attribute, Storage, Table};
use crate::key::{ALIAS, KeyField, quote};
use crate::rows::{field, sql};
use crate::writable::{Bind, Transaction, Writable};
use crate::{Backend, Database};
use compared::Compared;

/// Two values that are larger are not put into one statement, which servers take up to a size only: the row is held and the old
/// value compared here.
const LARGE: usize = 1 << 20;

/// A field in SQL.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    compared: Compared,
    select: String,
    /// Sets a value, in the row of a key.
    set: String,
    /// Whether it holds NULL, and whether it holds a value.
    is_null: String,
    same: String,
    /// Changes nothing, and is refused to who may not change it.
    probe: String,
}

impl Cell {
    /// The field of a table. `kept` are the columns that the server would set anew by itself with every update.
    ///
    /// # Errors
    /// Where the column is part of the primary key, or of a type that codecs write nothing to.
    pub(super) fn new(
        database: &Database,
        table: &Table,
        attribute: &Attribute,
        column: &Column,
        kept: &[String],
    ) -> Result<Self> {
        let place = || format!("{}.{}.{}", table.schema, table.name, attribute.name);
        if attribute.key_position.is_some() {
            return Err(Error::unsupported(
                "the column is part of the primary key, by which other tables refer to the row: its values cannot be replaced",
            )
            .at(place()));
        }
        let keys = database.key_fields(table);
        if keys.is_empty() {
            return Err(Error::unsupported("the table has no primary key").at(place()));
        }
        let compared = Compared::of(attribute, database.backend());
        let holds = if compared == Compared::Bytes {
            "bytes"
        } else {
            "json"
        };
        let storage = if column.storage() == "json" {
            "json"
        } else {
            "bytes"
        };
        if attribute.storage() == Storage::Other || holds != storage {
            return Err(Error::unsupported(format!(
                "the column is of type {:?} in the database, and its codec writes {}",
                attribute.sql_type,
                column.storage()
            ))
            .at(place()));
        }
        Ok(Self::of(
            &keys,
            table,
            attribute,
            compared,
            kept,
            database.backend(),
        ))
    }

    fn of(
        keys: &[KeyField],
        table: &Table,
        attribute: &Attribute,
        compared: Compared,
        kept: &[String],
        backend: Backend,
    ) -> Self {
        let name = quote(&attribute.name, backend);
        let whole = format!("{ALIAS}.{name}");
        let from = format!(
            "{}.{} AS {ALIAS}",
            quote(&table.schema, backend),
            quote(&table.name, backend)
        );
        let (text, value, same) = compared.sql(&whole, backend);
        let kept: String = kept
            .iter()
            .map(|kept| {
                let kept = quote(kept, backend);
                format!(", {kept} = {ALIAS}.{kept}")
            })
            .collect();
        let row = sql::equal(keys);
        Self {
            compared,
            select: format!("SELECT {text} FROM {from} WHERE {row}"),
            set: format!("UPDATE {from} SET {name} = {value}{kept} WHERE {row}"),
            is_null: format!("{whole} IS NULL"),
            probe: format!("UPDATE {from} SET {name} = {whole} WHERE 1 = 0"),
            same,
        }
    }

    /// Whether this user may change the field.
    ///
    /// # Errors
    /// Where not.
    pub(super) async fn may_be_changed(&self, writable: &Writable) -> Result<()> {
        writable.execute(self.probe.as_str(), Vec::new()).await.map(drop)
    }

    /// What the field holds now: `None` where the row is gone, `Some(None)` for NULL.
    pub(super) async fn read(&self, open: &mut Transaction, key: &[String]) -> Result<Option<Option<Raw>>> {
        self.query(open, self.select.clone(), key).await
    }

    async fn query(
        &self,
        open: &mut Transaction,
        sql: String,
        key: &[String],
    ) -> Result<Option<Option<Raw>>> {
        let binds = key.iter().map(|text| text.as_str().into()).collect();
        let row = open.query(sql, binds).await?.into_iter().next();
        Ok(row.map(|cells| cells.into_iter().next().flatten().map(|value| self.raw(value))))
    }

    /// Puts `new` in the place of `old`, and says whether it still was there.
    pub(super) async fn swap(
        &self,
        open: &mut Transaction,
        key: &[String],
        old: &Raw,
        new: &Raw,
    ) -> Result<bool> {
        if old.bytes().len() <= LARGE {
            return put(open, self.swapping(), key, new, Some(old)).await;
        }
        Ok(self.holds(open, key, old).await? && put(open, self.set.clone(), key, new, None).await?)
    }

    /// Puts `new` into the field where it is NULL and `source` still holds `old`, and says whether that was so.
    pub(super) async fn fill(
        &self,
        open: &mut Transaction,
        key: &[String],
        new: &Raw,
        source: (&Self, &Raw),
    ) -> Result<bool> {
        let (source, old) = source;
        if old.bytes().len() <= LARGE {
            return put(open, self.filling(source), key, new, Some(old)).await;
        }
        let sql = format!("{} AND {}", self.set, self.is_null);
        Ok(source.holds(open, key, old).await? && put(open, sql, key, new, None).await?)
    }

    /// Whether the field holds this, which nobody changes then before the transaction ends.
    async fn holds(&self, open: &mut Transaction, key: &[String], value: &Raw) -> Result<bool> {
        let held = self
            .query(open, format!("{} FOR UPDATE", self.select), key)
            .await?;
        Ok(held.flatten().as_ref() == Some(value))
    }

    fn swapping(&self) -> String {
        format!("{} AND {}", self.set, self.same)
    }

    fn filling(&self, source: &Self) -> String {
        format!("{} AND {} AND {}", self.set, self.is_null, source.same)
    }

    /// What the server gave, or the journal kept, as what it was in the column.
    pub(super) fn raw(&self, value: Bytes) -> Raw {
        match self.compared {
            Compared::Bytes => Raw::Bytes(value),
            _ => Raw::Text(String::from_utf8_lossy(&value).into_owned()),
        }
    }

    /// What codecs are given of it.
    pub(super) fn stored(&self, raw: &Raw) -> Stored {
        match raw {
            Raw::Bytes(bytes) => Stored::Bytes(bytes.clone()),
            Raw::Text(_) => field(Storage::Json, Some(raw.bytes()), None).stored,
        }
    }

    /// What goes into the column for what codecs gave.
    pub(super) fn to_raw(&self, stored: &Stored) -> Result<Raw> {
        match stored {
            Stored::Bytes(bytes) if self.compared == Compared::Bytes => Ok(Raw::Bytes(bytes.clone())),
            Stored::Json(json) if self.compared != Compared::Bytes => Ok(Raw::Text(json.to_string())),
            _ => Err(Error::invalid_value(
                "the codec gave something else than the column holds",
            )),
        }
    }

    /// Whether what the column holds is what the journal kept of it: the same bytes, or the same JSON.
    pub(super) fn is(&self, now: &Raw, kept: &Bytes) -> bool {
        match now {
            Raw::Bytes(bytes) => *kept == digest(bytes),
            Raw::Text(_) => self.stored(now) == self.stored(&self.raw(kept.clone())),
        }
    }

    /// What the journal keeps of a new value: of bytes a digest, for they can be large and are in the row.
    pub(super) fn kept(&self, new: &Raw) -> Bytes {
        match new {
            Raw::Bytes(bytes) => digest(bytes),
            Raw::Text(_) => new.bytes(),
        }
    }
}

/// Changes one row, and says whether it was as it should be.
async fn put(
    open: &mut Transaction,
    sql: String,
    key: &[String],
    new: &Raw,
    old: Option<&Raw>,
) -> Result<bool> {
    let mut binds: Vec<Bind> = vec![new.bind()];
    binds.extend(key.iter().map(|text| Bind::from(text.as_str())));
    binds.extend(old.map(Raw::bind));
    match open.execute(sql, binds).await? {
        0 => Ok(false),
        1 => Ok(true),
        many => Err(Error::store(format!(
            "one row was to be changed, and the server says that {many} were"
        ))),
    }
}

fn digest(bytes: &Bytes) -> Bytes {
    dj_codec_api::layout::content_hash(bytes).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Declared, Tier};

    fn attribute(name: &str, sql_type: &str, key_position: Option<usize>) -> Attribute {
        Attribute {
            name: name.into(),
            sql_type: sql_type.into(),
            declared: Declared::Nothing,
            comment: String::new(),
            nullable: true,
            key_position,
        }
    }

    fn cell(sql_type: &str, kept: &[&str], backend: Backend) -> Cell {
        let table = Table {
            schema: "lab".into(),
            name: "#scan".into(),
            tier: Tier::of("#scan"),
            comment: String::new(),
            attributes: Vec::new(),
            estimated_rows: 0,
        };
        let keys = [KeyField::new(&attribute("id", "int", Some(0)), backend)];
        let field = attribute("movie", sql_type, None);
        let kept: Vec<String> = kept.iter().map(|&name| name.to_owned()).collect();
        Cell::of(
            &keys,
            &table,
            &field,
            Compared::of(&field, backend),
            &kept,
            backend,
        )
    }

    #[test]
    fn each_type_is_compared_exactly() {
        use Backend::{MySql, PostgreSql};
        for (sql_type, backend, set, same) in [
            (
                "jsonb",
                PostgreSql,
                "?::text::jsonb",
                r#"t."movie" = ?::text::jsonb"#,
            ),
            (
                "json",
                PostgreSql,
                "?::text::json",
                r#"t."movie"::text = ?::text"#,
            ),
            ("text", PostgreSql, "?::text", r#"t."movie"::text = ?::text"#),
            ("bytea", PostgreSql, "?", r#"t."movie" = ?"#),
            ("json", MySql, "CAST(? AS JSON)", "t.`movie` = CAST(? AS JSON)"),
            (
                "longtext",
                MySql,
                "?",
                "CAST(CONVERT(t.`movie` USING utf8mb4) AS BINARY) = CAST(CONVERT(? USING utf8mb4) AS BINARY)",
            ),
            ("longblob", MySql, "?", "t.`movie` = ?"),
        ] {
            let update = cell(sql_type, &[], backend).swapping();
            assert!(update.contains(&format!(" = {set} WHERE ")), "{update}");
            assert!(update.ends_with(&format!(" AND {same}")), "{update}");
        }
    }

    #[test]
    fn what_the_server_would_set_anew_is_kept() {
        assert_eq!(
            cell("longblob", &["changed"], Backend::MySql).swapping(),
            "UPDATE `lab`.`#scan` AS t SET `movie` = ?, `changed` = t.`changed` \
             WHERE t.`id` = CAST(CAST(? AS CHAR) AS SIGNED) AND t.`movie` = ?"
        );
        let (new, old) = (
            cell("json", &[], Backend::MySql),
            cell("longblob", &[], Backend::MySql),
        );
        assert_eq!(
            new.filling(&old),
            "UPDATE `lab`.`#scan` AS t SET `movie` = CAST(? AS JSON) \
             WHERE t.`id` = CAST(CAST(? AS CHAR) AS SIGNED) AND t.`movie` IS NULL AND t.`movie` = ?"
        );
        assert_eq!(
            cell("jsonb", &[], Backend::PostgreSql).select,
            r##"SELECT t."movie"::text FROM "lab"."#scan" AS t WHERE t."id" = ?::text::int"##
        );
    }

    #[test]
    fn json_that_was_encoded_twice_is_told_from_the_same_encoded_once() {
        let cell = cell("jsonb", &[], Backend::PostgreSql);
        let once = Raw::Text(r#"{"path": "a", "n": 1}"#.into());
        let twice = Raw::Text(serde_json::json!(r#"{"path": "a", "n": 1}"#).to_string());
        assert!(cell.is(&once, &r#"{"n":1,"path":"a"}"#.into()));
        assert!(!cell.is(&twice, &once.bytes()));
        assert!(cell.is(&twice, &twice.bytes()));
    }

    #[test]
    fn of_new_bytes_the_journal_keeps_a_digest() {
        let cell = cell("bytea", &[], Backend::PostgreSql);
        let new = Raw::Bytes("mYm\0".into());
        let kept = cell.kept(&new);
        assert_ne!(kept, new.bytes());
        assert!(cell.is(&new, &kept));
        assert!(!cell.is(&Raw::Bytes("mYm".into()), &kept));
    }
}
