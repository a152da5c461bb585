//! Today's version: the codecs that this program has.

use dj_codecs::api::{Column, Error, ErrorKind, FormatVersion, Registry, Result, Stored, Value};

use super::lab::{self, Lab};
use super::subject::Input;

/// Writes a value; `None` where the codec refuses it in this format.
pub(super) fn encode(
    column: &Column,
    input: &Input,
    version: FormatVersion,
    lab: &Lab,
) -> Result<Option<Stored>> {
    let value = match input {
        Input::Value(value) => value.clone(),
        Input::File(path) | Input::InStore(path) => Value::from(path.as_path()),
    };
    let cx = lab.context()?.with_format_version(version);
    match column.encode(value, &cx) {
        Ok(stored) => Ok(Some(stored)),
        Err(error) if refuses(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

fn refuses(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::InvalidValue | ErrorKind::Unsupported | ErrorKind::UnsafePath
    )
}

/// Reads a stored value, all of it, by way of the notation, so that what prints alike is alike.
pub(super) fn decode(column: &Column, stored: &Stored, lab: &Lab) -> std::result::Result<Value, String> {
    let value = lab
        .context()
        .and_then(|cx| column.decode(stored.clone(), &cx)?.load())
        .map_err(|error| error.report())?;
    lab::from_text(&lab::to_text(&value)?)
}

/// The column of a type spec, with today's codecs.
pub(super) fn column(spec: &str, registry: &Registry) -> Result<Column> {
    Column::resolve(spec, registry)
}
