//! What cannot be done is refused in words, and nothing of it is done; where the disk is full, what was done stays whole.

use super::copies::run_sql;
use super::disk;
use super::lab::{Held, Lab, SCHEMA};
use super::reader::same_rows;
use crate::failed::{Outcome, ensure, same};
use crate::plan::Backend;
use crate::report::Checks;

pub(super) fn run(lab: &Lab<'_>, checks: &mut Checks) {
    checks.check("wrong use", || wrong_use(lab));
    checks.check("a user who may write rows and not make the journal", || {
        no_journal(lab)
    });
    checks.check("a table whose changes cannot be undone", || {
        match lab.ws.backend {
            Backend::MySql => no_transactions(lab),
            Backend::PostgreSql => Ok(()),
        }
    });
    checks.check(
        "a limit on the size of files, which values in the middle are beyond",
        || full(lab, &disk::Limited),
    );
    checks.check("a full disk", || match disk::Small::make(lab)? {
        Some(small) => full(lab, &small),
        // Nobody but root may make one.
        None => Ok(()),
    });
}

/// A refusal: the arguments, and what is said.
fn wrong_use(lab: &Lab<'_>) -> Outcome {
    let (movies, blobs) = (lab.held("Scan", "movie")?, lab.held("Scan", "note")?);
    let url = lab.reader.url.as_str();
    let (reader, stranger) = (lab.text("reader")?, lab.text("stranger")?);
    let mistyped = reader.replace("only%20reader", "0nly%20w0rd");
    let port = url
        .rsplit_once(':')
        .and_then(|(_, behind)| behind.split('/').next())
        .unwrap_or_default();
    let nobody = url.replace(port, "9");
    for (url, schema, table, field, more, words) in [
        (
            "sqlite://lab",
            SCHEMA,
            "scan",
            "movie",
            vec!["--to", "2"],
            "postgres://USER",
        ),
        (
            &nobody,
            SCHEMA,
            "scan",
            "movie",
            vec!["--to", "2"],
            "no database server answers",
        ),
        (
            &mistyped,
            SCHEMA,
            "scan",
            "movie",
            vec!["--to", "2"],
            "refuses this user or password",
        ),
        (reader, SCHEMA, "scan", "movie", vec!["--to", "2"], "may not"),
        (stranger, SCHEMA, "scan", "movie", vec!["--to", "2"], ""),
        (
            url,
            "no_such_schema",
            "scan",
            "movie",
            vec!["--to", "2"],
            "no_such_schema",
        ),
        (url, SCHEMA, "no_such_table", "movie", vec!["--to", "2"], "scan"),
        (
            url,
            SCHEMA,
            "scan",
            "no_such_field",
            vec!["--to", "2"],
            "movie, remote, counts, note, shared",
        ),
        (url, SCHEMA, "scan", "subject", vec!["--to", "2"], "no codec"),
        (
            url,
            SCHEMA,
            "scan",
            "movie",
            vec!["--to", "9.9"],
            "it writes 1.0, 2.0",
        ),
        (url, SCHEMA, "scan", "note", vec!["--to", "3"], "it writes 1, 2"),
        (url, SCHEMA, "scan", "movie", vec!["--to", "new"], "new"),
        (url, SCHEMA, "scan", "movie", vec![], "--to"),
        (
            url,
            SCHEMA,
            "scan",
            "movie",
            vec!["--to", "2", "--unwrap"],
            "--unwrap",
        ),
    ] {
        let mut arguments = vec![
            "migrate", url, "--schema", schema, "--table", table, "--field", field,
        ];
        arguments.extend(&more);
        let ran = lab.program().run(&arguments)?;
        ensure(
            ran.status == Some(2)
                && ran.errors.starts_with("error: ")
                && ran.errors.contains(words)
                && !ran.errors.contains("0nly")
                && !ran.errors.contains("interop:interop"),
            || {
                format!(
                    "{arguments:?}: {:?}, {words:?}: {}{}",
                    ran.status, ran.output, ran.errors
                )
            },
        )?;
    }
    for (field, before) in [("movie", movies), ("note", blobs)] {
        let after = lab.held("Scan", field)?;
        ensure(after.rows == before.rows && after.files == before.files, || {
            format!("a refusal changed {field}")
        })?;
    }
    Ok(())
}

/// The privileges that a plain user of DataJoint has lack that of making tables.
fn no_journal(lab: &Lab<'_>) -> Outcome {
    lab.python.ask(
        "grant",
        serde_json::json!({"user": "reader", "privileges": "INSERT, UPDATE"}),
    )?;
    let before = lab.held("Scan", "note")?;
    let arguments = Lab::arguments(lab.text("reader")?, "scan", "note", &["--to", "2"]);
    let ran = lab.program().run(&arguments)?;
    ensure(
        ran.status == Some(2) && ran.errors.contains("to CREATE tables in its schema"),
        || format!("{:?}: {}{}", ran.status, ran.output, ran.errors),
    )?;
    note_holds(lab, &before)
}

fn note_holds(lab: &Lab<'_>, before: &Held) -> Outcome {
    let after = lab.held("Scan", "note")?;
    same("what the column holds", &after.rows, &before.rows)
}

/// An engine of MySQL without transactions.
fn no_transactions(lab: &Lab<'_>) -> Outcome {
    let before = lab.held("Scan", "note")?;
    let engine = |name: &str| run_sql(lab, &[format!("ALTER TABLE {SCHEMA}.scan ENGINE={name}")]);
    engine("MyISAM")?;
    let ran = lab.run("scan", "note", &["--to", "2"]);
    let planned = lab.run("scan", "note", &["--to", "2", "--dry-run"]);
    engine("InnoDB")?;
    let (ran, planned) = (ran?, planned?);
    ensure(
        ran.status == Some(2) && ran.errors.contains("ENGINE=InnoDB") && planned.status == Some(0),
        || format!("{:?}: {}{}", ran.status, ran.output, ran.errors),
    )?;
    note_holds(lab, &before)
}

/// Migrates until there is no room, compares, makes room, and migrates the rest.
fn full(lab: &Lab<'_>, disk: &dyn disk::Disk) -> Outcome {
    let (fetched, before) = (lab.fetched("Large", "movie")?, lab.held("Large", "movie")?);
    let arguments = Lab::arguments(
        &lab.reader.url,
        "large",
        "movie",
        &["--to", "2.0", "--workers", "1"],
    );
    let ran = disk.run(lab.program(), &arguments)?;
    let said = format!("{}{}", ran.output, ran.errors);
    ensure(ran.status == Some(1) && said.contains(disk.words()), || {
        format!("{:?}: {said}", ran.status)
    })?;
    same_rows("decoded", &lab.reader.decoded("large", "movie")?, &fetched)?;
    same_rows("fetched", &lab.fetched("Large", "movie")?, &fetched)?;
    let after = lab.held("Large", "movie")?;
    let changed = after
        .rows
        .iter()
        .filter(|(number, held)| before.rows.get(number) != Some(held));
    let changed = changed.count();
    ensure(changed > 0 && changed < before.rows.len(), || {
        format!("{changed} of {} rows were migrated: {said}", before.rows.len())
    })?;
    // What was begun and could not be ended was removed.
    let records: Vec<String> = after.rows.values().map(ToString::to_string).collect();
    for file in after
        .files
        .keys()
        .filter(|file| !before.files.contains_key(*file))
    {
        let folder = file.split(".zarr/").next().unwrap_or(file);
        let folder = folder.split_once('/').map_or(folder, |(_, path)| path);
        ensure(records.iter().any(|record| record.contains(folder)), || {
            format!("the file {file} was left behind")
        })?;
    }
    disk.make_room()?;
    lab.ran("large", "movie", &["--to", "2.0"], 0)?;
    same_rows("fetched at the end", &lab.fetched("Large", "movie")?, &fetched)?;
    let formats = lab.reader.formats("large", "movie")?;
    ensure(
        formats.len() == before.rows.len() && formats.values().all(|version| version == "2.0"),
        || format!("{formats:?}"),
    )?;
    lab.ran("large", "movie", &["--rollback"], 0)?;
    same(
        "what the column holds",
        &lab.held("Large", "movie")?.rows,
        &before.rows,
    )
}
