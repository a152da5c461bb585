//! Finds `datajoint.json` and the folder of secrets as DataJoint does.

use std::path::{Path, PathBuf};

use crate::Environment;

/// The name of DataJoint's configuration file.
pub(crate) const CONFIG_FILE: &str = "datajoint.json";
const SECRETS_FOLDER: &str = ".secrets";

/// The nearest `datajoint.json` in `start` or above it. The search ends at the root of a repository (a folder with
/// `.git` or `.hg`, itself included) or of the file system.
pub(super) fn find_config_file(start: &Path) -> Option<PathBuf> {
    // The folders above are those of the real path, as in Python, also where the working directory is a link.
    let start = start.canonicalize().unwrap_or_else(|_| start.to_path_buf());
    for folder in start.ancestors() {
        let candidate = folder.join(CONFIG_FILE);
        if candidate.is_file() {
            return Some(candidate);
        }
        if folder.join(".git").exists() || folder.join(".hg").exists() {
            return None;
        }
    }
    None
}

/// `.secrets` beside the configuration file, else the system's folder of secrets.
pub(super) fn find_secrets_folder(config_file: Option<&Path>, environment: &Environment) -> Option<PathBuf> {
    let beside = config_file.map(|file| file.parent().unwrap_or(Path::new("")).join(SECRETS_FOLDER));
    beside
        .into_iter()
        .chain([environment.system_secrets().to_path_buf()])
        .find(|folder| folder.is_dir())
}
