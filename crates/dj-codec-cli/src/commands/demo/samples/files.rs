//! Files and folders to show codecs with.

use std::fs;

use dj_codecs::api::{Bytes, Context, Error, Result, Value};
use dj_codecs::file::{Attachment, ObjectRef};
use tempfile::TempDir;

/// What a file or a folder should hold.
pub(super) struct Files {
    /// The contents by the path in the folder; of a file alone, by its name where that is kept.
    contents: Vec<(&'static str, Bytes)>,
    /// The folder of this machine that they come from, as long as it is needed.
    _source: Option<TempDir>,
}

impl Files {
    fn new(contents: &[(&'static str, &'static str)], source: Option<TempDir>) -> Self {
        Self {
            contents: contents
                .iter()
                .map(|&(name, text)| (name, Bytes::from_static(text.as_bytes())))
                .collect(),
            _source: source,
        }
    }

    /// Whether a decoded file or folder holds that, and nothing else.
    pub(super) fn are(&self, decoded: &Value) -> Result<bool> {
        if let Some(file) = decoded.downcast::<Attachment>() {
            return Ok(self.contents == [(file.name(), file.bytes().clone())]);
        }
        let Some(object) = decoded.downcast::<ObjectRef>() else {
            return Ok(false);
        };
        if !object.is_dir() {
            let bytes = object.read()?;
            return Ok(self.contents.iter().map(|(_, contents)| contents).eq([&bytes]));
        }
        let mut found = Vec::new();
        for file in object.files()? {
            let bytes = object.member(&file.path)?.read()?;
            found.push((file.path, bytes));
        }
        let expected = self.contents.iter().map(|(name, contents)| (*name, contents));
        Ok(found
            .iter()
            .map(|(name, contents)| (name.as_str(), contents))
            .eq(expected))
    }
}

/// A file to attach, which keeps its name.
pub(super) fn attached() -> Result<(Value, Files)> {
    let contents = [("protocol.txt", "1. dim the lights\n2. start the camera\n")];
    on_disk("", &contents)
}

/// A folder, as a rig leaves one.
pub(super) fn folder() -> Result<(Value, Files)> {
    let contents = [
        ("camera/frames.csv", "frame,seconds\n0,0.000\n1,0.033\n"),
        ("notes.txt", "calm animal\n"),
    ];
    on_disk("session", &contents)
}

/// A file that is in the store already.
pub(super) fn referred(cx: &Context) -> Result<(Value, Files)> {
    let (path, text) = ("raw/day1/events.csv", "time,event\n0.5,lick\n");
    cx.stores()
        .open_filepath_default()?
        .store
        .put_if_absent(path, Bytes::from_static(text.as_bytes()))?;
    Ok((Value::from(path), Files::new(&[("events.csv", text)], None)))
}

/// Writes files to a folder of their own; gives the first of them, or the folder of this name.
fn on_disk(folder: &str, contents: &[(&'static str, &'static str)]) -> Result<(Value, Files)> {
    let unwritable = |error: std::io::Error| Error::store("a sample cannot be written").caused_by(error);
    let source = tempfile::tempdir().map_err(unwritable)?;
    let root = source.path().join(folder);
    for (name, text) in contents {
        let path = root.join(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(unwritable)?;
        }
        fs::write(path, text).map_err(unwritable)?;
    }
    let value = match contents {
        [(name, _)] if folder.is_empty() => root.join(name),
        _ => root,
    };
    Ok((Value::Path(value), Files::new(contents, Some(source))))
}
