//! The files of a stored folder.

use std::io::Read;
use std::ops::ControlFlow;

use dj_codec_api::layout::{check_path, normalize_path};
use dj_codec_api::{Error, ErrorKind, Read as Wanted, Result};

use super::ObjectRef;
use crate::manifest::{FileEntry, Manifest};
use crate::stored_file::changed;

/// Files of up to this size are read together with others.
const SMALL: u64 = 1 << 20;
/// At most so many files, and so many bytes, at once.
const TOGETHER: usize = 64;
const TOGETHER_BYTES: u64 = 16 << 20;

impl ObjectRef {
    /// Where the manifest of the folder is, if it has one.
    #[must_use]
    pub fn manifest_path(&self) -> String {
        Manifest::path_of(&self.path)
    }

    /// The list of the folder's files from when it was stored; `None` where there is none, as for staged inserts of Python and
    /// for folders that are only referred to.
    ///
    /// # Errors
    /// Where it is no folder, or the manifest cannot be read or is not to be believed.
    pub fn manifest(&self) -> Result<Option<Manifest>> {
        self.check_folder()?;
        let path = self.manifest_path();
        let limits = self.origin.cx.limits();
        let read = || {
            let Some(object) = self.origin.store.head(&path)? else {
                return Ok(None);
            };
            let most = Manifest::most_bytes(limits);
            if object.size > most {
                return Err(Error::limit("bytes of a manifest", object.size, most));
            }
            match self.origin.store.get(&path) {
                Ok(bytes) => Manifest::parse(&bytes, limits).map(Some),
                Err(error) if error.kind() == &ErrorKind::NotFound => Ok(None),
                Err(error) => Err(error),
            }
        };
        read().map_err(|error: Error| self.origin.locate(error, &path))
    }

    /// The folder's files, sorted by path: those of the manifest, which is read at once, else those that the store lists.
    ///
    /// # Errors
    /// As [`manifest`](Self::manifest) and [`list`](Self::list).
    pub fn files(&self) -> Result<Vec<FileEntry>> {
        match self.manifest()? {
            Some(manifest) => {
                let mut files = manifest.files;
                files.sort_unstable();
                Ok(files)
            }
            None => self.list(),
        }
    }

    /// The folder's files as the store lists them now, sorted by path.
    ///
    /// # Errors
    /// Where it is no folder, cannot be listed, or has more files than the limit on items.
    pub fn list(&self) -> Result<Vec<FileEntry>> {
        self.check_folder()?;
        let limits = self.origin.cx.limits();
        // A file system lists `a//b` as `a/b`.
        let plain = normalize_path(&self.path).unwrap_or_default();
        let mut files: Vec<FileEntry> = Vec::new();
        let mut add = |object: dj_codec_api::ObjectMeta| {
            let within = [self.path.as_str(), plain.as_str()]
                .iter()
                .find_map(|folder| object.path.strip_prefix(folder)?.strip_prefix('/'));
            let path = within.ok_or_else(|| {
                Error::store(format!(
                    "the store lists {:?} in the folder, which is elsewhere",
                    object.path
                ))
            })?;
            check_path(path)?;
            limits.check_items(files.len() as u64 + 1)?;
            files.push(FileEntry {
                path: path.to_owned(),
                size: object.size,
            });
            Ok(ControlFlow::Continue(()))
        };
        self.origin
            .store
            .visit(&self.path, &mut add)
            .map_err(|error| self.locate(error))?;
        files.sort_unstable();
        Ok(files)
    }

    /// The files that are there, which have to be what the record and the manifest say.
    pub(crate) fn checked_files(&self) -> Result<Vec<FileEntry>> {
        let files = self.list()?;
        let verification = self.compare(&files)?;
        match verification.into_result() {
            Ok(()) => {}
            // Nothing to read is an error whoever put it there.
            Err(error) if error.kind() == &ErrorKind::NotFound => return Err(self.locate(error)),
            Err(error) => self.origin.differs(&self.path, error)?,
        }
        Ok(files)
    }

    /// Hands each file on as a stream, in order. Small ones are fetched together, where the store is not a folder.
    pub(crate) fn each_file(
        &self,
        files: &[FileEntry],
        each: &mut dyn FnMut(&FileEntry, &mut dyn Read) -> Result<()>,
    ) -> Result<()> {
        let local = self.local_path().is_some();
        let mut rest = files;
        while let Some((first, others)) = rest.split_first() {
            let count = if local { 0 } else { together(rest) };
            let Some((batch, after)) = rest.split_at_checked(count).filter(|_| count > 1) else {
                let member = self.member_of(&first.path, Some(first.size));
                let mut stream = member.open()?;
                each(first, &mut stream).map_err(|error| member.locate(error))?;
                rest = others;
                continue;
            };
            let reads: Vec<Wanted> = batch
                .iter()
                .map(|file| Wanted {
                    path: format!("{}/{}", self.path, file.path),
                    range: None,
                })
                .collect();
            let mut answers = self.origin.store.get_many(&reads).into_iter();
            for file in batch {
                let member = self.member_of(&file.path, Some(file.size));
                let answer = answers
                    .next()
                    .unwrap_or_else(|| Err(Error::store("the store returned too little")));
                let bytes = answer.map_err(|error| member.locate(error))?;
                if bytes.len() as u64 != file.size {
                    return Err(member.locate(changed()));
                }
                each(file, &mut bytes.as_ref()).map_err(|error| member.locate(error))?;
            }
            rest = after;
        }
        Ok(())
    }

    fn check_folder(&self) -> Result<()> {
        if self.is_dir {
            return Ok(());
        }
        Err(self.locate(Error::unsupported("this is a file, which has no files in it")))
    }
}

/// How many of the first files are small enough to be fetched together.
fn together(files: &[FileEntry]) -> usize {
    let mut bytes = 0;
    files
        .iter()
        .take(TOGETHER)
        .take_while(|file| {
            bytes += file.size.min(TOGETHER_BYTES);
            file.size <= SMALL && bytes <= TOGETHER_BYTES
        })
        .count()
}
