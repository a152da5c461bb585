//! `dj-codec migrate`: values of old formats become values of new ones.

use std::sync::{Arc, Mutex, PoisonError};

use clap::{ArgGroup, Args};
use dj_codec_db::{MigratedColumn, Migration, MigrationOptions, MigrationProgress, OnMigration};
use dj_codecs::api::{Error, ErrorKind, FormatVersion, Json, Registry};
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
    group = ArgGroup::new("what").required(true).args(["to", "unwrap"]),
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
    pub(crate) field: String,
    /// The format that values are to have: 2.0, or 2 for the newest of that major version
    #[arg(long, value_name = "V", value_parser = crate::args::format_version)]
    pub(crate) to: Option<FormatVersion>,
    /// Takes blobs out of the blobs that they were packed in a second time
    #[arg(long)]
    pub(crate) unwrap: bool,
    /// Says what would be done, and changes nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Also makes values of an older format of newer ones
    #[arg(long)]
    pub(crate) allow_downgrade: bool,
    /// How many rows are worked on at once; as many as the machine has cores otherwise
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) workers: Option<u16>,
    /// Ends after so many rows were migrated
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<u64>,
}

pub(crate) fn run(args: &MigrateArgs, session: &Session, output: &mut Output) -> Outcome {
    let Some(table) = args.database.table.as_deref() else {
        return Err(Failure::usage("name the table with --table"));
    };
    let cx = database::context(session, output);
    let options = options(args);
    database::wait(async {
        let database = database::connect(&args.database).await?;
        let (schema, registry) = (&args.database.schema, session.registry());
        let column = MigratedColumn::open(&database, schema, table, &args.field, registry, &cx).await;
        let column = column.map_err(refused)?;
        let done = migrate(args, &column, session, &options, output).await;
        database.close().await;
        done
    })
}

async fn migrate(
    args: &MigrateArgs,
    column: &MigratedColumn,
    session: &Session,
    options: &MigrationOptions,
    output: &mut Output,
) -> Outcome {
    let migration = migration(args, column, session)?;
    let json = args.database.json;
    if args.dry_run {
        let plan = migration.plan(options).await.map_err(refused)?;
        if json {
            output.json(&json!({ "plan": document(serde_json::to_value(&plan))? }))?;
        } else {
            output.text(&plan.to_string())?;
        }
        return Ok(());
    }
    let begun = migration.begin(options).await.map_err(refused)?;
    let plan = document(serde_json::to_value(begun.plan()))?;
    if !json {
        output.text(&begun.plan().to_string())?;
        output.finish()?;
    }
    let report = begun.run().await.map_err(|error| Failure::from(&error))?;
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

fn options(args: &MigrateArgs) -> MigrationOptions {
    let line = Mutex::new(Progress::new());
    let progress = OnMigration::new(move |progress| {
        let text = match progress {
            MigrationProgress::Scanning { rows, estimated_rows } if estimated_rows >= rows => {
                format!("looking: {rows} of about {estimated_rows} rows")
            }
            MigrationProgress::Scanning { rows, .. } => format!("looking: {rows} rows"),
            MigrationProgress::Migrating { migrated, left, of } => {
                format!("migrating: {migrated} of {of} rows, {left} left as they are")
            }
            _ => return,
        };
        line.lock().unwrap_or_else(PoisonError::into_inner).say(&text);
    });
    let mut options = MigrationOptions::new()
        .with_allow_downgrade(args.allow_downgrade)
        .with_progress(progress);
    if let Some(workers) = args.workers {
        options = options.with_workers(workers.into());
    }
    if let Some(rows) = args.limit {
        options = options.with_limit(rows);
    }
    options
}

/// An error before anything was done: what was asked for is not possible.
fn refused(error: Error) -> Failure {
    match error.kind() {
        ErrorKind::Unsupported | ErrorKind::InvalidSpec | ErrorKind::UnknownCodec => Failure::misuse(&error),
        _ => database::of_database(error),
    }
}

fn document(part: serde_json::Result<Json>) -> Outcome<Json> {
    part.map_err(|error| Failure::wanting(format!("the report cannot be written as JSON: {error}")))
}
