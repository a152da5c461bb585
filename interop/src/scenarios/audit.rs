//! A database with every codec, old and new formats and planted damage: `audit` and `verify` find all of it, and nothing else.

mod keys;
mod lab;
mod told;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use dj_codec_db::{RowQuery, VerifyOptions, verify};
use dj_codecs::api::{Context, Json};

use crate::failed::{Failed, Outcome, ensure, same};
use crate::report::Report;
use crate::workspace::Workspace;

use lab::{LEVELS, Lab};
use told::{compare, faults};

/// The schema that `audit_lab.py` fills.
const SCHEMA: &str = "audit_lab";

pub(crate) fn run(ws: &Workspace, report: &Report) -> Outcome {
    let lab = Lab::fill(ws)?;
    report.scenario(
        &ws.scenario("dj-codec audit: what is there, and what is wrong with it"),
        |checks| {
            checks.check("each planted fault, and nothing else", || {
                lab.finds(ws, "audit", &["audit", "--json"])
            });
            checks.check("values and NULLs of each column", || lab.counts(ws));
            checks.check("a page with plots", || page(ws, &lab));
            checks.check("a user who may only read", || {
                let theirs = lab.audit(ws, &lab.text("reader")?)?;
                let ours = lab.audit(ws, &lab.text("url")?)?;
                same(
                    "tables",
                    theirs.get("tables").ok_or("no tables")?,
                    ours.get("tables").ok_or("no tables")?,
                )
            });
            checks.check("refusals", || refusals(ws, &lab));
        },
    );
    report.scenario(
        &ws.scenario("dj-codec verify: every level, and after every crash"),
        |checks| {
            for level in LEVELS.into_iter().skip(1) {
                checks.check(
                    format!("{level}: each planted fault of it, and nothing else"),
                    || lab.finds(ws, level, &["verify", "--json", "--level", level]),
                );
            }
            checks.check("sample: between size and full", || sample(ws, &lab));
            checks.check(
                "a run that goes on after each of many crashes finds the same",
                || crashes(ws, &lab),
            );
            checks.check("values larger than the budget are read one by one", || {
                one_by_one(ws, &lab)
            });
        },
    );
    report.scenario(
        &ws.scenario("rows in pages of 7: every key once, in the order of the server"),
        |checks| {
            for (table, keys) in lab
                .told
                .get("keys")
                .and_then(Json::as_object)
                .into_iter()
                .flatten()
            {
                checks.check(table, || pages(&lab, table, keys));
            }
        },
    );
    report.scenario(
        &ws.scenario("dj-codec migrate: each type of key, there and back"),
        |checks| {
            for table in lab.tables().filter(|table| table.starts_with("key_")) {
                checks.check(table, || keys::there_and_back(ws, &lab, table));
            }
        },
    );
    Ok(())
}

fn sample(ws: &Workspace, lab: &Lab) -> Outcome {
    let url = lab.text("url")?;
    let ran = ws
        .program
        .run(&["verify", &url, "--schema", SCHEMA, "--level", "sample", "--json"])?;
    let found = faults(&serde_json::from_str(&ran.output)?);
    let (least, most) = (lab.planted("size")?, lab.planted("full")?);
    ensure(found.is_superset(&least) && found.is_subset(&most), || {
        format!(
            "missed: {:?}; extra: {:?}",
            least.difference(&found),
            found.difference(&most)
        )
    })
}

fn page(ws: &Workspace, lab: &Lab) -> Outcome {
    let file = ws.folder.join("audit.html");
    let (url, name) = (lab.text("url")?, file.to_string_lossy().into_owned());
    let ran = ws
        .program
        .run(&["audit", &url, "--schema", SCHEMA, "--html", &name])?;
    let html = std::fs::read_to_string(&file).map_err(|error| format!("{error}: {}", ran.errors))?;
    ensure(
        html.contains("<svg") && html.contains("z:last") && !html.contains("http"),
        || html.clone(),
    )?;
    let again = ws
        .program
        .run(&["audit", &url, "--schema", SCHEMA, "--html", &name])?;
    same("status where the file is there", &again.status, &Some(2))
}

/// What cannot be done is refused in words that say what to do, and never repeat a password.
fn refusals(ws: &Workspace, lab: &Lab) -> Outcome {
    let url = lab.text("url")?;
    let wrong = lab.text("reader")?.replace("only%20reader", "0nly%20w0rd");
    for (url, schema, table, words) in [
        ("sqlite://lab", SCHEMA, None, "postgres://USER"),
        (&url, "no_such_schema", None, "no schema \"no_such_schema\""),
        (&url, SCHEMA, Some("no_such_table"), "#stimulus"),
        (&wrong, SCHEMA, None, "refuses this user or password"),
        (&lab.text("stranger")?, SCHEMA, None, ""),
    ] {
        let mut arguments = vec!["audit", url, "--schema", schema];
        arguments.extend(table.into_iter().flat_map(|table| ["--table", table]));
        let ran = ws.program.run(&arguments)?;
        let shown = || {
            Failed::from(format!(
                "{schema} {table:?}: {:?}: {}{}",
                ran.status, ran.output, ran.errors
            ))
        };
        ensure(ran.status == Some(2) && ran.errors.starts_with("error: "), || {
            shown().to_string()
        })?;
        ensure(ran.errors.contains(words) && !ran.errors.contains("0nly"), || {
            shown().to_string()
        })?;
    }
    Ok(())
}

fn runtime() -> Outcome<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

/// Breaks a verification off again and again, each time a little later, until one comes to its end.
fn crashes(ws: &Workspace, lab: &Lab) -> Outcome {
    let state = ws.folder.join("verify.state");
    let options = VerifyOptions::new()
        .with_resume(&state)
        .with_save_every(Duration::ZERO)
        .with_parallel(3);
    let cx = Context::with_stores(Arc::clone(ws.stores()) as _);
    runtime()?.block_on(async {
        let (mut broken, mut patience) = (0, 5);
        let report = loop {
            let database = lab.connect().await?;
            let run = verify(&database, SCHEMA, ws.registry(), &cx, &options);
            if let Ok(done) = tokio::time::timeout(Duration::from_millis(patience), run).await {
                break done?;
            }
            (broken, patience) = (broken + 1, patience * 3 / 2 + 1);
        };
        ensure(broken >= 2 && report.resumed, || {
            format!("it was broken off {broken} times")
        })?;
        ensure(!state.exists(), || "the file is still there".into())?;
        let told = serde_json::to_value(&report)?;
        let wanted: u64 = lab
            .told
            .get("keys")
            .and_then(Json::as_object)
            .into_iter()
            .flatten()
            .filter_map(|(_, keys)| keys.as_array().map(|keys| keys.len() as u64))
            .sum();
        same("rows", &report.rows, &wanted)?;
        same("faults", &(report.faults.len()), &lab.planted("full")?.len())?;
        compare(&faults(&told), &lab.planted("full")?)
    })
}

/// Verifies a table although there is no room for two of its values at once.
fn one_by_one(ws: &Workspace, lab: &Lab) -> Outcome {
    let options = VerifyOptions::new().with_table("#stimulus").with_budget(1);
    let cx = Context::with_stores(Arc::clone(ws.stores()) as _);
    runtime()?.block_on(async {
        let database = lab.connect().await?;
        let run = verify(&database, SCHEMA, ws.registry(), &cx, &options);
        let ended = tokio::time::timeout(Duration::from_secs(60), run).await;
        let report = ended.map_err(|_| "it waits for ever")??;
        database.close().await;
        let rows = lab.told.get("keys").and_then(|keys| keys.get("#stimulus"));
        let rows = rows.and_then(Json::as_array).map(|rows| rows.len() as u64);
        same("rows", &Some(report.rows), &rows)
    })
}

/// Reads a table in small pages, and once more from its middle.
fn pages(lab: &Lab, name: &str, wanted: &Json) -> Outcome {
    let wanted = wanted.as_array().map_or(0, Vec::len);
    runtime()?.block_on(async {
        let database = lab.connect().await?;
        let tables = database.tables_named(SCHEMA, Some(name)).await?;
        let table = tables.first().ok_or("the table is not there")?;
        let mut rows = database.rows(table, RowQuery::new().with_page(7))?;
        let mut keys = Vec::new();
        while let Some(row) = rows.next().await? {
            row.key.values()?;
            keys.push(row.key);
        }
        same("how many keys", &keys.len(), &wanted)?;
        let distinct: BTreeSet<_> = keys.iter().map(|key| key.texts().to_vec()).collect();
        same("how many different keys", &distinct.len(), &wanted)?;
        let mut all = database.rows(table, RowQuery::new().with_page(100_000))?;
        for key in &keys {
            let row = all.next().await?.ok_or("one page has fewer rows")?;
            same("the order", row.key.texts(), key.texts())?;
            let found = database.row(table, key, &[]).await?;
            ensure(found.is_some(), || {
                format!("the row {key} is not found by its key")
            })?;
        }
        let middle = keys.get(wanted / 2).ok_or("the table is empty")?;
        let again = database.key(table, middle.texts())?;
        let mut rest = database.rows(table, RowQuery::new().with_page(3).after(again))?;
        let mut count = 0;
        while rest.next().await?.is_some() {
            count += 1;
        }
        same(
            "how many are behind the middle",
            &count,
            &(wanted - wanted / 2 - 1),
        )
    })
}
