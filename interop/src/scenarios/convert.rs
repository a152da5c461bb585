//! `dj-codec convert`: values of one codec become values of another in a column that a person adds by the SQL that is printed;
//! Python fetches what it fetched before.

mod killed;
mod swap;

use std::collections::{BTreeMap, BTreeSet};

use dj_codecs::api::{Array, Json, Order, Stores as _, Value, notation};
use serde_json::json;

use super::bulk;
use crate::failed::{Outcome, ensure, same, same_value};
use crate::peer::{Peer, value_of};
use crate::plan::Backend;
use crate::program::Ran;
use crate::report::Report;
use crate::workspace::Workspace;

const SCHEMA: &str = "convert_lab";
const ROWS: i64 = 40;
/// Rows whose values are no arrays.
const NO_ARRAYS: [i64; 3] = [7, 9, 20];

const SCAN: &str = "
    scan_id : int32
    part : varchar(8)
    ---
    trace=null : <blob>            # it's raw
    movie=null : <blob@local>
    note : <blob>
    copy=null : <npy@local>
    killed=null : <blob>
    files=null : <object@local>
";

/// What is converted: the column, the type, the new column, and the rows whose values cannot be.
const CONVERSIONS: [(&str, &str, &str, &[i64]); 5] = [
    ("trace", "<npy@cloud>", "trace_npy", &NO_ARRAYS),
    ("movie", "<zarr@local>", "movie_zarr", &[]),
    ("note", "<blob@shelf>", "note_ext", &[]),
    ("copy", "<npy@shelf>", "copy_shelf", &[]),
    ("files", "<object@shelf>", "files_shelf", &[]),
];
/// Only where Python can fetch what is in the table.
const OF_MYSQL: (&str, &str, &str, &[i64]) = ("doc", "<attach@shelf>", "doc_ext", &[]);

/// The values of all rows, by the number of the row, then by column.
type Rows = BTreeMap<i64, BTreeMap<String, Value>>;

struct Lab<'a> {
    ws: &'a Workspace,
    peer: Peer,
    url: String,
}

pub(crate) fn run(ws: &Workspace, report: &Report) -> Outcome {
    let lab = Lab::make(ws)?;
    report.scenario(
        &ws.scenario("dj-codec convert: a column of another codec, Python before and after"),
        |checks| {
            let more = (ws.backend == Backend::MySql).then_some(OF_MYSQL);
            for (field, spec, into, left) in CONVERSIONS.into_iter().chain(more) {
                checks.check(format!("{field} to {spec}"), || {
                    lab.waits(field, spec, into)?;
                    lab.converts(field, spec, into, left)?;
                    lab.has_nothing_to_do(field, spec, into, left)
                });
            }
            checks.check("the new column in the place of the old one", || lab.swap());
            checks.check("refusals", || lab.refusals());
        },
    );
    report.scenario(
        &ws.scenario("dj-codec convert: killed again and again"),
        |checks| {
            checks.check(
                "every row gets its value once, and what is left behind is told",
                || lab.killed(),
            );
        },
    );
    lab.peer.ask("drop", json!({}))?;
    lab.peer.close()
}

/// The array of a row: each type in turn, in either order of memory and of bytes, with no, one and three dimensions.
fn array(number: i64) -> Outcome<Array> {
    const TYPES: [&str; 9] = ["<f8", ">i4", "|u1", "<i2", "|b1", "<c16", ">f4", "<u8", "<i8"];
    const SHAPES: [&[usize]; 5] = [&[40, 5], &[], &[6, 10, 10], &[0, 3], &[2000]];
    let at = number as usize;
    let dtype: dj_codecs::api::DType = TYPES.get(at % TYPES.len()).copied().unwrap_or("<f8").parse()?;
    let shape = SHAPES.get(at % SHAPES.len()).copied().unwrap_or_default();
    let order = if at % 4 == 3 { Order::Fortran } else { Order::C };
    let length = shape.iter().product::<usize>() * dtype.size();
    let bytes: Vec<u8> = (0..length).map(|byte| ((byte + at) % 2) as u8).collect();
    Ok(Array::new(dtype, shape, order, bytes.into())?)
}

fn row(number: i64) -> Outcome<BTreeMap<&'static str, Value>> {
    let array = Value::from(array(number)?);
    let words = Value::Dict(vec![
        (Value::from("n"), Value::Int(number)),
        (Value::from("x"), array.clone()),
    ]);
    let trace = match number {
        7 => words.clone(),
        9 => Value::from("no array"),
        20 => Value::List(vec![Value::Int(1), Value::Float(2.0)]),
        _ => array.clone(),
    };
    let mut row = BTreeMap::from([
        ("scan_id", Value::Int(number)),
        ("part", Value::from(format!("p'{}", number % 2))),
        ("note", words),
        ("killed", array.clone()),
    ]);
    let some = |value: Value| if number % 5 > 0 { value } else { Value::Null };
    row.extend([
        ("trace", some(trace)),
        ("movie", some(array.clone())),
        ("copy", some(array)),
    ]);
    Ok(row)
}

impl<'a> Lab<'a> {
    fn make(ws: &'a Workspace) -> Outcome<Self> {
        let peer = bulk::start(ws, "convert")?;
        let attached = if ws.backend == Backend::MySql {
            "    doc=null : <attach>\n"
        } else {
            ""
        };
        let definition = format!("{SCAN}{attached}");
        peer.ask(
            "declare",
            json!({"schema": SCHEMA, "tables": {"Scan": definition}}),
        )?;
        let file = ws.folder.join("to convert.txt");
        std::fs::write(&file, "what is in it")?;
        let folder = ws.folder.join("to-convert");
        std::fs::create_dir_all(folder.join("sub"))?;
        std::fs::write(folder.join("sub/a.bin"), [0, 1, 2])?;
        let mut rows = Vec::new();
        for number in 0..ROWS {
            let told = row(number)?.into_iter().map(|(name, value)| {
                let told = match (name, &value) {
                    ("scan_id" | "part", Value::Int(number)) => json!(number),
                    ("scan_id" | "part", Value::Str(text)) => json!(text),
                    _ => json!({ "$notation": notation::to_string(&value)? }),
                };
                Ok((name.to_owned(), told))
            });
            let mut told = told.collect::<Outcome<serde_json::Map<String, Json>>>()?;
            let files = if number % 2 == 0 { &file } else { &folder };
            let path = |path: &std::path::Path| {
                if number % 5 > 0 {
                    json!({ "$path": path })
                } else {
                    Json::Null
                }
            };
            told.insert("files".into(), path(files));
            if !attached.is_empty() {
                told.insert("doc".into(), path(&file));
            }
            rows.push(Json::Object(told));
        }
        peer.ask("insert_rows", json!({"table": "Scan", "rows": rows}))?;
        let url = peer.ask("url", json!({}))?;
        let url = url.get("url").and_then(Json::as_str).ok_or("no URL")?.to_owned();
        Ok(Self { ws, peer, url })
    }

    /// All rows as Python fetches them.
    fn rows(&self) -> Outcome<Rows> {
        let told = self.peer.ask("rows", json!({"table": "Scan"}))?;
        let mut rows = Rows::new();
        for row in told.get("rows").and_then(Json::as_array).into_iter().flatten() {
            let mut values = BTreeMap::new();
            for (name, told) in row.as_object().into_iter().flatten() {
                values.insert(name.clone(), value_of(Some(told))?);
            }
            let Some(Value::Int(number)) = values.get("scan_id") else {
                return Err(format!("a row without a number: {row}").into());
            };
            rows.insert(*number, values);
        }
        same("rows", &rows.len(), &(ROWS as usize))?;
        Ok(rows)
    }

    fn arguments<'b>(&'b self, field: &'b str, spec: &'b str, into: &'b str) -> Vec<&'b str> {
        let mut arguments = vec![
            "convert",
            self.url.as_str(),
            "--schema",
            SCHEMA,
            "--table",
            "scan",
        ];
        arguments.extend(["--field", field, "--to", spec, "--into", into, "--json"]);
        arguments
    }

    fn convert(&self, field: &str, spec: &str, into: &str, more: &[&str]) -> Outcome<(Ran, Json)> {
        let mut arguments = self.arguments(field, spec, into);
        arguments.extend(more);
        let ran = self.ws.program.run(&arguments)?;
        let told = serde_json::from_str(&ran.output)
            .map_err(|error| format!("{error}: {:?}: {}{}", ran.status, ran.output, ran.errors))?;
        Ok((ran, told))
    }

    fn run_sql(&self, told: &Json, what: &str) -> Outcome {
        let statements = told.pointer(&format!("/sql/{what}")).cloned().ok_or("no SQL")?;
        ensure(statements.as_array().is_some_and(|all| !all.is_empty()), || {
            format!("no SQL to {what}")
        })?;
        self.peer.ask("sql", json!({ "statements": statements }))?;
        self.peer.ask("reopen", json!({ "schema": SCHEMA }))?;
        Ok(())
    }

    /// Without the new column nothing is done but to say how it is added.
    fn waits(&self, field: &str, spec: &str, into: &str) -> Outcome {
        let before = self.rows()?;
        for more in [&[][..], &["--dry-run"][..]] {
            let (ran, told) = self.convert(field, spec, into, more)?;
            same("status without the column", &ran.status, &Some(3))?;
            same(
                "declared",
                told.get("declared").unwrap_or(&Json::Null),
                &Json::Bool(false),
            )?;
            let waiting = before
                .values()
                .filter(|row| row.get(field) != Some(&Value::Null))
                .count();
            let planned = told.pointer("/plan/to_migrate").and_then(Json::as_u64);
            same("rows to convert", &planned, &Some(waiting as u64))?;
        }
        let ran = self.ws.program.run(&self.without_json(field, spec, into))?;
        same("status", &ran.status, &Some(3))?;
        ensure(
            ran.output.contains("ADD COLUMN") && ran.output.contains(spec),
            || ran.output.clone(),
        )?;
        same_rows(&self.rows()?, &before)?;
        let (_, told) = self.convert(field, spec, into, &[])?;
        self.run_sql(&told, "add")
    }

    fn without_json<'b>(&'b self, field: &'b str, spec: &'b str, into: &'b str) -> Vec<&'b str> {
        let mut arguments = self.arguments(field, spec, into);
        arguments.pop();
        arguments
    }

    /// With it, every value that can be the same is there, and the old ones are what they were.
    fn converts(&self, field: &str, spec: &str, into: &str, left: &[i64]) -> Outcome {
        let before = self.rows()?;
        let (ran, _) = self.convert(field, spec, into, &["--dry-run"])?;
        same("status of the plan", &ran.status, &Some(0))?;
        same_rows(&self.rows()?, &before)?;
        let (ran, told) = self.convert(field, spec, into, &["--workers", "3"])?;
        let shown = || format!("{told}: {}", ran.errors);
        let wanted = Some(i32::from(!left.iter().all(|row| row % 5 == 0)));
        ensure(ran.status == wanted, || {
            format!("status {:?}: {}", ran.status, shown())
        })?;
        let rows = self.rows()?;
        let mut named = BTreeSet::new();
        for (number, row) in &rows {
            let value = |name: &str| row.get(name).cloned().unwrap_or(Value::Null);
            if left.contains(number) {
                same_value(&format!("{into} of {number}"), &value(into), &Value::Null)?;
                if value(field) != Value::Null {
                    named.insert(*number as u64);
                }
            } else {
                same_value(&format!("{into} of {number}"), &value(into), &value(field))?;
            }
        }
        let told_left = told
            .pointer("/report/left_rows")
            .and_then(Json::as_array)
            .into_iter()
            .flatten();
        let told_left: BTreeSet<u64> = told_left
            .filter_map(|row| row.pointer("/key/scan_id")?.as_u64())
            .collect();
        same("rows that are told to be left", &told_left, &named)?;
        let without_new = |rows: Rows| -> Rows {
            let each = rows.into_iter().map(|(number, mut row)| {
                row.remove(into);
                (number, row)
            });
            each.collect()
        };
        same_rows(&without_new(rows), &without_new(before))
    }

    /// A second run writes nothing.
    fn has_nothing_to_do(&self, field: &str, spec: &str, into: &str, left: &[i64]) -> Outcome {
        let before = (self.rows()?, self.objects()?);
        let (_, told) = self.convert(field, spec, into, &[])?;
        let count = |what: &str| told.pointer(what).and_then(Json::as_u64);
        let open = left.iter().filter(|row| *row % 5 > 0).count() as u64;
        same("rows to convert", &count("/plan/to_migrate"), &Some(open))?;
        same("rows converted", &count("/report/migrated"), &Some(0))?;
        same_rows(&self.rows()?, &before.0)?;
        same("objects", &self.objects()?, &before.1)
    }

    /// The paths of all objects of the schema.
    fn objects(&self) -> Outcome<BTreeSet<String>> {
        let mut paths = BTreeSet::new();
        for (name, prefix) in [
            ("local", "_schema"),
            ("cloud", "_schema"),
            ("shelf", "arrays/raw"),
        ] {
            let store = self.ws.stores().open(Some(name))?.store;
            let found = store.list(&format!("{prefix}/{SCHEMA}"))?;
            paths.extend(found.into_iter().map(|object| format!("{name}:{}", object.path)));
        }
        Ok(paths)
    }
}

fn same_rows(found: &Rows, wanted: &Rows) -> Outcome {
    for (number, row) in wanted {
        for (name, value) in row {
            let now = found
                .get(number)
                .and_then(|row| row.get(name))
                .unwrap_or(&Value::Null);
            same_value(&format!("{name} of {number}"), now, value)?;
        }
    }
    same("rows", &found.len(), &wanted.len())
}
