//! `<attach>` in the table and in each store.

use std::path::{Path, PathBuf};

use dj_codecs::api::{ErrorKind, Json, Value};
use dj_codecs::file::Attachment;
use serde_json::json;

use crate::failed::{Outcome, ensure, same, same_value};
use crate::plan::{Backend, Table, TableColumn};
use crate::report::Report;
use crate::sources::Sources;
use crate::workspace::Workspace;

/// The first `case_id` of rows that Python inserts, and of ours; a column has a thousand.
const FIRST: usize = 0;
const FIRST_OURS: usize = 100_000;

/// DataJoint 2.3.5 on PostgreSQL.
const CANNOT_FETCH: &str = "'memoryview' object has no attribute 'index'";

pub(crate) fn run(ws: &Workspace, report: &Report) -> Outcome {
    let table = ws.table("Files")?;
    let downloads = ws.folder.join("download");
    ws.peer.ask("set_download", json!({"folder": downloads}))?;
    let (theirs, ours) = (
        Sources::make(&ws.folder, "theirs")?,
        Sources::make(&ws.folder, "ours")?,
    );
    for (place, column) in table.columns_of("attach").enumerate() {
        let (their_files, our_files) = (files(&theirs, column)?, files(&ours, column)?);
        let name = format!("{}: each file that Python inserts, decoded by us", column.spec);
        report.scenario(&ws.scenario(name), |checks| {
            for (number, file) in (FIRST + 1000 * place..).zip(&their_files) {
                checks.check(file.display(), || {
                    inserted_by_python(ws, table, column, number, file)
                });
            }
        });
        let name = format!("{}: each file that we insert, fetched by Python", column.spec);
        report.scenario(&ws.scenario(name), |checks| {
            for (number, file) in (FIRST_OURS + 1000 * place..).zip(&our_files) {
                checks.check(file.display(), || inserted_by_us(ws, table, column, number, file));
            }
        });
    }
    report.scenario(
        &ws.scenario("<attach>: a stored name that leads out of the folder"),
        |checks| {
            checks.check("refused", || name_that_leads_out(ws, table, &downloads));
        },
    );
    Ok(())
}

fn files(sources: &Sources, column: &TableColumn) -> Outcome<Vec<PathBuf>> {
    let mut files = sources.files();
    if column.store() == "cloud" {
        files.push(sources.large()?);
    }
    Ok(files)
}

/// Whether Python fetches what we decode, where it can.
pub(super) fn compare(
    ws: &Workspace,
    table: &Table,
    column: &TableColumn,
    key: &Json,
    file: &Path,
) -> Outcome {
    let stored = ws.peer.raw(&table.class, key, &column.name)?;
    let decoded = ws.decode(&column.spec, stored)?;
    let attachment: &Attachment = decoded
        .downcast()
        .ok_or_else(|| format!("it decodes to {}", decoded.type_name()))?;
    let name = file
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    same("the name", attachment.name(), name)?;
    let contents = std::fs::read(file)?;
    ensure(attachment.bytes()[..] == contents[..], || {
        "the contents are others".into()
    })?;
    let request = json!({"table": table.class, "key": key, "field": column.name});
    if ws.backend == Backend::PostgreSql && column.spec == "<attach>" {
        return ws.peer.refuses("fetch_value", request, CANNOT_FETCH);
    }
    let fetched = ws.peer.fetch_value(&table.class, key, &column.name)?;
    // Files whose names are taken are saved under others, by both.
    let saved = fetched
        .told
        .get("path")
        .and_then(Json::as_str)
        .ok_or("Python tells no path")?;
    ensure(std::fs::read(saved)? == contents, || {
        "Python fetches other contents".into()
    })?;
    if let Value::File(found) = &fetched.value
        && found.name == name
    {
        same_value("what we load", &decoded.load()?, &fetched.value)?;
    }
    Ok(())
}

fn inserted_by_python(
    ws: &Workspace,
    table: &Table,
    column: &TableColumn,
    number: usize,
    file: &Path,
) -> Outcome {
    let key = json!({"case_id": number});
    ws.peer
        .insert(&table.class, &key, &column.name, json!({"$path": file}))?;
    compare(ws, table, column, &key, file)?;
    let theirs = ws.peer.raw(&table.class, &key, &column.name)?;
    let ours = ws.encode(&column.spec, file, &ws.at(table, &key, &column.name)?)?;
    same("what we store for the same file", &ours, &theirs)
}

fn inserted_by_us(
    ws: &Workspace,
    table: &Table,
    column: &TableColumn,
    number: usize,
    file: &Path,
) -> Outcome {
    let key = json!({"case_id": number});
    let stored = ws.encode(&column.spec, file, &ws.at(table, &key, &column.name)?)?;
    ws.put(table, &key, &column.name, &stored)?;
    compare(ws, table, column, &key, file)
}

/// Python writes where the name leads; we write nothing. Both tell the name.
fn name_that_leads_out(ws: &Workspace, table: &Table, downloads: &Path) -> Outcome {
    let column = table.column("attach_local")?;
    let (key, name) = (json!({"case_id": FIRST_OURS + 900}), "../leads out.txt");
    let stored = Value::Bytes([name.as_bytes(), b"\0contents"].concat().into());
    let record = ws.encode("<hash@local>", stored, &ws.at(table, &key, &column.name)?)?;
    ws.put(table, &key, &column.name, &record)?;
    let fetched = ws.peer.fetch_value(&table.class, &key, &column.name)?;
    let saved = fetched
        .told
        .get("path")
        .and_then(Json::as_str)
        .ok_or("Python tells no path")?;
    ensure(saved.ends_with(name), || {
        format!("Python now saves it as {saved}")
    })?;
    let outside = ws.folder.join("leads out.txt");
    ensure(outside.exists(), || "Python now writes into its folder".into())?;
    std::fs::remove_file(&outside)?;
    let decoded = ws.decode(&column.spec, record)?;
    let attachment: &Attachment = decoded.downcast().ok_or("it decodes to something else")?;
    same("the name", attachment.name(), name)?;
    let saved = attachment.save_into(downloads);
    ensure(
        matches!(&saved, Err(error) if error.kind() == &ErrorKind::UnsafePath),
        || format!("we save it: {saved:?}"),
    )?;
    ensure(!outside.exists(), || "we wrote outside".into())
}
