//! The program `dj-codec` with values, bytes, files and folders, in the table and on each store.

use std::path::{Path, PathBuf};

use dj_codecs::api::{Json, Stored, Value, notation};
use dj_codecs::file::{Attachment, ObjectRef};
use serde_json::json;

use super::{attachments, objects, program};
use crate::failed::{Failed, Outcome, ensure, same, same_value};
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
            let names = ["everything", "dict with odd keys", "array, Fortran", "cell array"];
            let count = if column.store().is_empty() { names.len() } else { 2 };
            for name in names.into_iter().take(count) {
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
            let bytes = std::fs::read(sources.folder().join("a.bin"))?;
            let read = Value::Bytes(bytes.into());
            vec![
                told("bytes", &value, theirs, Kind::Value(value.clone()))?,
                Content {
                    theirs: json!({"$notation": notation::to_string(&read)?}),
                    kind: Kind::Value(read),
                    ..file(sources.folder().join("a.bin"), Kind::File)
                },
            ]
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
        _ => ["raw/folder/in/y.txt", "raw/folder"]
            .map(|path| Content {
                theirs: path.into(),
                arguments: ["--file".into(), path.into()],
                kind: Kind::Object,
            })
            .into(),
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
    if matches!(content.kind, Kind::File(_) | Kind::Object) {
        let out = ws.folder.join("written");
        ws.program.done(&[
            "decode",
            &column.spec,
            "--record",
            &record,
            "--out",
            &path_text(&out),
        ])?;
        let written = same_files(&ws.decode(&column.spec, stored.clone())?, &out);
        if out.is_dir() {
            std::fs::remove_dir_all(&out)?;
        } else {
            std::fs::remove_file(&out)?;
        }
        written.map_err(|failed| failed.during("decode --out"))?;
    }
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

/// Whether what lies here is the file or the folder of a handle.
fn same_files(decoded: &Value, out: &Path) -> Outcome {
    let same_file = |found: &Path, wanted: &[u8]| -> Outcome {
        let found = std::fs::read(found).map_err(|error| Failed::from(error).during(found.display()))?;
        ensure(found == wanted, || "the contents are others".into())
    };
    if let Some(attachment) = decoded.downcast::<Attachment>() {
        return same_file(out, attachment.bytes());
    }
    let handle: &ObjectRef = decoded.downcast().ok_or("it decodes to no file")?;
    if !handle.is_dir() {
        return same_file(out, &handle.read()?);
    }
    for file in handle.list()? {
        same_file(&out.join(&file.path), &handle.member(&file.path)?.read()?)?;
    }
    Ok(())
}

fn path_text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
