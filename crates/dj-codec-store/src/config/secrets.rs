//! Settings that are kept apart, one a file: `stores.<name>.<key>`.

use std::fs;
use std::path::Path;

use dj_codec_api::{Error, Result};
use serde_json::Map;

use super::{Config, Origin, search};
use crate::Environment;

impl Config {
    /// Fills what is unset from the folder of secrets.
    pub(super) fn load_secrets(&mut self, environment: &Environment) -> Result<()> {
        if self.ignores_files {
            return Ok(());
        }
        let Some(folder) = search::find_secrets_folder(self.file.as_deref(), environment) else {
            return Ok(());
        };
        self.secrets = Some(folder.clone());
        let unreadable = |error| {
            Error::config("the folder of secrets cannot be read")
                .at(folder.display().to_string())
                .caused_by(error)
        };
        for entry in fs::read_dir(&folder).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            if let Some((store, key)) = path
                .file_name()
                .and_then(|name| name.to_str())
                .and_then(setting_of)
                && path.is_file()
            {
                self.load_secret(&path, store, key)?;
            }
        }
        Ok(())
    }

    fn load_secret(&mut self, path: &Path, store: &str, key: &str) -> Result<()> {
        let place = || path.display().to_string();
        let created = !self.stores.contains_key(store);
        let settings = self.stores.entry(store).or_insert_with(|| Map::new().into());
        let Some(settings) = settings.as_object_mut() else {
            return Err(Error::config(format!(
                "there is a secret for stores.{store}, which is not a store"
            ))
            .at(place())
            .advise(format!("make stores.{store} a JSON object, or remove the secret")));
        };
        if !settings.contains_key(key) {
            let text = fs::read_to_string(path).map_err(|error| {
                Error::config("the secret cannot be read as UTF-8 text")
                    .at(place())
                    .caused_by(error)
            })?;
            settings.insert(key.into(), strip(&text).into());
            self.origins
                .insert((store.into(), Some(key.into())), Origin::Secret(path.into()));
        }
        if created {
            self.origins
                .insert((store.into(), None), Origin::Secret(path.into()));
        }
        Ok(())
    }
}

/// The store and the key that a file of secrets is for.
fn setting_of(file_name: &str) -> Option<(&str, &str)> {
    let (store, key) = file_name.strip_prefix("stores.")?.split_once('.')?;
    (!key.contains('.')).then_some((store, key))
}

/// What Python's `str.strip` leaves: it counts four control characters among white space.
fn strip(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\x1c'..='\x1f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_have_three_parts() {
        assert_eq!(setting_of("stores.main.secret_key"), Some(("main", "secret_key")));
        assert_eq!(setting_of("stores..k"), Some(("", "k")));
        for name in [
            "stores.main",
            "stores.main.a.b",
            "database.password",
            ".stores.a.b",
            "store.a.b",
        ] {
            assert_eq!(setting_of(name), None, "{name}");
        }
    }

    #[test]
    fn white_space_is_pythons() {
        assert_eq!(strip(" \t\x1fkey\u{2003}\n"), "key");
        assert_eq!(strip("a b"), "a b");
        assert_eq!(strip("\u{feff}k"), "\u{feff}k");
    }
}
