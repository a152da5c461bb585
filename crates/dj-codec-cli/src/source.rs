//! What the program is given: files, or standard input where a path is `-`.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use bytes::Bytes;
use dj_codecs::api::{Array, Error, Json, Limits, Result, Stored};
use dj_codecs::npy::{map_npy, read_npy};

use crate::failure::{Failure, Outcome};

/// Whether a path means standard input or standard output.
pub(crate) fn is_dash(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// How a path is called in messages.
pub(crate) fn name(path: &Path) -> String {
    if is_dash(path) {
        "standard input".into()
    } else {
        path.display().to_string()
    }
}

/// The array of a `.npy` file.
pub(crate) fn array(path: &Path, limits: &Limits) -> Outcome<Array> {
    if is_dash(path) {
        return read_npy(io::stdin().lock(), limits).map_err(|error| error.at(name(path)).into());
    }
    let file = open(path)?;
    // A pipe or a device cannot be mapped, only read.
    let array = if is_regular(&file) {
        map_npy(path, limits)
    } else {
        read_npy(file, limits)
    };
    array.map_err(|error| error.at(name(path)).into())
}

/// All bytes of a file.
pub(crate) fn bytes(path: &Path, limits: &Limits) -> Outcome<Bytes> {
    let reader: Box<dyn Read> = if is_dash(path) {
        Box::new(io::stdin().lock())
    } else {
        Box::new(open(path)?)
    };
    let allowed = limits.decompressed_bytes;
    let mut bytes = Vec::new();
    let read = reader.take(allowed.saturating_add(1)).read_to_end(&mut bytes);
    read.map_err(|error| unreadable(path, &error))?;
    limits
        .check_decompressed_bytes(bytes.len() as u64)
        .map_err(|error| error.at(name(path)))?;
    Ok(bytes.into())
}

/// The JSON document in a file.
pub(crate) fn json(path: &Path, limits: &Limits) -> Outcome<Json> {
    let text = bytes(path, limits)?;
    let document: Result<Json> =
        serde_json::from_slice(&text).map_err(|error| Error::corrupt("this is not JSON").caused_by(error));
    document.map_err(|error| error.at(name(path)).into())
}

/// What a column holds, from the JSON in a file: a record, or `{"$bytes": ...}`.
pub(crate) fn stored(path: &Path, limits: &Limits) -> Outcome<Stored> {
    Stored::from_json(json(path, limits)?).map_err(|error| error.at(name(path)).into())
}

fn open(path: &Path) -> Outcome<File> {
    let file = File::open(path).map_err(|error| unreadable(path, &error))?;
    match file.metadata() {
        Ok(meta) if meta.is_dir() => Err(Failure::usage(format!("{} is a folder; name a file", name(path)))),
        _ => Ok(file),
    }
}

fn is_regular(file: &File) -> bool {
    file.metadata().is_ok_and(|meta| meta.is_file())
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    Failure::usage(format!("{} cannot be read: {error}", name(path)))
}
