//! Mutants that no switch can turn on, for they are in constants, or in functions that constants call: `cargo mutants` builds
//! each of them.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::list::Mutant;
use crate::scratch::Scratch;
use crate::workspace;

/// How they ended.
#[derive(Default)]
pub(super) struct Ended {
    pub(super) caught: BTreeSet<String>,
    pub(super) not_viable: BTreeSet<String>,
}

/// Tries these mutants of a package, whose files are as they are in the workspace.
pub(super) fn run(scratch: &Scratch, package: &str, mutants: &[&Mutant]) -> Result<Ended, String> {
    let mut ended = Ended::default();
    if mutants.is_empty() {
        return Ok(ended);
    }
    let mut command = scratch.cargo(&[
        "mutants",
        "--no-config",
        "--in-place",
        "--no-shuffle",
        "--package",
        package,
    ]);
    for mutant in mutants {
        command.args(["--re", &format!("^{}$", escaped(&mutant.name))]);
    }
    command.args(["--", "--all-features", "--lib", "--tests"]);
    // What an earlier run wrote down says nothing of these.
    let _ = std::fs::remove_dir_all(scratch.root.join("mutants.out"));
    // It fails where a mutant is missed, too; what counts is what it writes down.
    let output = workspace::run(&mut command)?;
    let report = scratch
        .read("mutants.out/outcomes.json")
        .map_err(|error| format!("{error}\n{}", String::from_utf8_lossy(&output.stderr)))?;
    let report: Json = serde_json::from_str(&report).map_err(|error| error.to_string())?;
    let outcomes = report.get("outcomes").and_then(Json::as_array);
    for outcome in outcomes.into_iter().flatten() {
        let Some(name) = outcome.pointer("/scenario/Mutant/name").and_then(Json::as_str) else {
            continue;
        };
        match outcome.get("summary").and_then(Json::as_str) {
            Some("CaughtMutant" | "Timeout") => ended.caught.insert(name.to_owned()),
            Some("Unviable") => ended.not_viable.insert(name.to_owned()),
            _ => false,
        };
    }
    Ok(ended)
}

/// A text as a regular expression that it alone matches.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        if r"\.+*?()|[]{}^$#&-~".contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}
