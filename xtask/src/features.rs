//! Every cargo feature of every published crate builds alone, and every crate builds without any.
//!
//! Two kinds of builds are left out, for they would say nothing new. A feature that only turns on features of other crates, which the code
//! of its own crate never asks for, compiles the same code over crates that are built with that feature in their own turn. And a
//! crate that has no features by default is built without any when it is packaged (`cargo xtask package`).

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::{Outcome, workspace};

pub(crate) fn check() -> Outcome {
    let mut count = 0;
    for package in workspace::packages()? {
        let Some(features) = package.get("features").and_then(Value::as_object) else {
            continue;
        };
        if workspace::is_private(&package) {
            continue;
        }
        let text = |key: &str| package.get(key).and_then(Value::as_str).unwrap_or_default();
        let enables = |feature: &str| {
            let list = features.get(feature).and_then(Value::as_array);
            list.into_iter().flatten().filter_map(Value::as_str)
        };
        if enables("default").next().is_some() {
            build(text("name"), &[])?;
        }
        let source = Path::new(text("manifest_path")).with_file_name("src");
        for feature in features.keys().filter(|feature| *feature != "default") {
            let changes_dependencies = enables(feature).any(|enabled| enabled.starts_with("dep:"));
            if changes_dependencies || mentions(&source, &format!("feature = \"{feature}\""))? {
                build(text("name"), &["--features", feature])?;
                count += 1;
            }
        }
    }
    println!("{count} features build alone");
    Ok(())
}

fn build(name: &str, features: &[&str]) -> Outcome {
    let check = [
        "check",
        "--quiet",
        "--locked",
        "--package",
        name,
        "--no-default-features",
    ];
    workspace::cargo(&[&check, features].concat()).map(|_| ())
}

/// Whether a file of a folder, or of one below it, has this text in it.
fn mentions(folder: &Path, text: &str) -> Result<bool, String> {
    let failed = |error| format!("{}: {error}", folder.display());
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let found = match path.is_dir() {
            true => mentions(&path, text)?,
            false => fs::read(&path)
                .map_err(failed)?
                .windows(text.len())
                .any(|part| part == text.as_bytes()),
        };
        if found {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_that_code_asks_for_are_found_in_any_folder() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("write")).unwrap();
        fs::write(folder.path().join("lib.rs"), "mod write;").unwrap();
        let code = "#[cfg(feature = \"ndarray\")]\nmod views;";
        fs::write(folder.path().join("write/array.rs"), code).unwrap();
        assert!(mentions(folder.path(), "feature = \"ndarray\"").unwrap());
        assert!(!mentions(folder.path(), "feature = \"nd\"").unwrap());
    }
}
