//! An attached file.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use dj_codec_api::layout::check_path;
use dj_codec_api::{Error, Lazy, Result, Value};

use crate::digest;
use crate::local::{self, Draft};
use crate::name::{self, Rules, check_file_name, shown};

/// An attached file: what `<attach>` decodes to, and what it encodes.
///
/// The contents are a slice of the bytes that the column held; nothing is copied. The name is whatever was stored, and is
/// not to be trusted: [`save_into`](Self::save_into) checks it, a program that builds a path of it has to.
///
/// ```
/// use dj_file_codecs::Attachment;
///
/// let note = Attachment::new("note.txt", "day one")?;
/// let folder = tempfile::tempdir().unwrap();
/// let saved = note.save_into(folder.path())?;
/// assert_eq!(std::fs::read_to_string(saved).unwrap(), "day one");
/// # Ok::<(), dj_file_codecs::api::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    name: String,
    bytes: Bytes,
}

impl Attachment {
    /// A file of this name with these contents, to be stored.
    ///
    /// # Errors
    /// [`UnsafePath`](dj_codec_api::ErrorKind::UnsafePath) where the name is empty or leads to another folder on any
    /// system that may read it: nobody should meet such a name in a table.
    pub fn new(name: impl Into<String>, bytes: impl Into<Bytes>) -> Result<Self> {
        let name = name.into();
        if name.contains('/') || check_path(&name).is_err() {
            return Err(Error::unsafe_path("this cannot be the name of an attached file")
                .at(shown(&name))
                .advise("give the name alone, without folders or a drive"));
        }
        Ok(Self {
            name,
            bytes: bytes.into(),
        })
    }

    /// Reads a file of the local machine, to be stored under its own name.
    ///
    /// # Errors
    /// Where it is no file or cannot be read, has over `most` bytes, or has a name that is not UTF-8 or that
    /// [`new`](Self::new) refuses.
    pub(crate) fn read(path: &Path, most: u64) -> Result<Self> {
        let at = |error: Error| error.at(path.display().to_string());
        let name = path
            .file_name()
            .ok_or_else(|| {
                at(Error::invalid_value(
                    "<attach> takes a file, this path names none",
                ))
            })?
            .to_str()
            .ok_or_else(|| {
                at(
                    Error::invalid_value("the name of the file is no UTF-8, and cannot be stored")
                        .advise("rename the file"),
                )
            })?;
        let bytes = local::read_file(path, most)?;
        Self::new(name, bytes).map_err(|error| error.advise("rename the file"))
    }

    /// Splits what the column holds: the name, a NUL, the contents.
    pub(crate) fn from_stored(stored: &Bytes) -> Result<Self> {
        let end = stored.iter().position(|&byte| byte == 0).ok_or_else(|| {
            Error::corrupt(format!(
                "an attachment is a name, a NUL and the contents; these {} bytes have no NUL",
                stored.len()
            ))
        })?;
        let name = std::str::from_utf8(stored.get(..end).unwrap_or_default())
            .map_err(|error| Error::corrupt("the name of the attachment is no UTF-8").caused_by(error))?
            .to_owned();
        Ok(Self {
            name,
            bytes: stored.slice(end + 1..),
        })
    }

    /// What the column holds.
    pub(crate) fn to_stored(&self) -> Bytes {
        let mut stored = Vec::with_capacity(self.name.len() + 1 + self.bytes.len());
        stored.extend_from_slice(self.name.as_bytes());
        stored.push(0);
        stored.extend_from_slice(&self.bytes);
        stored.into()
    }

    /// The name as it was stored, whatever it is.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The size of the contents in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// The contents.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The contents as a stream that can seek.
    #[must_use]
    pub fn open(&self) -> Cursor<Bytes> {
        Cursor::new(self.bytes.clone())
    }

    /// Writes the file into a folder under its own name, and returns where it is. The folder is made where it is not
    /// there.
    ///
    /// A file of that name with the same contents is left as it is. One with other contents is never overwritten: the
    /// new file becomes `name_1.ext`, `name_2.ext` and so on, as in Python. A link of that name counts as another file
    /// and is not followed. The file appears when it is complete.
    ///
    /// # Errors
    /// [`UnsafePath`](dj_codec_api::ErrorKind::UnsafePath) where the stored name would lead elsewhere, or is no
    /// name on this system: [`save_as`](Self::save_as) writes it under another one. Else where the folder cannot be
    /// written.
    pub fn save_into(&self, folder: impl AsRef<Path>) -> Result<PathBuf> {
        let folder = folder.as_ref();
        check_file_name(&self.name, Rules::HERE)?;
        local::make_folder(folder)?;
        let (stem, suffix) = name::split_suffix(&self.name);
        let mut draft = Draft::of_bytes(folder, &self.bytes)?;
        for number in 0..MOST_NUMBERS {
            let name = match number {
                0 => self.name.clone(),
                _ => format!("{stem}_{number}{suffix}"),
            };
            check_file_name(&name, Rules::HERE)?;
            let path = folder.join(name);
            match draft.publish_or_reuse(&path)? {
                None => return Ok(path),
                Some(unpublished) => draft = unpublished,
            }
        }
        Err(local::taken(&folder.join(&self.name)).advise("clear the folder, or choose a name with save_as"))
    }

    /// Writes the file to this path, whatever its stored name. What is there is left as it is if it has the same contents.
    ///
    /// # Errors
    /// [`AlreadyExists`](dj_codec_api::ErrorKind::AlreadyExists) where something else is there; else where the file
    /// cannot be written.
    pub fn save_as(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let draft = Draft::of_bytes(local::folder_of(path)?, &self.bytes)?;
        match draft.publish_or_reuse(path)? {
            None => Ok(()),
            Some(_) => Err(local::taken(path)),
        }
    }
}

/// How many files of one name a folder may have before it is an error.
const MOST_NUMBERS: u32 = 100_000;

impl Lazy for Attachment {
    fn type_name(&self) -> &'static str {
        "an attached file"
    }

    fn load(&self) -> Result<Value> {
        Ok(Value::File(Box::new(digest::of_bytes(&self.name, &self.bytes))))
    }
}

impl From<Attachment> for Value {
    fn from(attachment: Attachment) -> Self {
        Self::lazy(attachment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_nul_ends_the_name() {
        let stored = Bytes::from_static(b"a.bin\0\0b\0");
        let attachment = Attachment::from_stored(&stored).unwrap();
        assert_eq!(
            (attachment.name(), &attachment.bytes()[..]),
            ("a.bin", &b"\0b\0"[..])
        );
        assert_eq!(
            attachment.bytes().as_ptr(),
            stored[6..].as_ptr(),
            "the contents are not copied"
        );
        assert_eq!(attachment.to_stored(), stored);
        let empty = Attachment::from_stored(&Bytes::from_static(b"\0")).unwrap();
        assert_eq!((empty.name(), empty.size()), ("", 0));
    }

    #[test]
    fn what_has_no_name_is_no_attachment() {
        for stored in [&b""[..], b"no end", b"\xff\0x"] {
            let error = Attachment::from_stored(&Bytes::from_static(stored)).unwrap_err();
            assert_eq!(error.kind(), &dj_codec_api::ErrorKind::Corrupt, "{error}");
        }
    }
}
