//! Many rows at once, in both directions: what `insert_many` inserts Python fetches, and `fetch_many` gives it back, over a
//! store that is far away too.

mod far;
mod refused;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use dj_codec_db::{
    Database, FetchOptions, Fetched, InsertFailed, InsertOptions, NewRow, Table, fetch_many, insert_many,
};
use dj_codecs::api::{Array, Context, Json, Value, notation};
use serde_json::json;

use crate::failed::{Outcome, ensure, same, same_value};
use crate::ground;
use crate::peer::{Peer, value_of};
use crate::proxy::Proxy;
use crate::report::Report;
use crate::workspace::Workspace;

const SCHEMA: &str = "bulk_lab";
/// So many rows are inserted.
const ROWS: i64 = 130;
/// And so many are in one transaction.
const BATCH: usize = 50;

const PLAIN: &str = "
    subject : varchar(16)
    day : date
    number : int32
    ---
    small : int8
    large : int64
    single : float32
    weight : float64
    depth : decimal(8,3)
    flag : bool
    code : char(4)
    kind : enum('z:last', 'a:first')
    stamp : datetime(6)
    doc=null : json
    plain=null : bytes
    word='as declared' : varchar(16)
    note=null : <blob>
    packed=null : <blob@shelf>
    trace=null : <npy@cloud>
    movie=null : <zarr@local>
";

/// The rows, the table and both sides.
struct Lab {
    peer: Peer,
    url: String,
    stores: Arc<dj_codecs::store::ConfiguredStores>,
    far: PathBuf,
    endpoint: String,
}

pub(crate) fn run(ws: &Workspace, report: &Report) -> Outcome {
    let lab = Lab::make(ws)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    report.scenario(
        &ws.scenario("insert_many and fetch_many: columns of every type, Python in between"),
        |checks| {
            checks.check("what is inserted, Python fetches", || {
                runtime.block_on(lab.insert(ws))
            });
            checks.check("and is given back", || runtime.block_on(lab.fetch(ws)));
            checks.check("some keys, some columns, handles", || {
                runtime.block_on(lab.restricted(ws))
            });
            checks.check("a batch that fails leaves nothing behind", || {
                runtime.block_on(lab.refused(ws))
            });
            checks.check("nor is a value cut off where the server would", || {
                runtime.block_on(lab.lenient(ws))
            });
            checks.check("an object that is missing ends nothing", || {
                runtime.block_on(lab.missing(ws))
            });
        },
    );
    report.scenario(
        &ws.scenario("fetch_many and insert_many: a store that is 20 ms away"),
        |checks| {
            checks.check("one request for a value, many at once", || {
                let proxy = Proxy::start(&lab.endpoint, far::DELAY)?;
                runtime.block_on(lab.far_away(ws, &proxy))
            });
        },
    );
    lab.peer.ask("drop", json!({}))?;
    lab.peer.close()
}

/// The values of a row. Every third has NULLs where there may be any.
fn row(number: i64) -> Outcome<Vec<(&'static str, Value)>> {
    let floats = (0..200).map(|step| (number * step) as f64 / 7.0).collect();
    let trace = Array::from_vec::<f64>(floats, &[40, 5])?;
    let movie = Array::from_vec(
        (0..600).map(|step| (number * 31 + step) as u16).collect(),
        &[6, 10, 10],
    )?;
    let mut row = vec![
        ("subject", Value::from(format!("µ'{}", number % 3))),
        (
            "day",
            Value::Date(format!("2024-02-{:02}", 1 + number % 29).parse()?),
        ),
        ("number", Value::Int(number)),
        ("small", Value::Int(number % 100 - 50)),
        ("large", Value::Int(i64::MAX - number)),
        ("single", Value::Float(f64::from(number as f32 / 8.0))),
        ("weight", Value::Float(number as f64 / 7.0)),
        ("depth", Value::Decimal(format!("{number}.125"))),
        ("flag", Value::Bool(number % 2 == 0)),
        ("code", Value::from(format!("c{:03}", number % 1000))),
        (
            "kind",
            Value::from(if number % 4 == 0 { "z:last" } else { "a:first" }),
        ),
        (
            "stamp",
            Value::DateTime(format!("2024-02-29T01:02:03.{:06}", 1 + number).parse()?),
        ),
    ];
    if number % 3 > 0 {
        let entries = vec![
            (Value::from("n"), Value::Int(number)),
            (Value::from("x"), Value::from(trace.clone())),
        ];
        row.extend([
            ("doc", Value::from(json!({"n": number, "words": ["a", null]}))),
            ("plain", Value::Bytes(number.to_le_bytes().to_vec().into())),
            ("note", Value::Dict(entries)),
            ("packed", Value::List(vec![Value::Int(number), Value::from("x")])),
            ("trace", Value::from(trace)),
            ("movie", Value::from(movie)),
        ]);
    }
    Ok(row)
}

fn new_row(number: i64) -> Outcome<NewRow> {
    let values = row(number)?;
    Ok(values
        .into_iter()
        .fold(NewRow::new(), |row, (name, value)| row.with(name, value)))
}

fn new_rows(numbers: std::ops::Range<i64>) -> Outcome<Vec<NewRow>> {
    numbers.map(new_row).collect()
}

/// The value of a column of a row as it comes back.
fn expected(number: i64, field: &str) -> Outcome<Value> {
    let given = row(number)?.into_iter().find(|(name, _)| *name == field);
    Ok(match (given, field) {
        (Some((_, value)), _) => value,
        (None, "word") => Value::from("as declared"),
        (None, _) => Value::Null,
    })
}

impl Lab {
    fn make(ws: &Workspace) -> Outcome<Self> {
        let peer = start(ws, "bulk")?;
        peer.ask(
            "declare",
            json!({"schema": SCHEMA, "tables": {"Everything": PLAIN}}),
        )?;
        let url = peer.ask("url", json!({}))?;
        let far = ws.folder.join("far");
        let endpoint = far::configuration(&ws.folder, &far)?;
        Ok(Self {
            peer,
            url: url.get("url").and_then(Json::as_str).ok_or("no URL")?.to_owned(),
            stores: Arc::clone(ws.stores()),
            far,
            endpoint,
        })
    }

    async fn open(&self) -> Outcome<(Database, Table)> {
        let database = Database::connect(&self.url).await?;
        let table = database.tables_named(SCHEMA, Some("everything")).await?.remove(0);
        Ok((database, table))
    }

    fn cx(&self) -> Context {
        Context::with_stores(Arc::clone(&self.stores) as _)
    }

    async fn put(&self, ws: &Workspace, rows: Vec<NewRow>) -> Outcome<Result<u64, InsertFailed>> {
        let (database, table) = self.open().await?;
        let writable = database.writable(1).await?;
        let options = InsertOptions::new().with_batch(BATCH);
        Ok(insert_many(&writable, &table, rows, ws.registry(), &self.cx(), &options).await)
    }

    async fn fetched(&self, ws: &Workspace, options: FetchOptions) -> Outcome<Fetched> {
        let (database, table) = self.open().await?;
        Ok(fetch_many(&database, &table, ws.registry(), &self.cx(), options)?)
    }

    async fn insert(&self, ws: &Workspace) -> Outcome {
        let inserted = self.put(ws, new_rows(0..ROWS)?).await?;
        same(
            "rows inserted",
            &inserted.map_err(|failed| failed.to_string())?,
            &(ROWS as u64),
        )?;
        let told = self.peer.ask("rows", json!({"table": "Everything"}))?;
        let rows = told.get("rows").and_then(Json::as_array).ok_or("no rows")?;
        same("rows that Python fetches", &rows.len(), &(ROWS as usize))?;
        for found in rows {
            let Value::Int(number) = value_of(found.get("number"))? else {
                return Err(format!("the number of {found}").into());
            };
            for (name, told) in found.as_object().into_iter().flatten() {
                let value = value_of(Some(told))?;
                let wanted = python(expected(number, name)?);
                let shown = format!("{name} of row {number}");
                same_value(&shown, &python(value), &wanted)?;
            }
        }
        Ok(())
    }

    async fn fetch(&self, ws: &Workspace) -> Outcome {
        // A budget of nothing lets one row through after the other, and a large one many at once: both give all.
        for options in [
            FetchOptions::new(),
            FetchOptions::new().with_budget(1).with_parallel(1),
        ] {
            let mut rows = self.fetched(ws, options).await?;
            let (mut count, mut last) = (0, None);
            while let Some(row) = rows.next().await? {
                let values = row.key.values()?;
                let key: Vec<Value> = values.into_iter().map(|(_, value)| value).collect();
                let Some(Value::Int(number)) = key.last().cloned() else {
                    return Err(format!("the key {}", row.key).into());
                };
                for (place, field) in ["subject", "day", "number"].iter().enumerate() {
                    same_value(
                        field,
                        key.get(place).unwrap_or(&Value::Null),
                        &expected(number, field)?,
                    )?;
                }
                for (name, value) in row.iter() {
                    let value = value
                        .as_ref()
                        .map_err(|error| format!("{name} of {}: {error}", row.key))?;
                    same_value(
                        &format!("{name} of row {number}"),
                        value,
                        &expected(number, name)?,
                    )?;
                }
                same("columns", &row.iter().count(), &16)?;
                let order = notation::to_string(&Value::List(key.get(..2).unwrap_or_default().to_vec()))?;
                ensure(last.as_ref() <= Some(&order), || {
                    format!("{order} comes behind {last:?}")
                })?;
                last = Some(order);
                count += 1;
            }
            same("rows", &count, &ROWS)?;
        }
        Ok(())
    }

    async fn restricted(&self, ws: &Workspace) -> Outcome {
        let (mut all, mut keys) = (
            self.fetched(ws, FetchOptions::new().with_fields([])).await?,
            Vec::new(),
        );
        while let Some(row) = all.next().await? {
            keys.push(row.key);
        }
        let wanted: Vec<_> = keys.iter().skip(5).step_by(10).cloned().collect();
        let options = FetchOptions::new()
            .with_fields(["trace", "small"])
            .with_keys(wanted.clone());
        let mut rows = self.fetched(ws, options.with_handles()).await?;
        for key in &wanted {
            let row = rows.next().await?.ok_or("a row is left out")?;
            same("key", row.key.texts(), key.texts())?;
            let number = key
                .texts()
                .last()
                .and_then(|text| text.parse().ok())
                .ok_or("no number")?;
            let trace = expected(number, "trace")?;
            match row.get("trace") {
                Some(Ok(Value::Null)) => same_value("trace", &Value::Null, &trace)?,
                Some(Ok(Value::Lazy(handle))) => same_value("trace", &handle.load()?, &trace)?,
                other => return Err(format!("no handle but {other:?}").into()),
            }
            same(
                "columns",
                &row.iter().map(|(name, _)| name).collect::<Vec<_>>(),
                &vec!["trace", "small"],
            )?;
        }
        ensure(rows.next().await?.is_none(), || "there are more rows".into())?;
        let unknown = self.fetched(ws, FetchOptions::new().with_fields(["trase"])).await;
        let words = unknown.err().map(|error| error.to_string()).unwrap_or_default();
        ensure(words.contains("no column \"trase\""), || words.clone())
    }
}

/// A Python of its own, with whole tables.
pub(crate) fn start(ws: &Workspace, name: &str) -> Outcome<Peer> {
    let hello = ws.peer.ask("hello", json!({}))?;
    let python = hello
        .get("executable")
        .and_then(Json::as_str)
        .ok_or("which Python it is")?;
    let folder = ws.folder.join(name);
    std::fs::create_dir_all(&folder)?;
    // DataJoint finds the configuration in a folder above.
    let mut command = ground::command(python);
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tables_peer.py"));
    Peer::start(command, &folder)
}

/// A value as Python keeps it: floats of 32 bits may have become others, and a decimal has the digits of its column.
fn python(value: Value) -> Value {
    match value {
        Value::Bool(flag) => Value::Int(flag.into()),
        Value::Json(json) => {
            notation::from_json(&json, &dj_codecs::api::Limits::default()).unwrap_or(Value::Json(json))
        }
        other => other,
    }
}
