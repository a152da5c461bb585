//! `dj-codec audit`: what the codec columns of a schema hold, and what is wanting.

use std::path::PathBuf;

use clap::Args;
use dj_codec_db::{AuditOptions, audit};
use dj_codecs::api::Error;

use super::database::{self, DatabaseArgs};
use crate::failure::{Failure, Outcome};
use crate::output::Output;
use crate::session::Session;
use crate::target::Target;

/// `audit`.
#[derive(Debug, Args)]
#[command(
    after_help = "Only reads: the session itself is read-only, and a user who may only SELECT is enough. Of values, no \
more is read than it takes to tell their format; `verify` reads all of them."
)]
pub(crate) struct AuditArgs {
    #[command(flatten)]
    pub(crate) database: DatabaseArgs,
    /// Writes one page with plots, which needs nothing else
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// Overwrites the file of --html
    #[arg(long, requires = "html")]
    pub(crate) force: bool,
    /// How many faulty values of each kind and column are named; all are counted
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) samples: usize,
}

pub(crate) fn run(args: &AuditArgs, session: &Session, output: &mut Output) -> Outcome {
    let page = args
        .html
        .as_ref()
        .map(|path| Target::new(path, args.force))
        .transpose()?;
    let cx = database::context(session, output);
    let mut options = AuditOptions::new()
        .with_samples(args.samples)
        .with_progress(database::progress("auditing"));
    if let Some(table) = &args.database.table {
        options = options.with_table(table);
    }
    let registry = session.registry();
    let report = database::wait(async {
        let database = database::connect(&args.database).await?;
        let report = audit(&database, &args.database.schema, registry, &cx, &options).await;
        database.close().await;
        report.map_err(database::of_database)
    });
    drop(options);
    let report = report?;
    if let Some(page) = page {
        let html = report.to_html();
        page.write(output, |file| {
            let written = file.write_all(html.as_bytes());
            written.map_err(|error| Error::store("the page cannot be written").caused_by(error))?;
            Ok(html.len() as u64)
        })?;
    }
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
