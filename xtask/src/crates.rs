//! Every crate that is published has what its readers and its registry page need.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::{Outcome, workspace};

const FILES: [&str; 4] = ["README.md", "CHANGELOG.md", "LICENSE-MIT", "LICENSE-APACHE"];
const METADATA: [&str; 5] = ["description", "license", "repository", "rust_version", "readme"];

pub(crate) fn check() -> Outcome {
    let mut wrong = Vec::new();
    let packages = workspace::packages()?;
    for package in &packages {
        let text = |key: &str| package.get(key).and_then(Value::as_str).unwrap_or_default();
        let (name, manifest) = (text("name"), Path::new(text("manifest_path")));
        let folder = manifest.parent().unwrap_or(manifest);
        let source =
            fs::read_to_string(manifest).map_err(|error| format!("{}: {error}", manifest.display()))?;
        if !source.contains("[lints]\nworkspace = true") {
            wrong.push(format!("{name}: the workspace's lints are not inherited"));
        }
        let private = package
            .get("publish")
            .and_then(Value::as_array)
            .is_some_and(Vec::is_empty);
        if private {
            continue;
        }
        for file in FILES {
            // A link would not be packaged as a file.
            if !fs::symlink_metadata(folder.join(file)).is_ok_and(|meta| meta.is_file()) {
                wrong.push(format!("{name}: {file} is missing"));
            }
        }
        for key in METADATA {
            if text(key).is_empty() {
                wrong.push(format!("{name}: no {key} in Cargo.toml"));
            }
        }
        let list = |key: &str| {
            package
                .get(key)
                .and_then(Value::as_array)
                .cloned()
                .unwrap_or_default()
        };
        if !list("keywords").iter().any(|word| word == "datajoint") {
            wrong.push(format!("{name}: the keyword \"datajoint\" is missing"));
        }
        if list("categories").is_empty() {
            wrong.push(format!("{name}: no categories"));
        }
        for dependency in list("dependencies") {
            let text = |key: &str| dependency.get(key).and_then(Value::as_str).unwrap_or_default();
            let internal = dependency.get("path").is_some_and(|path| !path.is_null());
            if internal && text("kind") != "dev" && text("req").matches('.').count() != 1 {
                wrong.push(format!(
                    "{name}: {} should be asked for as a range of two parts",
                    text("name")
                ));
            }
        }
    }
    if wrong.is_empty() {
        println!("{} crates have their files, metadata and lints", packages.len());
        return Ok(());
    }
    Err(wrong.join("\n"))
}
