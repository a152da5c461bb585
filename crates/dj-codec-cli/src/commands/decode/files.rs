//! Attached and stored files, and stored folders, copied to this machine.

use std::fs;
use std::io::{self, Read, Write};
use std::ops::ControlFlow;
use std::path::Path;

use dj_codecs::api::{Column, Error, Result, Value};
use dj_codecs::file::{Attachment, ObjectRef};

use crate::failure::{Failure, Outcome};
use crate::output::Output;
use crate::progress::Progress;
use crate::source::is_dash;
use crate::summary::{bytes_text, printable};
use crate::target::{Target, ends_with_separator};

/// How much is copied at once.
const PIECE: usize = 1 << 20;

/// A file or a folder that a value is.
pub(super) enum Stored<'a> {
    Attached(&'a Attachment),
    Object(&'a ObjectRef),
}

/// Whether a column's values are files or folders.
pub(super) fn expected(column: &Column) -> bool {
    column
        .chain()
        .first()
        .is_some_and(|codec| matches!(codec.name(), "attach" | "object" | "filepath"))
}

/// The file or folder that a value is.
pub(super) fn of(value: &Value) -> Option<Stored<'_>> {
    let attached = value.downcast::<Attachment>().map(Stored::Attached);
    attached.or_else(|| value.downcast::<ObjectRef>().map(Stored::Object))
}

/// Copies it to the path, or into a folder where the path says one.
pub(super) fn write(
    stored: &Stored<'_>,
    path: &Path,
    force: bool,
    progress: &mut Progress,
    output: &mut Output,
) -> Outcome {
    let folder = matches!(stored, Stored::Object(object) if object.is_dir());
    // A file is put into a folder that is there, as by `cp`; a folder only where a slash at the end asks for that.
    if !is_dash(path) && (ends_with_separator(path) || (!folder && path.is_dir())) {
        return write_into(stored, path, force, progress, output);
    }
    if let Stored::Object(object) = stored
        && folder
    {
        return write_folder(object, path, force, progress, output);
    }
    let target = Target::new(path, force)?;
    let size = match stored {
        Stored::Object(object) => {
            let mut source = object.open()?;
            let size = source.size();
            target.write(output, |writer| copy(&mut source, size, writer, progress))?
        }
        Stored::Attached(file) => target.write(output, |writer| {
            copy(&mut file.open(), file.size(), writer, progress)
        })?,
    };
    progress.clear();
    match target {
        Target::Stdout => Ok(()),
        Target::File { name, .. } => {
            output.line(&format!("{}: a file, {}", printable(&name), bytes_text(size)))
        }
    }
}

/// Copies it into a folder, under its own name, which is checked, since anybody may have stored it.
fn write_into(
    stored: &Stored<'_>,
    folder: &Path,
    force: bool,
    progress: &mut Progress,
    output: &mut Output,
) -> Outcome {
    if force {
        return Err(Failure::usage(format!(
            "--force: what comes into the folder {} under its own name overwrites nothing; name the file to overwrite",
            folder.display()
        )));
    }
    let (path, what) = match stored {
        Stored::Attached(file) => (
            file.save_into(folder)?,
            format!("a file, {}", bytes_text(file.size())),
        ),
        Stored::Object(object) => {
            let what = if object.is_dir() { "a folder" } else { "a file" };
            let mut bytes = 0;
            let path = object.download_into_with(folder, &mut |so_far| {
                progress.share("downloading", so_far.bytes, so_far.total_bytes);
                bytes = so_far.bytes;
                ControlFlow::Continue(())
            })?;
            (path, format!("{what}, {}", bytes_text(bytes)))
        }
    };
    progress.clear();
    output.line(&format!("{}: {what}", printable(&path.display().to_string())))
}

/// Copies a folder to a new folder.
fn write_folder(
    object: &ObjectRef,
    path: &Path,
    force: bool,
    progress: &mut Progress,
    output: &mut Output,
) -> Outcome {
    let name = path.display();
    if is_dash(path) {
        return Err(Failure::usage(
            "--out -: a folder cannot be written to standard output; name a new folder",
        ));
    }
    if fs::symlink_metadata(path).is_ok() {
        let advice = if force {
            "--force overwrites files, but no folders; name a new one"
        } else {
            "name a new folder, or put it in there under its own name with a / at the end"
        };
        return Err(Failure::usage(format!("{name} is there already; {advice}")));
    }
    let mut last = None;
    object.download_to_with(path, &mut |so_far| {
        progress.share("downloading", so_far.bytes, so_far.total_bytes);
        last = Some(so_far);
        ControlFlow::Continue(())
    })?;
    progress.clear();
    let (files, bytes) = last.map_or((0, 0), |last| (last.files, last.bytes));
    output.line(&format!("{name}: a folder, {files} files, {}", bytes_text(bytes)))
}

/// Copies `size` bytes, and no others.
fn copy(source: &mut dyn Read, size: u64, writer: &mut dyn Write, progress: &mut Progress) -> Result<u64> {
    let mut piece = vec![0; PIECE];
    let mut copied = 0_u64;
    loop {
        let read = match source.read(&mut piece) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(Error::store("the file cannot be read").caused_by(error)),
        };
        writer
            .write_all(piece.get(..read).unwrap_or_default())
            .map_err(|error| Error::store("the copy cannot be written").caused_by(error))?;
        copied += read as u64;
        progress.share("downloading", copied, size);
    }
    if copied == size {
        return Ok(copied);
    }
    Err(Error::store(format!(
        "the file changed while it was read: {copied} of {size} bytes were copied"
    )))
}
