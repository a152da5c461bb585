//! The lowest versions that Cargo.toml allows are enough: every package builds with them, all features on. Our own crates count too,
//! for a package has no paths: one that was released is taken from the registry, in the lowest version that the others ask for.

use std::fs;

use crate::package::{self, Network};
use crate::published;
use crate::{Outcome, workspace};

pub(crate) fn check() -> Outcome {
    let packages = package::make(Network::Allowed, "minimal-versions")?;
    let names: Vec<&str> = packages
        .crates
        .iter()
        .map(|published| published.name.as_str())
        .collect();
    let mut unreleased = Vec::new();
    for name in &names {
        let manifest = packages.folder.join(name).join("Cargo.toml");
        let failed = |error| format!("{}: {error}", manifest.display());
        let text = fs::read_to_string(&manifest).map_err(failed)?;
        fs::write(&manifest, without_tests(&text)).map_err(failed)?;
        if published::last_release(name)?.is_none() {
            unreleased.push(*name);
        }
    }
    package::write_workspace(&packages.folder, &names, &unreleased)?;
    let lock = packages.folder.join("Cargo.lock");
    fs::remove_file(&lock).map_err(|error| format!("{}: {error}", lock.display()))?;
    workspace::read(
        workspace::cargo_in(&packages.folder)
            .args(["generate-lockfile", "-Z", "direct-minimal-versions"])
            // A stable compiler does it too, if it is asked like this. What is built is built without.
            .env("RUSTC_BOOTSTRAP", "1"),
    )?;
    workspace::watch(
        workspace::cargo_in(&packages.folder)
            .args(["check", "--quiet", "--locked", "--workspace", "--all-features"])
            .env("CARGO_TARGET_DIR", workspace::target_folder()?),
    )?;
    println!(
        "{} packages build with the lowest versions that they allow",
        names.len()
    );
    Ok(())
}

/// A package's manifest without what only its tests need, which are not in it.
fn without_tests(manifest: &str) -> String {
    let mut kept = String::new();
    let mut keep = true;
    for line in manifest.lines() {
        if line.starts_with('[') {
            keep = !line.starts_with("[dev-dependencies");
        }
        if keep {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependencies_of_tests_are_left_out() {
        let manifest = "[package]\nname = \"a\"\n\n[dependencies.b]\nversion = \"1.0\"\n\n[dev-dependencies.c]\n\
                        version = \"2.0\"\nfeatures = [\"x\"]\n\n[dev-dependencies.d]\nversion = \"3\"\n\n[lints.rust]\nx = \"deny\"\n";
        assert_eq!(
            without_tests(manifest),
            "[package]\nname = \"a\"\n\n[dependencies.b]\nversion = \"1.0\"\n\n[lints.rust]\nx = \"deny\"\n"
        );
    }
}
