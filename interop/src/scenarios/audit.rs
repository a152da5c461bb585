//! A database with every codec, old and new formats and planted damage: `audit` and `verify` find all of it, and nothing else.

mod keys;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use dj_codec_db::{Database, RowQuery, VerifyOptions, verify};
use dj_codecs::api::{Context, Json};

use crate::failed::{Failed, Outcome, ensure, same};
use crate::ground;
use crate::report::Report;
use crate::workspace::Workspace;

/// The schema that `audit_lab.py` fills.
const SCHEMA: &str = "audit_lab";
/// From what a fault is found on: each finds what the ones before it find.
const LEVELS: [&str; 4] = ["audit", "presence", "size", "full"];

/// What `audit_lab.py` says that there is.
struct Lab {
    told: Json,
}

/// A fault: level, table, field, key and kind.
type Planted = BTreeSet<(String, String, String, String)>;

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

impl Lab {
    fn fill(ws: &Workspace) -> Outcome<Self> {
        let hello = ws.peer.ask("hello", serde_json::json!({}))?;
        let python = hello
            .get("executable")
            .and_then(Json::as_str)
            .ok_or("which Python it is")?;
        let filled = ground::command(python)
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("audit_lab.py"))
            .arg(ws.program.path())
            .arg(SCHEMA)
            .current_dir(&ws.folder)
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .output()?;
        if !filled.status.success() {
            return Err(format!("audit_lab.py: {}", String::from_utf8_lossy(&filled.stderr)).into());
        }
        Ok(Self {
            told: serde_json::from_slice(&filled.stdout)?,
        })
    }

    /// The names of the tables in the database.
    fn tables(&self) -> impl Iterator<Item = &str> {
        let tables = self.told.get("keys").and_then(Json::as_object);
        tables.into_iter().flatten().map(|(name, _)| name.as_str())
    }

    fn text(&self, key: &str) -> Outcome<String> {
        let text = self.told.get(key).and_then(Json::as_str);
        Ok(text
            .ok_or_else(|| format!("audit_lab.py does not say {key}"))?
            .to_owned())
    }

    /// The faults that are found from a level on.
    fn planted(&self, level: &str) -> Outcome<Planted> {
        let rank = |level: &str| LEVELS.iter().position(|known| *known == level);
        let planted = self
            .told
            .get("planted")
            .and_then(Json::as_array)
            .ok_or("nothing is planted")?;
        let known = planted
            .iter()
            .filter(|fault| fault.get("level").and_then(Json::as_str).and_then(rank) <= rank(level));
        Ok(known.map(signature).collect())
    }

    fn audit(&self, ws: &Workspace, url: &str) -> Outcome<Json> {
        let ran = ws.program.run(&["audit", url, "--schema", SCHEMA, "--json"])?;
        ensure(ran.status == Some(1), || {
            format!("exit status {:?}: {}", ran.status, ran.errors)
        })?;
        Ok(serde_json::from_str(&ran.output)?)
    }

    /// Runs the program and compares what it finds.
    fn finds(&self, ws: &Workspace, level: &str, arguments: &[&str]) -> Outcome {
        let url = self.text("url")?;
        let mut all = arguments.to_vec();
        all.extend([url.as_str(), "--schema", SCHEMA]);
        let ran = ws.program.run(&all)?;
        ensure(ran.status == Some(1), || {
            format!("exit status {:?}: {}", ran.status, ran.errors)
        })?;
        let password = "interop:interop@";
        ensure(
            !ran.output.contains(password) && !ran.errors.contains(password),
            || "the password is printed".into(),
        )?;
        let told: Json = serde_json::from_str(&ran.output)?;
        let missing = match level {
            "audit" => told.get("missing_codecs"),
            _ => told.get("unchecked"),
        };
        ensure(
            missing.is_some_and(|missing| missing.to_string().contains("dj-spike-train-codecs")),
            || format!("the codec that is not there is not named: {missing:?}"),
        )?;
        compare(&faults(&told), &self.planted(level)?)
    }

    /// Compares the counts of the audit with those of the database.
    fn counts(&self, ws: &Workspace) -> Outcome {
        let told = self.audit(ws, &self.text("url")?)?;
        let mut columns = 0;
        for table in told.get("tables").and_then(Json::as_array).into_iter().flatten() {
            let name = table.get("table").and_then(Json::as_str).unwrap_or_default();
            for column in table
                .get("columns")
                .and_then(Json::as_array)
                .into_iter()
                .flatten()
            {
                let field = column.get("column").and_then(Json::as_str).unwrap_or_default();
                let wanted = self
                    .told
                    .get("counts")
                    .and_then(|counts| counts.get(name)?.get(field));
                for key in ["values", "nulls"] {
                    let wanted = wanted.and_then(|wanted| wanted.get(key)).unwrap_or(&Json::Null);
                    same(
                        &format!("{name}.{field} {key}"),
                        column.get(key).unwrap_or(&Json::Null),
                        wanted,
                    )?;
                }
                let formats = column
                    .get("formats")
                    .and_then(Json::as_array)
                    .into_iter()
                    .flatten();
                let in_formats: u64 = formats.filter_map(|format| format.get("values")?.as_u64()).sum();
                same(
                    &format!("{name}.{field} by format"),
                    &Some(in_formats),
                    &column.get("values").and_then(Json::as_u64),
                )?;
                columns += 1;
            }
        }
        ensure(columns >= 55, || format!("{columns} columns were audited"))?;
        let rows = told.get("rows").and_then(Json::as_u64);
        ensure(rows > Some(2_500), || format!("{rows:?} rows were audited"))?;
        for (codec, version, least) in [
            ("<blob", "1", 1000),
            ("<zarr", "1.0", 300),
            ("<photon", "1.0", 100),
        ] {
            let old = old_values(&told, codec, version);
            ensure(old > least, || {
                format!("{old} values of {codec}> in format {version}")
            })?;
        }
        Ok(())
    }

    async fn connect(&self) -> Outcome<Database> {
        Ok(Database::connect(&self.text("url")?).await?)
    }
}

/// How many values of a codec have a format.
fn old_values(told: &Json, codec: &str, version: &str) -> u64 {
    let array = |value: &Json, key: &str| {
        value
            .get(key)
            .and_then(Json::as_array)
            .cloned()
            .unwrap_or_default()
    };
    let columns = array(told, "tables")
        .into_iter()
        .flat_map(|table| array(&table, "columns"));
    let is_codec = |column: &Json| {
        column
            .get("type")
            .and_then(Json::as_str)
            .is_some_and(|name| name.starts_with(codec))
    };
    let formats = columns
        .filter(is_codec)
        .flat_map(|column| array(&column, "formats"));
    let is_version = |format: &Json| format.get("version").and_then(Json::as_str) == Some(version);
    formats
        .filter(is_version)
        .filter_map(|format| format.get("values")?.as_u64())
        .sum()
}

fn signature(fault: &Json) -> (String, String, String, String) {
    let text = |key: &str| {
        fault
            .get(key)
            .and_then(Json::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    // Sorted by name, whatever the order of the objects.
    let key: std::collections::BTreeMap<String, String> = fault
        .get("key")
        .and_then(Json::as_object)
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.clone(), value.to_string()))
        .collect();
    (text("table"), text("field"), format!("{key:?}"), text("kind"))
}

/// The faults of a report, of either command.
fn faults(told: &Json) -> Planted {
    let array = |value: &Json, key: &str| {
        value
            .get(key)
            .and_then(Json::as_array)
            .cloned()
            .unwrap_or_default()
    };
    let Some(tables) = told.get("missing_codecs").map(|_| array(told, "tables")) else {
        return array(told, "faults").iter().map(signature).collect();
    };
    let columns = tables.iter().flat_map(|table| array(table, "columns"));
    let faults = columns.flat_map(|column| array(&column, "faults"));
    faults
        .flat_map(|fault| array(&fault, "samples"))
        .map(|fault| signature(&fault))
        .collect()
}

fn compare(found: &Planted, planted: &Planted) -> Outcome {
    let missed: Vec<_> = planted.difference(found).collect();
    let extra: Vec<_> = found.difference(planted).collect();
    ensure(
        missed.is_empty() && extra.is_empty() && !planted.is_empty(),
        || {
            format!(
                "of {} faults these are missed: {missed:?}; these were not planted: {extra:?}",
                planted.len()
            )
        },
    )
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
