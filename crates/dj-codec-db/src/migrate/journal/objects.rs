//! The objects that the journal names.

use dj_codec_api::Result;

use super::{Claim, Journal, Named, Why};
use crate::writable::{Bind, Transaction};

impl Journal {
    /// Names an object that is about to be written, for good and at once.
    pub(in crate::migrate) async fn writing(
        &self,
        id: &str,
        key: &[String],
        attempt: &str,
        object: &Named,
    ) -> Result<()> {
        let (sql, binds) = self.naming(id, key, attempt, Why::Writing, object);
        self.writable.execute(sql, binds).await.map(drop)
    }

    /// Names an object that the row no longer needs.
    pub(in crate::migrate) async fn unneeded(
        &self,
        open: &mut Transaction,
        claim: &Claim,
        why: Why,
        object: &Named,
    ) -> Result<()> {
        let (sql, binds) = self.naming(&claim.id, &claim.key, "", why, object);
        open.execute(sql, binds).await.map(drop)
    }

    fn naming(
        &self,
        id: &str,
        key: &[String],
        attempt: &str,
        why: Why,
        object: &Named,
    ) -> (String, Vec<Bind>) {
        let sql = format!(
            "INSERT INTO {} (migration_id, table_name, field, row_key, store, path, fresh, why, attempt, run) \
             VALUES ({id}, ?, ?, ?, ?, ?, {}, ?, ?, ?)",
            self.objects,
            u8::from(object.fresh)
        );
        let binds = vec![
            self.table.as_str().into(),
            self.field.as_str().into(),
            super::row_key(key).into(),
            object.store.as_str().into(),
            object.path.as_str().into(),
            why.name().into(),
            attempt.into(),
            self.run.as_str().into(),
        ];
        (sql, binds)
    }

    /// The objects of an attempt are needed now, or are gone: their names are taken back.
    pub(in crate::migrate) async fn unname(&self, open: &mut Transaction, attempt: &str) -> Result<()> {
        let (sql, binds) = self.unnaming(attempt);
        open.execute(sql, binds).await.map(drop)
    }

    /// The same at once.
    pub(in crate::migrate) async fn unname_now(&self, attempt: &str) -> Result<()> {
        let (sql, binds) = self.unnaming(attempt);
        self.writable.execute(sql, binds).await.map(drop)
    }

    fn unnaming(&self, attempt: &str) -> (String, Vec<Bind>) {
        let sql = format!("DELETE FROM {} WHERE attempt = ? AND why = ?", self.objects);
        (sql, vec![attempt.into(), Why::Writing.name().into()])
    }

    /// The objects that a row did not need are needed again.
    pub(in crate::migrate) async fn needed_again(&self, open: &mut Transaction, claim: &Claim) -> Result<()> {
        let sql = format!(
            "DELETE FROM {} WHERE migration_id = {} AND why = ?",
            self.objects, claim.id
        );
        let binds = vec![Why::Superseded.name().into()];
        open.execute(sql, binds).await.map(drop)
    }
}
