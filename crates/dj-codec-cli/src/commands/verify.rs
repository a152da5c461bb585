//! `dj-codec verify`: whether every stored value of a schema is as it was written.

use std::path::PathBuf;

use clap::Args;
use dj_codec_db::{VerifyLevel, VerifyOptions, verify};

use super::database::{self, DatabaseArgs};
use crate::failure::{Failure, Outcome};
use crate::output::Output;
use crate::session::Session;

/// `verify`.
#[derive(Debug, Args)]
#[command(
    after_help = "Only reads: the session itself is read-only, and a user who may only SELECT is enough.\n\n\
Levels: presence (is what the table holds what the column says, is its format known, are its objects there), size (have they the \
size that was written), sample (the same, and of one row in twenty every byte), full (every value is decoded and compared with \
every checksum and inventory that there is)."
)]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    pub(crate) database: DatabaseArgs,
    /// How closely to look: presence, size, sample or full
    #[arg(long, value_name = "LEVEL", default_value = "full", value_parser = level)]
    pub(crate) level: VerifyLevel,
    /// Keeps in FILE how far it has come, and goes on from there where FILE is there; removed at the end
    #[arg(long, value_name = "FILE")]
    pub(crate) resume: Option<PathBuf>,
    /// How many groups of rows are checked at once
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) parallel: Option<u16>,
}

fn level(text: &str) -> Result<VerifyLevel, String> {
    text.parse()
        .map_err(|error: dj_codecs::api::Error| error.to_string())
}

pub(crate) fn run(args: &VerifyArgs, session: &Session, output: &mut Output) -> Outcome {
    let cx = database::context(session, output);
    let mut options = VerifyOptions::new()
        .with_level(args.level)
        .with_progress(database::progress("verifying"));
    if let Some(table) = &args.database.table {
        options = options.with_table(table);
    }
    if let Some(file) = &args.resume {
        options = options.with_resume(file);
    }
    if let Some(tasks) = args.parallel {
        options = options.with_parallel(tasks.into());
    }
    let registry = session.registry();
    let report = database::wait(async {
        let database = database::connect(&args.database).await?;
        let report = verify(&database, &args.database.schema, registry, &cx, &options).await;
        database.close().await;
        report.map_err(database::of_database)
    });
    drop(options);
    let report = report?;
    if args.database.json {
        let document = serde_json::to_value(&report)
            .map_err(|error| Failure::wanting(format!("the report cannot be written as JSON: {error}")))?;
        output.json(&document)?;
    } else {
        output.text(&report.to_string())?;
    }
    if report.sound {
        Ok(())
    } else {
        Err(Failure::Reported)
    }
}
