//! The commands, one a file.

#[cfg(feature = "db")]
pub(crate) mod audit;
#[cfg(feature = "db")]
pub(crate) mod convert;
#[cfg(feature = "db")]
pub(crate) mod database;
mod decode;
mod demo;
mod doctor;
pub(crate) mod encode;
mod inspect;
mod list;
#[cfg(feature = "db")]
pub(crate) mod migrate;
pub(crate) mod new;
pub(crate) mod preview;
mod require;
#[cfg(feature = "db")]
pub(crate) mod verify;
mod verify_fixtures;

use dj_codecs::api::Registry;

use crate::args::{Cli, Command};
use crate::failure::Outcome;
use crate::output::Output;
use crate::session::Session;

pub(crate) use list::format_document;

/// Runs the command that was asked for.
pub(crate) fn run(cli: &Cli, registry: &Registry, output: &mut Output) -> Outcome {
    let session = |output: &mut Output| Session::new(&cli.stores, registry, output);
    match &cli.command {
        Command::List(args) => list::run(args, registry, output),
        Command::Require(args) => require::run(args, registry),
        Command::Encode(args) => encode::run(args, &session(output)?, output),
        Command::Decode(args) => decode::run(args, &session(output)?, output),
        Command::Inspect(args) => inspect::run(args, &session(output)?, output),
        Command::Preview(args) => preview::run(args, &session(output)?, output),
        Command::VerifyFixtures(args) => verify_fixtures::run(args, registry, output),
        #[cfg(feature = "db")]
        Command::Audit(args) => audit::run(args, &session(output)?, output),
        #[cfg(feature = "db")]
        Command::Verify(args) => verify::run(args, &session(output)?, output),
        #[cfg(feature = "db")]
        Command::Migrate(args) => migrate::run(args, &session(output)?, output),
        #[cfg(feature = "db")]
        Command::Convert(args) => convert::run(args, &session(output)?, output),
        Command::Doctor(args) => doctor::run(args, &session(output)?, output),
        Command::New(args) => new::run(args, output),
        Command::Demo => demo::run(&cli.stores, output),
    }
}
