//! What errors of the file system mean for objects.

use std::io;

use dj_codec_api::{Error, ErrorKind};

/// Whether an error says that there is no such file. A file where a folder should be is such a case, and so is a
/// folder where the file should be: object stores have no folders.
pub(super) fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory
    )
}

pub(super) fn not_found() -> Error {
    Error::not_found("there is no such object")
}

pub(super) fn already_there() -> Error {
    Error::new(ErrorKind::AlreadyExists, "there is an object already")
}

/// An error of the file system, with what to do about it where that is known.
pub(super) fn from_io(error: io::Error, message: &str) -> Error {
    let (kind, advice) = match error.kind() {
        io::ErrorKind::NotFound => (ErrorKind::NotFound, None),
        io::ErrorKind::PermissionDenied => (
            ErrorKind::PermissionDenied,
            Some("ask for the permission, or run as a user who has it"),
        ),
        io::ErrorKind::ReadOnlyFilesystem => (
            ErrorKind::PermissionDenied,
            Some("the file system is mounted read-only"),
        ),
        io::ErrorKind::StorageFull => (ErrorKind::Store, Some("the disk is full")),
        io::ErrorKind::QuotaExceeded => (ErrorKind::Store, Some("your quota on the disk is used up")),
        io::ErrorKind::InvalidFilename => {
            (ErrorKind::Store, Some("the name is too long for the file system"))
        }
        io::ErrorKind::NotADirectory => (ErrorKind::Store, Some("a file is where a folder should be")),
        io::ErrorKind::IsADirectory => (ErrorKind::Store, Some("a folder is where the file should be")),
        _ => (ErrorKind::Store, None),
    };
    let report = Error::new(kind, message).caused_by(error);
    match advice {
        Some(advice) => report.advise(advice),
        None => report,
    }
}
