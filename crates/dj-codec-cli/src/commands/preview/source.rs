//! The array that is to be shown.

use dj_codecs::api::Value;

use super::within;
use crate::failure::{Failure, Outcome};
use crate::region::{self, Memory, Source};
use crate::summary::shape_text;
use crate::view::View;

/// The array that a decoded value is, or has within itself at `at`.
pub(super) fn of_value<'a>(value: &'a Value, at: Option<&str>, view: View) -> Outcome<Box<dyn Source + 'a>> {
    let Value::Lazy(handle) = value else {
        return Ok(Box::new(Memory::new(within::find(value, at)?)));
    };
    if let Some(at) = at {
        return Err(Failure::usage(format!(
            "--at {at}: this is {}, which has nothing within it; leave --at out",
            value.type_name()
        )));
    }
    match region::of_lazy(value, view)? {
        Some(source) => Ok(source),
        None => Ok(Box::new(Memory::new(within::find(&handle.load()?, None)?))),
    }
}

/// The array in words: dtype and shape.
pub(super) fn words(source: &dyn Source) -> String {
    format!("{} {}", source.dtype(), shape_text(source.shape()))
}
