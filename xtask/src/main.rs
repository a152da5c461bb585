//! What a maintainer repeats. `cargo xtask` lists the tasks.
#![forbid(unsafe_code)]
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for the terminal"
)]

mod api_tree;
mod crates;
mod docs;
mod examples;
mod features;
mod fixtures;
mod format_changes;
mod interop;
mod minimal_versions;
mod msrv;
#[cfg(feature = "mutants")]
mod mutants;
mod new_codec;
mod package;
mod published;
mod rehearsal;
mod scratch;
mod semver_checks;
mod two_versions;
mod workspace;

use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask TASK

  check             all of the checks below that need no network
  api-tree          the dependency tree of dj-codec-api is small, and has nothing heavy in it
  crates            every crate has its files, metadata and lints
  docs [PAGE ...]   the commands of the documentation, those that build something too; how many blocks there are of each kind
  examples          the codec crates in examples/: format, lints, tests, documentation
  features          every cargo feature builds alone
  fixtures check    no golden fixture changed or went, none is unlisted, the page lists them; `--require-history` fails where not all
                    of the history is there to compare with
  fixtures seal     lists new fixtures; refuses where a listed one changed
  fixtures cases    writes the page that lists the cases
  fixtures record   makes a new case from a value or from what a program stored; says how when it is run without arguments
  format-changes [CRATE]
                    every change of a format that nobody meant is found: some are made on purpose, in a copy
  new-codec NAME [--store] [--path DIR]
                    a new codec crate, as `dj-codec new` makes it, that takes our crates from this checkout
  new-codec-check   such crates of either kind are made, tested and packaged; a changed format, a 2.0 and cargo generate are tried
  package           packages every crate, builds each from its package in the order of publishing, and runs the tests in them
  release-rehearsal what else has to be released with each crate, asserted; needs no network
  minimal-versions  the lowest versions that Cargo.toml allows are enough
  msrv              one minimum of Rust for all crates, and all build with it
  semver            what each crate offers is what its version promises, since its last release; needs cargo-semver-checks
  interop           live tests with Python's DataJoint, PostgreSQL, MySQL and an S3 server; installs what it needs
  two-versions      what an earlier version wrote is read today, and the other way round; `--against REV` names the version
  mutants [CRATE]   every small change of versions, layout, records, <npy> and <blob> makes a test fail; needs cargo-mutants";

type Outcome = Result<(), String>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["check"] => api_tree::check()
            .and_then(|()| crates::check())
            .and_then(|()| fixtures::check(fixtures::Required::IfThere)),
        ["api-tree"] => api_tree::check(),
        ["crates"] => crates::check(),
        ["docs", pages @ ..] => docs::run(pages),
        ["examples"] => examples::check(),
        ["features"] => features::check(),
        ["fixtures", "check"] => fixtures::check(fixtures::Required::IfThere),
        ["fixtures", "check", "--require-history"] => fixtures::check(fixtures::Required::Always),
        ["fixtures", "record", rest @ ..] => fixtures::record(rest),
        ["fixtures", "cases"] => fixtures::cases(),
        ["fixtures", "seal"] => fixtures::seal(),
        ["format-changes", packages @ ..] => format_changes::check(packages),
        ["new-codec", rest @ ..] => new_codec::make(rest),
        ["new-codec-check"] => new_codec::check(),
        ["package"] => package::check(),
        ["release-rehearsal"] => rehearsal::run(),
        ["minimal-versions"] => minimal_versions::check(),
        ["msrv"] => msrv::check(),
        ["semver"] => semver_checks::check(),
        ["interop"] => interop::run(),
        ["two-versions", rest @ ..] => two_versions::run(rest),
        #[cfg(not(feature = "mutants"))]
        ["mutants", rest @ ..] => workspace::again("mutants", &[&["mutants"], rest].concat()),
        #[cfg(feature = "mutants")]
        ["mutants", packages @ ..] => mutants::run(packages),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(text) => {
            eprintln!("xtask: {text}");
            ExitCode::FAILURE
        }
    }
}
