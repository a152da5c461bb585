//! What bench/bulk.py measures with: a proxy that makes an S3 server answer late, and our side of fetching and inserting.
//!
//! ```sh
//! bulk proxy HOST:PORT MILLISECONDS                 # prints where it listens; counts on each line of standard input
//! bulk fetch URL SCHEMA TABLE FIELD VALUES REQUESTS # from a folder with a datajoint.json
//! bulk insert URL SCHEMA TABLE FIELD ROWS ELEMENTS  # into a table of number, note and FIELD
//! ```
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a program that measures, and ends where anything is wrong"
)]

#[path = "../src/proxy.rs"]
mod proxy;

use std::time::{Duration, Instant};

use dj_codec_db::{Database, FetchOptions, InsertOptions, NewRow, fetch_many, insert_many};
use dj_codecs::api::{Array, Context, Value};
use dj_codecs::store::{Config, ConfiguredStores, Environment, StoreOptions};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["proxy", to, delay] => serve(to, delay.parse().expect("milliseconds")),
        ["fetch", url, schema, table, field, values, requests] => {
            let how = (
                values.parse().expect("VALUES"),
                requests.parse().expect("REQUESTS"),
            );
            let runtime = tokio::runtime::Runtime::new().expect("threads");
            runtime.block_on(fetch(url, schema, table, field, how));
        }
        ["insert", url, schema, table, field, rows, elements] => {
            let how = (rows.parse().expect("ROWS"), elements.parse().expect("ELEMENTS"));
            let runtime = tokio::runtime::Runtime::new().expect("threads");
            runtime.block_on(insert(url, schema, table, field, how));
        }
        _ => panic!("the first lines of this file say how it is used"),
    }
}

fn serve(to: &str, delay: u64) {
    let proxy = proxy::Proxy::start(to, Duration::from_millis(delay)).expect("a port");
    println!("{}", proxy.address());
    for line in std::io::stdin().lines() {
        let [connections, requests, most] = proxy.counts();
        println!(
            "{}",
            serde_json::json!({"connections": connections, "requests": requests, "at_once": most, "of": line.unwrap()})
        );
    }
}

/// The stores of the folder's configuration; as many requests at once as the store has otherwise where 0 are asked for.
fn stores(requests: usize) -> Context {
    let environment = Environment::current().unwrap();
    let config = Config::discover(&environment).unwrap();
    let mut options = StoreOptions::default();
    if requests > 0 {
        options.concurrency = requests;
    }
    Context::new(ConfiguredStores::new(config, environment).with_options(options))
}

async fn insert(url: &str, schema: &str, table: &str, field: &str, (rows, elements): (i64, usize)) {
    let cx = stores(0);
    let registry = dj_codecs::default_registry();
    let made: Vec<NewRow> = (0..rows)
        .map(|number| {
            let values = (0..elements)
                .map(|step| (number as f64) + step as f64 / 7.0)
                .collect();
            let array = Array::from_vec(values, &[elements]).unwrap();
            let row = NewRow::new().with("number", number);
            row.with("note", format!("row {number}")).with(field, array)
        })
        .collect();
    let begun = Instant::now();
    let database = Database::connect(url).await.unwrap();
    let tables = database.tables_named(schema, Some(table)).await.unwrap();
    let writable = database.writable(1).await.unwrap();
    let options = InsertOptions::new();
    let count = insert_many(&writable, &tables[0], made, &registry, &cx, &options)
        .await
        .unwrap();
    let (seconds, bytes) = (begun.elapsed().as_secs_f64(), count * elements as u64 * 8);
    println!(
        "{}",
        serde_json::json!({"rows": count, "bytes": bytes, "seconds": seconds})
    );
}

async fn fetch(url: &str, schema: &str, table: &str, field: &str, (values, requests): (usize, usize)) {
    let cx = stores(requests);
    let registry = dj_codecs::default_registry();
    let begun = Instant::now();
    let database = Database::connect(url).await.unwrap();
    let tables = database.tables_named(schema, Some(table)).await.unwrap();
    let connected = begun.elapsed();
    let mut wanted = FetchOptions::new().with_fields([field]).stop_at_errors();
    if values > 0 {
        wanted = wanted.with_parallel(values);
    }
    let mut rows = fetch_many(&database, &tables[0], &registry, &cx, wanted).unwrap();
    let (mut count, mut bytes, mut sum) = (0_u64, 0_u64, 0_u64);
    while let Some(row) = rows.next().await.unwrap() {
        let Some(Ok(Value::Array(array))) = row.get(field) else {
            panic!("{}: no array", row.key);
        };
        count += 1;
        bytes += array.nbytes() as u64;
        sum = sum.wrapping_add(u64::from(*array.data().last().unwrap()));
    }
    let seconds = begun.elapsed().as_secs_f64();
    let connect = connected.as_secs_f64();
    println!(
        "{}",
        serde_json::json!({"rows": count, "bytes": bytes, "seconds": seconds, "connect": connect, "sum": sum})
    );
}
