//! Live interoperability: builds what it tests with, and starts it.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::{Outcome, workspace};

/// The program that makes the tests, and the one that is tested beside the crates.
const PROGRAMS: [(&str, &str); 2] = [("dj-interop", "dj-interop"), ("dj-codec-cli", "dj-codec")];

pub(crate) fn run() -> Outcome {
    let executables = build()?;
    let [Some(interop), Some(program)] = PROGRAMS.map(|(_, name)| {
        executables
            .iter()
            .find(|(built, _)| built == name)
            .map(|(_, path)| path)
    }) else {
        return Err(format!("cargo built other programs than {PROGRAMS:?}"));
    };
    let status = Command::new(interop)
        .arg(program)
        .current_dir(workspace::root())
        .status()
        .map_err(|error| format!("{} could not be run: {error}", interop.display()))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("live interoperability: {status}"))
    }
}

/// Builds the programs, with all features. Gives their names and files.
fn build() -> Result<Vec<(String, PathBuf)>, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args([
        "build",
        "--quiet",
        "--locked",
        "--all-features",
        "--bins",
        "--message-format",
        "json-render-diagnostics",
    ]);
    for (package, _) in PROGRAMS {
        command.args(["--package", package]);
    }
    // What cargo has to say of the build is for the one who waits; standard output names the files.
    let output = command
        .current_dir(workspace::root())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("cargo could not be run: {error}"))?;
    if !output.status.success() {
        return Err("the programs of the live tests could not be built".into());
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let messages = text
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let built = messages.filter_map(|message| {
        let name = message.get("target")?.get("name")?.as_str()?.to_owned();
        Some((name, PathBuf::from(message.get("executable")?.as_str()?)))
    });
    Ok(built.collect())
}
