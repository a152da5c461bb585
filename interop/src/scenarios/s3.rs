//! What only a real S3 server shows: streams, races, and refusals.

use std::sync::Barrier;

use dj_codecs::api::{Bytes, Context, Error, ErrorKind, Json, OpenStore, Stores as _};
use dj_codecs::zarr::{ZarrOptions, ZarrWriter};
use serde_json::json;

use crate::failed::{Failed, Outcome, ensure, same};
use crate::report::Report;
use crate::workspace::{Workspace, path_of, stores_of};

/// The `case_id` of the rows of these scenarios.
const STREAMED: usize = 400_000;
const REFUSED: usize = 400_001;
const ROUNDS: usize = 16;

pub(crate) fn run(ws: &Workspace, report: &Report) -> Outcome {
    report.scenario("<zarr@cloud>: an array that is streamed", |checks| {
        checks.check("finished", || streamed(ws));
        checks.check("dropped unfinished", || dropped(ws));
    });
    report.scenario("s3: two writers put one object if it is absent", |checks| {
        for round in 0..ROUNDS {
            checks.check(format!("round {round}"), || race(ws, round));
        }
    });
    let folder = ws.folder.join("forbidden");
    report.scenario("s3: a wrong secret key", |checks| {
        checks.check("the folder", || with_wrong_secret(ws, &folder));
        checks.check("refusals", || refusals(ws, &folder));
        checks.check("dj-codec doctor", || doctor(ws, &folder));
    });
    Ok(())
}

fn cloud(ws: &Workspace) -> Outcome<OpenStore> {
    Ok(ws.stores().open(Some("cloud"))?)
}

fn streaming(ws: &Workspace, key: &Json) -> Outcome<(Context, ZarrOptions)> {
    let cx = ws
        .at(ws.arrays()?, key, "zarr_cloud")?
        .with_column_store(Some("cloud"));
    Ok((cx, ZarrOptions::default().with_chunk_shape(&[16, 80, 160])))
}

/// Blocks of seven frames, as an instrument delivers them.
fn streamed(ws: &Workspace) -> Outcome {
    let (table, key, case) = (ws.arrays()?, json!({"case_id": STREAMED}), ws.case("movie")?);
    let (cx, options) = streaming(ws, &key)?;
    let frames = *case.array.shape().first().ok_or("the movie has no frames")?;
    let mut writer = ZarrWriter::create(
        case.array.dtype(),
        case.array.shape().get(1..).unwrap_or_default(),
        &options,
        &cx,
    )?;
    for from in (0..frames).step_by(7) {
        writer.append(&case.array.rows(from..(from + 7).min(frames))?)?;
    }
    let record = writer.finish()?.into_record().into_json();
    ws.put(table, &key, "zarr_cloud", &record)?;
    ws.peer
        .fetch_equal(&table.class, &key, "zarr_cloud", &case.file, true)?;
    for library in ["zarr", "tensorstore"] {
        ws.peer
            .open_zarr_equal(library, Some("cloud"), &path_of(&record)?, &case.file)?;
    }
    let column = table
        .columns
        .iter()
        .find(|column| column.name == "zarr_cloud")
        .ok_or("there is no zarr_cloud")?;
    ws.decodes_to(column, record, case)
}

fn dropped(ws: &Workspace) -> Outcome {
    let (cx, options) = streaming(ws, &json!({"case_id": STREAMED + 1}))?;
    let case = ws.case("movie")?;
    let mut writer = ZarrWriter::create(
        case.array.dtype(),
        case.array.shape().get(1..).unwrap_or_default(),
        &options,
        &cx,
    )?;
    writer.append(&case.array.rows(0..64)?)?;
    drop(writer);
    let left = cloud(ws)?.store.list("_schema/interop")?;
    let left: Vec<_> = left
        .into_iter()
        .filter(|object| object.path.contains(&format!("case_id={}/", STREAMED + 1)))
        .collect();
    ensure(left.is_empty(), || format!("{left:?} are left"))
}

/// Two clients of their own; one of them must win, and its bytes must stay.
fn race(ws: &Workspace, round: usize) -> Outcome {
    let path = format!("race/round {round}");
    let barrier = Barrier::new(2);
    let writes: Vec<Outcome<bool>> = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..2)
            .map(|writer| {
                let (path, barrier, folder) = (&path, &barrier, &ws.folder);
                scope.spawn(move || {
                    let opened = stores_of(folder).and_then(|stores| Ok(stores.open(Some("cloud"))?));
                    // Both come here, whatever happened.
                    barrier.wait();
                    Ok(opened?.store.put_if_absent(path, contents(writer))?)
                })
            })
            .collect();
        writers
            .into_iter()
            .map(|writer| writer.join().unwrap_or_else(|_| Err("a writer panicked".into())))
            .collect()
    });
    let writes = writes.into_iter().collect::<Outcome<Vec<bool>>>()?;
    let winners: Vec<usize> = writes
        .iter()
        .enumerate()
        .filter_map(|(writer, won)| won.then_some(writer))
        .collect();
    let [winner] = winners[..] else {
        return Err(format!("{} of two writers were told that they wrote it", winners.len()).into());
    };
    let store = cloud(ws)?.store;
    ensure(store.get(&path)? == contents(winner), || {
        "the object is not the winner's".into()
    })?;
    ensure(!store.put_if_absent(&path, "third".into())?, || {
        "a third writer replaced it".into()
    })?;
    ensure(store.get(&path)? == contents(winner), || {
        "a third writer changed it".into()
    })
}

fn contents(writer: usize) -> Bytes {
    vec![b'a' + writer as u8; 100_000].into()
}

/// A folder with the same configuration but for the secret.
fn with_wrong_secret(ws: &Workspace, folder: &std::path::Path) -> Outcome {
    std::fs::create_dir_all(folder.join(".secrets"))?;
    std::fs::copy(ws.folder.join("datajoint.json"), folder.join("datajoint.json"))?;
    std::fs::write(folder.join(".secrets/stores.cloud.secret_key"), "not-the-secret")?;
    Ok(())
}

fn refusals(ws: &Workspace, folder: &std::path::Path) -> Outcome {
    let (table, key, case) = (ws.arrays()?, json!({"case_id": REFUSED}), ws.case("int16")?);
    let stores = std::sync::Arc::new(stores_of(folder)?);
    let cx = Context::with_stores(std::sync::Arc::clone(&stores) as _);
    for column in table.columns.iter().filter(|column| column.store() == "cloud") {
        let resolved = dj_codecs::api::Column::resolve(&column.spec, ws.registry())?;
        let place = cx
            .clone()
            .with_field("interop", &table.name, &column.name)
            .with_key("case_id", REFUSED as i64);
        refused(
            &format!("encoding {}", column.spec),
            resolved.encode(case.read()?.into(), &place).map(drop),
        )?;
        // An array that is there, for those who have the key.
        let record = ws.encode(&column.spec, case.read()?, &ws.at(table, &key, &column.name)?)?;
        let stored = dj_codecs::api::Stored::from_json(record)?;
        let decoded = resolved.decode(stored, &cx).and_then(|value| value.into_array());
        refused(&format!("decoding {}", column.spec), decoded.map(drop))?;
    }
    let store = stores.open(Some("cloud"))?.store;
    refused("getting what is not there", store.get("absent").map(drop))?;
    refused("asking for what is not there", store.head("absent").map(drop))?;
    refused("listing", store.list("").map(drop))?;
    refused("putting", store.put("a", "a".into()))?;
    refused(
        "putting if absent",
        store.put_if_absent("a", "a".into()).map(drop),
    )?;
    refused("deleting", store.delete("a"))
}

fn refused(what: &str, outcome: Result<(), Error>) -> Outcome {
    match outcome {
        Ok(()) => Err(format!("{what} works with a wrong secret key").into()),
        Err(error) if *error.kind() == ErrorKind::PermissionDenied => {
            ensure(error.report().contains("credentials"), || {
                format!("{what} does not speak of credentials: {}", error.report())
            })
        }
        Err(error) => Err(Failed::from(format!(
            "{what} is {:?}: {}",
            error.kind(),
            error.report()
        ))),
    }
}

fn doctor(ws: &Workspace, folder: &std::path::Path) -> Outcome {
    let ran = ws.program.in_folder(folder).run(&["doctor"])?;
    same("the exit status", &ran.status, &Some(1))?;
    for words in [
        "store cloud",
        "DOES NOT WORK",
        "FAILED",
        "does not accept the credentials",
    ] {
        ensure(ran.output.contains(words), || {
            format!("it does not say {words:?}: {}{}", ran.output, ran.errors)
        })?;
    }
    ensure(!ran.output.contains("not-the-secret"), || {
        "it prints the secret".into()
    })?;
    let report: Json =
        serde_json::from_str(&ws.program.in_folder(folder).run(&["doctor", "--json"])?.output)?;
    let stores = report
        .get("stores")
        .and_then(Json::as_array)
        .ok_or("the report has no stores")?;
    for store in stores {
        let name = store.get("name").and_then(Json::as_str).unwrap_or_default();
        same(
            &format!("ok of {name}"),
            store.get("ok").unwrap_or(&Json::Null),
            &Json::Bool(name != "cloud"),
        )?;
    }
    same("the number of stores", &stores.len(), &3)
}
