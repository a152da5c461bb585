//! The program `dj-codec` with movies: stored, quantised, decoded in both views, inspected, and shown.

use std::path::{Path, PathBuf};

use dj_codecs::api::{Array, Json, Limits, Stores as _};
use dj_codecs::npy::load_npy;
use serde_json::json;

use super::program;
use crate::failed::{Outcome, ensure, same};
use crate::movie::Movie;
use crate::plan::Table;
use crate::report::Report;
use crate::workspace::{Workspace, path_of};

const SPEC: &str = "<photon@local>";

pub(crate) fn run(ws: &Workspace, report: &Report) -> Outcome {
    let (table, camera) = (ws.table("Movies")?, ws.movie("camera")?);
    let name = ws.scenario(format!("dj-codec: movies of {SPEC}, lossless and quantised"));
    report.scenario(&name, |checks| {
        for (run, name) in ["camera", "4-d", "float32", "largest-uint64"]
            .into_iter()
            .enumerate()
        {
            checks.check(format!("lossless, {name}"), || {
                lossless(ws, table, run, ws.movie(name)?)
            });
        }
        checks.check("what Python inserted", || inserted(ws, table, camera));
        checks.check("quantised", || quantized(ws, table, camera));
        checks.check("quantised, estimated", || estimated(ws, table, camera));
        checks.check("refusals", || refused(ws, table));
    });
    Ok(())
}

fn key(who: &str, run: usize) -> Json {
    json!({"subject": format!("dj-codec {who}"), "day": {"$date": "1999-12-31"}, "run": run})
}

/// Has the program store a movie, and gives the record; it is in a row, too.
fn encode(ws: &Workspace, table: &Table, key: &Json, movie: &Movie, options: &[&str]) -> Outcome<Json> {
    let column = table.column("photon_local")?;
    let mut arguments = program::encoding(table, column, key)?;
    arguments.extend(["--npy".into(), movie.counts.file.to_string_lossy().into_owned()]);
    arguments.extend(options.iter().map(|&option| option.into()));
    let record = serde_json::from_str(&ws.program.done(&arguments)?)?;
    ws.put(table, key, &column.name, &record)?;
    Ok(record)
}

/// The file of a record.
fn file_of(ws: &Workspace, record: &Json) -> Outcome<PathBuf> {
    let file = ws.folder.join("movie record.json");
    std::fs::write(&file, record.to_string())?;
    Ok(file)
}

/// Has the program decode a record, and gives the file.
fn decode(ws: &Workspace, record: &Path, view: &[&str]) -> Outcome<PathBuf> {
    let out = ws.folder.join("movie decoded.npy");
    let (record, told) = (record.to_string_lossy(), out.to_string_lossy());
    let mut arguments = vec!["decode", SPEC, "--record", &record, "--out", &told, "--force"];
    arguments.extend(view);
    ws.program.done(&arguments)?;
    Ok(out)
}

fn load(file: &Path) -> Outcome<Array> {
    Ok(load_npy(file, &Limits::default())?)
}

/// What `inspect` says.
fn inspected(ws: &Workspace, record: &Path) -> Outcome<Json> {
    let record = record.to_string_lossy();
    let told = ws
        .program
        .done(&["inspect", "--record", &record, "--spec", SPEC, "--json"])?;
    Ok(serde_json::from_str(&told)?)
}

/// The views of a record, and what is told of it.
fn viewed(ws: &Workspace, record: &Json, movie: &Movie) -> Outcome {
    let file = file_of(ws, record)?;
    for (view, wanted) in [
        (&["--view", "counts"][..], &movie.counts),
        (&["--view", "stabilized"], &movie.stabilized),
        (&[], &movie.stabilized),
    ] {
        let decoded = decode(ws, &file, view)?;
        ws.peer
            .equal(&wanted.file, &decoded, true)
            .map_err(|failed| failed.during(format!("decoded with {view:?}")))?;
    }
    let told = inspected(ws, &file)?;
    same(
        "the original dtype that inspect tells",
        told.get("original_dtype").unwrap_or(&Json::Null),
        &movie.counts.dtype.as_str().into(),
    )
}

fn lossless(ws: &Workspace, table: &Table, run: usize, movie: &Movie) -> Outcome {
    let record = encode(ws, table, &key("lossless", run), movie, &[])?;
    ws.peer
        .open_zarr_equal("zarr", Some("local"), &path_of(&record)?, &movie.counts.file)?;
    viewed(ws, &record, movie)?;
    if movie.counts.array.ndim() != 3 {
        return Ok(());
    }
    let file = file_of(ws, &record)?;
    for (shown, options) in [
        ("2", &["--frame", "2"][..]),
        ("mean", &["--mean"]),
        ("max", &["--max"]),
    ] {
        picture(ws, &file, movie, shown, options)?;
    }
    Ok(())
}

/// A picture of the counts, as a reader of Python's sees it. No value is cut off.
fn picture(ws: &Workspace, record: &Path, movie: &Movie, shown: &str, options: &[&str]) -> Outcome {
    let out = ws.folder.join("movie.png");
    let (record, told) = (record.to_string_lossy(), out.to_string_lossy());
    let mut arguments = vec!["preview", SPEC, "--record", &record, "--view", "counts"];
    arguments.extend(["--contrast", "0,100", "--out", &told, "--force"]);
    arguments.extend(options);
    ws.program.done(&arguments)?;
    let request = json!({"png": out, "movie": movie.counts.file, "projection": shown});
    let told = ws.peer.ask("check_picture", request)?;
    ensure(told.get("equal") == Some(&Json::Bool(true)), || {
        format!(
            "the picture of {shown} of {}: {}",
            movie.name(),
            told.get("why").unwrap_or(&Json::Null)
        )
    })
}

/// A record of format 1.0 that Python put into a row.
fn inserted(ws: &Workspace, table: &Table, movie: &Movie) -> Outcome {
    let key = key("Python", 0);
    let array = json!({"$npy": movie.counts.file});
    ws.peer.insert(&table.class, &key, "photon_local", array)?;
    let record = ws.peer.raw(&table.class, &key, "photon_local")?;
    viewed(ws, &record, movie)?;
    picture(ws, &file_of(ws, &record)?, movie, "mean", &["--mean"])
}

/// Quantised: Python's zarr decodes with anscombe-transform what the program does, within the bound that is told.
fn quantized(ws: &Workspace, table: &Table, movie: &Movie) -> Outcome {
    let options = [
        "--photon-quantize",
        "--photon-gain",
        "12.5",
        "--photon-zero-level",
        "100",
    ];
    let record = encode(ws, table, &key("quantised", 0), movie, &options)?;
    let (told, _) = lossy(ws, &record, movie)?;
    let number = |name: &str| told.get(name).and_then(Json::as_f64);
    same(
        "the gain that inspect tells",
        &number("conversion_gain"),
        &Some(12.5),
    )?;
    same(
        "the zero level that inspect tells",
        &number("zero_level"),
        &Some(100.0),
    )
}

/// The same with a noise model that the program estimates; it is that of anscombe-transform, within what is left to chance.
fn estimated(ws: &Workspace, table: &Table, movie: &Movie) -> Outcome {
    let options = ["--photon-quantize", "--photon-estimate"];
    let record = encode(ws, table, &key("quantised", 1), movie, &options)?;
    let (told, _) = lossy(ws, &record, movie)?;
    let theirs = ws
        .peer
        .ask("estimate_noise", json!({"movie": movie.counts.file}))?;
    for (name, off) in [("conversion_gain", 0.25), ("zero_level", 5.0)] {
        let [ours, theirs] = [&told, &theirs].map(|of| of.get(name).and_then(Json::as_f64));
        let (ours, theirs) = ours
            .zip(theirs)
            .ok_or_else(|| format!("somebody told no {name}"))?;
        ensure((ours - theirs).abs() <= off, || {
            format!("{name} is {ours}, Python estimates {theirs}")
        })?;
    }
    Ok(())
}

/// Checks a quantised movie, and gives what is told of it, and the greatest difference.
fn lossy(ws: &Workspace, record: &Json, movie: &Movie) -> Outcome<(Json, f64)> {
    let file = file_of(ws, record)?;
    let decoded = decode(ws, &file, &["--view", "counts"])?;
    ws.peer
        .open_zarr_equal("zarr", Some("local"), &path_of(record)?, &decoded)?;
    let told = inspected(ws, &file)?;
    let told = told
        .get("quantization")
        .cloned()
        .ok_or("inspect tells no quantization")?;
    let bound = told
        .get("max_error")
        .and_then(Json::as_f64)
        .ok_or("inspect tells no bound")?;
    let [before, after] = [load(&movie.counts.file)?, load(&decoded)?].map(|array| array.to_vec::<u16>());
    let differences = before?
        .into_iter()
        .zip(after?)
        .map(|(before, after)| before.abs_diff(after));
    let greatest = f64::from(differences.max().ok_or("the movie is empty")?);
    ensure(greatest > 0.0 && greatest <= bound, || {
        format!("the greatest difference is {greatest}, the bound that is told {bound}")
    })?;
    Ok((told, greatest))
}

/// What cannot be: the reason is told, and nothing is left.
fn refused(ws: &Workspace, table: &Table) -> Outcome {
    let column = table.column("photon_local")?;
    for (movie, options, words) in [
        (ws.movie("float32")?, &["--photon-quantize"][..], "float32"),
        (
            ws.movie("camera")?,
            &["--photon-quantize", "--photon-gain", "0.5"],
            "gain",
        ),
        (
            ws.movie("camera")?,
            &[
                "--format-version",
                "1.0",
                "--photon-quantize",
                "--photon-gain",
                "12.5",
            ],
            "1.0",
        ),
    ] {
        let mut arguments = program::encoding(table, column, &key("refused", 0))?;
        arguments.extend(["--npy".into(), movie.counts.file.to_string_lossy().into_owned()]);
        arguments.extend(options.iter().map(|&option| option.into()));
        let ran = ws.program.run(&arguments)?;
        ensure(ran.status == Some(1) && ran.errors.contains(words), || {
            format!("{options:?}: exit status {:?}, {}", ran.status, ran.errors)
        })?;
    }
    let store = ws.stores().open(Some("local"))?.store;
    let left = store.list("_schema/interop")?;
    let left: Vec<_> = left
        .iter()
        .filter(|object| {
            object.path.contains("dj-codec%20refused") || object.path.contains("dj-codec refused")
        })
        .collect();
    ensure(left.is_empty(), || format!("{left:?} are left"))
}
