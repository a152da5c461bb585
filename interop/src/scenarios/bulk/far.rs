//! A store that is far away.

use std::path::Path;
use std::time::{Duration, Instant};

use dj_codec_db::{FetchOptions, InsertOptions, NewRow, fetch_many, insert_many};
use dj_codecs::api::{Array, Context, Json, Value};

use super::{Lab, row};
use crate::failed::{Outcome, ensure, same, same_value};
use crate::proxy::Proxy;
use crate::workspace::{Workspace, stores_of};

/// How long it takes to answer.
pub(super) const DELAY: Duration = Duration::from_millis(20);

impl Lab {
    /// Through a proxy that lets every request wait: how many there are is what counts, and how many at once.
    pub(super) async fn far_away(&self, ws: &Workspace, proxy: &Proxy) -> Outcome {
        let file = self.far.join("datajoint.json");
        let text = std::fs::read_to_string(&file)?;
        std::fs::write(&file, text.replace(&self.endpoint, &proxy.address().to_string()))?;
        let cx = Context::new(stores_of(&self.far)?);
        let (database, table) = self.open().await?;
        let writable = database.writable(1).await?;
        let numbers = 5000..5200_i64;
        let rows = numbers.clone().map(|number| {
            let values = row(number)?;
            let kept = values
                .into_iter()
                .filter(|(name, _)| !["movie", "packed", "note"].contains(name));
            let row = kept.fold(NewRow::new(), |row, (name, value)| row.with(name, value));
            Ok(row.with("trace", Array::from_vec(vec![number as f64; 500], &[500])?))
        });
        let rows: Vec<NewRow> = rows.collect::<Outcome<_>>()?;
        let begun = Instant::now();
        insert_many(&writable, &table, rows, ws.registry(), &cx, &InsertOptions::new())
            .await
            .map_err(|failed| failed.to_string())?;
        let [_, requests, most] = proxy.counts();
        // One that must not be there before; the first to a server is tried a second time.
        ensure(requests <= 200 + 10, || {
            format!("{requests} requests put 200 objects")
        })?;
        ensure(most >= 12, || format!("{most} requests at once put 200 objects"))?;
        let mut keys = Vec::new();
        let mut all = fetch_many(
            &database,
            &table,
            ws.registry(),
            &cx,
            FetchOptions::new().with_fields([]),
        )?;
        while let Some(row) = all.next().await? {
            let number = row.key.texts().last().and_then(|text| text.parse::<i64>().ok());
            keys.extend(number.filter(|number| numbers.contains(number)).map(|_| row.key));
        }
        proxy.counts();
        let options = FetchOptions::new().with_fields(["trace"]).with_keys(keys);
        let mut rows = fetch_many(&database, &table, ws.registry(), &cx, options)?;
        let mut count = 0;
        while let Some(row) = rows.next().await? {
            let number: f64 = row
                .key
                .texts()
                .last()
                .and_then(|text| text.parse().ok())
                .ok_or("no number")?;
            let wanted = Value::from(Array::from_vec(vec![number; 500], &[500])?);
            let found = row
                .get("trace")
                .ok_or("no trace")?
                .as_ref()
                .map_err(|error| error.to_string())?;
            same_value("trace", found, &wanted)?;
            count += 1;
        }
        same("rows", &count, &200)?;
        let [_, requests, most] = proxy.counts();
        same("requests for 200 values", &requests, &200)?;
        ensure(most >= 12, || format!("{most} requests at once"))?;
        // One after the other they would take eight seconds on a machine that does nothing else.
        let seconds = begun.elapsed().as_secs_f64();
        ensure(seconds < 60.0, || format!("it takes {seconds:.1} s"))
    }
}

/// The configuration in another folder, where the endpoint of the S3 server may be replaced; gives that endpoint.
pub(super) fn configuration(near: &Path, far: &Path) -> Outcome<String> {
    std::fs::create_dir_all(far.join(".secrets"))?;
    for secret in std::fs::read_dir(near.join(".secrets"))? {
        let secret = secret?;
        std::fs::copy(secret.path(), far.join(".secrets").join(secret.file_name()))?;
    }
    std::fs::copy(near.join("datajoint.json"), far.join("datajoint.json"))?;
    let configuration: Json = serde_json::from_str(&std::fs::read_to_string(near.join("datajoint.json"))?)?;
    let endpoint = configuration
        .pointer("/stores/cloud/endpoint")
        .and_then(Json::as_str);
    Ok(endpoint.ok_or("the store cloud has no endpoint")?.to_owned())
}
