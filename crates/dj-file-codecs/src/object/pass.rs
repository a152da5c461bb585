//! Records that are there already: what a staged insert hands to the codec.

use dj_codec_api::layout::check_path;
use dj_codec_api::{Error, Json, Record, Result, Value};

/// The record that a JSON object or a dict is. It has a path, and what else is in it is kept.
pub(super) fn record_of(value: &Value) -> Result<Record> {
    let json = match value {
        Value::Json(json) => json.as_ref().clone(),
        other => json_of(other, 0)?,
    };
    if !json.is_object() {
        return Err(Error::invalid_value(
            "a stored record is a JSON object, this JSON is none",
        ));
    }
    let record = Record::from_json(json)?;
    let refuse = |error: Error| Error::invalid_value("this is no record of a stored object").caused_by(error);
    check_path(record.path().map_err(refuse)?).map_err(refuse)?;
    for key in ["size", "item_count"] {
        record.number(key).map_err(refuse)?;
    }
    record.flag("is_dir").map_err(refuse)?;
    record.store().map_err(refuse)?;
    Ok(record)
}

/// How deep a record may nest: Python's are flat.
const DEPTH: usize = 16;

fn json_of(value: &Value, depth: usize) -> Result<Json> {
    let refuse = |what: &str| {
        Err(Error::invalid_value(format!(
            "a record of a stored object cannot hold {what}"
        )))
    };
    if depth > DEPTH {
        return refuse("values nested so deep");
    }
    Ok(match value {
        Value::Null => Json::Null,
        Value::Bool(flag) => (*flag).into(),
        Value::Int(number) => (*number).into(),
        Value::Float(number) if number.is_finite() => (*number).into(),
        Value::Str(text) => text.as_str().into(),
        Value::List(items) => Json::Array(
            items
                .iter()
                .map(|item| json_of(item, depth + 1))
                .collect::<Result<_>>()?,
        ),
        Value::Dict(entries) => {
            let mut members = serde_json::Map::new();
            for (key, value) in entries {
                let Value::Str(key) = key else {
                    return refuse("keys that are no text");
                };
                members.insert(key.clone(), json_of(value, depth + 1)?);
            }
            Json::Object(members)
        }
        other => return refuse(other.type_name()),
    })
}
