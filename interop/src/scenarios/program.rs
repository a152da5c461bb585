//! The program `dj-codec`, in the folder of the configuration that Python uses.

use dj_codecs::api::Json;
use serde_json::json;

use crate::failed::{Outcome, ensure, same};
use crate::key;
use crate::plan::{Table, TableColumn};
use crate::report::Report;
use crate::workspace::{SCHEMA, Workspace};

/// Those of whose columns something is tried.
const CODECS: [&str; 8] = [
    "attach", "blob", "filepath", "hash", "npy", "object", "photon", "zarr",
];

pub(crate) fn run(ws: &Workspace, report: &Report) -> Outcome {
    report.scenario(&ws.scenario("dj-codec: list, doctor"), |checks| {
        checks.check("list", || {
            let listed: Json = serde_json::from_str(&ws.program.done(&["list", "--json"])?)?;
            for name in CODECS {
                ensure(
                    listed.to_string().contains(&format!("\"name\":\"{name}\"")),
                    || format!("{name} is not listed: {listed}"),
                )?;
            }
            ws.program.done(&[&["require"], &CODECS[..]].concat()).map(drop)
        });
        checks.check("doctor", || {
            let output = ws.program.done(&["doctor", "--json"])?;
            let told: Json = serde_json::from_str(&output)?;
            same("ok", told.get("ok").unwrap_or(&Json::Null), &Json::Bool(true))
                .map_err(|failed| failed.during(output))
        });
    });
    // The table with keys of most types, and columns on all stores.
    let table = ws
        .keyed()
        .find(|table| table.class == "Session")
        .ok_or("scenario.json has no table Session")?;
    report.scenario(
        &ws.scenario("dj-codec: encode, fetched by Python; decode what Python inserted"),
        |checks| {
            for (number, column) in table.columns.iter().enumerate() {
                let key = json!({"subject": format!("dj-codec {number}/%"), "day": {"$date": "2024-02-29"},
                "depth": {"$decimal": "2.500"}, "gain": 2.0, "run": number});
                checks.check(format!("encode {}", column.spec), || {
                    encode(ws, table, column, &key)
                });
                let key = json!({"subject": format!("Python {number}/%"), "day": {"$date": "2024-02-29"},
                "depth": {"$decimal": "2.500"}, "gain": 2.0, "run": number});
                checks.check(format!("decode {}", column.spec), || {
                    decode(ws, table, column, &key)
                });
            }
        },
    );
    Ok(())
}

/// The arguments that encode a value for a column of a row, but for the value.
pub(super) fn encoding(table: &Table, column: &TableColumn, key: &Json) -> Outcome<Vec<String>> {
    let mut arguments: Vec<String> = [
        "encode",
        &column.spec,
        "--schema",
        SCHEMA,
        "--table",
        &table.name,
        "--field",
        &column.name,
    ]
    .map(String::from)
    .into();
    for name in &table.primary_key {
        let told = key.get(name).ok_or("the key is not whole")?;
        arguments.extend(key::arguments(name, told)?);
    }
    Ok(arguments)
}

fn encode(ws: &Workspace, table: &Table, column: &TableColumn, key: &Json) -> Outcome {
    let case = ws.case("float32")?;
    let file = case.file.to_string_lossy();
    let mut arguments = encoding(table, column, key)?;
    arguments.extend(["--npy".into(), file.into_owned()]);
    let record: Json = serde_json::from_str(&ws.program.done(&arguments)?)?;
    ws.put(table, key, &column.name, &record)?;
    ws.peer
        .fetch_equal(&table.class, key, &column.name, &case.file, column.is_zarr())?;
    // Where we put it ourselves.
    let ours = ws.encode(&column.spec, case.read()?, &ws.at(table, key, &column.name)?)?;
    crate::workspace::same_place(
        &column.name,
        &crate::workspace::path_of(&record)?,
        &crate::workspace::path_of(&ours)?,
    )
}

fn decode(ws: &Workspace, table: &Table, column: &TableColumn, key: &Json) -> Outcome {
    let case = ws.case("float32")?;
    let mut row = key.clone();
    row.as_object_mut()
        .ok_or("a key is no object")?
        .insert(column.name.clone(), json!({"$npy": case.file}));
    ws.peer.ask("insert", json!({"table": table.class, "row": row}))?;
    let (record, out) = (ws.folder.join("record.json"), ws.folder.join("decoded.npy"));
    std::fs::write(&record, ws.peer.raw(&table.class, key, &column.name)?.to_string())?;
    let (record, out_text) = (record.to_string_lossy(), out.to_string_lossy());
    ws.program.done(&[
        "decode",
        &column.spec,
        "--record",
        &record,
        "--out",
        &out_text,
        "--force",
    ])?;
    ws.peer.equal(&case.file, &out, column.is_zarr())
}
