//! Writing files so that a reader sees all of one or nothing of it.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use dj_codec_api::{Bytes, Error, Result};
use tempfile::{Builder, NamedTempFile, PersistError};

use super::{FileStore, PARTIAL_PREFIX, PARTIAL_RANDOM, errors};

/// How much of a stream is in memory at a time.
const STREAM_BUFFER: usize = 1 << 20;
/// How often a folder is made again that somebody else removes as empty.
const FOLDER_ATTEMPTS: usize = 8;

/// What is to be written.
pub(super) enum Content<'a> {
    /// Bytes in memory, in parts.
    Held(&'a [Bytes]),
    /// A stream.
    Streamed(&'a mut dyn io::Read),
}

impl FileStore {
    /// Writes an object and returns its size; `None` where there was one and `if_absent` forbids to replace it.
    pub(super) fn write(&self, path: &str, content: Content<'_>, if_absent: bool) -> Result<Option<u64>> {
        let file = self.file_of(path)?;
        // A glance spares the writing in the usual case of an object that has been there for long. What decides
        // is the renaming.
        if if_absent && is_object(&file) {
            return Ok(None);
        }
        let folder = file.parent().unwrap_or(&self.root);
        let mut partial = self.create_partial(folder)?;
        let size = match content {
            Content::Held(parts) => {
                for part in parts {
                    partial.as_file_mut().write_all(part).map_err(unwritable)?;
                }
                parts.iter().map(|part| part.len() as u64).sum()
            }
            Content::Streamed(source) => copy(source, partial.as_file_mut())?,
        };
        if self.options.sync {
            partial.as_file().sync_all().map_err(unwritable)?;
        }
        if !publish(partial, &file, if_absent)? {
            return Ok(None);
        }
        if self.options.sync {
            sync_folders(folder, &self.root)?;
        }
        Ok(Some(size))
    }

    /// A file that no reader sees, in `folder`, which is made where it is not there. It removes itself when
    /// dropped.
    fn create_partial(&self, folder: &Path) -> Result<NamedTempFile> {
        let mut builder = Builder::new();
        builder.prefix(PARTIAL_PREFIX).rand_bytes(PARTIAL_RANDOM);
        // Others may read an object as the umask says, as if Python's `open` had made it.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        for _ in 0..FOLDER_ATTEMPTS {
            match builder.tempfile_in(folder) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    // Never the root itself: a disk that was unmounted must not turn into a folder.
                    self.check_root()?;
                    match fs::create_dir_all(folder) {
                        // Somebody else removed, or made and removed, one of the folders meanwhile: once more.
                        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && !is_file(folder) => {}
                        Err(error) => {
                            return Err(errors::from_io(error, "the folder of the object cannot be made"));
                        }
                        Ok(()) => {}
                    }
                }
                outcome => return outcome.map_err(unwritable),
            }
        }
        Err(Error::store(
            "the folder of the object is removed as often as it is made",
        ))
    }

    /// Removes an object, and the folders above it that are empty now.
    pub(super) fn remove(&self, path: &str) -> Result<()> {
        let file = self.file_of(path)?;
        match fs::symlink_metadata(&file) {
            Ok(meta) if meta.is_dir() => return Ok(()),
            Ok(_) => {}
            Err(error) if errors::is_absent(&error) => return self.check_root(),
            Err(error) => return Err(errors::from_io(error, "the object cannot be deleted")),
        }
        match fs::remove_file(&file) {
            Err(error) if !errors::is_absent(&error) => {
                return Err(errors::from_io(error, "the object cannot be deleted"));
            }
            _ => {}
        }
        for folder in file.ancestors().skip(1).take_while(|folder| *folder != self.root) {
            // The folder is not empty, or is gone, or is a link: then so are those above it.
            if fs::remove_dir(folder).is_err() {
                break;
            }
        }
        Ok(())
    }
}

/// Whether what is there is anything but a folder.
fn is_file(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| !found.is_dir() && !found.is_symlink())
}

/// Whether there is something of this name that is not a folder.
fn is_object(file: &Path) -> bool {
    file.symlink_metadata().is_ok_and(|meta| !meta.is_dir())
}

fn unwritable(error: io::Error) -> Error {
    errors::from_io(error, "the object cannot be written")
}

fn copy(source: &mut dyn io::Read, file: &mut File) -> Result<u64> {
    let mut buffer = vec![0; STREAM_BUFFER];
    let mut size = 0;
    loop {
        match source.read(&mut buffer) {
            Ok(0) => return Ok(size),
            Ok(count) => {
                file.write_all(buffer.get(..count).unwrap_or_default())
                    .map_err(unwritable)?;
                size += count as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Error::store("what was to be stored cannot be read").caused_by(error)),
        }
    }
}

/// Gives a written file its name. False means that there is an object of that name, which stays.
fn publish(partial: NamedTempFile, file: &Path, if_absent: bool) -> Result<bool> {
    let persisted = if if_absent {
        partial.persist_noclobber(file)
    } else {
        partial.persist(file)
    };
    match persisted {
        Ok(_) => Ok(true),
        Err(PersistError { error, .. }) if if_absent && error.kind() == io::ErrorKind::AlreadyExists => {
            if is_object(file) {
                Ok(false)
            } else {
                Err(unwritable(io::ErrorKind::IsADirectory.into()))
            }
        }
        // Neither renaming without replacing nor hard links (exFAT, some network disks): look, then rename.
        Err(PersistError { error, file: partial })
            if if_absent
                && matches!(
                    error.kind(),
                    io::ErrorKind::Unsupported | io::ErrorKind::PermissionDenied
                )
                && file.symlink_metadata().is_err() =>
        {
            partial
                .persist(file)
                .map(|_| true)
                .map_err(|failed| unwritable(failed.error))
        }
        Err(PersistError { error, .. }) => Err(unwritable(error)),
    }
}

/// Flushes the names in a folder and in those above it, which may be as new.
fn sync_folders(folder: &Path, root: &Path) -> Result<()> {
    // Windows has no such thing; its renaming is written through.
    if cfg!(unix) {
        for folder in folder.ancestors().take_while(|folder| folder.starts_with(root)) {
            File::open(folder)
                .and_then(|folder| folder.sync_all())
                .map_err(unwritable)?;
        }
    }
    Ok(())
}
