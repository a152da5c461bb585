//! The commands, one a file.

#[cfg(feature = "db")]
pub(crate) mod audit;
#[cfg(feature = "db")]
pub(crate) mod database;
mod decode;
mod demo;
mod doctor;
pub(crate) mod encode;
mod inspect;
mod list;
pub(crate) mod preview;
mod require;
#[cfg(feature = "db")]
pub(crate) mod verify;
mod verify_fixtures;

use crate::args::{Cli, Command};
use crate::failure::Outcome;
use crate::output::Output;
use crate::session::Session;

pub(crate) use list::format_document;

/// Runs the command that was asked for.
pub(crate) fn run(cli: &Cli, output: &mut Output) -> Outcome {
    match &cli.command {
        Command::List(args) => list::run(args, output),
        Command::Require(args) => require::run(args),
        Command::Encode(args) => encode::run(args, &Session::new(&cli.stores, output)?, output),
        Command::Decode(args) => decode::run(args, &Session::new(&cli.stores, output)?, output),
        Command::Inspect(args) => inspect::run(args, &Session::new(&cli.stores, output)?, output),
        Command::Preview(args) => preview::run(args, &Session::new(&cli.stores, output)?, output),
        Command::VerifyFixtures(args) => verify_fixtures::run(args, output),
        #[cfg(feature = "db")]
        Command::Audit(args) => audit::run(args, &Session::new(&cli.stores, output)?, output),
        #[cfg(feature = "db")]
        Command::Verify(args) => verify::run(args, &Session::new(&cli.stores, output)?, output),
        Command::Doctor(args) => doctor::run(args, &Session::new(&cli.stores, output)?, output),
        Command::Demo => demo::run(&cli.stores, output),
    }
}
