//! Live interoperability: values go from Python's DataJoint to these crates and back, through a real PostgreSQL, a real
//! MySQL, folders and a real S3 server. `cargo xtask interop` builds and starts it; `README.md` tells of the rest.
#![forbid(unsafe_code)]
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for the terminal"
)]

mod case;
mod chance;
mod failed;
mod ground;
mod key;
mod movie;
mod named;
mod peer;
mod plan;
mod program;
mod proxy;
mod report;
mod scenarios;
mod sources;
mod wire;
mod workspace;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use failed::{Failed, Outcome};
use ground::Ground;
use plan::Backend;
use report::Report;
use workspace::Workspace;

/// A run takes some minutes. One that has not ended after this is stuck, unless more kills are asked for.
const LONGEST: Duration = Duration::from_secs(20 * 60);
/// How much longer it may take for each.
const LONGEST_KILL: Duration = Duration::from_secs(10);

fn main() -> ExitCode {
    let program = match arguments() {
        Ok(program) => program,
        Err(failed) => {
            eprintln!("interop: {failed}");
            return ExitCode::from(2);
        }
    };
    let report = Report::default();
    if let Err(failed) = run(program, &report) {
        report.broken("the ground", &failed);
    }
    report.close()
}

/// The program `dj-codec`, which is the only argument.
fn arguments() -> Outcome<PathBuf> {
    let mut arguments = std::env::args_os().skip(1);
    let usage = "the argument is the built program dj-codec; `cargo xtask interop` gives it";
    let program = PathBuf::from(arguments.next().ok_or(usage)?);
    if arguments.next().is_some() || !program.is_file() {
        return Err(usage.into());
    }
    Ok(program.canonicalize()?)
}

fn run(program: PathBuf, report: &Report) -> Outcome {
    let ground = Ground::start()?;
    println!("servers: {}", ground.software());
    std::thread::spawn(|| {
        let kills = u32::try_from(scenarios::wanted_kills()).unwrap_or(u32::MAX);
        let longest = LONGEST + LONGEST_KILL.saturating_mul(kills);
        std::thread::sleep(longest);
        println!("stuck for {} minutes: given up", longest.as_secs() / 60);
        std::process::exit(1);
    });
    // Both databases at once: each waits for its own Python most of the time.
    std::thread::scope(|scope| {
        for backend in Backend::ALL {
            let (ground, program) = (&ground, program.clone());
            scope.spawn(move || {
                let outcome = Workspace::make(ground, backend, program).and_then(|mut workspace| {
                    scenarios::run(&mut workspace, report)?;
                    workspace.close()
                });
                if let Err(failed) = outcome {
                    report.broken(backend.name(), &failed);
                }
            });
        }
    });
    Ok::<(), Failed>(())
}
