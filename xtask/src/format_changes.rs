//! Changes of formats that nobody meant: each is made on purpose in a copy, and a format lock or a fixture has to find it.

mod list;

use std::time::Instant;

use crate::scratch::Scratch;
use crate::{Outcome, workspace};
use list::{CHANGES, Change};

/// Makes the changes, all of them or those of some packages.
pub(crate) fn check(only: &[&str]) -> Outcome {
    let scratch = Scratch::new()?;
    let mut wrong = Vec::new();
    let packages = packages();
    if let Some(unknown) = only.iter().find(|name| !packages.contains(name)) {
        return Err(format!(
            "no changes are made of {unknown}; there are {packages:?}"
        ));
    }
    for package in packages {
        if !only.is_empty() && !only.contains(&package) {
            continue;
        }
        let of_package = || CHANGES.iter().filter(|change| change.package == package);
        if let Found::By(tests) = found(&scratch, package, of_package().flat_map(|change| change.tests))? {
            return Err(format!("{package}: {} fail without a change", tests.join(", ")));
        }
        for change in of_package() {
            let start = Instant::now();
            match tried(&scratch, change)? {
                Found::By(tests) => {
                    let seconds = start.elapsed().as_secs();
                    println!("found in {seconds}s: {}, by {}", change.what, tests.join(", "));
                }
                Found::ByNone => wrong.push(format!("{} ({}): no test finds it", change.what, change.file)),
            }
        }
    }
    match wrong.is_empty() {
        true => {
            println!("every change of a format is found");
            Ok(())
        }
        false => Err(wrong.join("\n")),
    }
}

/// Each package once, so that what is built for one of its changes serves the next.
fn packages() -> Vec<&'static str> {
    let mut packages: Vec<&str> = CHANGES.iter().map(|change| change.package).collect();
    packages.dedup();
    packages
}

enum Found {
    By(Vec<String>),
    ByNone,
}

fn tried(scratch: &Scratch, change: &Change) -> Result<Found, String> {
    let source = scratch.read(change.file)?;
    if source.matches(change.from).count() != 1 {
        return Err(format!(
            "{}: {:?} is not once in {}; the change has to be written anew, in xtask/src/format_changes/list.rs",
            change.what, change.from, change.file
        ));
    }
    scratch.write(change.file, &source.replace(change.from, change.to))?;
    let found = found(scratch, change.package, change.tests.iter());
    scratch.restore(change.file)?;
    found.map_err(|error| format!("{}: {error}", change.what))
}

/// Which tests of these programs fail.
fn found<'a>(
    scratch: &Scratch,
    package: &str,
    programs: impl Iterator<Item = &'a &'static str>,
) -> Result<Found, String> {
    let mut arguments = vec![
        "test",
        "--quiet",
        "--locked",
        "--package",
        package,
        "--all-features",
    ];
    for program in programs {
        if !arguments.contains(program) {
            arguments.extend(["--test", program]);
        }
    }
    // A change that does not compile shows nothing.
    workspace::read(scratch.cargo(&arguments).arg("--no-run"))?;
    let output = workspace::run(scratch.cargo(&arguments).arg("--no-fail-fast"))?;
    if output.status.success() {
        return Ok(Found::ByNone);
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let mut failed: Vec<String> = text.lines().filter_map(failed_test).map(str::to_owned).collect();
    failed.sort_unstable();
    failed.dedup();
    match failed.is_empty() {
        true => Err(format!(
            "the tests of {package} ended with {}, and none failed",
            output.status
        )),
        false => Ok(Found::By(failed)),
    }
}

/// The name in `---- NAME stdout ----`.
fn failed_test(line: &str) -> Option<&str> {
    line.strip_prefix("---- ")?.strip_suffix(" stdout ----")
}
