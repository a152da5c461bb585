//! Files of the local machine: read with care, written so that nothing is overwritten and nothing is seen half.

use std::fs::{self, File};
use std::io::{self, Read, Seek as _, Write as _};
use std::path::Path;

use bytes::Bytes;
use dj_codec_api::{Error, ErrorKind, Result};
use tempfile::{Builder, NamedTempFile, TempDir};

use crate::digest;

/// Begins the names of files and folders that are still being written.
const PARTIAL: &str = ".dj-partial-";

/// Reads a file of at most `most` bytes.
pub(crate) fn read_file(path: &Path, most: u64) -> Result<Bytes> {
    let (file, size) = open_file(path)?;
    if size > most {
        return Err(Error::limit("array bytes", size, most).at(path.display().to_string()));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
    // The file may grow while it is read.
    file.take(most.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|error| unreadable(error, path))?;
    if bytes.len() as u64 > most {
        return Err(Error::limit("array bytes", bytes.len() as u64, most).at(path.display().to_string()));
    }
    Ok(bytes.into())
}

/// Opens a file, and says how large it is. What is no file is refused: a pipe would never end.
pub(crate) fn open_file(path: &Path) -> Result<(File, u64)> {
    let is_file = |meta: &fs::Metadata| {
        if meta.is_file() {
            return Ok(());
        }
        let what = if meta.is_dir() {
            "this is a folder"
        } else {
            "this is a pipe or a device"
        };
        Err(Error::invalid_value(format!("a file was expected, {what}")).at(path.display().to_string()))
    };
    // Before opening, since that waits for a pipe's other end; and after, for what is open.
    is_file(&fs::metadata(path).map_err(|error| unreadable(error, path))?)?;
    let file = File::open(path).map_err(|error| unreadable(error, path))?;
    let meta = file.metadata().map_err(|error| unreadable(error, path))?;
    is_file(&meta)?;
    Ok((file, meta.len()))
}

/// What kept a file of the local machine from being read.
pub(crate) fn unreadable(error: io::Error, path: &Path) -> Error {
    from_io(error, "the file cannot be read", path)
}

/// What kept a file of the local machine from being written.
pub(crate) fn unwritable(error: io::Error, path: &Path) -> Error {
    from_io(error, "the file cannot be written", path)
}

fn from_io(error: io::Error, what: &str, path: &Path) -> Error {
    let (kind, what) = match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
            (ErrorKind::NotFound, "there is no such file or folder")
        }
        io::ErrorKind::PermissionDenied => (ErrorKind::PermissionDenied, what),
        io::ErrorKind::AlreadyExists => (
            ErrorKind::AlreadyExists,
            "there is something of this name already",
        ),
        _ => (ErrorKind::Store, what),
    };
    Error::new(kind, what)
        .at(path.display().to_string())
        .caused_by(error)
}

/// Something else has the name.
pub(crate) fn taken(path: &Path) -> Error {
    Error::new(
        ErrorKind::AlreadyExists,
        "there is something else of this name, which is not overwritten",
    )
    .at(path.display().to_string())
    .advise("choose another name or folder, or remove what is there")
}

/// Makes a folder, and those above it.
pub(crate) fn make_folder(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).map_err(|error| from_io(error, "the folder cannot be made", folder))
}

/// The folder of a file that is to be written, made where it is not there.
pub(crate) fn folder_of(path: &Path) -> Result<&Path> {
    if path.file_name().is_none() {
        return Err(Error::unsafe_path("the path names no file").at(path.display().to_string()));
    }
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    make_folder(folder)?;
    Ok(folder)
}

/// A file that is complete but has no name yet. It is removed when dropped.
#[derive(Debug)]
pub(crate) struct Draft(NamedTempFile);

impl Draft {
    /// An empty draft in this folder.
    pub(crate) fn new(folder: &Path) -> Result<Self> {
        let mut builder = Builder::new();
        builder.prefix(PARTIAL);
        // Others may read the file as the umask says, as if Python's `open` had made it.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        builder
            .tempfile_in(folder)
            .map(Self)
            .map_err(|error| unwritable(error, folder))
    }

    /// A draft with these contents.
    pub(crate) fn of_bytes(folder: &Path, bytes: &[u8]) -> Result<Self> {
        let mut draft = Self::new(folder)?;
        draft.write(bytes)?;
        Ok(draft)
    }

    /// Adds to the contents.
    pub(crate) fn write(&mut self, piece: &[u8]) -> Result<()> {
        self.0
            .as_file_mut()
            .write_all(piece)
            .map_err(|error| unwritable(error, self.0.path()))
    }

    /// Gives the file its name, unless something has it that is not the same file. The draft comes back then.
    pub(crate) fn publish_or_reuse(mut self, path: &Path) -> Result<Option<Self>> {
        // A glance spares the renaming in the usual case of a file that is there; what decides is the renaming.
        if fs::symlink_metadata(path).is_err() {
            match self.0.persist_noclobber(path) {
                Ok(_) => return Ok(None),
                Err(failed) if failed.error.kind() == io::ErrorKind::AlreadyExists => {
                    self = Self(failed.file);
                }
                Err(failed)
                    if matches!(
                        failed.error.kind(),
                        io::ErrorKind::Unsupported | io::ErrorKind::PermissionDenied
                    ) =>
                {
                    // No renaming without replacing, and no hard links (exFAT, some network disks).
                    return Self(failed.file).copy_to(path);
                }
                Err(failed) => return Err(unwritable(failed.error, path)),
            }
        }
        Ok((!self.is_same_as(path)?).then_some(self))
    }

    /// Writes the contents to a name that nothing has; `Some` where something has it.
    fn copy_to(mut self, path: &Path) -> Result<Option<Self>> {
        let failed = |error| unwritable(error, path);
        let mut file = match File::options().write(true).create_new(true).open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(Some(self)),
            Err(error) => return Err(failed(error)),
        };
        let copied = self
            .0
            .as_file_mut()
            .rewind()
            .and_then(|()| io::copy(self.0.as_file_mut(), &mut file));
        if let Err(error) = copied {
            drop(file);
            let _ = fs::remove_file(path);
            return Err(failed(error));
        }
        Ok(None)
    }

    /// Whether a file is there that has the same contents. Links are not followed, folders are something else.
    fn is_same_as(&mut self, path: &Path) -> Result<bool> {
        match fs::symlink_metadata(path) {
            Ok(meta) if meta.is_file() => {}
            Ok(_) => return Ok(false),
            Err(error) => return Err(unreadable(error, path)),
        }
        let (mut there, size) = match open_file(path) {
            Ok(opened) => opened,
            // What cannot be read cannot be the same.
            Err(error) if error.kind() == &ErrorKind::PermissionDenied => return Ok(false),
            Err(error) => return Err(error),
        };
        let here = self.0.as_file_mut();
        let failed = |error| unreadable(error, path);
        if here.metadata().map_err(failed)?.len() != size {
            return Ok(false);
        }
        here.rewind().map_err(failed)?;
        let mut same = true;
        let mut other = Vec::new();
        digest::copy(here, |piece| {
            if same {
                other.resize(piece.len(), 0);
                same = match there.read_exact(&mut other) {
                    Ok(()) => other == piece,
                    Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => false,
                    Err(error) => return Err(error),
                };
            }
            Ok(())
        })
        .map_err(failed)?;
        Ok(same)
    }
}

/// A folder that has no name yet. It is removed with all that is in it when dropped.
#[derive(Debug)]
pub(crate) struct DraftFolder(TempDir);

impl DraftFolder {
    /// An empty one in this folder.
    pub(crate) fn new(folder: &Path) -> Result<Self> {
        let mut builder = Builder::new();
        builder.prefix(PARTIAL);
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o777));
        builder
            .tempdir_in(folder)
            .map(Self)
            .map_err(|error| unwritable(error, folder))
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// A new file in it; the folders above it are made.
    pub(crate) fn create(&self, relative: &Path) -> Result<File> {
        let path = self.path().join(relative);
        if let Some(folder) = path.parent() {
            make_folder(folder)?;
        }
        File::options()
            .write(true)
            .create_new(true)
            .open(&path)
            .map_err(|error| unwritable(error, &path))
    }

    /// Gives it its name.
    pub(crate) fn publish(self, path: &Path) -> Result<()> {
        // Renaming replaces an empty folder at most, and on Windows nothing.
        if fs::symlink_metadata(path).is_ok_and(|meta| !meta.is_dir()) {
            return Err(taken(path));
        }
        match fs::rename(self.path(), path) {
            Ok(()) => {
                // Nothing of it is left to remove.
                let _ = self.0.keep();
                Ok(())
            }
            Err(_) if fs::symlink_metadata(path).is_ok() => Err(taken(path)),
            Err(error) => Err(unwritable(error, path)),
        }
    }
}
