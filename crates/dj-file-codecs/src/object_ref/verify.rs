//! Checking what is in the store against the record and the manifest.

use std::collections::HashMap;

use dj_codec_api::{CheckLevel, Error, Lazy as _, Result};

use super::ObjectRef;
use crate::manifest::FileEntry;
use crate::verification::{Finding, Verification};

impl ObjectRef {
    /// Checks what is in the store: of a file its size, and its hash where the record has one; of a folder that each file
    /// of the manifest is there with its size, and that the totals of the record are right. What is wrong is in
    /// the answer; [`Verification::into_result`] makes an error of it.
    ///
    /// Only a hash makes the contents be read. It is compared as Python's `ObjectRef.verify` compares it: the lower-case base32
    /// of the MD5. Python does not look at the totals.
    ///
    /// # Errors
    /// Where the store cannot be asked, or the manifest not be read.
    pub fn verify(&self) -> Result<Verification> {
        self.verify_with(true)
    }

    /// Looks as closely as [`Codec::check`](dj_codec_api::Codec::check) asks.
    pub(crate) fn check(&self, level: CheckLevel) -> Result<()> {
        match level {
            CheckLevel::Presence if self.exists()? => Ok(()),
            CheckLevel::Presence => {
                Err(self.locate(Error::not_found("there is no such file or folder in the store")))
            }
            CheckLevel::Size => self
                .verify_with(false)?
                .into_result()
                .map_err(|error| self.locate(error)),
            CheckLevel::Full => {
                // The hash is compared while it is loaded.
                self.verify_with(false)?
                    .into_result()
                    .map_err(|error| self.locate(error))?;
                self.load().map(drop)
            }
        }
    }

    fn verify_with(&self, hash: bool) -> Result<Verification> {
        if self.is_dir {
            return self.compare(&self.list()?);
        }
        let mut outcome = Verification::default();
        let find = || match self.origin.store.head(&self.path)? {
            Some(object) => Ok(Ok(object.size)),
            None if self.origin.is_folder(&self.path)? => Ok(Err(Finding::Kind {
                recorded_folder: false,
            })),
            None => Ok(Err(Finding::Gone)),
        };
        match find().map_err(|error| self.locate(error))? {
            Err(finding) => outcome.findings.push(finding),
            Ok(found) => {
                (outcome.files, outcome.bytes) = (1, found);
                match self.size.filter(|&recorded| recorded != found) {
                    Some(recorded) => outcome.findings.push(Finding::Size {
                        path: self.name().to_owned(),
                        recorded,
                        found,
                    }),
                    None if hash => self.verify_hash(&mut outcome)?,
                    None => {}
                }
            }
        }
        Ok(outcome)
    }

    fn verify_hash(&self, outcome: &mut Verification) -> Result<()> {
        let Some(recorded) = self.recorded_hash() else {
            return Ok(());
        };
        let found = self.as_file().content_hash()?;
        outcome.hashed = true;
        if found != recorded {
            outcome.findings.push(Finding::Hash {
                recorded: recorded.to_owned(),
                found,
            });
        }
        Ok(())
    }

    /// Compares the files that the store lists with the manifest and the record.
    pub(super) fn compare(&self, files: &[FileEntry]) -> Result<Verification> {
        let manifest = self.manifest()?;
        let mut outcome = Verification {
            files: files.len() as u64,
            bytes: total(files),
            manifest: manifest.is_some(),
            ..Verification::default()
        };
        if files.is_empty() && manifest.is_none() {
            let file = self
                .origin
                .store
                .head(&self.path)
                .map_err(|error| self.locate(error))?
                .is_some();
            if file {
                outcome.findings.push(Finding::Kind {
                    recorded_folder: true,
                });
                return Ok(outcome);
            }
            if !self.is_empty_folder() {
                outcome.findings.push(Finding::Gone);
                return Ok(outcome);
            }
        }
        let counted = match &manifest {
            None => files,
            Some(manifest) => {
                let found: HashMap<&str, u64> =
                    files.iter().map(|file| (file.path.as_str(), file.size)).collect();
                let listed: HashMap<&str, u64> = manifest
                    .files
                    .iter()
                    .map(|file| (file.path.as_str(), file.size))
                    .collect();
                for file in &manifest.files {
                    match found.get(file.path.as_str()) {
                        None => outcome.findings.push(Finding::Missing {
                            path: file.path.clone(),
                        }),
                        Some(&size) if size != file.size => outcome.findings.push(Finding::Size {
                            path: file.path.clone(),
                            recorded: file.size,
                            found: size,
                        }),
                        Some(_) => {}
                    }
                }
                let unlisted = files
                    .iter()
                    .filter(|file| !listed.contains_key(file.path.as_str()));
                outcome.unlisted = unlisted.map(|file| file.path.clone()).collect();
                &manifest.files
            }
        };
        for (what, recorded, found) in [
            ("size", self.size, total(counted)),
            ("item_count", self.item_count, counted.len() as u64),
        ] {
            if let Some(recorded) = recorded.filter(|&recorded| recorded != found) {
                outcome.findings.push(Finding::Total {
                    what,
                    recorded,
                    found,
                });
            }
        }
        Ok(outcome)
    }
}

fn total(files: &[FileEntry]) -> u64 {
    files.iter().fold(0, |sum, file| sum.saturating_add(file.size))
}
