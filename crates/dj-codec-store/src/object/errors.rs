//! What errors of the `object_store` crate mean.

use dj_codec_api::{Error, ErrorKind};
use object_store::Error as StoreError;

const NO_BUCKET: &str = "there is no such bucket: correct the store's bucket or endpoint, or make the bucket";
const FORBIDDEN: &str = "the credentials lack a permission for it, or are not the right ones; a server that does not let \
                         them list the bucket answers so for objects that are not there as well";

/// An error of the store underneath, with what to do about it where that is known.
pub(super) fn from_store(error: StoreError, message: &str) -> Error {
    let text = cause(&error);
    let (kind, advice) = match &error {
        StoreError::NotFound { .. } | StoreError::Generic { .. } if names_no_bucket(&text) => {
            (ErrorKind::Config, Some(NO_BUCKET))
        }
        StoreError::NotFound { .. } => (ErrorKind::NotFound, None),
        StoreError::PermissionDenied { .. } => (ErrorKind::PermissionDenied, Some(FORBIDDEN)),
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
        // Of some requests, listing among them, the object_store crate tells the status in words only.
        _ if text.contains("status code: 403") => (ErrorKind::PermissionDenied, Some(FORBIDDEN)),
        _ if text.contains("status code: 401") => (
            ErrorKind::PermissionDenied,
            Some("the server does not accept the credentials"),
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
    const MESSAGE: &str = "the store cannot be listed";
    if matches!(error, StoreError::NotFound { .. }) {
        return Error::config(MESSAGE).caused_by(cause(&error)).advise(NO_BUCKET);
    }
    from_store(error, MESSAGE)
}

/// The text of an error and all behind it. They print each other, so that the chain would say things twice; and
/// servers answer in XML, of which people need the code and the message.
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
    match text.split_once("<?xml").or_else(|| text.split_once("<Error>")) {
        Some((words, xml)) => {
            let told: Vec<&str> = ["Code", "Message"]
                .iter()
                .filter_map(|name| element(xml, name))
                .collect();
            format!("{}{}", words, told.join(": ")).trim_end().to_owned()
        }
        None => text,
    }
}

/// The text of an element of XML that holds nothing else.
fn element<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    rest.split_once("</").map(|(text, _)| text)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn generic(text: &str) -> StoreError {
        StoreError::Generic {
            store: "S3",
            source: text.to_owned().into(),
        }
    }

    #[test]
    fn xml_is_told_in_words() {
        let xml = "GET http://h/b - Server returned non-2xx status code: 404 Not Found: <?xml version=\"1.0\"?>\n<Error>\
                   <Code>NoSuchBucket</Code><Message>No such bucket</Message><HostId>x</HostId></Error>";
        let error = from_store(generic(xml), "the object cannot be read");
        assert_eq!(error.kind(), &ErrorKind::Config);
        assert_eq!(
            error.report(),
            format!(
                "the object cannot be read; {NO_BUCKET}: Generic S3 error: GET http://h/b - Server returned non-2xx \
                 status code: 404 Not Found: NoSuchBucket: No such bucket"
            )
        );
    }

    #[test]
    fn statuses_that_are_told_in_words_count() {
        for (text, kind) in [
            (
                "Server returned non-2xx status code: 403 Forbidden: ",
                ErrorKind::PermissionDenied,
            ),
            (
                "Server returned non-2xx status code: 401 Unauthorized: ",
                ErrorKind::PermissionDenied,
            ),
            (
                "Server returned non-2xx status code: 500 Internal Server Error: ",
                ErrorKind::Store,
            ),
            (
                "Error performing PUT http://169.254.169.254/latest/api/token",
                ErrorKind::Config,
            ),
        ] {
            assert_eq!(from_store(generic(text), "m").kind(), &kind, "{text}");
        }
        assert!(is_not_implemented(&generic(
            "status code: 501 Not Implemented: <Error>"
        )));
        assert!(!is_not_implemented(&generic(
            "status code: 500 Internal Server Error"
        )));
    }
}
