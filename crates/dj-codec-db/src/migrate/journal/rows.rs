//! The rows of the journal: noted, claimed, and what they came to.

use bytes::Bytes;
use dj_codec_api::{Error, Result};

use super::{Claim, Done, Journal, Raw, State, key_texts, row_key};
use crate::raw::{Cells, text};
use crate::writable::Transaction;
use crate::{Backend, Key};

impl Journal {
    /// Notes rows that are to be migrated. One that is noted already is left as it is.
    pub(in crate::migrate) async fn note(&self, keys: &[Key], state: State) -> Result<()> {
        const COLUMNS: &str = "table_name, field, aim, row_key, claim_key, state, run";
        for some in keys.chunks(500) {
            let values = vec!["(?, ?, ?, ?, ?, ?, ?)"; some.len()].join(", ");
            let sql = match self.backend {
                Backend::PostgreSql => format!(
                    "INSERT INTO {} ({COLUMNS}) VALUES {values} ON CONFLICT DO NOTHING",
                    self.rows
                ),
                Backend::MySql => format!("INSERT IGNORE INTO {} ({COLUMNS}) VALUES {values}", self.rows),
            };
            let binds = some.iter().flat_map(|key| {
                let row_key = row_key(key.texts());
                let claim_key = self.claim_key(&row_key);
                let mut binds = self.mine();
                binds.extend([
                    row_key.into(),
                    claim_key.into(),
                    state.name().into(),
                    self.run.as_str().into(),
                ]);
                binds
            });
            self.patiently(sql, binds.collect()).await?;
        }
        Ok(())
    }

    /// Turns rows of one state into rows of another, all that nobody holds.
    pub(in crate::migrate) async fn turn(&self, from: State, to: State) -> Result<u64> {
        let sql = format!(
            "UPDATE {} SET state = ? WHERE {} AND state = ?",
            self.rows,
            self.is_mine()
        );
        let mut binds = vec![to.name().into()];
        binds.extend(self.mine());
        binds.push(from.name().into());
        self.patiently(sql, binds).await
    }

    /// Forgets the rows that a scan of this run has noted and nobody works on.
    pub(in crate::migrate) async fn forget_planned(&self) -> Result<()> {
        let sql = format!(
            "DELETE FROM {} WHERE {} AND state = ? AND run = ?",
            self.rows,
            self.is_mine()
        );
        let mut binds = self.mine();
        binds.extend([State::Planned.name().into(), self.run.as_str().into()]);
        self.patiently(sql, binds).await.map(drop)
    }

    /// Claims a row of this state that nobody works on; of rows with the state `Migrated` the newest first.
    pub(in crate::migrate) async fn claim(
        &self,
        open: &mut Transaction,
        state: State,
    ) -> Result<Option<Claim>> {
        // With the table in front: alone, PostgreSQL takes the name for that of the selected column, which is text.
        let order = match state {
            State::Migrated => "j.id DESC",
            _ => "j.id",
        };
        let sql = format!(
            "SELECT {}, row_key FROM {} AS j WHERE {} AND state = ? ORDER BY {order} LIMIT 1 FOR UPDATE SKIP LOCKED",
            self.text("id"),
            self.rows,
            self.is_mine()
        );
        let mut binds = self.mine();
        binds.push(state.name().into());
        let rows = open.query(sql, binds).await?;
        rows.first().map(claim).transpose()
    }

    /// Claims the row of this key, where it is open and nobody works on it.
    pub(in crate::migrate) async fn claim_one(
        &self,
        open: &mut Transaction,
        key: &Key,
    ) -> Result<Option<Claim>> {
        let sql = format!(
            "SELECT {}, row_key FROM {} WHERE claim_key = ? FOR UPDATE SKIP LOCKED",
            self.text("id"),
            self.rows
        );
        let claim_key = self.claim_key(&row_key(key.texts()));
        let rows = open.query(sql, vec![claim_key.into()]).await?;
        rows.first().map(claim).transpose()
    }

    /// What a migrated row held before and after.
    pub(in crate::migrate) async fn done(&self, open: &mut Transaction, claim: Claim) -> Result<Done> {
        let sql = format!(
            "SELECT old_value, new_value FROM {} WHERE id = {}",
            self.rows, claim.id
        );
        let row = open.query(sql, Vec::new()).await?.into_iter().next();
        let mut cells = row.unwrap_or_default().into_iter().flatten();
        match (cells.next(), cells.next()) {
            (Some(old), Some(new)) => Ok(Done { claim, old, new }),
            _ => Err(Error::corrupt(format!(
                "the row {} of the journal has no old and new value",
                claim.id
            ))),
        }
    }

    /// Says that the row was migrated, and which objects it no longer needs.
    pub(in crate::migrate) async fn migrated(
        &self,
        open: &mut Transaction,
        claim: &Claim,
        values: (&Raw, Bytes),
        versions: (String, String),
    ) -> Result<()> {
        let sql = format!(
            "UPDATE {} SET state = ?, claim_key = NULL, reason = NULL, old_value = ?, new_value = ?, from_version = ?, \
             to_version = ?, run = ?, ended_at = {} WHERE id = {}",
            self.rows,
            self.now(),
            claim.id
        );
        let binds = vec![
            State::Migrated.name().into(),
            values.0.bytes().into(),
            values.1.into(),
            versions.0.into(),
            versions.1.into(),
            self.run.as_str().into(),
        ];
        open.execute(sql, binds).await.map(drop)
    }

    /// Says that the old value was put back.
    pub(in crate::migrate) async fn rolled_back(&self, open: &mut Transaction, claim: &Claim) -> Result<()> {
        self.ended(open, claim, State::RolledBack, "").await
    }

    /// Whether the row was migrated once more after this, and that has come to this state.
    pub(in crate::migrate) async fn has_newer(
        &self,
        open: &mut Transaction,
        claim: &Claim,
        state: State,
    ) -> Result<bool> {
        let sql = format!(
            "SELECT '1' FROM {} WHERE {} AND state = ? AND row_key = ? AND id > {} LIMIT 1",
            self.rows,
            self.is_mine(),
            claim.id
        );
        let mut binds = self.mine();
        binds.push(state.name().into());
        binds.push(row_key(&claim.key).into());
        Ok(!open.query(sql, binds).await?.is_empty())
    }

    /// Says what a row has come to that was not migrated.
    pub(in crate::migrate) async fn ended(
        &self,
        open: &mut Transaction,
        claim: &Claim,
        state: State,
        reason: &str,
    ) -> Result<()> {
        let sql = format!(
            "UPDATE {} SET state = ?, reason = ?, run = ?, ended_at = {} WHERE id = {}",
            self.rows,
            self.now(),
            claim.id
        );
        let binds = vec![
            state.name().into(),
            // A text column of PostgreSQL holds no NUL.
            reason.replace('\0', "\u{fffd}").into(),
            self.run.as_str().into(),
        ];
        open.execute(sql, binds).await.map(drop)
    }

    /// Says at once that a row was left, where its claim is lost; not where somebody else has ended it meanwhile.
    pub(in crate::migrate) async fn left(&self, claim: &Claim, reason: &str) -> Result<()> {
        let sql = format!(
            "UPDATE {} SET state = ?, reason = ?, run = ? WHERE id = {} AND state = ?",
            self.rows, claim.id
        );
        let binds = vec![
            State::Left.name().into(),
            reason.replace('\0', "\u{fffd}").into(),
            self.run.as_str().into(),
            State::Pending.name().into(),
        ];
        self.patiently(sql, binds).await.map(drop)
    }

    /// Forgets a row of which there is nothing to say.
    pub(in crate::migrate) async fn forget(&self, open: &mut Transaction, claim: &Claim) -> Result<()> {
        let sql = format!("DELETE FROM {} WHERE id = {}", self.rows, claim.id);
        open.execute(sql, Vec::new()).await.map(drop)
    }

    /// How many rows have this state.
    pub(in crate::migrate) async fn count(&self, state: State) -> Result<u64> {
        let sql = format!(
            "SELECT {} FROM {} WHERE {} AND state = ?",
            self.text("count(*)"),
            self.rows,
            self.is_mine()
        );
        let mut binds = self.mine();
        binds.push(state.name().into());
        let rows = self.writable.query(sql, binds).await?;
        Ok(rows
            .first()
            .and_then(|row| text(row.first()).parse().ok())
            .unwrap_or(0))
    }

    /// The first rows of this state, with the reasons.
    pub(in crate::migrate) async fn some(
        &self,
        state: State,
        most: usize,
    ) -> Result<Vec<(Vec<String>, String)>> {
        let sql = format!(
            "SELECT row_key, reason FROM {} WHERE {} AND state = ? ORDER BY id LIMIT {most}",
            self.rows,
            self.is_mine()
        );
        let mut binds = self.mine();
        binds.push(state.name().into());
        let rows = self.writable.query(sql, binds).await?;
        rows.iter()
            .map(|row| Ok((key_texts(&text(row.first()))?, text(row.get(1)))))
            .collect()
    }
}

fn claim(row: &Cells) -> Result<Claim> {
    Ok(Claim {
        id: text(row.first()),
        key: key_texts(&text(row.get(1)))?,
    })
}
