//! The sections of a store must not overlap.

use dj_codec_api::{Error, Result};
use serde_json::{Map, Value};

use super::{place, truthy};

/// Refuses a section inside another one.
pub(super) fn check(name: &str, settings: &Map<String, Value>) -> Result<()> {
    let mut sections: Vec<(&str, &str, String)> = Vec::new();
    for key in ["hash_prefix", "schema_prefix", "filepath_prefix"] {
        match settings.get(key) {
            Some(Value::String(prefix)) if !prefix.is_empty() => {
                let folder = format!("{}/", prefix.trim_matches('/'));
                for (other_key, other, other_folder) in &sections {
                    if folder.starts_with(other_folder) || other_folder.starts_with(&folder) {
                        return Err(Error::config(format!(
                            "{}: {other_key}=\"{other}\" and {key}=\"{prefix}\" overlap",
                            place(name)
                        ))
                        .advise("give each section a folder of its own"));
                    }
                }
                sections.push((key, prefix, folder));
            }
            Some(value) if truthy(value) => {
                return Err(Error::config(format!("{}: {key} must be a string", place(name))));
            }
            _ => {}
        }
    }
    Ok(())
}
