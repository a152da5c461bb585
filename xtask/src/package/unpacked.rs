//! Packages unpacked side by side, as a workspace in which each uses the others.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::archive;
use crate::published::Published;
use crate::{Outcome, workspace};

/// Packages, and where they are.
pub(crate) struct Packages {
    /// In the order in which they can be published.
    pub(crate) crates: Vec<Published>,
    /// Where cargo put the packages.
    pub(super) archives: PathBuf,
    /// Where each package is unpacked, in a folder of the crate's name.
    pub(crate) folder: PathBuf,
    /// Cargo's configuration with which a project anywhere takes these packages for published ones.
    pub(super) patch: PathBuf,
}

impl Packages {
    pub(super) fn unpack(crates: Vec<Published>, archives: &Path, folder: &Path) -> Result<Self, String> {
        empty(folder)?;
        for published in &crates {
            unpack(archives, published, folder)?;
        }
        let names: Vec<&str> = crates.iter().map(|published| published.name.as_str()).collect();
        write_workspace(folder, &names, &names)?;
        let patch = folder.join("patch.toml");
        write(&patch, &patches(folder, &names))?;
        Ok(Self {
            crates,
            archives: archives.to_path_buf(),
            folder: folder.to_path_buf(),
            patch,
        })
    }
}

/// Makes a workspace of some of the packages in a folder; they use all that are there. Foreign crates are of the versions that this
/// workspace has.
pub(crate) fn write_workspace(folder: &Path, members: &[&str], all: &[&str]) -> Outcome {
    let manifest = format!(
        "[workspace]\nresolver = \"3\"\nmembers = {members:?}\n\n{}",
        patches(folder, all)
    );
    write(&folder.join("Cargo.toml"), &manifest)?;
    let lock = workspace::root().join("Cargo.lock");
    fs::copy(&lock, folder.join("Cargo.lock")).map_err(|error| format!("{}: {error}", lock.display()))?;
    Ok(())
}

fn patches(folder: &Path, names: &[&str]) -> String {
    let mut text = String::from("[patch.crates-io]\n");
    for name in names {
        let path = folder.join(name).display().to_string();
        // A string of JSON is one of TOML.
        let _ = writeln!(text, "{name} = {{ path = {} }}", serde_json::Value::from(path));
    }
    text
}

/// One package, in a folder without its version.
fn unpack(archives: &Path, published: &Published, folder: &Path) -> Outcome {
    let archive = archive(archives, published);
    // Files get the time of now (`m`): packages have one time for all, by which cargo would not see that they changed.
    // The archive's folder is where tar runs: a path with a drive would be taken for that of another machine.
    workspace::read(
        Command::new("tar")
            .arg("-xmzf")
            .arg(archive.file_name().unwrap_or_default())
            .arg("-C")
            .arg(folder)
            .current_dir(archives),
    )?;
    let unpacked = folder.join(format!("{}-{}", published.name, published.version));
    fs::rename(&unpacked, folder.join(&published.name))
        .map_err(|error| format!("{}: {error}", unpacked.display()))
}

/// A folder with nothing in it.
fn empty(folder: &Path) -> Outcome {
    let failed = |error| format!("{}: {error}", folder.display());
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(failed)?;
    }
    fs::create_dir_all(folder).map_err(failed)
}

fn write(path: &Path, text: &str) -> Outcome {
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}
