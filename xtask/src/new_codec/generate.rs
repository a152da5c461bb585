//! `cargo generate` makes the same crate of the template, where it is installed.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use super::fresh::{Folder, Fresh};
use crate::{Outcome, workspace};

/// What only `dj-codec new` makes: the list of the fixtures, and where our crates are.
const OWN: [&str; 3] = ["fixtures/checksums.txt", ".cargo/config.toml", "Cargo.lock"];

pub(super) fn check(folder: &Folder, name: &str, options: &[&str]) -> Outcome {
    let version = workspace::read(workspace::cargo_in(folder.path()).args(["generate", "--version"]));
    let Ok(version) = version else {
        println!("{name}: cargo-generate is not installed, and was not compared");
        return Ok(());
    };
    let theirs = folder.path().join("theirs");
    fs::create_dir(&theirs).map_err(|error| format!("{}: {error}", theirs.display()))?;
    let made = Fresh::make(folder, &format!("{name}-to-compare"), name, options)?;
    let template = workspace::root().join("crates/dj-codec-cli/template");
    let store = options.contains(&"--store");
    workspace::read(&mut generate(&theirs, &template, name, store))?;
    let mut wanted = files(made.root())?;
    wanted.retain(|path, _| !OWN.contains(&path.as_str()));
    // It names the folder for the codec or for the crate, by its version.
    let found = fs::read_dir(&theirs)
        .ok()
        .and_then(|mut folders| folders.next()?.ok());
    let found = files(&found.ok_or("cargo generate made nothing")?.path())?;
    let other = wanted
        .iter()
        .find(|(path, bytes)| found.get(*path) != Some(bytes));
    let other = other.or_else(|| found.iter().find(|(path, _)| !wanted.contains_key(*path)));
    if let Some((path, _)) = other {
        return Err(format!("{name}: {path} is another by cargo generate"));
    }
    let version = version.split_whitespace().last().unwrap_or_default();
    println!(
        "{name}: cargo-generate {version} makes the same {} files",
        found.len()
    );
    a_bad_name_is_refused(&theirs, &template)?;
    fs::remove_dir_all(&theirs).map_err(|error| format!("{}: {error}", theirs.display()))
}

/// As `dj-codec new` refuses it.
fn a_bad_name_is_refused(folder: &Path, template: &Path) -> Outcome {
    for (name, said) in [
        ("blob", "DataJoint's"),
        ("2photon", "begins with a letter"),
        ("Spikes", "lower-case letters"),
    ] {
        match workspace::read(&mut generate(folder, template, name, false)) {
            Err(error) if error.contains(said) => {}
            Err(error) => return Err(format!("cargo generate refuses {name} without {said:?}: {error}")),
            Ok(_) => return Err(format!("cargo generate makes a codec {name}")),
        }
    }
    Ok(())
}

fn generate(folder: &Path, template: &Path, name: &str, store: bool) -> Command {
    let mut generate = workspace::cargo_in(folder);
    generate
        .args(["generate", "--silent", "--vcs", "none", "--name", name, "--path"])
        .arg(template)
        .args(["--define", &format!("store={store}")]);
    generate
}

/// Every file by its path.
fn files(root: &Path) -> Result<BTreeMap<String, Vec<u8>>, String> {
    let mut files = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path
                .strip_prefix(root)
                .unwrap_or(&path)
                .to_string_lossy()
                .into_owned();
            files.insert(name, fs::read(&path).map_err(failed)?);
        }
    }
    Ok(files)
}
