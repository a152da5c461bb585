//! `<object@>`: bytes, files, folders, extensions with data, staged inserts.

use dj_codecs::api::{Context, Json, Value};
use dj_codecs::file::{ObjectCodec, ObjectRef};
use serde_json::{Map, json};

use crate::failed::{Failed, Outcome, ensure, same, same_value};
use crate::plan::{Table, TableColumn};
use crate::report::Report;
use crate::sources::Sources;
use crate::workspace::{Workspace, path_of, same_place};

/// The first `case_id` of rows that Python inserts, and of ours; a column has a thousand.
const FIRST: usize = 200_000;
const FIRST_OURS: usize = 300_000;

/// A value that both sides store: as `peer.py` takes it, and as we do.
#[derive(Debug)]
pub(super) struct Content {
    name: String,
    theirs: Json,
    ours: Value,
}

/// One file, and several, that are written straight into the store.
const STAGED: [&str; 2] = ["a file that is staged", "a folder that is staged"];

pub(crate) fn run(ws: &Workspace, report: &Report) -> Outcome {
    let table = ws.table("Files")?;
    let contents = contents(&Sources::make(&ws.folder, "objects")?)?;
    for (place, column) in table.columns_of("object").enumerate() {
        let name = format!("{}: each content that Python inserts, decoded by us", column.spec);
        report.scenario(&ws.scenario(name), |checks| {
            for (number, content) in (FIRST + 1000 * place..).zip(&contents) {
                checks.check(&content.name, || {
                    let key = json!({"case_id": number});
                    ws.peer
                        .insert(&table.class, &key, &column.name, content.theirs.clone())?;
                    compare(ws, table, column, &key)
                });
            }
            for (number, name) in (FIRST + 1000 * place + 900..).zip(STAGED) {
                checks.check(name, || staged_by_python(ws, table, column, number));
            }
        });
        let name = format!("{}: each content that we insert, fetched by Python", column.spec);
        report.scenario(&ws.scenario(name), |checks| {
            for (number, content) in (FIRST + 1000 * place..).zip(&contents) {
                checks.check(&content.name, || {
                    inserted_by_us(ws, table, column, number, content)
                });
            }
            for (number, name) in (FIRST + 1000 * place + 900..).zip(STAGED) {
                checks.check(name, || staged_by_us(ws, table, column, number));
            }
            checks.check("a file with its hash", || {
                hashed(ws, table, column, FIRST_OURS + 1000 * place + 950)
            });
        });
    }
    let column = table.column("object_local")?;
    report.scenario(
        &ws.scenario("<object@local>: a folder that lost a file"),
        |checks| {
            checks.check("found wanting by both", || damaged(ws, table, column));
        },
    );
    Ok(())
}

/// What both sides take.
pub(super) fn contents(sources: &Sources) -> Outcome<Vec<Content>> {
    let mut contents = Vec::new();
    for path in sources
        .files()
        .into_iter()
        .chain([sources.large()?, sources.folder(), sources.empty()?])
    {
        contents.push(Content {
            name: path.display().to_string(),
            theirs: json!({"$path": path}),
            ours: Value::Path(path),
        });
    }
    for (name, value) in [
        ("bytes", Value::Bytes("some bytes".into())),
        ("no bytes", Value::Bytes("".into())),
        (".csv and bytes", extended(".csv")),
        ("csv and bytes", extended("csv")),
        ("no extension and bytes", extended("")),
        (".tar.gz and bytes", extended(".tar.gz")),
    ] {
        contents.push(Content {
            name: name.into(),
            theirs: json!({"$notation": dj_codecs::api::notation::to_string(&value)?}),
            ours: value,
        });
    }
    Ok(contents)
}

fn extended(ext: &str) -> Value {
    Value::Tuple(vec![ext.into(), Value::Bytes("a,b\n1,2\n".into())])
}

/// Whether Python fetches what we decode, and its handle says what ours says.
pub(super) fn compare(ws: &Workspace, table: &Table, column: &TableColumn, key: &Json) -> Outcome {
    let record = ws.peer.raw(&table.class, key, &column.name)?;
    let decoded = ws.decode(&column.spec, record)?;
    let handle: &ObjectRef = decoded
        .downcast()
        .ok_or_else(|| format!("it decodes to {}", decoded.type_name()))?;
    let fetched = ws.peer.fetch_value(&table.class, key, &column.name)?;
    let told = |key: &str| fetched.told.get(key).cloned().unwrap_or_default();
    same("the size", &json!(handle.size()), &told("size"))?;
    same("the extension", &json!(handle.ext()), &told("ext"))?;
    same("is_dir", &json!(handle.is_dir()), &told("is_dir"))?;
    same("item_count", &json!(handle.item_count()), &told("item_count"))?;
    ensure(
        handle.record().get("timestamp").is_none() || handle.time().is_some(),
        || format!("we cannot read the timestamp {:?}", handle.timestamp()),
    )?;
    let verified = handle.verify()?;
    ensure(verified.is_ok(), || format!("we find {verified:?}"))?;
    same_value("what we load", &decoded.load()?, &fetched.value)
}

fn inserted_by_us(
    ws: &Workspace,
    table: &Table,
    column: &TableColumn,
    number: usize,
    content: &Content,
) -> Outcome {
    let key = json!({"case_id": FIRST_OURS - FIRST + number});
    let record = ws.encode(
        &column.spec,
        content.ours.clone(),
        &ws.at(table, &key, &column.name)?,
    )?;
    let theirs = ws
        .peer
        .raw(&table.class, &json!({"case_id": number}), &column.name)?;
    same_record(&record, &theirs)?;
    ws.put(table, &key, &column.name, &record)?;
    compare(ws, table, column, &key)
}

/// Beside what differs by its nature.
pub(super) fn same_record(ours: &Json, theirs: &Json) -> Outcome {
    let comparable = |record: &Json| -> Outcome<Map<String, Json>> {
        let mut members = record.as_object().ok_or("the record is no object")?.clone();
        for (key, pattern) in [("path", "_"), ("timestamp", "T")] {
            let text = members.get(key).and_then(Json::as_str).unwrap_or_default();
            ensure(text.contains(pattern), || {
                format!("the record's {key} is {text:?}")
            })?;
            members.insert(key.into(), Json::Null);
        }
        let ending = members
            .get("timestamp")
            .map(|_| record["timestamp"].as_str().unwrap_or_default());
        ensure(ending.is_some_and(|text| text.ends_with("+00:00")), || {
            format!("the timestamp is {ending:?}")
        })?;
        Ok(members)
    };
    same("our record", &comparable(ours)?, &comparable(theirs)?)
}

/// The parts of a staged insert, and the extension.
fn parts(number: usize) -> (&'static str, Vec<(&'static str, &'static [u8])>) {
    if number.is_multiple_of(10) {
        (".dat", vec![("", b"frames")])
    } else {
        (
            ".zarr",
            vec![("zarr.json", b"{}"), ("c/0/0", b"chunk"), ("c/0/1", b"")],
        )
    }
}

/// Python puts the class name into the path of a staged object, and the table's name everywhere else.
fn staged_by_python(ws: &Workspace, table: &Table, column: &TableColumn, number: usize) -> Outcome {
    let key = json!({"case_id": number});
    let (ext, parts) = parts(number);
    let parts: Map<String, Json> = parts
        .into_iter()
        .map(|(path, data)| {
            let told = dj_codecs::api::Stored::Bytes(data.into()).to_json();
            (path.to_owned(), told.get("$bytes").cloned().unwrap_or_default())
        })
        .collect();
    ws.peer.ask(
        "staged",
        json!({"table": table.class, "row": key, "field": column.name, "ext": ext, "parts": parts}),
    )?;
    let path = path_of(&ws.peer.raw(&table.class, &key, &column.name)?)?;
    ensure(path.contains(&format!("/{}/", table.class)), || {
        format!("Python's path of a staged object has no class name now: {path}")
    })?;
    compare(ws, table, column, &key)
}

fn staged_by_us(ws: &Workspace, table: &Table, column: &TableColumn, number: usize) -> Outcome {
    let ours = FIRST_OURS - FIRST + number;
    let key = json!({"case_id": ours});
    let cx = context(ws, table, column, &key)?;
    let (ext, parts) = parts(number);
    let record = if let [("", data)] = parts[..] {
        ObjectCodec::new().write_stream(&mut &*data, Some(ext), &cx)?
    } else {
        let folder = ObjectCodec::new().stage_folder(Some(ext), &cx)?;
        for (path, data) in parts {
            folder.put(path, data.into())?;
        }
        folder.finish()?
    };
    let record = record.into_json();
    let theirs = ws
        .peer
        .raw(&table.class, &json!({"case_id": number}), &column.name)?;
    same_record(&record, &theirs)?;
    let as_inserted = path_of(&theirs)?.replace(&format!("/{}/", table.class), &format!("/{}/", table.name));
    let as_inserted = as_inserted.replace(&format!("case_id={number}"), &format!("case_id={ours}"));
    same_place(&column.name, &path_of(&record)?, &as_inserted)?;
    ws.put(table, &key, &column.name, &record)?;
    compare(ws, table, column, &key)
}

fn context(ws: &Workspace, table: &Table, column: &TableColumn, key: &Json) -> Outcome<Context> {
    Ok(ws
        .at(table, key, &column.name)?
        .with_column_store(Some(column.store())))
}

/// Python writes no hash; where there is one, it compares it.
fn hashed(ws: &Workspace, table: &Table, column: &TableColumn, number: usize) -> Outcome {
    let (key, cx) = (
        json!({"case_id": number}),
        context(ws, table, column, &json!({"case_id": number}))?,
    );
    let codec = ObjectCodec::new().with_hash(true);
    let record = codec.write_bytes(&"right".into(), Some(".txt"), &cx)?.into_json();
    ensure(record.get("hash").is_some(), || "there is no hash".into())?;
    ws.put(table, &key, &column.name, &record)?;
    compare(ws, table, column, &key)?;
    if column.store() == "local" {
        std::fs::write(ws.folder.join("stores/local").join(path_of(&record)?), "wrong")?;
        wanting(ws, table, column, &key, "Hash mismatch")?;
    }
    Ok(())
}

fn damaged(ws: &Workspace, table: &Table, column: &TableColumn) -> Outcome {
    let key = json!({"case_id": FIRST_OURS + 990});
    let sources = Sources::make(&ws.folder, "damaged")?;
    let record = ws.encode(&column.spec, sources.folder(), &ws.at(table, &key, &column.name)?)?;
    ws.put(table, &key, &column.name, &record)?;
    let folder = ws.folder.join("stores/local").join(path_of(&record)?);
    std::fs::remove_file(folder.join("sub/b c.txt"))?;
    wanting(ws, table, column, &key, "Missing file: sub/b c.txt")
}

/// Whether Python's handle fails in these words when it verifies, and ours finds something.
fn wanting(ws: &Workspace, table: &Table, column: &TableColumn, key: &Json, words: &str) -> Outcome {
    let request = json!({"table": table.class, "key": key, "field": column.name});
    ws.peer.refuses("fetch_value", request, words)?;
    let decoded = ws.decode(&column.spec, ws.peer.raw(&table.class, key, &column.name)?)?;
    let handle: &ObjectRef = decoded.downcast().ok_or("it decodes to no handle")?;
    let verified = handle.verify()?;
    ensure(!verified.is_ok(), || {
        Failed::from("we find nothing wrong").to_string()
    })
}
