//! `<hash@>` in each store: both sides write the same bytes to the same path, and distrust what is not theirs.

use dj_codecs::api::{Bytes, Column, ErrorKind, Json, Stored, Value};
use serde_json::json;

use crate::failed::{Outcome, ensure, same, same_value};
use crate::plan::{Table, TableColumn};
use crate::report::Report;
use crate::workspace::{Workspace, path_of};

/// The first `case_id` of these rows; a column has a thousand.
const FIRST: usize = 200_000;

pub(crate) fn run(ws: &Workspace, report: &Report) -> Outcome {
    let table = ws.table("Values")?;
    for (place, column) in table.columns_of("hash").enumerate() {
        let first = FIRST + 1000 * place;
        report.scenario(
            &ws.scenario(format!("{}: bytes, from either side first", column.spec)),
            |checks| {
                for (number, (name, bytes)) in (first..).step_by(10).zip(contents()) {
                    checks.check(format!("{name}, Python first"), || {
                        python_first(ws, table, column, number, &marked(&bytes, "Python", &column.name))
                    });
                    checks.check(format!("{name}, we first"), || {
                        we_first(ws, table, column, number + 5, &marked(&bytes, "we", &column.name))
                    });
                }
            },
        );
    }
    let column = table.column("hash_local")?;
    report.scenario(
        &ws.scenario(format!("{}: an object that was changed", column.spec)),
        |checks| {
            checks.check("the same size", || {
                changed(ws, table, column, FIRST + 900, b"content")
            });
            checks.check("another size", || changed(ws, table, column, FIRST + 910, b"cut"));
        },
    );
    Ok(())
}

fn contents() -> Vec<(&'static str, Vec<u8>)> {
    let large = (0..1_500_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8);
    vec![
        ("empty", Vec::new()),
        ("one byte", vec![0]),
        ("text", "été 日本".into()),
        ("1.5 MB", large.collect()),
    ]
}

/// Contents of their own for each test, but the empty one: equal ones are stored once.
fn marked(bytes: &[u8], side: &str, column: &str) -> Bytes {
    if bytes.is_empty() {
        return Bytes::new();
    }
    [bytes, side.as_bytes(), column.as_bytes()].concat().into()
}

/// Has Python insert bytes, and gives the record.
fn insert_by_python(
    ws: &Workspace,
    table: &Table,
    column: &TableColumn,
    number: usize,
    bytes: &Bytes,
) -> Outcome<Json> {
    let value = dj_codecs::api::notation::to_string(&Value::Bytes(bytes.clone()))?;
    let row = json!({"case_id": number, &column.name: {"$notation": value}});
    ws.peer.ask("insert", json!({"table": table.class, "row": row}))?;
    ws.peer
        .raw(&table.class, &json!({"case_id": number}), &column.name)
}

fn insert_by_us(
    ws: &Workspace,
    table: &Table,
    column: &TableColumn,
    number: usize,
    bytes: &Bytes,
) -> Outcome<Json> {
    let key = json!({"case_id": number});
    let cx = ws.at(table, &key, &column.name)?;
    let record = ws.encode(&column.spec, Value::Bytes(bytes.clone()), &cx)?;
    ws.put(table, &key, &column.name, &record)?;
    Ok(record)
}

fn python_first(
    ws: &Workspace,
    table: &Table,
    column: &TableColumn,
    number: usize,
    bytes: &Bytes,
) -> Outcome {
    let theirs = insert_by_python(ws, table, column, number, bytes)?;
    let wanted = Value::Bytes(bytes.clone());
    same_value(
        "what we decode",
        &ws.decode(&column.spec, theirs.clone())?,
        &wanted,
    )?;
    let ours = insert_by_us(ws, table, column, number + 1, bytes)?;
    same("our record of the same bytes", &ours, &theirs)
}

fn we_first(ws: &Workspace, table: &Table, column: &TableColumn, number: usize, bytes: &Bytes) -> Outcome {
    let ours = insert_by_us(ws, table, column, number, bytes)?;
    let fetched = ws
        .peer
        .fetch_value(&table.class, &json!({"case_id": number}), &column.name)?;
    same_value(
        "what Python fetches",
        &fetched.value,
        &Value::Bytes(bytes.clone()),
    )?;
    let theirs = insert_by_python(ws, table, column, number + 1, bytes)?;
    same("Python's record of the same bytes", &theirs, &ours)
}

/// Neither side reads it; where it is in the way, Python trusts it, and we do not.
fn changed(
    ws: &Workspace,
    table: &Table,
    column: &TableColumn,
    number: usize,
    damage: &'static [u8],
) -> Outcome {
    let bytes = Bytes::from(format!("CONTENT {number}"));
    let record = insert_by_us(ws, table, column, number, &bytes)?;
    let file = ws.folder.join("stores/local").join(path_of(&record)?);
    let mut damaged = damage.to_vec();
    if damage == b"content" {
        damaged = bytes.to_ascii_lowercase();
    }
    std::fs::write(&file, damaged)?;
    let key = json!({"case_id": number});
    let request = json!({"table": table.class, "key": key, "field": column.name});
    ws.peer.refuses("fetch_value", request, "Hash mismatch")?;
    let resolved = Column::resolve(&column.spec, ws.registry())?;
    let read = resolved.decode(Stored::from_json(record.clone())?, &ws.reading());
    ensure(
        matches!(&read, Err(error) if error.kind() == &ErrorKind::Corrupt),
        || format!("we read {read:?}"),
    )?;
    let written = resolved.encode(Value::Bytes(bytes.clone()), &ws.at(table, &key, &column.name)?);
    let refused = matches!(&written, Err(error) if error.kind() == &ErrorKind::AlreadyExists);
    ensure(refused, || format!("we write {written:?}"))?;
    // Python says that it stored the bytes, and did not.
    let theirs = insert_by_python(ws, table, column, number + 1, &bytes)?;
    same("Python's record", &theirs, &record)?;
    let request = json!({"table": table.class, "key": {"case_id": number + 1}, "field": column.name});
    ws.peer.refuses("fetch_value", request, "Hash mismatch")
}
