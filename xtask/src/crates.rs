//! Every crate that is published has what its readers and its registry page need.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::package::FILES;
use crate::{Outcome, workspace};

const METADATA: [&str; 5] = ["description", "license", "repository", "rust_version", "readme"];

/// How many keywords a registry takes, and how long each may be.
const MOST_KEYWORDS: usize = 5;
const LONGEST_KEYWORD: usize = 20;

pub(crate) fn check() -> Outcome {
    let mut wrong = Vec::new();
    let packages = workspace::packages()?;
    for package in &packages {
        let manifest = Path::new(text(package, "manifest_path"));
        let source =
            fs::read_to_string(manifest).map_err(|error| format!("{}: {error}", manifest.display()))?;
        let mut tell = |what: String| wrong.push(format!("{}: {what}", text(package, "name")));
        if !source.contains("[lints]\nworkspace = true") {
            tell("the workspace's lints are not inherited".into());
        }
        if !workspace::is_private(package) {
            files(manifest.parent().unwrap_or(manifest), &mut tell);
            metadata(package, &mut tell);
            dependencies(package, &mut tell);
        }
    }
    if wrong.is_empty() {
        println!("{} crates have their files, metadata and lints", packages.len());
        return Ok(());
    }
    Err(wrong.join("\n"))
}

fn files(folder: &Path, tell: &mut impl FnMut(String)) {
    for file in FILES {
        // A link would not be packaged as a file.
        if !fs::symlink_metadata(folder.join(file)).is_ok_and(|meta| meta.is_file()) {
            tell(format!("{file} is missing"));
        }
    }
    // Releasing gives this heading the version; see CONTRIBUTING.md.
    let changes = fs::read_to_string(folder.join("CHANGELOG.md")).unwrap_or_default();
    if !changes.lines().any(|line| line == "## [Unreleased]") {
        tell("CHANGELOG.md has no heading \"## [Unreleased]\"".into());
    }
}

fn metadata(package: &Value, tell: &mut impl FnMut(String)) {
    for key in METADATA {
        if text(package, key).is_empty() {
            tell(format!("no {key} in Cargo.toml"));
        }
    }
    let keywords = list(package, "keywords");
    let long = |word: &Value| word.as_str().is_none_or(|word| word.len() > LONGEST_KEYWORD);
    if keywords.len() > MOST_KEYWORDS || keywords.iter().any(long) {
        tell(format!(
            "a registry takes {MOST_KEYWORDS} keywords of up to {LONGEST_KEYWORD} letters"
        ));
    }
    if !keywords.iter().any(|word| word == "datajoint") {
        tell("the keyword \"datajoint\" is missing".into());
    }
    if list(package, "categories").is_empty() {
        tell("no categories".into());
    }
    if package.pointer("/metadata/docs/rs/all-features") != Some(&Value::Bool(true)) {
        tell("docs.rs should document all features: [package.metadata.docs.rs] all-features = true".into());
    }
}

/// Dependencies on crates of this workspace: two components where a user compiles them, so that a patch release of one releases no other; and
/// none where they are for tests, so that the package does not have them.
fn dependencies(package: &Value, tell: &mut impl FnMut(String)) {
    for dependency in list(package, "dependencies") {
        if text(&dependency, "path").is_empty() {
            continue;
        }
        let (name, range) = (text(&dependency, "name"), text(&dependency, "req"));
        if text(&dependency, "kind") == "dev" {
            if range != "*" {
                tell(format!(
                    "{name} is for tests, and should be asked for by its path alone"
                ));
            }
        } else if range.matches('.').count() != 1 {
            tell(format!("{name} should be asked for as a range of two parts"));
        }
    }
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn list(value: &Value, key: &str) -> Vec<Value> {
    let found = value.get(key).and_then(Value::as_array);
    found.cloned().unwrap_or_default()
}
