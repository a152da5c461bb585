//! The API crate is the one that every codec crate compiles: its dependency tree stays small.

use std::collections::BTreeSet;

use crate::{Outcome, workspace};

/// How many crates the API may bring, itself not counted. Raise it only with a reason in the changelog.
const MOST: usize = 20;

/// What must never be in it: runtimes, formats, procedural macros.
const BANNED: [&str; 10] = [
    "tokio",
    "object_store",
    "zarrs",
    "ndarray",
    "syn",
    "proc-macro2",
    "rayon",
    "reqwest",
    "openssl-sys",
    "ring",
];

pub(crate) fn check() -> Outcome {
    let text = workspace::cargo(&[
        "tree",
        "--package",
        "dj-codec-api",
        "--edges",
        "normal",
        "--prefix",
        "none",
        "--format",
        "{p}",
        "--locked",
    ])?;
    let names: BTreeSet<&str> = text
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "dj-codec-api")
        .collect();
    let banned: Vec<_> = BANNED.iter().filter(|name| names.contains(**name)).collect();
    if !banned.is_empty() {
        return Err(format!("dj-codec-api must not depend on {banned:?}"));
    }
    if names.len() > MOST {
        return Err(format!(
            "dj-codec-api brings {} crates, more than {MOST}: {names:?}",
            names.len()
        ));
    }
    println!(
        "dj-codec-api brings {} crates: {}",
        names.len(),
        names.into_iter().collect::<Vec<_>>().join(" ")
    );
    Ok(())
}
