//! `dj-codec migrate`: values of old formats become values of new ones.

use std::sync::{Arc, Mutex, PoisonError};

use clap::{ArgGroup, Args};
use dj_codec_db::{
    Database, MigratedColumn, Migration, MigrationOptions, MigrationProgress, OnMigration, superseded,
};
use dj_codecs::api::{Context, Error, ErrorKind, FormatVersion, Json, Registry};
use dj_codecs::blob::{BlobCodec, UnpackOptions};
use serde_json::json;

use super::database::{self, DatabaseArgs};
use crate::failure::{Failure, Outcome};
use crate::output::Output;
use crate::progress::Progress;
use crate::session::Session;

/// `migrate`.
#[derive(Debug, Args)]
#[command(
    group = ArgGroup::new("what").required(true).args(["to", "unwrap", "rollback", "list_superseded"]),
    after_help = "Each value is decoded, encoded anew at a new path, decoded again and compared with the old one bit for bit; only then, and only \
where the row still holds the old value, the row is changed. Old objects are never deleted. What cannot be migrated exactly is left \
as it is and reported. People may work meanwhile, other machines may run the same command, and one that was ended goes on where it \
was: the rows are noted and claimed in the table ~dj_codec_migration of the schema.\n\n\
Exit status: 0 all rows are migrated, 1 some were left or remain, 2 wrong use."
)]
pub(crate) struct MigrateArgs {
    #[command(flatten)]
    pub(crate) database: DatabaseArgs,
    /// The column
    #[arg(long, value_name = "F")]
    pub(crate) field: Option<String>,
    /// The format that values are to have: 2.0, or 2 for the newest of that major version
    #[arg(long, value_name = "V", value_parser = crate::args::format_version)]
    pub(crate) to: Option<FormatVersion>,
    /// Takes blobs out of the blobs that they were packed in a second time
    #[arg(long)]
    pub(crate) unwrap: bool,
    /// Puts the old values back, where rows still hold the new ones
    #[arg(long)]
    pub(crate) rollback: bool,
    /// Names the objects that no row needs any more, for you to delete: the old ones, and what runs that were ended have left
    #[arg(long)]
    pub(crate) list_superseded: bool,
    /// Says what would be done, and changes nothing
    #[arg(long, conflicts_with_all = ["rollback", "list_superseded"])]
    pub(crate) dry_run: bool,
    /// Also makes values of an older format of newer ones
    #[arg(long, conflicts_with_all = ["unwrap", "rollback", "list_superseded"])]
    pub(crate) allow_downgrade: bool,
    /// How many rows are worked on at once; as many as the machine has cores otherwise
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) workers: Option<u16>,
    /// Ends after so many rows were migrated
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<u64>,
}

pub(crate) fn run(args: &MigrateArgs, session: &Session, output: &mut Output) -> Outcome {
    let (table, field) = (args.database.table.as_deref(), args.field.as_deref());
    let cx = database::context(session, output);
    database::wait(async {
        let database = database::connect(&args.database).await?;
        let done = match (table, field) {
            _ if args.list_superseded => list(args, &database, session, &cx, output).await,
            (Some(table), Some(field)) => {
                let (schema, registry) = (&args.database.schema, session.registry());
                match MigratedColumn::open(&database, schema, table, field, registry, &cx).await {
                    Ok(column) if args.rollback => roll_back(args, &column, output).await,
                    Ok(column) => migrate(args, &column, session, output).await,
                    Err(error) => Err(refused(error)),
                }
            }
            (None, _) => Err(Failure::usage("name the table with --table")),
            (_, None) => Err(Failure::usage("name the column with --field")),
        };
        database.close().await;
        done
    })
}

async fn migrate(
    args: &MigrateArgs,
    column: &MigratedColumn,
    session: &Session,
    output: &mut Output,
) -> Outcome {
    let options = &options(args.workers, args.limit, "migrating").with_allow_downgrade(args.allow_downgrade);
    let migration = migration(args, column, session)?;
    let json = args.database.json;
    if args.dry_run {
        let plan = migration.plan(options).await.map_err(refused)?;
        if json {
            output.json(&json!({ "plan": document(serde_json::to_value(&plan))? }))?;
        } else {
            output.text(&plan.to_string())?;
        }
        return plan.refusal().map_or(Ok(()), |error| Err(refused(error)));
    }
    let begun = migration.begin(options).await.map_err(refused)?;
    let plan = document(serde_json::to_value(begun.plan()))?;
    if !json {
        output.text(&begun.plan().to_string())?;
        output.finish()?;
    }
    let report = begun.run().await.map_err(refused)?;
    if json {
        output.json(&json!({ "plan": plan, "report": document(serde_json::to_value(&report))? }))?;
    } else {
        output.text(&report.to_string())?;
    }
    if report.is_complete() || reached(args, report.migrated) {
        Ok(())
    } else {
        Err(Failure::Reported)
    }
}

async fn roll_back(args: &MigrateArgs, column: &MigratedColumn, output: &mut Output) -> Outcome {
    let report = column
        .roll_back(&options(args.workers, args.limit, "going back"))
        .await
        .map_err(refused)?;
    if args.database.json {
        output.json(&json!({ "rollback": document(serde_json::to_value(&report))? }))?;
    } else {
        output.text(&report.to_string())?;
    }
    if report.is_complete() || reached(args, report.put_back) {
        Ok(())
    } else {
        Err(Failure::Reported)
    }
}

async fn list(
    args: &MigrateArgs,
    database: &Database,
    session: &Session,
    cx: &Context,
    output: &mut Output,
) -> Outcome {
    let table = args.database.table.as_deref();
    if args.field.is_some() && table.is_none() {
        return Err(Failure::usage("--field needs --table"));
    }
    let place = table.map(|table| (table, args.field.as_deref()));
    let (mut found, mut bytes, mut told) = (Vec::new(), 0_u64, Ok(()));
    let count = superseded(
        database,
        &args.database.schema,
        place,
        session.registry(),
        cx,
        |object| {
            bytes = bytes.saturating_add(object.bytes);
            if args.database.json {
                found.push(object.clone());
            } else if told.is_ok() {
                told = output.line(&object.to_string());
            }
        },
    );
    let count = count.await.map_err(refused)?;
    if args.database.json {
        let objects = document(serde_json::to_value(&found))?;
        return output.json(&json!({ "objects": objects, "bytes": bytes }));
    }
    told?;
    let objects = if count == 1 { "object" } else { "objects" };
    output.line(&format!(
        "{count} {objects} of {bytes} bytes that no row of the schema needs; nothing was deleted"
    ))
}

/// Whether rows remain only because no more were asked for.
fn reached(args: &MigrateArgs, migrated: u64) -> bool {
    args.limit == Some(migrated)
}

fn migration(args: &MigrateArgs, column: &MigratedColumn, session: &Session) -> Outcome<Migration> {
    let migration = match args.to {
        Some(version) => column.to_format(version),
        None => column.unwrapped_by(&unwrapping(session)?),
    };
    migration.map_err(refused)
}

/// The codecs, with a `<blob>` that takes wrappers off.
fn unwrapping(session: &Session) -> Outcome<Registry> {
    let mut registry = session.registry().clone();
    let options = UnpackOptions::new().with_unwrap(true);
    registry.replace(Arc::new(BlobCodec::new().with_unpack(options)))?;
    Ok(registry)
}

/// How to work on rows, and tell of progress.
pub(super) fn options(workers: Option<u16>, limit: Option<u64>, verb: &'static str) -> MigrationOptions {
    let line = Mutex::new(Progress::new());
    let progress = OnMigration::new(move |progress| {
        let text = match progress {
            MigrationProgress::Scanning { rows, estimated_rows } if estimated_rows >= rows => {
                format!("looking: {rows} of about {estimated_rows} rows")
            }
            MigrationProgress::Scanning { rows, .. } => format!("looking: {rows} rows"),
            MigrationProgress::Migrating { migrated, left, of } => {
                format!("{verb}: {migrated} of {of} rows, {left} left as they are")
            }
            _ => return,
        };
        line.lock().unwrap_or_else(PoisonError::into_inner).say(&text);
    });
    let mut options = MigrationOptions::new().with_progress(progress);
    if let Some(workers) = workers {
        options = options.with_workers(workers.into());
    }
    if let Some(rows) = limit {
        options = options.with_limit(rows);
    }
    options
}

/// An error before anything was done: what was asked for is not possible.
pub(super) fn refused(error: Error) -> Failure {
    match error.kind() {
        ErrorKind::Unsupported | ErrorKind::InvalidSpec | ErrorKind::UnknownCodec => Failure::misuse(&error),
        _ => database::of_database(error),
    }
}

/// A part of a report as JSON.
pub(super) fn document(part: serde_json::Result<Json>) -> Outcome<Json> {
    part.map_err(|error| Failure::wanting(format!("the report cannot be written as JSON: {error}")))
}
