//! The program `dj-codec` with values, bytes, files and folders, in the table and on each store.

use std::path::{Path, PathBuf};

use dj_codecs::api::{Json, Stored, Value, notation};
use serde_json::json;

use super::{attachments, objects, program};
use crate::failed::{Outcome, ensure, same, same_value};
use crate::peer::value_of;
use crate::plan::{Table, TableColumn};
use crate::report::Report;
use crate::sources::Sources;
use crate::workspace::Workspace;

/// The first `case_id` of rows that Python inserts, and of ours.
const FIRST: usize = 600_000;
const FIRST_OURS: usize = 601_000;

/// What goes through a column.
struct Content {
    /// As `peer.py` takes it.
    theirs: Json,
    /// The arguments of `dj-codec encode`.
    arguments: [String; 2],
    kind: Kind,
}

/// What it is to be.
enum Kind {
    Value(Value),
    File(PathBuf),
    Object,
}

pub(crate) fn run(ws: &Workspace, report: &Report) -> Outcome {
    let sources = Sources::make(&ws.folder, "program")?;
    let downloads = ws.folder.join("download program");
    ws.peer.ask("set_download", json!({"folder": downloads}))?;
    for class in ["Values", "Files"] {
        let table = ws.table(class)?;
        let specs: Vec<_> = table.columns.iter().map(|column| column.spec.as_str()).collect();
        let name = format!(
            "dj-codec: encode, fetched by Python; decode and inspect what Python inserted: {}",
            specs.join(" ")
        );
        report.scenario(&ws.scenario(name), |checks| {
            for (place, column) in table.columns.iter().enumerate() {
                let contents = match contents(ws, column, &sources) {
                    Ok(contents) => contents,
                    Err(failed) => return checks.check(&column.spec, || Err(failed)),
                };
                for (number, content) in (10 * place..).zip(&contents) {
                    let what = content.arguments.join(" ");
                    checks.check(format!("encode {} {what}", column.spec), || {
                        encode(
                            ws,
                            table,
                            column,
                            &json!({"case_id": FIRST_OURS + number}),
                            content,
                        )
                    });
                    checks.check(format!("decode {} {what}", column.spec), || {
                        decode(ws, table, column, &json!({"case_id": FIRST + number}), content)
                    });
                }
            }
        });
    }
    Ok(())
}

fn contents(ws: &Workspace, column: &TableColumn, sources: &Sources) -> Outcome<Vec<Content>> {
    let file = |path: PathBuf, kind: fn(PathBuf) -> Kind| Content {
        theirs: json!({"$path": path}),
        arguments: ["--file".into(), path.to_string_lossy().into_owned()],
        kind: kind(path),
    };
    let told = |name: &str, value: &Value, theirs: Json, kind: Kind| -> Outcome<Content> {
        let path = ws.folder.join(format!("{name}.json"));
        std::fs::write(&path, notation::to_string(value)?)?;
        let arguments = ["--json".into(), path.to_string_lossy().into_owned()];
        Ok(Content {
            theirs,
            arguments,
            kind,
        })
    };
    Ok(match column.codec() {
        "blob" => {
            let mut contents = Vec::new();
            for name in ["everything", "dict with odd keys", "array, Fortran", "cell array"] {
                let value = &ws.value(name)?.value;
                contents.push(told(
                    name,
                    value,
                    json!({"$value": name}),
                    Kind::Value(value.clone()),
                )?);
            }
            contents
        }
        "hash" => {
            let value = Value::Bytes("raw bytes\0".into());
            let theirs = json!({"$notation": notation::to_string(&value)?});
            vec![told("bytes", &value, theirs, Kind::Value(value.clone()))?]
        }
        "attach" => sources
            .files()
            .into_iter()
            .map(|path| file(path, Kind::File))
            .take(2)
            .collect(),
        "object" => vec![
            file(sources.files().remove(3), |_| Kind::Object),
            file(sources.folder(), |_| Kind::Object),
        ],
        _ => {
            let mut contents = Vec::new();
            for (name, path) in [
                ("reference", "raw/folder/in/y.txt"),
                ("reference to a folder", "raw/folder"),
            ] {
                contents.push(told(name, &path.into(), path.into(), Kind::Object)?);
            }
            contents
        }
    })
}

/// Whether Python fetches what the row should hold.
fn compare(ws: &Workspace, table: &Table, column: &TableColumn, key: &Json, content: &Content) -> Outcome {
    match &content.kind {
        Kind::Value(value) => {
            let fetched = ws.peer.fetch_value(&table.class, key, &column.name)?;
            same_value("what Python fetches", &fetched.value, value)
        }
        Kind::File(path) => attachments::compare(ws, table, column, key, path),
        Kind::Object => objects::compare(ws, table, column, key),
    }
}

fn encode(ws: &Workspace, table: &Table, column: &TableColumn, key: &Json, content: &Content) -> Outcome {
    let mut arguments = program::encoding(table, column, key)?;
    arguments.extend(content.arguments.clone());
    let stored: Json = serde_json::from_str(&ws.program.done(&arguments)?)?;
    ws.put(table, key, &column.name, &stored)?;
    compare(ws, table, column, key, content)
}

fn decode(ws: &Workspace, table: &Table, column: &TableColumn, key: &Json, content: &Content) -> Outcome {
    ws.peer
        .insert(&table.class, key, &column.name, content.theirs.clone())?;
    compare(ws, table, column, key, content)?;
    let stored = ws.peer.raw(&table.class, key, &column.name)?;
    let wanted = match &content.kind {
        Kind::Value(value) => value.clone(),
        // Python and we load the same, as was compared.
        _ => ws.decode(&column.spec, stored.clone())?.load()?,
    };
    let record = ws.folder.join("stored.json");
    std::fs::write(&record, stored.to_string())?;
    let record = path_text(&record);
    let decoded = |printed: String| -> Outcome {
        same_value("what it prints", &value_of(Some(&printed.into()))?, &wanted)
    };
    decoded(
        ws.program
            .done(&["decode", &column.spec, "--record", &record, "--json"])?,
    )?;
    let inspected = ws
        .program
        .done(&["inspect", "--record", &record, "--spec", &column.spec, "--json"])?;
    let inspected: Json = serde_json::from_str(&inspected)?;
    same(
        "the codec that inspect tells",
        &inspected.get("codec").and_then(Json::as_str),
        &Some(column.codec()),
    )?;
    ensure(inspected.get("format_version").is_some(), || {
        format!("inspect tells no format: {inspected}")
    })?;
    if let Stored::Bytes(bytes) = Stored::from_json(stored)? {
        let file = ws.folder.join("stored.bin");
        std::fs::write(&file, &bytes)?;
        let file = path_text(&file);
        decoded(
            ws.program
                .done(&["decode", &column.spec, "--bytes", &file, "--json"])?,
        )?;
        let arguments = ["decode", &column.spec, "--bytes", "-", "--json"];
        decoded(ws.program.run_with_input(&arguments, &bytes)?.done()?)?;
    }
    Ok(())
}

fn path_text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
