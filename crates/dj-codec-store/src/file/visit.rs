//! Listing the files below a folder.

use std::ops::ControlFlow;
use std::path::Path;

use dj_codec_api::{ObjectMeta, Result};
use walkdir::WalkDir;

use super::{FileStore, errors, is_partial};

impl FileStore {
    /// Calls `each` for every file below `prefix`. Not listed are files that are being written, and names that are
    /// not UTF-8, which no path can spell.
    pub(super) fn walk(
        &self,
        prefix: &str,
        each: &mut dyn FnMut(ObjectMeta) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        let folder = if prefix.is_empty() {
            self.root.clone()
        } else {
            self.root.join(prefix)
        };
        for entry in WalkDir::new(folder).min_depth(1).follow_links(true) {
            let object = entry.and_then(|entry| {
                let name = entry.file_name().to_str();
                if !entry.file_type().is_file() || name.is_none_or(is_partial) {
                    return Ok(None);
                }
                let path = entry.path().strip_prefix(&self.root).ok().and_then(object_path);
                let size = entry.metadata()?.len();
                Ok(path.map(|path| ObjectMeta::new(path, size)))
            });
            match object {
                Ok(Some(object)) => {
                    if each(object)?.is_break() {
                        break;
                    }
                }
                Ok(None) => {}
                Err(error) => self.pass_over(error)?,
            }
        }
        Ok(())
    }

    /// What is gone since it was listed, what links to nowhere, and links that go round in circles are no objects.
    /// A folder that may not be read is an error, lest a reader takes its objects for absent.
    fn pass_over(&self, error: walkdir::Error) -> Result<()> {
        let (depth, place) = (error.depth(), error.path().map(|path| path.display().to_string()));
        if error.loop_ancestor().is_some() {
            return Ok(());
        }
        match error.into_io_error() {
            None => Ok(()),
            Some(error) if errors::is_absent(&error) => {
                if depth == 0 {
                    self.check_root()
                } else {
                    Ok(())
                }
            }
            Some(error) => {
                let error = errors::from_io(error, "the folder cannot be listed");
                Err(match place {
                    Some(place) => error.at(place),
                    None => error,
                })
            }
        }
    }
}

/// The path of an object, with `/` between its parts on every system.
fn object_path(relative: &Path) -> Option<String> {
    let mut path = String::new();
    for part in relative.components() {
        if !path.is_empty() {
            path.push('/');
        }
        path.push_str(part.as_os_str().to_str()?);
    }
    Some(path)
}
