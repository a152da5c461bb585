//! The part of the settings that codecs need.

use dj_codec_api::{Error, Result, StoreLayout};
use serde_json::{Map, Value};

use super::{place, truthy};

/// What DataJoint assumes where nothing is set.
pub(super) fn defaults() -> [(&'static str, Value); 6] {
    [
        ("subfolding", Value::Null),
        ("partition_pattern", Value::Null),
        ("token_length", 8.into()),
        ("hash_prefix", "_hash".into()),
        ("schema_prefix", "_schema".into()),
        ("filepath_prefix", Value::Null),
    ]
}

/// Reads the layout. Null stands for the default, as it does in the template that DataJoint writes.
pub(super) fn read(name: &str, settings: &Map<String, Value>) -> Result<StoreLayout> {
    let wrong = |key: &str, what: &str| Error::config(format!("{}: {key} must be {what}", place(name)));
    let text = |key: &str| match settings.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(wrong(key, "a string")),
    };
    let mut layout = StoreLayout::default();
    if let Some(prefix) = text("hash_prefix")? {
        layout.hash_prefix = prefix;
    }
    if let Some(prefix) = text("schema_prefix")? {
        layout.schema_prefix = prefix;
    }
    layout.filepath_prefix = text("filepath_prefix")?.filter(|prefix| !prefix.is_empty());
    layout.partition_pattern = text("partition_pattern")?.filter(|pattern| !pattern.is_empty());
    match settings.get("token_length") {
        None | Some(Value::Null) => {}
        Some(value) => {
            layout.token_length = value
                .as_i64()
                .ok_or_else(|| wrong("token_length", "an integer"))?;
        }
    }
    layout.subfolding = match settings.get("subfolding") {
        Some(value) if truthy(value) => {
            let wrong = || wrong("subfolding", "a list of integers");
            let folds = value.as_array().ok_or_else(wrong)?;
            Some(
                folds
                    .iter()
                    .map(|fold| fold.as_i64().ok_or_else(wrong))
                    .collect::<Result<_>>()?,
            )
        }
        _ => None,
    };
    Ok(layout)
}
