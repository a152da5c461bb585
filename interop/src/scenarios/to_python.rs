//! We encode, the record goes into a row by SQL, and Python's `fetch1` returns the array.

use dj_codecs::api::{ErrorKind, Json, Value};
use dj_codecs::zarr::{ZarrOptions, ZarrWriter};
use serde_json::json;

use crate::case::Case;
use crate::failed::{Outcome, ensure, same};
use crate::plan::{Table, TableColumn};
use crate::report::Report;
use crate::workspace::{Workspace, path_of};

/// The first `case_id` of our rows; a column has a thousand.
const FIRST: usize = 100_000;
/// The first `case_id` of rows whose type spec names no store.
const FIRST_UNNAMED: usize = 200_000;

pub(crate) fn run(ws: &Workspace, report: &Report) -> Outcome {
    let table = ws.arrays()?;
    for (place, column) in table.columns.iter().enumerate() {
        let name = format!("{}: each array that we insert, fetched by Python", column.spec);
        report.scenario(&ws.scenario(name), |checks| {
            for (number, case) in (FIRST + 1000 * place..).zip(&ws.cases) {
                checks.check(&case.name, || {
                    inserted(ws, table, column, &json!({"case_id": number}), case)
                });
            }
        });
    }
    report.scenario(
        &ws.scenario("the default store, <npy@> and <zarr@>, fetched by Python"),
        |checks| {
            for (number, column) in
                (FIRST_UNNAMED..).zip(table.columns.iter().filter(|column| column.store() == "local"))
            {
                checks.check(&column.name, || {
                    unnamed(ws, table, column, &json!({"case_id": number}))
                });
            }
        },
    );
    report.scenario(&ws.scenario("NULL that we insert, fetched by Python"), |checks| {
        for (number, column) in (FIRST_UNNAMED + 1000..).zip(&table.columns) {
            checks.check(&column.name, || {
                let key = json!({"case_id": number});
                let record = ws.encode(&column.spec, Value::Null, &ws.at(table, &key, &column.name)?)?;
                same("the record of NULL", &record, &Json::Null)?;
                ws.put(table, &key, &column.name, &record)?;
                let null = ws.peer.fetches_null(&table.class, &key, &column.name)?;
                ensure(null, || "Python fetches a value".into())
            });
        }
    });
    Ok(())
}

fn inserted(ws: &Workspace, table: &Table, column: &TableColumn, key: &Json, case: &Case) -> Outcome {
    let cx = ws.at(table, key, &column.name)?;
    let record = if column.is_zarr() && !case.is_portable() {
        refused(ws, column, &cx, case)?;
        // Who asks for it can have it all the same; zarr-python reads it.
        let cx = cx.with_column_store(Some(column.store()));
        let options = ZarrOptions::default().with_portable(false);
        ZarrWriter::write(&case.read()?, &options, &cx)?
            .into_record()
            .into_json()
    } else {
        ws.encode(&column.spec, case.read()?, &cx)?
    };
    check_record(column, &record, case)?;
    ws.put(table, key, &column.name, &record)?;
    same(
        "the record that comes back from the database",
        &ws.peer.raw(&table.class, key, &column.name)?,
        &record,
    )?;
    let told = ws
        .peer
        .fetch_equal(&table.class, key, &column.name, &case.file, column.is_zarr())?;
    let shape: Vec<Json> = case.array.shape().iter().map(|&length| length.into()).collect();
    same(
        "the shape that Python's handle says",
        told.get("shape").unwrap_or(&Json::Null),
        &shape.into(),
    )?;
    ws.decodes_to(column, record, case)
        .map_err(|failed| failed.during("decoded by us"))
}

/// The default profile writes nothing that one of the libraries cannot read, says so by name, and leaves nothing.
fn refused(ws: &Workspace, column: &TableColumn, cx: &dj_codecs::api::Context, case: &Case) -> Outcome {
    let resolved = dj_codecs::api::Column::resolve(&column.spec, ws.registry())?;
    let Err(error) = resolved.encode(case.read()?.into(), cx) else {
        return Err("it should be refused: not every Zarr library reads it".into());
    };
    let kinds = [ErrorKind::Unsupported, ErrorKind::InvalidValue];
    ensure(kinds.contains(error.kind()), || {
        format!("refused as {:?}: {error}", error.kind())
    })?;
    let name = case.array.dtype().to_little_endian().to_string();
    ensure(error.message().contains(&name), || {
        format!("the refusal does not name {name}: {error}")
    })
}

fn check_record(column: &TableColumn, record: &Json, case: &Case) -> Outcome {
    let shape: Vec<Json> = case.array.shape().iter().map(|&length| length.into()).collect();
    same(
        "the record's shape",
        record.get("shape").unwrap_or(&Json::Null),
        &shape.into(),
    )?;
    same(
        "the record's store",
        record.get("store").unwrap_or(&Json::Null),
        &column.store().into(),
    )?;
    let dtype = if column.is_zarr() {
        case.array.dtype().to_little_endian().to_string()
    } else {
        case.dtype.clone()
    };
    same(
        "the record's dtype",
        record.get("dtype").unwrap_or(&Json::Null),
        &dtype.into(),
    )
}

/// A column whose type names no store, which Python cannot write to; the record names the default one.
fn unnamed(ws: &Workspace, table: &Table, column: &TableColumn, key: &Json) -> Outcome {
    let (spec, case) = (column.spec.replace("local", ""), ws.case("int16")?);
    let record = ws.encode(&spec, case.read()?, &ws.at(table, key, &column.name)?)?;
    check_record(column, &record, case)?;
    let folder = ws.folder.join("stores/local").join(path_of(&record)?);
    ensure(folder.exists(), || {
        format!("there is nothing at {}", folder.display())
    })?;
    ws.put(table, key, &column.name, &record)?;
    ws.peer
        .fetch_equal(&table.class, key, &column.name, &case.file, column.is_zarr())
        .map(drop)
}
