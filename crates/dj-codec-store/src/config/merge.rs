//! How the settings of one source go on top of what is there, step by step as DataJoint does it.

use serde_json::{Map, Value};

use super::{Config, Document, Origin};

impl Config {
    /// Takes over the settings of a file in their order. On an error those before it have taken effect, as in
    /// Python.
    pub(super) fn merge(&mut self, document: Document, origin: &Origin) -> Result<(), String> {
        for (key, value) in document.0 {
            if key == "ignore_config_file" {
                // Too late for the file itself; but it keeps secrets from being read.
                self.ignores_files =
                    parse_bool(&value).ok_or("ignore_config_file is neither true nor false")?;
            } else if key == "stores" {
                let Value::Object(stores) = value else {
                    return Err("its stores are not a JSON object".into());
                };
                for (name, settings) in stores {
                    self.set_store(&name, settings, origin);
                }
            } else if let Some(setting) = key.strip_prefix("stores.") {
                self.merge_flat(setting, value, origin)?;
            }
        }
        Ok(())
    }

    /// A setting in the flat notation, `stores.<name>.<key>`.
    fn merge_flat(&mut self, setting: &str, value: Value, origin: &Origin) -> Result<(), String> {
        match setting.split_once('.') {
            Some((name, key)) if !key.contains('.') => {
                let created = !self.stores.contains_key(name);
                let settings = self.stores.entry(name).or_insert_with(|| Map::new().into());
                let settings = settings.as_object_mut().ok_or_else(|| {
                    format!("stores.{setting} is set, but stores.{name} is not a JSON object")
                })?;
                settings.insert(key.into(), value);
                if created {
                    self.origins.insert((name.into(), None), origin.clone());
                }
                self.origins
                    .insert((name.into(), Some(key.into())), origin.clone());
            }
            // Python ignores these without a word, which has cost people hours.
            _ => self.warnings.push(format!(
                "{origin}: DataJoint ignores the key \"stores.{}\"; write it inside \"stores\"",
                setting.escape_debug()
            )),
        }
        Ok(())
    }

    /// Replaces all stores.
    pub(super) fn replace_stores(&mut self, document: Document, origin: &Origin) {
        self.stores = Map::new();
        self.origins.clear();
        for (name, settings) in document.0 {
            self.set_store(&name, settings, origin);
        }
    }

    pub(super) fn set_store(&mut self, name: &str, settings: Value, origin: &Origin) {
        self.origins.retain(|(store, _), _| store != name);
        self.origins.insert((name.into(), None), origin.clone());
        self.stores.insert(name.into(), settings);
    }
}

/// A boolean as pydantic accepts it.
pub(super) fn parse_bool(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(value) => Some(*value),
        Value::Number(number) => match number.as_f64() {
            Some(0.0) => Some(false),
            Some(1.0) => Some(true),
            _ => None,
        },
        Value::String(text) => match text.to_ascii_lowercase().as_str() {
            "1" | "on" | "t" | "true" | "y" | "yes" => Some(true),
            "0" | "off" | "f" | "false" | "n" | "no" => Some(false),
            _ => None,
        },
        _ => None,
    }
}
