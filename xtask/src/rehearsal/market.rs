//! A project that asks for some of our packages, where of each there is one version to be had.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use semver::Version;

use super::plan;
use crate::package::{self, Packages};
use crate::published::Published;
use crate::workspace;

pub(super) struct Market {
    folder: PathBuf,
    /// The manifest of each package, as it would be published.
    manifests: BTreeMap<String, String>,
}

impl Market {
    pub(super) fn new(packages: &Packages) -> Result<Self, String> {
        let mut manifests = BTreeMap::new();
        for published in &packages.crates {
            let path = packages.folder.join(&published.name).join("Cargo.toml");
            let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            manifests.insert(published.name.clone(), text);
        }
        Ok(Self {
            folder: packages.folder.clone(),
            manifests,
        })
    }

    /// Whether cargo finds versions for the given crates, with all their features. Those in `new` are to be had in their new versions alone, and
    /// ask for each other in these; all others are as they were packaged. Gives what cargo said where it refuses.
    pub(super) fn takes(
        &self,
        new: &BTreeMap<String, Version>,
        wanted: &[Published],
    ) -> Result<Result<(), String>, String> {
        for (name, manifest) in &self.manifests {
            let raised = match new.get(name) {
                Some(version) => raise(manifest, version, new),
                None => manifest.clone(),
            };
            let path = self.folder.join(name).join("Cargo.toml");
            fs::write(&path, raised).map_err(|error| format!("{}: {error}", path.display()))?;
        }
        let members: Vec<&str> = wanted.iter().map(|published| published.name.as_str()).collect();
        let all: Vec<&str> = self.manifests.keys().map(String::as_str).collect();
        package::write_workspace(&self.folder, &members, &all)?;
        let output =
            workspace::run(workspace::cargo_in(&self.folder).args(["update", "--workspace", "--offline"]))?;
        if !output.status.success() {
            return Ok(Err(String::from_utf8_lossy(&output.stderr).into_owned()));
        }
        let lock = self.folder.join("Cargo.lock");
        let lock = fs::read_to_string(&lock).map_err(|error| format!("{}: {error}", lock.display()))?;
        let elsewhere = from_registry(&lock, &all);
        Ok(match elsewhere.is_empty() {
            true => Ok(()),
            false => Err(format!(
                "cargo took others than are offered: {}",
                elsewhere.join(", ")
            )),
        })
    }
}

/// A package's manifest with another version, and ranges for the other new ones. It is as cargo writes it for a package: each dependency
/// is a table of its own.
fn raise(manifest: &str, version: &Version, new: &BTreeMap<String, Version>) -> String {
    let mut table = "";
    let mut raised = String::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            table = line.trim_matches(['[', ']']);
        }
        let needed = table.strip_prefix("dependencies.").and_then(|name| new.get(name));
        match (line.starts_with("version = "), table, needed) {
            (true, "package", _) => raised.push_str(&format!("version = \"{version}\"")),
            (true, _, Some(needed)) => raised.push_str(&format!("version = \"{}\"", plan::range(needed))),
            _ => raised.push_str(line),
        }
        raised.push('\n');
    }
    raised
}

/// Which of our packages cargo did not take from here.
fn from_registry<'a>(lock: &str, names: &[&'a str]) -> Vec<&'a str> {
    // Tables of other kinds stand there too: those of packages that were offered and not asked for.
    let packages: Vec<&str> = lock
        .split("\n[[")
        .filter(|table| table.starts_with("package]]"))
        .collect();
    let foreign = |name: &str| {
        packages
            .iter()
            .any(|table| table.contains(&format!("\nname = \"{name}\"\n")) && table.contains("\nsource = "))
    };
    names.iter().copied().filter(|name| foreign(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_and_ranges_are_raised_where_they_are_meant() {
        let manifest = "[package]\nname = \"zarr\"\nversion = \"0.1.0\"\n\n[dependencies.api]\nversion = \"0.1\"\n\n\
                        [dependencies.bytes]\nversion = \"1.11\"\n";
        let new = BTreeMap::from([
            ("api".to_owned(), Version::new(0, 2, 0)),
            ("zarr".to_owned(), Version::new(0, 3, 1)),
        ]);
        assert_eq!(
            raise(manifest, &Version::new(0, 3, 1), &new),
            "[package]\nname = \"zarr\"\nversion = \"0.3.1\"\n\n[dependencies.api]\nversion = \"0.2\"\n\n\
             [dependencies.bytes]\nversion = \"1.11\"\n"
        );
    }

    #[test]
    fn what_came_from_a_registry_is_told() {
        let lock = "version = 4\n\n[[package]]\nname = \"api\"\nversion = \"0.1.0\"\nsource = \"registry+x\"\n\n\
                    [[package]]\nname = \"zarr\"\nversion = \"0.1.0\"\n\n\
                    [[package]]\nname = \"zstd\"\nversion = \"0.13.0\"\nsource = \"registry+x\"\n\n\
                    [[patch.unused]]\nname = \"npy\"\nversion = \"0.1.0\"\n";
        assert_eq!(from_registry(lock, &["api", "npy", "zarr"]), ["api"]);
    }
}
