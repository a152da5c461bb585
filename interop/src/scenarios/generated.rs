//! Generated values: we encode, SQL puts it into a row, Python fetches and inserts the value into another row, SQL reads that,
//! and we decode what we began with.

use dj_codec_testkit::values;
use std::collections::BTreeSet;

use dj_codecs::api::{Json, Value};
use proptest::strategy::{Strategy as _, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::json;

use crate::failed::{Failed, Outcome, same, same_value, shown};
use crate::peer::value_of;
use crate::plan::{Backend, Table, TableColumn};
use crate::report::Report;
use crate::workspace::Workspace;

/// How many values go through each column.
const COUNTS: [(&str, usize); 4] = [
    ("in_table", 500),
    ("blob_local", 150),
    ("blob_cloud", 40),
    ("blob_shelf", 60),
];
/// How many go in one message: Python waits for it, then we wait for Python.
const BATCH: usize = 50;
/// The first `case_id` of our rows, of Python's, and of those that a failing value is made smaller with.
const FIRST: usize = 300_000;
const PASSED_ON: usize = 400_000;
const SMALLER: usize = 500_000;
/// How often a failing value is tried in a smaller form.
const STEPS: usize = 300;
/// What is among 500 values: each type that Python reads back.
const TYPES: [&str; 46] = [
    "a MATLAB cell array",
    "a MATLAB struct array",
    "a UUID",
    "a bool",
    "a complex number",
    "a date",
    "a datetime",
    "a decimal",
    "a dict",
    "a float",
    "a list",
    "a set",
    "a str",
    "a structured array",
    "a time",
    "a tuple",
    "an array of objects",
    "an int",
    "bool",
    "bytes",
    "complex128",
    "complex64",
    "datetime64[D]",
    "datetime64[M]",
    "datetime64[W]",
    "datetime64[Y]",
    "datetime64[as]",
    "datetime64[fs]",
    "datetime64[h]",
    "datetime64[m]",
    "datetime64[ms]",
    "datetime64[ns]",
    "datetime64[ps]",
    "datetime64[s]",
    "datetime64[us]",
    "float32",
    "float64",
    "int16",
    "int32",
    "int64",
    "int8",
    "null",
    "uint16",
    "uint32",
    "uint64",
    "uint8",
];
/// The variable that chooses other values.
const SEED: &str = "DJ_INTEROP_SEED";

pub(crate) fn run(ws: &Workspace, report: &Report) -> Outcome {
    let table = ws.table("Values")?;
    for (place, (column, count)) in COUNTS.into_iter().enumerate() {
        let column = table.column(column)?;
        let seed = seed(ws.backend, place)?;
        let name = format!(
            "{}: {count} generated values, us to Python to us, {SEED}={seed}",
            column.spec
        );
        let mut run = Run {
            ws,
            table,
            column,
            smaller: SMALLER + 1000 * place,
        };
        report.scenario(&ws.scenario(name), |checks| {
            let mut runner = runner(seed);
            let (strategy, mut types, mut shrunk) = (values::python(), BTreeSet::new(), false);
            let mut number = 1000 * place;
            while number < 1000 * place + count {
                let mut trees = Vec::new();
                while trees.len() < BATCH.min(1000 * place + count - number) {
                    match strategy.new_tree(&mut runner) {
                        Ok(tree) => trees.push(tree),
                        Err(reason) => {
                            return checks.check("generating", || Err(reason.to_string().into()));
                        }
                    }
                }
                let generated: Vec<Value> = trees.iter().map(ValueTree::current).collect();
                generated.iter().for_each(|value| types_in(value, &mut types));
                match run.there_and_back(number, &generated) {
                    Err(failed) => checks.check(format!("values {number} and on"), || Err(failed)),
                    Ok(outcomes) => {
                        for (at, (tree, outcome)) in trees.iter_mut().zip(outcomes).enumerate() {
                            checks.check(format!("value {}", number + at), || {
                                // One is enough to look at: it takes a while.
                                match outcome {
                                    Err(failed) if !std::mem::replace(&mut shrunk, true) => {
                                        Err(run.smallest(tree, failed))
                                    }
                                    other => other,
                                }
                            });
                        }
                    }
                }
                number += generated.len();
            }
            if count >= 500 {
                checks.check("types", || {
                    let types = types.iter().map(String::as_str).collect::<Vec<_>>();
                    same("what is among them", &types[..], &TYPES)
                });
            }
        });
    }
    Ok(())
}

/// The seed of a column's values: another one for each database, the same in every run unless the variable says otherwise.
fn seed(backend: Backend, place: usize) -> Outcome<u64> {
    match std::env::var(SEED) {
        Ok(text) => Ok(text
            .parse()
            .map_err(|_| Failed::from(format!("{SEED} is {text:?}, which is no number below 2^64")))?),
        Err(_) => Ok(2026 * 10 + place as u64 + if backend == Backend::MySql { 5 } else { 0 }),
    }
}

/// Adds the types of a value and of all in it.
fn types_in(value: &Value, types: &mut BTreeSet<String>) {
    let name = match value {
        Value::Array(array) => array.dtype().to_little_endian().to_string(),
        other => other.type_name().to_owned(),
    };
    types.insert(name);
    match value {
        Value::List(items) | Value::Tuple(items) | Value::Set(items) => {
            items.iter().for_each(|item| types_in(item, types));
        }
        Value::Dict(entries) => entries.iter().for_each(|(key, value)| {
            types_in(key, types);
            types_in(value, types);
        }),
        Value::Objects(array) => array.items.iter().for_each(|item| types_in(item, types)),
        Value::Cell(array) => array.items.iter().for_each(|item| types_in(item, types)),
        Value::Struct(array) => array.items.iter().for_each(|item| types_in(item, types)),
        Value::Record(array) => array.fields.iter().for_each(|(_, field)| types_in(field, types)),
        _ => {}
    }
}

fn runner(seed: u64) -> TestRunner {
    let mut bytes = [0; 32];
    for (place, byte) in bytes.iter_mut().zip(seed.to_le_bytes()) {
        *place = byte;
    }
    TestRunner::new_with_rng(
        Config::default(),
        TestRng::from_seed(RngAlgorithm::ChaCha, &bytes),
    )
}

struct Run<'a> {
    ws: &'a Workspace,
    table: &'a Table,
    column: &'a TableColumn,
    smaller: usize,
}

impl Run<'_> {
    /// What became of each value.
    fn there_and_back(&self, number: usize, generated: &[Value]) -> Outcome<Vec<Outcome>> {
        let Self {
            ws, table, column, ..
        } = self;
        let (mut rows, mut keys, mut new_keys) = (Vec::new(), Vec::new(), Vec::new());
        for (number, value) in (number..).zip(generated) {
            let (key, new) = (
                json!({"case_id": FIRST + number}),
                json!({"case_id": PASSED_ON + number}),
            );
            let stored = ws
                .encode(&column.spec, value.clone(), &ws.at(table, &key, &column.name)?)
                .map_err(|failed| failed.during(format!("encoding {}", shown(value))))?;
            rows.push(json!({"key": key, "fields": {&column.name: stored}}));
            keys.push(json!([key, new]));
            new_keys.push(new);
        }
        ws.peer
            .ask("put_many", json!({"table": table.class, "rows": rows}))?;
        let request = json!({"table": table.class, "field": column.name, "keys": keys});
        let told = ws.peer.ask("pass_on", request)?;
        let told = told
            .get("rows")
            .and_then(Json::as_array)
            .ok_or("pass_on told of no rows")?;
        // Those that Python could not pass on have no row.
        let passed = told
            .iter()
            .zip(new_keys)
            .filter(|(told, _)| told.get("value").is_some());
        let passed: Vec<Json> = passed.map(|(_, key)| key).collect();
        let request = json!({"table": table.class, "field": column.name, "keys": passed});
        let records = ws.peer.ask("raw_many", request)?;
        let records = records.get("records").and_then(Json::as_array);
        let mut records = records.ok_or("raw_many told of no records")?.iter();
        let mut outcomes = Vec::new();
        for (told, value) in told.iter().zip(generated) {
            outcomes.push(match told.get("error").and_then(Json::as_str) {
                Some(error) => Err(format!("Python fails with {error}: {}", shown(value)).into()),
                None => self.compare(told, records.next(), value),
            });
        }
        Ok(outcomes)
    }

    fn compare(&self, told: &Json, stored: Option<&Json>, value: &Value) -> Outcome {
        same_value("what Python fetches", &value_of(told.get("value"))?, value)?;
        let stored = stored.ok_or("Python inserted no row")?.clone();
        same_value(
            "what comes back from Python",
            &self.ws.decode(&self.column.spec, stored)?,
            value,
        )
    }

    /// The failure of the smallest value that fails still.
    fn smallest(&mut self, tree: &mut impl ValueTree<Value = Value>, failed: Failed) -> Failed {
        let mut smallest = failed;
        let until = self.smaller + STEPS;
        while self.smaller < until && tree.simplify() {
            loop {
                self.smaller += 1;
                let outcome = self.there_and_back(self.smaller, &[tree.current()]);
                match outcome.and_then(|outcomes| outcomes.into_iter().collect::<Outcome<Vec<()>>>()) {
                    Err(failed) => {
                        smallest = failed;
                        break;
                    }
                    // That was too small.
                    Ok(_) if self.smaller < until && tree.complicate() => {}
                    Ok(_) => return smallest,
                }
            }
        }
        smallest
    }
}
