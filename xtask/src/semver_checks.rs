//! Whether the interface of each crate is still what its version promises, as cargo-semver-checks sees it.

use std::process::Command;

use crate::published;
use crate::{Outcome, workspace};

/// Its interface is the command line; the library is there for its own tests.
const NO_LIBRARY: &str = "dj-codec-cli";

/// Each crate is compared with its last release. One that was never released is compared with the commit before this one, which shows what
/// a change does to the interface, and lets it: nothing is promised yet.
pub(crate) fn check() -> Outcome {
    let version = ["semver-checks", "--version"];
    workspace::read(workspace::cargo_in(&workspace::root()).args(version))
        .map_err(|error| format!("{error}\n`cargo install cargo-semver-checks --locked` brings it"))?;
    let mut broken = Vec::new();
    for published in published::crates()? {
        let name = published.name.as_str();
        let tag = published::last_release(name)?;
        let baseline = tag.as_deref().unwrap_or("HEAD~1");
        if name == NO_LIBRARY || !was_there(name, baseline)? {
            println!("{name}: nothing to compare with");
            continue;
        }
        println!("{name}: compared with {baseline}");
        let mut checks = workspace::cargo_in(&workspace::root());
        checks.args([
            "semver-checks",
            "--all-features",
            "--package",
            name,
            "--baseline-rev",
            baseline,
        ]);
        match (workspace::watch(&mut checks), &tag) {
            (Ok(()), _) => {}
            (Err(error), None) => println!("{name}: {error}; it is not released, so that this may be"),
            (Err(error), Some(_)) => broken.push(error),
        }
    }
    match broken.is_empty() {
        true => Ok(()),
        false => Err(format!(
            "{}\nwhat breaks takes a new version in Cargo.toml",
            broken.join("\n")
        )),
    }
}

/// Whether a crate was there at a commit.
fn was_there(name: &str, commit: &str) -> Result<bool, String> {
    let manifest = format!("{commit}:crates/{name}/Cargo.toml");
    let output = workspace::run(
        Command::new("git")
            .args(["cat-file", "-e", &manifest])
            .current_dir(workspace::root()),
    )?;
    Ok(output.status.success())
}
