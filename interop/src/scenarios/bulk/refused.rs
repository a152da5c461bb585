//! What cannot be inserted or fetched.

use dj_codec_db::{FetchOptions, NewRow};
use dj_codecs::api::{Record, Stores as _, Value};
use serde_json::json;

use super::{BATCH, Lab, ROWS, SCHEMA, new_row, new_rows};
use crate::failed::{Outcome, ensure, same};
use crate::plan::Backend;
use crate::workspace::Workspace;

impl Lab {
    /// A row that is there already, one without a key, and values that no codec takes: nothing of their batch stays, in the table or
    /// in a store; batches before it do.
    pub(super) async fn refused(&self, ws: &Workspace) -> Outcome {
        let objects = || -> Outcome<usize> {
            let mut count = 0;
            for name in ["cloud", "local"] {
                count += self
                    .stores
                    .open(Some(name))?
                    .store
                    .list(&format!("_schema/{SCHEMA}"))?
                    .len();
            }
            Ok(count)
        };
        let count = async || -> Outcome<u64> {
            let mut rows = self.fetched(ws, FetchOptions::new().with_fields([])).await?;
            let mut count = 0;
            while rows.next().await?.is_some() {
                count += 1;
            }
            Ok(count)
        };
        let before = (count().await?, objects()?);
        let fresh = 1000..1000 + BATCH as i64;
        let mut bad: Vec<(&str, NewRow, &str)> = vec![
            ("a duplicate", new_row(7)?, ""),
            (
                "no array",
                new_row(2000)?.with("trace", "text"),
                "requires an array",
            ),
            ("no key", NewRow::new().with("subject", "x"), "primary key"),
            (
                "no column",
                new_row(2000)?.with("trase", 1),
                "no column \"trase\"",
            ),
            (
                "no int",
                new_row(2000)?.with("small", Value::List(vec![])),
                "cannot hold a list",
            ),
            (
                "no number of the type",
                new_row(2000)?.with("small", 1_000_000),
                "",
            ),
        ];
        for (what, row, words) in bad.drain(..) {
            let mut rows = new_rows(fresh.clone())?;
            rows.splice(30..30, [row]);
            let failed = self
                .put(ws, rows)
                .await?
                .err()
                .ok_or_else(|| format!("{what} is inserted"))?;
            same(&format!("the row of {what}"), &failed.row, &Some(30))?;
            ensure(failed.inserted == 0 && failed.to_string().contains(words), || {
                failed.to_string()
            })?;
            same(
                &format!("rows and objects after {what}"),
                &(count().await?, objects()?),
                &before,
            )?;
        }
        // The second batch fails, the first stays.
        let mut rows = new_rows(fresh.clone())?;
        rows.push(new_row(7)?);
        let failed = self
            .put(ws, rows)
            .await?
            .err()
            .ok_or("the duplicate is inserted")?;
        same(
            "inserted",
            &(failed.inserted, failed.row),
            &(BATCH as u64, Some(BATCH as u64)),
        )?;
        same("rows after that", &count().await?, &(before.0 + BATCH as u64))
    }

    /// A MySQL server that was told to be lenient stores what fits of a value, unless the session says otherwise.
    pub(super) async fn lenient(&self, ws: &Workspace) -> Outcome {
        if ws.backend != Backend::MySql {
            return Ok(());
        }
        let (database, _) = self.open().await?;
        let server = database.writable(1).await?;
        server.execute("SET GLOBAL sql_mode = ''", Vec::new()).await?;
        let put = self.put(ws, vec![new_row(2000)?.with("small", 1_000_000)]).await;
        server
            .execute("SET GLOBAL sql_mode = DEFAULT", Vec::new())
            .await?;
        let failed = put?.err().ok_or("a number is cut off")?;
        same("the row", &failed.row, &Some(0))
    }

    pub(super) async fn missing(&self, ws: &Workspace) -> Outcome {
        let raw = self.peer.ask(
            "raw_many",
            json!({"table": "Everything", "keys": [{"number": 1}], "field": "trace"}),
        )?;
        let record = raw
            .get("records")
            .and_then(|records| records.get(0))
            .cloned()
            .ok_or("no record")?;
        let cloud = self.stores.open(Some("cloud"))?.store;
        let path = Record::from_json(record)?.path()?.to_owned();
        let bytes = cloud.get(&path)?;
        cloud.delete(&path)?;
        let options = FetchOptions::new().with_fields(["trace"]);
        let mut rows = self.fetched(ws, options.clone()).await?;
        let (mut good, mut bad) = (0, Vec::new());
        while let Some(row) = rows.next().await? {
            match row.get("trace") {
                Some(Ok(_)) => good += 1,
                _ => bad.push(row.key.texts().last().cloned().unwrap_or_default()),
            }
        }
        same("rows that fail", &bad, &vec!["1".to_owned()])?;
        ensure(good >= ROWS - 1, || format!("only {good} rows come"))?;
        let mut rows = self.fetched(ws, options.stop_at_errors()).await?;
        let failed = loop {
            match rows.next().await {
                Ok(Some(_)) => {}
                Ok(None) => return Err("it does not stop".into()),
                Err(error) => break error.to_string(),
            }
        };
        ensure(
            failed.contains("everything.trace") && failed.contains("number=1"),
            || failed.clone(),
        )?;
        cloud.put(&path, bytes)?;
        Ok(())
    }
}
