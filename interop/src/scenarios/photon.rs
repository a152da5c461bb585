//! `<photon@>` in rows, both ways. Python's side writes and reads format 1.0, as dj-photon-codecs 0.1.0 does.

use std::sync::Arc;

use dj_codecs::api::{Error, ErrorKind, FormatVersion, Json, Stores as _, Value};
use dj_codecs::photon::Movie as Opened;
use serde_json::json;

use crate::failed::{Failed, Outcome, ensure, same};
use crate::movie::Movie;
use crate::plan::{Table, TableColumn};
use crate::report::Report;
use crate::workspace::{Workspace, path_of, same_place};

const V1: FormatVersion = FormatVersion::new(1, 0);
const V2: FormatVersion = FormatVersion::new(2, 0);

pub(crate) fn run(ws: &Workspace, report: &Report) -> Outcome {
    let table = ws.table("Movies")?;
    for column in &table.columns {
        // The far stores get some of them: types and shapes are the same everywhere.
        let every = if column.store() == "local" { 1 } else { 3 };
        let movies = || ws.movies.iter().step_by(every).enumerate();
        let name = format!(
            "{}: each movie that Python inserts, decoded by us: stabilised, counts, parts",
            column.spec
        );
        report.scenario(&ws.scenario(name), |checks| {
            for (run, movie) in movies() {
                checks.check(movie.name(), || {
                    from_python(ws, table, column, &key(column, "Python", run), movie)
                });
            }
        });
        let name = format!(
            "{}: each movie that we insert, 1.0 fetched by Python, 2.0 opened by it",
            column.spec
        );
        report.scenario(&ws.scenario(name), |checks| {
            for (run, movie) in movies() {
                if movie.is_of_the_format() {
                    checks.check(format!("{} 1.0", movie.name()), || {
                        stabilized(ws, table, column, &key(column, "we, 1.0", run), movie)
                    });
                }
                checks.check(format!("{} 2.0", movie.name()), || {
                    counts(ws, table, column, &key(column, "we, 2.0", run), movie)
                });
            }
        });
    }
    report.scenario(
        &ws.scenario("<photon@>: NULL, both ways; the default store"),
        |checks| {
            for (run, column) in table.columns.iter().enumerate() {
                checks.check(&column.name, || nulls(ws, table, column, run));
            }
            checks.check("the default store", || unnamed(ws, table));
        },
    );
    Ok(())
}

/// A key whose path has odd characters in it.
fn key(column: &TableColumn, who: &str, run: usize) -> Json {
    json!({"subject": format!("{who}/{}", column.store()), "day": {"$date": "2024-02-29"}, "run": run})
}

/// The movie that a value is.
fn opened(value: &Value) -> Outcome<Arc<Opened>> {
    let movie = value.downcast::<Opened>();
    let movie = movie.ok_or_else(|| format!("it decodes to {}, not to a movie", value.type_name()))?;
    Ok(Arc::new(movie.clone()))
}

fn from_python(ws: &Workspace, table: &Table, column: &TableColumn, key: &Json, movie: &Movie) -> Outcome {
    let array = json!({"$npy": movie.counts.file});
    ws.peer.insert(&table.class, key, &column.name, array)?;
    let record = ws.peer.raw(&table.class, key, &column.name)?;
    if !movie.is_of_the_format() {
        return match ws.decode(&column.spec, record) {
            Ok(_) => Err("it is read, though the format has no such elements".into()),
            Err(failed) => ensure(failed.to_string().contains(&movie.stabilized.dtype), || {
                format!("the refusal does not name the type: {failed}")
            }),
        };
    }
    let value = ws.decode(&column.spec, record.clone())?;
    let read = opened(&value)?;
    same("the format", &read.format_version(), &V1)?;
    same(
        "the original dtype",
        &read.original_dtype().to_string(),
        &movie.counts.dtype,
    )?;
    decoded(&read, movie, false)?;
    let whole = value.into_array()?;
    movie
        .stabilized
        .check(&whole, false)
        .map_err(|failed| failed.during("the value as an array"))?;
    same_as_ours(ws, table, column, key, movie, &record)
}

/// What we read of a movie: all of it and a part, stabilised and as counts.
fn decoded(read: &Opened, movie: &Movie, counts_are_stored: bool) -> Outcome {
    let stabilized = read.stabilized();
    movie
        .stabilized
        .check(&stabilized.read()?, false)
        .map_err(|failed| failed.during("stabilised"))?;
    let frames = read.len();
    let (from, until) = (frames / 3, (frames / 3 + 5).min(frames));
    let wanted = |of: &crate::case::Case| of.array.rows(from as usize..until as usize);
    ensure(
        stabilized.frames(from..until)? == wanted(&movie.stabilized)?,
        || format!("the stabilised frames {from} to {until} are others"),
    )?;
    if counts_are_stored || (movie.is_told_by_its_transform()) {
        let counts = read.counts()?;
        movie
            .counts
            .check(&counts.read()?, true)
            .map_err(|failed| failed.during("counts"))?;
        return ensure(counts.frames(from..until)? == wanted(&movie.counts)?, || {
            format!("the counts of frames {from} to {until} are others")
        });
    }
    match read.counts().and_then(|counts| counts.read()) {
        Ok(_) => Err("counts are given that the transforms do not tell".into()),
        Err(error) => unproved(&error),
    }
}

fn unproved(error: &Error) -> Outcome {
    let kinds = [
        ErrorKind::Unsupported,
        ErrorKind::Corrupt,
        ErrorKind::InvalidValue,
    ];
    ensure(
        kinds.contains(error.kind()) && error.report().contains("count"),
        || format!("the counts are refused as {:?}: {}", error.kind(), error.report()),
    )
}

/// Whether record and metadata are those that we write in format 1.0 for the same row.
fn same_as_ours(
    ws: &Workspace,
    table: &Table,
    column: &TableColumn,
    key: &Json,
    movie: &Movie,
    theirs: &Json,
) -> Outcome {
    let cx = ws.at(table, key, &column.name)?.with_format_version(V1);
    let ours = ws.encode(&column.spec, movie.counts.read()?, &cx)?;
    let paths = (path_of(&ours)?, path_of(theirs)?);
    same_place(&column.name, &paths.0, &paths.1)?;
    let mut placed = ours;
    *placed.get_mut("path").ok_or("the record has no path")? = paths.1.as_str().into();
    same("our record, but for the token", &placed, theirs)?;
    let store = ws.stores().open(Some(column.store()))?.store;
    for name in [".zarray", ".zattrs"] {
        let read = |path: &str| -> Outcome<Json> {
            let mut read: Json = serde_json::from_slice(&store.get(&format!("{path}/{name}"))?)?;
            // zarr 3 writes what is the default; zarr 2, which the package needs, does not.
            let default = read
                .as_object_mut()
                .and_then(|read| read.remove("dimension_separator"));
            ensure(default.is_none_or(|default| default == "."), || {
                format!("the keys of {path} are others")
            })?;
            Ok(read)
        };
        same(&format!("our {name}"), &read(&paths.0)?, &read(&paths.1)?)?;
    }
    Ok(())
}

/// Format 1.0: what Python's codec fetches.
fn stabilized(ws: &Workspace, table: &Table, column: &TableColumn, key: &Json, movie: &Movie) -> Outcome {
    let cx = ws.at(table, key, &column.name)?.with_format_version(V1);
    let record = ws.encode(&column.spec, movie.counts.read()?, &cx)?;
    ws.put(table, key, &column.name, &record)?;
    let told = ws
        .peer
        .fetch_equal(&table.class, key, &column.name, &movie.stabilized.file, false)?;
    let attributes = json!({
        "codec_version": "1.0", "codec_name": "photon", "original_dtype": movie.counts.dtype,
        "anscombe_gain": 1.0, "anscombe_offset": 0.0, "anscombe_variance": 0.0,
    });
    same(
        "the attributes",
        told.get("attributes").unwrap_or(&Json::Null),
        &attributes,
    )?;
    decoded(&*opened(&ws.decode(&column.spec, record)?)?, movie, false)
        .map_err(|failed| failed.during("decoded by us"))
}

/// Format 2.0: Python's codec refuses it by its version, and zarr-python opens it as the counts.
fn counts(ws: &Workspace, table: &Table, column: &TableColumn, key: &Json, movie: &Movie) -> Outcome {
    let cx = ws.at(table, key, &column.name)?;
    let record = ws.encode(&column.spec, movie.counts.read()?, &cx)?;
    ws.put(table, key, &column.name, &record)?;
    ws.peer.refuses(
        "fetch1",
        json!({"table": table.class, "key": key, "field": column.name, "out": ws.folder.join("refused.npy")}),
        "Unsupported photon codec version: 2.0",
    )?;
    ws.peer.open_zarr_equal(
        "zarr",
        Some(column.store()),
        &path_of(&record)?,
        &movie.counts.file,
    )?;
    let stored = ws.peer.raw(&table.class, key, &column.name)?;
    same("the record that comes back from the database", &stored, &record)?;
    let read = opened(&ws.decode(&column.spec, stored)?)?;
    same("the format", &read.format_version(), &V2)?;
    if !movie.is_of_the_format() {
        return movie.counts.check(&read.counts()?.read()?, true);
    }
    decoded(&read, movie, true).map_err(|failed: Failed| failed.during("decoded by us"))
}

fn nulls(ws: &Workspace, table: &Table, column: &TableColumn, run: usize) -> Outcome {
    let (theirs, ours) = (key(column, "NULL, Python", run), key(column, "NULL, we", run));
    ws.peer
        .ask("insert", json!({"table": table.class, "row": theirs}))?;
    let stored = ws.encode(&column.spec, Value::Null, &ws.at(table, &ours, &column.name)?)?;
    ws.put(table, &ours, &column.name, &stored)?;
    for key in [&theirs, &ours] {
        let stored = ws.peer.raw(&table.class, key, &column.name)?;
        same("what the column holds", &stored, &Json::Null)?;
        let value = ws.decode(&column.spec, stored)?;
        ensure(matches!(value, Value::Null), || {
            format!("NULL decodes to {}", value.type_name())
        })?;
        let null = ws.peer.fetches_null(&table.class, key, &column.name)?;
        ensure(null, || "Python fetches a value".into())?;
    }
    Ok(())
}

/// A column whose type names no store, which Python cannot write to: it fetches what we insert.
fn unnamed(ws: &Workspace, table: &Table) -> Outcome {
    let (column, movie) = (table.column("photon_local")?, ws.movie("4-d")?);
    let key = key(column, "unnamed", 0);
    let cx = ws.at(table, &key, &column.name)?.with_format_version(V1);
    let record = ws.encode("<photon@>", movie.counts.read()?, &cx)?;
    ws.put(table, &key, &column.name, &record)?;
    ws.peer
        .fetch_equal(&table.class, &key, &column.name, &movie.stabilized.file, false)?;
    decoded(&*opened(&ws.decode("<photon@>", record)?)?, movie, false)
}
