//! What `cargo mutants` would change.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::Value as Json;

/// What kind of change it is, as `cargo mutants` calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Genre {
    FnValue,
    BinaryOperator,
    UnaryOperator,
    MatchArm,
    MatchArmGuard,
    StructField,
}

/// One change of one place.
#[derive(Debug)]
pub(super) struct Mutant {
    pub(super) id: u32,
    /// File, place and change, as `cargo mutants` names it.
    pub(super) name: String,
    pub(super) file: String,
    pub(super) line: usize,
    /// Counted from one.
    pub(super) column: usize,
    pub(super) replacement: String,
    pub(super) genre: Genre,
    /// Whether `.cargo/mutants.toml` says why no test need find it.
    pub(super) excused: bool,
}

/// The mutants of these files.
pub(super) fn mutants(root: &Path, files: &[&str]) -> Result<Vec<Mutant>, String> {
    let told: BTreeSet<String> = listed(root, files, &[])?
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    let all = listed(root, files, &["--no-config"])?;
    let mut mutants = Vec::new();
    for (id, (name, json)) in (1..).zip(all) {
        let text = |key: &str| json.get(key).and_then(Json::as_str).map(str::to_owned);
        let place = |pointer: &str| {
            let number = json.pointer(pointer).and_then(Json::as_u64);
            number.and_then(|number| usize::try_from(number).ok())
        };
        let genre = match text("genre").as_deref() {
            Some("FnValue") => Some(Genre::FnValue),
            Some("BinaryOperator") => Some(Genre::BinaryOperator),
            Some("UnaryOperator") => Some(Genre::UnaryOperator),
            Some("MatchArm") => Some(Genre::MatchArm),
            Some("MatchArmGuard") => Some(Genre::MatchArmGuard),
            Some("StructField") => Some(Genre::StructField),
            _ => None,
        };
        let mutant = (|| {
            Some(Mutant {
                id,
                excused: !told.contains(&name),
                file: text("file")?,
                line: place("/span/start/line")?,
                column: place("/span/start/column")?,
                replacement: text("replacement")?,
                genre: genre?,
                name: name.clone(),
            })
        })();
        mutants.push(
            mutant.ok_or_else(|| format!("`cargo mutants --list --json` says something new of {name}"))?,
        );
    }
    Ok(mutants)
}

fn listed(root: &Path, files: &[&str], options: &[&str]) -> Result<Vec<(String, Json)>, String> {
    let output = Command::new("cargo")
        .args(["mutants", "--list", "--json", "--workspace"])
        .args(options)
        .args(files.iter().flat_map(|file| ["--file", file]))
        .current_dir(root)
        .output()
        .map_err(|error| format!("cargo could not be run: {error}"))?;
    if !output.status.success() {
        return Err(format!(
            "`cargo mutants` failed; where it is missing: cargo install cargo-mutants --locked\n{}",
            String::from_utf8_lossy(&output.stderr)
        ));
    }
    let list: Vec<Json> = serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())?;
    let name = |json: &Json| json.get("name").and_then(Json::as_str).map(str::to_owned);
    Ok(list
        .into_iter()
        .filter_map(|json| Some((name(&json)?, json)))
        .collect())
}
