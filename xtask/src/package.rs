//! Packages every crate that is published, builds each from its package in the order of publishing, and tests what was packaged.
//!
//! Cargo's own verification (`cargo publish --workspace --dry-run`) runs in the workflow, on a machine that did not do so before: it keeps what it
//! unpacked, and takes packages of an earlier run for those of this one.

mod unpacked;

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::published::{self, Published};
use crate::{Outcome, workspace};

pub(crate) use unpacked::{Packages, write_workspace};

/// What a package may be at most, compressed. The largest is an eighth of it; a registry takes ten times as much.
const MOST_BYTES: u64 = 1 << 20;

/// What a package has to hold beside its code and `Cargo.toml`.
pub(crate) const FILES: [&str; 4] = ["README.md", "CHANGELOG.md", "LICENSE-MIT", "LICENSE-APACHE"];

/// What else may be in it: code, what `dj-codec new` makes crates of, and what cargo adds.
const MAY_BE: [&str; 6] = [
    "src",
    "template",
    "Cargo.toml",
    "Cargo.toml.orig",
    "Cargo.lock",
    ".cargo_vcs_info.json",
];

/// Whether cargo may ask a registry for what it does not have of foreign crates.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Network {
    Allowed,
    None,
}

pub(crate) fn check() -> Outcome {
    let packages = make(Network::Allowed, "packages")?;
    look_at(&packages)?;
    // One after another, for two together would have the features of both.
    for published in &packages.crates {
        cargo(&packages, &["check", "--quiet", "--package", &published.name])?;
    }
    println!("each builds alone, as it is by default; now their tests, of code and of documents");
    cargo(&packages, &["test", "--quiet", "--workspace", "--all-features"])?;
    println!(
        "{} packages build and pass their tests; they are in {}, and `--config {}` puts them in the place of published ones",
        packages.crates.len(),
        packages.folder.display(),
        packages.patch.display()
    );
    Ok(())
}

fn cargo(packages: &Packages, arguments: &[&str]) -> Outcome {
    let mut cargo = workspace::cargo_in(&packages.folder);
    // With what is built already of foreign crates.
    cargo.env("CARGO_TARGET_DIR", workspace::target_folder()?);
    workspace::watch(cargo.args(arguments))
}

/// Packages all crates and unpacks them side by side in a folder where cargo builds.
pub(crate) fn make(network: Network, folder: &str) -> Result<Packages, String> {
    let crates = published::crates()?;
    let mut cargo = workspace::cargo_in(&workspace::root());
    cargo.args(["package", "--quiet", "--no-verify", "--locked", "--allow-dirty"]);
    if network == Network::None {
        cargo.arg("--offline");
    }
    for published in &crates {
        cargo.args(["--package", &published.name]);
    }
    workspace::read(&mut cargo)?;
    let target = workspace::target_folder()?;
    Packages::unpack(crates, &target.join("package"), &target.join(folder))
}

/// Sizes, files and metadata of the packages.
fn look_at(packages: &Packages) -> Outcome {
    let mut wrong = Vec::new();
    for published in &packages.crates {
        let archive = archive(&packages.archives, published);
        let bytes = std::fs::metadata(&archive)
            .map_err(|error| format!("{}: {error}", archive.display()))?
            .len();
        println!(
            "{:<20} {:<8} {:>5} KiB",
            published.name,
            published.version,
            bytes.div_ceil(1024)
        );
        if bytes > MOST_BYTES {
            wrong.push(format!(
                "{}: {bytes} bytes are more than {MOST_BYTES}",
                archive.display()
            ));
        }
        wrong.extend(files(&packages.folder.join(&published.name))?);
    }
    wrong.extend(dependencies(&workspace::metadata(&packages.folder)?));
    match wrong.is_empty() {
        true => Ok(()),
        false => Err(wrong.join("\n")),
    }
}

/// What is wanting in a package, and what should not be there.
fn files(folder: &Path) -> Result<Vec<String>, String> {
    let failed = |error| format!("{}: {error}", folder.display());
    let mut wrong = Vec::new();
    for file in FILES {
        if !folder.join(file).is_file() {
            wrong.push(format!("{}: {file} was not packaged", folder.display()));
        }
    }
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name().to_string_lossy().into_owned();
        if !FILES.contains(&name.as_str()) && !MAY_BE.contains(&name.as_str()) {
            wrong.push(format!("{}: {name} should not be packaged", folder.display()));
        }
    }
    Ok(wrong)
}

/// Dependencies that only this machine has.
fn dependencies(metadata: &Value) -> Vec<String> {
    let list = |value: &Value, key: &str| {
        let found = value.get(key).and_then(Value::as_array);
        found.cloned().unwrap_or_default()
    };
    let mut wrong = Vec::new();
    for package in list(metadata, "packages") {
        for dependency in list(&package, "dependencies") {
            let from_registry = dependency
                .get("source")
                .and_then(Value::as_str)
                .is_some_and(|source| source.starts_with("registry+"));
            if !from_registry || dependency.get("path").is_some_and(|path| !path.is_null()) {
                wrong.push(format!(
                    "the package {} depends on {}, which is not from a registry",
                    package.get("name").unwrap_or(&Value::Null),
                    dependency.get("name").unwrap_or(&Value::Null)
                ));
            }
        }
    }
    wrong
}

/// The file that cargo makes of a crate.
fn archive(folder: &Path, published: &Published) -> PathBuf {
    folder.join(format!("{}-{}.crate", published.name, published.version))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn files_that_are_wanting_and_files_too_many_are_told() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("src")).unwrap();
        for file in [
            "README.md",
            "CHANGELOG.md",
            "LICENSE-MIT",
            "LICENSE-APACHE",
            "Cargo.toml",
        ] {
            std::fs::write(folder.path().join(file), "").unwrap();
        }
        assert_eq!(files(folder.path()).unwrap(), [""; 0]);
        std::fs::remove_file(folder.path().join("LICENSE-MIT")).unwrap();
        std::fs::create_dir(folder.path().join("tests")).unwrap();
        let wrong = files(folder.path()).unwrap();
        assert_eq!(wrong.len(), 2);
        assert!(wrong[0].ends_with("LICENSE-MIT was not packaged"));
        assert!(wrong[1].ends_with("tests should not be packaged"));
    }

    #[test]
    fn dependencies_come_from_a_registry() {
        let on = |source: Value, path: Value| {
            let dependency = json!({ "name": "api", "source": source, "path": path });
            dependencies(&json!({ "packages": [{ "name": "zarr", "dependencies": [dependency] }] }))
        };
        let registry = json!("registry+https://github.com/rust-lang/crates.io-index");
        assert_eq!(on(registry.clone(), Value::Null), [""; 0]);
        for (source, path) in [
            (Value::Null, json!("/here/api")),
            (json!("git+https://example.org/api"), Value::Null),
            (registry, json!("/here/api")),
        ] {
            assert_eq!(
                on(source, path),
                ["the package \"zarr\" depends on \"api\", which is not from a registry"]
            );
        }
    }
}
