//! What pages tell people to put into a Cargo.toml.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::block::Kind;
use crate::page::Page;

/// The parts of a Cargo.toml that cannot be resolved, with the crates of this repository instead of published ones and all else
/// as it is locked here, without network. `folder` is an empty one to work in, below the repository's target folder so that
/// cargo is configured alike.
///
/// # Errors
/// Where the crates of the repository are not to be found out.
pub fn faults(root: &Path, pages: &[Page], folder: &Path) -> Result<Vec<String>, String> {
    let crates = crates(root)?;
    let mut faults = Vec::new();
    for page in pages {
        for block in page.blocks.iter().filter(|block| block.kind == Kind::Manifest) {
            let place = folder.join(format!("{}-{}", faults.len(), block.line));
            if let Err(why) = resolve(root, &crates, &block.text, &place) {
                faults.push(format!("{}: {why}", page.place(block.line)));
            }
        }
    }
    Ok(faults)
}

/// The crates of the repository and their folders.
fn crates(root: &Path) -> Result<Vec<(String, PathBuf)>, String> {
    let text = cargo(
        root,
        &["metadata", "--no-deps", "--offline", "--format-version", "1"],
    )?;
    let metadata: Value = serde_json::from_str(&text).map_err(|error| format!("cargo metadata: {error}"))?;
    let packages = metadata.get("packages").and_then(Value::as_array);
    let crates = packages.into_iter().flatten().filter_map(|package| {
        let name = package.get("name")?.as_str()?;
        let manifest = Path::new(package.get("manifest_path")?.as_str()?);
        Some((name.to_owned(), manifest.parent()?.to_owned()))
    });
    Ok(crates.collect())
}

fn resolve(root: &Path, crates: &[(String, PathBuf)], text: &str, folder: &Path) -> Result<(), String> {
    let table: toml::Table = text.parse().map_err(|error| format!("{error}"))?;
    let mut manifest = String::new();
    if !table.contains_key("package") {
        manifest.push_str("[package]\nname = \"reader\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n");
    }
    manifest.push_str(text);
    manifest.push_str("\n[workspace]\n\n[patch.crates-io]\n");
    for (name, path) in crates {
        let path = toml::Value::from(path.to_string_lossy().as_ref());
        // Writing to text does not fail.
        let _ = writeln!(manifest, "{name} = {{ path = {path} }}");
    }
    fs::create_dir_all(folder.join("src"))
        .and_then(|()| fs::write(folder.join("Cargo.toml"), manifest))
        .and_then(|()| fs::write(folder.join("src/lib.rs"), ""))
        .and_then(|()| fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock")).map(drop))
        .map_err(|error| format!("{}: {error}", folder.display()))?;
    // That resolves and downloads nothing.
    cargo(folder, &["update", "--workspace", "--offline"]).map(drop)
}

fn cargo(folder: &Path, arguments: &[&str]) -> Result<String, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let ran = Command::new(cargo)
        .args(arguments)
        .current_dir(folder)
        .output()
        .map_err(|error| format!("cargo could not be run: {error}"))?;
    if ran.status.success() {
        Ok(String::from_utf8_lossy(&ran.stdout).into_owned())
    } else {
        Err(String::from_utf8_lossy(&ran.stderr).into_owned())
    }
}
