//! What errors of the `object_store` crate mean.

use dj_codec_api::{Error, ErrorKind};
use object_store::Error as StoreError;

/// An error of the store underneath, with what to do about it where that is known.
pub(super) fn from_store(error: StoreError, message: &str) -> Error {
    let text = cause(&error);
    let (kind, advice) = match &error {
        StoreError::NotFound { .. } if names_no_bucket(&text) => (
            ErrorKind::Config,
            Some("there is no such bucket: correct the store's bucket or endpoint, or make the bucket"),
        ),
        StoreError::NotFound { .. } => (ErrorKind::NotFound, None),
        StoreError::PermissionDenied { .. } => (
            ErrorKind::PermissionDenied,
            Some(
                "the credentials lack a permission for it, or are not the right ones; a server that does not let \
                 them list the bucket answers so for objects that are not there as well",
            ),
        ),
        StoreError::Unauthenticated { .. } => (
            ErrorKind::PermissionDenied,
            Some("the server does not accept the credentials"),
        ),
        StoreError::AlreadyExists { .. } => (ErrorKind::AlreadyExists, None),
        StoreError::Precondition { .. } => (
            ErrorKind::Store,
            Some("the object was replaced while it was read; read it again"),
        ),
        StoreError::NotSupported { .. } | StoreError::NotImplemented { .. } => (ErrorKind::Unsupported, None),
        StoreError::UnknownConfigurationKey { .. } => (ErrorKind::Config, None),
        _ if text.contains("169.254.") => (
            ErrorKind::Config,
            Some(
                "no credentials are configured and this machine has none of its own: set the store's access_key \
                 and secret_key, or the environment of the cloud's tools",
            ),
        ),
        _ if text.contains("incorrectly configured region") => (
            ErrorKind::Config,
            Some("the bucket is in another region: use the endpoint of its region"),
        ),
        _ => (ErrorKind::Store, None),
    };
    let report = Error::new(kind, message).caused_by(text);
    match advice {
        Some(advice) => report.advise(advice),
        None => report,
    }
}

/// As [`from_store`] for a listing, where nothing but the bucket itself can be missing.
pub(super) fn listing(error: StoreError) -> Error {
    let missing = matches!(error, StoreError::NotFound { .. });
    let report = from_store(error, "the store cannot be listed");
    if !missing {
        return report;
    }
    let text = std::error::Error::source(&report)
        .map(ToString::to_string)
        .unwrap_or_default();
    Error::config("the store cannot be listed")
        .caused_by(text)
        .advise("there is no such bucket: correct the store's bucket or endpoint, or make the bucket")
}

/// The text of an error and all behind it. They print each other, so that the chain would say things twice.
fn cause(error: &StoreError) -> String {
    let mut text = error.to_string();
    let mut next = std::error::Error::source(error);
    while let Some(source) = next {
        let more = source.to_string();
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        next = source.source();
    }
    text
}

/// Whether a server says that the bucket, and not the object, is missing.
fn names_no_bucket(text: &str) -> bool {
    [
        "NoSuchBucket",
        "ContainerNotFound",
        "The specified bucket does not exist",
    ]
    .iter()
    .any(|code| text.contains(code))
}

/// Whether the server does not know conditional requests at all.
pub(super) fn is_not_implemented(error: &StoreError) -> bool {
    match error {
        StoreError::NotImplemented { .. } | StoreError::NotSupported { .. } => true,
        StoreError::Generic { .. } => {
            let text = cause(error);
            text.contains("501 Not Implemented") || text.contains("NotImplemented")
        }
        _ => false,
    }
}

/// Whether another writer of the same object was in the way for a moment, which proves nothing yet.
pub(super) fn is_conflict(error: &StoreError) -> bool {
    matches!(error, StoreError::AlreadyExists { .. }) && cause(error).contains("ConditionalRequestConflict")
}
