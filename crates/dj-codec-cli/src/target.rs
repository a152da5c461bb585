//! The file that `--out` names: complete, or not there.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use dj_codecs::api::Result;

use crate::failure::{Failure, Outcome};
use crate::output::Output;
use crate::source::is_dash;

/// Where a decoded value goes.
pub(crate) enum Target {
    /// Standard output.
    Stdout,
    /// A file, which is replaced where it is there only if that was asked for; `name` is how the user calls it.
    File {
        name: String,
        path: PathBuf,
        replace: bool,
    },
}

impl Target {
    /// Looks at the path before the work begins, rather than after it.
    pub(crate) fn new(path: &Path, replace: bool) -> Outcome<Self> {
        if is_dash(path) {
            return Ok(Self::Stdout);
        }
        let name = path.display().to_string();
        if ends_with_separator(path) {
            return Err(Failure::usage(format!(
                "{name} is the name of a folder; name the file that is to be written"
            )));
        }
        let mut path = path.to_path_buf();
        match fs::symlink_metadata(&path) {
            Ok(_) if !replace => {
                return Err(Failure::usage(format!(
                    "{name} is there already; choose another name, or add --force"
                )));
            }
            Ok(_) => {
                // What a link leads to is replaced, not the link; and a device or a folder is neither.
                path = path
                    .canonicalize()
                    .map_err(|error| Failure::usage(format!("{name}: {error}")))?;
                if !path.is_file() {
                    return Err(Failure::usage(format!(
                        "{name} is no plain file and is not replaced"
                    )));
                }
            }
            Err(_) => {}
        }
        if !folder_of(&path).is_dir() {
            return Err(Failure::usage(format!(
                "{name}: there is no folder {}",
                folder_of(&path).display()
            )));
        }
        Ok(Self::File { name, path, replace })
    }

    /// Fills the file, which has its name only when it is complete, and returns its size.
    pub(crate) fn write(
        &self,
        output: &mut Output,
        fill: impl FnOnce(&mut dyn Write) -> Result<u64>,
    ) -> Outcome<u64> {
        match self {
            Self::Stdout => output.fill(fill),
            Self::File { path, replace, .. } => write_file(path, *replace, fill),
        }
    }
}

fn write_file(path: &Path, replace: bool, fill: impl FnOnce(&mut dyn Write) -> Result<u64>) -> Outcome<u64> {
    let unwritable =
        |error: &io::Error| Failure::wanting(format!("{} cannot be written: {error}", path.display()));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".dj-codec-").suffix(".partial");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // As any new file: the user's mask takes away from this.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let file = builder
        .tempfile_in(folder_of(path))
        .map_err(|error| unwritable(&error))?;
    let mut writer = BufWriter::new(file);
    let size = fill(&mut writer).map_err(|error| error.at(path.display().to_string()))?;
    let file = writer.into_inner().map_err(|error| unwritable(error.error()))?;
    let renamed = if replace {
        file.persist(path)
    } else {
        file.persist_noclobber(path)
    };
    renamed.map_err(|error| unwritable(&error.error))?;
    Ok(size)
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Whether a path says by its last character that it is a folder.
pub(crate) fn ends_with_separator(path: &Path) -> bool {
    path.as_os_str()
        .to_string_lossy()
        .ends_with(std::path::is_separator)
}
