#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod args;
mod commands;
mod failure;
mod inspection;
mod key;
mod located;
mod output;
mod progress;
mod region;
mod session;
mod source;
mod summary;
mod target;
mod view;

use std::process::ExitCode;

use failure::{Failure, Outcome};
use output::Output;

/// Runs the program with the arguments and in the environment of this process.
///
/// The exit status is 0 where all was done, 1 where something did not decode or was found wanting, 2 for wrong use. Nothing
/// else in this crate is public: the command line is its interface.
#[must_use]
pub fn main() -> ExitCode {
    let mut output = Output::of_process();
    let outcome = run(&mut output).and_then(|()| output.finish());
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::ReaderGone) => ExitCode::SUCCESS,
        Err(failure) => {
            output.complain(&failure);
            ExitCode::from(failure.status())
        }
    }
}

fn run(output: &mut Output) -> Outcome {
    let Some(cli) = args::parse(output)? else {
        return Ok(());
    };
    commands::run(&cli, output)
}
