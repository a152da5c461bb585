//! Where the workspace is, and what cargo says of it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.parent().map(Into::into).unwrap_or(here)
}

/// Cargo, to be run in a folder.
pub(crate) fn cargo_in(folder: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(folder);
    command
}

/// Runs a program to its end, and keeps what it prints.
pub(crate) fn run(command: &mut Command) -> Result<Output, String> {
    command
        .output()
        .map_err(|error| format!("{} could not be run: {error}", said(command)))
}

/// Runs a program, and gives its standard output. Where it fails, the error is what it said.
pub(crate) fn read(command: &mut Command) -> Result<String, String> {
    let output = run(command)?;
    if !output.status.success() {
        return Err(format!(
            "{} failed: {}",
            said(command),
            String::from_utf8_lossy(&output.stderr)
        ));
    }
    String::from_utf8(output.stdout).map_err(|error| format!("{} printed no text: {error}", said(command)))
}

/// Runs a program that talks to the one who waits.
pub(crate) fn watch(command: &mut Command) -> Result<(), String> {
    let status = command
        .status()
        .map_err(|error| format!("{} could not be run: {error}", said(command)))?;
    match status.success() {
        true => Ok(()),
        false => Err(format!("{} failed", said(command))),
    }
}

/// A command as it would be typed.
fn said(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_stem().unwrap_or_default();
    let words = std::iter::once(program).chain(command.get_args());
    words
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Runs cargo in the workspace and gives its standard output.
pub(crate) fn cargo(arguments: &[&str]) -> Result<String, String> {
    read(cargo_in(&root()).args(arguments))
}

/// The packages of the workspace as `cargo metadata` has them.
pub(crate) fn packages() -> Result<Vec<Value>, String> {
    let found = metadata(&root())?;
    Ok(found
        .get("packages")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default())
}

/// Where cargo builds.
pub(crate) fn target_folder() -> Result<PathBuf, String> {
    let found = metadata(&root())?;
    let folder = found.get("target_directory").and_then(Value::as_str);
    folder
        .map(PathBuf::from)
        .ok_or_else(|| "cargo metadata names no target_directory".into())
}

/// What cargo says of the workspace or the package in a folder, without what it depends on.
pub(crate) fn metadata(folder: &Path) -> Result<Value, String> {
    let text = read(cargo_in(folder).args(["metadata", "--no-deps", "--format-version", "1"]))?;
    serde_json::from_str(&text).map_err(|error| format!("cargo metadata: {error}"))
}

/// Whether a package goes to no registry.
pub(crate) fn is_private(package: &Value) -> bool {
    package
        .get("publish")
        .and_then(Value::as_array)
        .is_some_and(Vec::is_empty)
}

/// Starts this program again with a cargo feature, for what takes long to build and most tasks do without.
#[cfg(not(all(feature = "codecs", feature = "mutants")))]
pub(crate) fn again(feature: &str, arguments: &[&str]) -> Result<(), String> {
    let run = [
        "run",
        "--quiet",
        "--package",
        "xtask",
        "--features",
        feature,
        "--",
    ];
    watch(cargo_in(&root()).args(run).args(arguments))
}
