//! What the commands share that read a database.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use clap::Args;
use dj_codec_db::{ConnectOptions, Database, OnProgress};
use dj_codecs::api::{Context, Error, ErrorKind, StoreMap};

use crate::failure::{Failure, Outcome};
use crate::output::Output;
use crate::progress::Progress;
use crate::session::Session;

/// Which tables of which database.
#[derive(Debug, Args)]
pub(crate) struct DatabaseArgs {
    /// postgres://USER:PASSWORD@HOST:PORT/DATABASE or mysql://USER:PASSWORD@HOST:PORT; without a password in it, that of the
    /// environment variable DJ_PASS is used
    #[arg(value_name = "DB_URL")]
    pub(crate) url: String,
    /// The schema
    #[arg(long, value_name = "S")]
    pub(crate) schema: String,
    /// Only this table, by its name in the database
    #[arg(long, value_name = "T")]
    pub(crate) table: Option<String>,
    /// Prints JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Runs work that waits for a database, and for stores on threads of its own.
pub(crate) fn wait<T>(work: impl Future<Output = Outcome<T>>) -> Outcome<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::wanting(format!("threads cannot be started: {error}")))?;
    runtime.block_on(work)
}

/// Connects to read.
pub(crate) async fn connect(args: &DatabaseArgs) -> Outcome<Database> {
    let mut options = ConnectOptions::new();
    if let Ok(password) = std::env::var("DJ_PASS") {
        options = options.with_password(password);
    }
    Database::connect_with(&args.url, options)
        .await
        .map_err(of_database)
}

/// A database that is not there, a schema or table that is not there, a user that may not: wrong use. That the connection
/// broke is not.
pub(crate) fn of_database(error: Error) -> Failure {
    match error.kind() {
        ErrorKind::Config | ErrorKind::NotFound | ErrorKind::PermissionDenied => Failure::misuse(&error),
        _ => error.into(),
    }
}

/// The stores to look in; none where none is configured: a database may have no value in a store.
pub(crate) fn context(session: &Session, output: &mut Output) -> Context {
    session.context_for_reading().unwrap_or_else(|failure| {
        output.warn(&failure.to_string());
        Context::new(StoreMap::new()).with_limits(session.limits().clone())
    })
}

/// Shows progress where people watch.
pub(crate) fn progress(verb: &'static str) -> OnProgress {
    let line = Arc::new(Mutex::new(Progress::new()));
    OnProgress::new(move |progress| {
        let of = match progress.estimated_rows {
            rows if rows >= progress.rows => format!(" of about {rows}"),
            _ => String::new(),
        };
        line.lock().unwrap_or_else(PoisonError::into_inner).say(&format!(
            "{verb} {}: {} rows{of}, {} faults",
            progress.table, progress.rows, progress.faults
        ));
    })
}
