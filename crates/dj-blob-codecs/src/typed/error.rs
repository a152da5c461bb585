//! The error of `serde`'s traits around the one of all codecs.

use std::fmt;

use dj_codec_api::Error;

/// An error within `serde`.
#[derive(Debug)]
pub(crate) struct TypedError(Error);

impl TypedError {
    pub(crate) fn into_inner(self) -> Error {
        self.0
    }
}

impl From<Error> for TypedError {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl fmt::Display for TypedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for TypedError {}

impl serde::ser::Error for TypedError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(Error::invalid_value(message.to_string()))
    }
}

impl serde::de::Error for TypedError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(Error::corrupt(message.to_string()))
    }
}
