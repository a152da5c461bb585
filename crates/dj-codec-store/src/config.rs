//! The stores of a project, found and merged as DataJoint for Python does it.

mod document;
mod merge;
mod origin;
mod search;
mod secrets;

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use dj_codec_api::{Error, Result};
use serde_json::{Map, Value};

use crate::{Environment, StoreSpec};
use document::Document;
pub use origin::Origin;

/// No configuration file is longer than this. Anything longer is not one.
const MAX_FILE_BYTES: u64 = 16 << 20;

/// The stores of a project: what each is configured to be, which is the default, and where each setting came from.
///
/// [`Config::discover`] finds and merges what DataJoint 2.3 finds and merges, so that Rust and Python see the same
/// stores:
///
/// 1. `DJ_STORES`, a JSON object of stores, replaces the stores of the file.
/// 2. `datajoint.json`, in the working directory or above it, up to the root of the repository.
/// 3. Secrets, one setting a file, such as `.secrets/stores.main.secret_key` beside `datajoint.json`, else in
///    `/run/secrets/datajoint`. They supply what the others leave unset.
///
/// With `DJ_IGNORE_CONFIG_FILE=true` only `DJ_STORES` counts. Where Python warns and goes on, as it does with a
/// file that is not JSON, so does this; [`Config::warnings`] has the words, and an error about a store that is not
/// configured repeats them. Settings that do not concern stores are not looked at.
///
/// `Debug` output and errors show no values of credentials.
///
/// ```
/// use dj_codec_store::Config;
/// use serde_json::json;
///
/// let config = Config::from_json(&json!({"stores": {
///     "default": "main",
///     "main": {"protocol": "file", "location": "/data/main"},
/// }}))?;
/// let spec = config.store_spec(None)?;
/// assert_eq!((spec.name(), spec.location()), ("main", "/data/main"));
/// # Ok::<(), dj_codec_api::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct Config {
    stores: Map<String, Value>,
    // The origin of a store under (name, None), and of a setting that came from elsewhere under (name, Some(key)).
    origins: BTreeMap<(String, Option<String>), Origin>,
    file: Option<PathBuf>,
    secrets: Option<PathBuf>,
    warnings: Vec<String>,
    ignores_files: bool,
}

impl Config {
    /// No stores.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The configuration that DataJoint for Python would find in this environment.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](dj_codec_api::ErrorKind::Config) where Python would not start: `DJ_STORES` is not a
    /// JSON object, `DJ_IGNORE_CONFIG_FILE` is neither true nor false, a secret cannot be read.
    pub fn discover(environment: &Environment) -> Result<Self> {
        let mut config = Self::new();
        if let Some(text) = environment.var_any_case("DJ_IGNORE_CONFIG_FILE") {
            config.ignores_files = merge::parse_bool(&Value::from(text)).ok_or_else(|| {
                Error::config(format!("DJ_IGNORE_CONFIG_FILE is {text:?}"))
                    .advise("set it to true or false, or unset it")
            })?;
        }
        if !config.ignores_files {
            config.file = search::find_config_file(environment.cwd());
        }
        if let Some(file) = config.file.clone() {
            let outcome = read_document(&file).and_then(|document| {
                config
                    .merge(document, &Origin::File(file.clone()))
                    .map_err(|message| (message, None))
            });
            if let Err((message, _)) = outcome {
                config
                    .warnings
                    .push(format!("{} was not read to its end: {message}", file.display()));
            }
        }
        if let Some(text) = environment.non_empty("DJ_STORES") {
            let document = Document::parse(text.as_bytes())
                .map_err(|message| Error::config(format!("DJ_STORES cannot be used: {message}")))?;
            config.replace_stores(document, &Origin::Variable("DJ_STORES"));
        }
        if !config.ignores_files {
            config.load_secrets(environment)?;
        }
        Ok(config)
    }

    /// The configuration in one file, named by the user. Nothing is searched for, and `DJ_STORES` and
    /// `DJ_IGNORE_CONFIG_FILE` are not looked at: who names a file means that file. Secrets are read as always.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](dj_codec_api::ErrorKind::Config) where the file or a secret cannot be read.
    pub fn from_file(path: impl AsRef<Path>, environment: &Environment) -> Result<Self> {
        let path = environment.cwd().join(path);
        let mut config = Self {
            file: Some(path.clone()),
            ..Self::new()
        };
        let place = path.display().to_string();
        let document = read_document(&path).map_err(|(message, error)| {
            let report = Error::config(message).at(place.clone());
            match error {
                Some(error) => report.caused_by(error),
                None => report,
            }
        })?;
        config
            .merge(document, &Origin::File(path))
            .map_err(|message| Error::config(message).at(place))?;
        config.load_secrets(environment)?;
        Ok(config)
    }

    /// A configuration that the program has already, shaped as `datajoint.json`.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](dj_codec_api::ErrorKind::Config) where it is not a JSON object, or its `stores` is not.
    pub fn from_json(value: &Value) -> Result<Self> {
        let mut config = Self::new();
        Document::of(value)
            .and_then(|document| config.merge(document, &Origin::Program))
            .map_err(|message| Error::config(format!("the configuration cannot be used: {message}")))?;
        Ok(config)
    }

    /// One `file` store in the folder `location`, which is also the default and the one for `<filepath@>`.
    pub fn single_folder(name: &str, location: impl AsRef<Path>) -> Self {
        let mut settings = Map::new();
        settings.insert("protocol".into(), "file".into());
        settings.insert("location".into(), location.as_ref().to_string_lossy().into());
        let mut config = Self::new().with_store(name, settings);
        config.stores.insert(DEFAULT.into(), name.into());
        config.stores.insert(FILEPATH_DEFAULT.into(), name.into());
        config
    }

    /// Adds a store with these settings. One of the same name is replaced.
    #[must_use]
    pub fn with_store(mut self, name: &str, settings: Map<String, Value>) -> Self {
        self.set_store(name, settings.into(), &Origin::Program);
        self
    }

    /// Names the store that `<codec@>` means.
    #[must_use]
    pub fn with_default(mut self, name: &str) -> Self {
        self.set_store(DEFAULT, name.into(), &Origin::Program);
        self
    }

    /// The names of all stores, sorted. Being named does not mean being valid: that is for
    /// [`store_spec`](Self::store_spec) to say.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self
            .stores
            .iter()
            // `default` and `filepath_default` live among the stores. A store may have those names all the same.
            .filter(|(name, value)| value.is_object() || !matches!(name.as_str(), DEFAULT | FILEPATH_DEFAULT))
            .map(|(name, _)| name.clone())
            .collect();
        names.sort_unstable();
        names
    }

    /// The store that `<codec@>` means, if one is named.
    #[must_use]
    pub fn default_name(&self) -> Option<&str> {
        self.stores.get(DEFAULT)?.as_str()
    }

    /// The store that `<filepath@>` means, if one is named.
    #[must_use]
    pub fn filepath_default_name(&self) -> Option<&str> {
        self.stores.get(FILEPATH_DEFAULT)?.as_str()
    }

    /// The specification of a store, the default store's where `name` is `None`: complete and valid, as Python's
    /// `get_store_spec`.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](dj_codec_api::ErrorKind::Config) where there is no such store, or its settings are
    /// wrong; the words are DataJoint's.
    pub fn store_spec(&self, name: Option<&str>) -> Result<StoreSpec> {
        self.spec_or_default(
            name,
            DEFAULT,
            "name a store, as in <npy@main>, or set stores.default",
        )
    }

    /// As [`store_spec`](Self::store_spec), where `None` means the default of `<filepath@>`, which DataJoint
    /// configures apart.
    ///
    /// # Errors
    /// As [`store_spec`](Self::store_spec).
    pub fn filepath_store_spec(&self, name: Option<&str>) -> Result<StoreSpec> {
        let advice = "set stores.filepath_default or name the store, as in <filepath@store>";
        self.spec_or_default(name, FILEPATH_DEFAULT, advice)
    }

    fn spec_or_default(&self, name: Option<&str>, default: &str, advice: &str) -> Result<StoreSpec> {
        let name = match name {
            Some(name) => name,
            None => match self.stores.get(default) {
                None => {
                    let error = Error::config(format!("stores.{default} is not configured"));
                    return Err(error.advise(self.with_hints(advice)));
                }
                Some(Value::String(name)) => name,
                Some(_) => return Err(Error::config(format!("stores.{default} must be a string"))),
            },
        };
        let Some(settings) = self.stores.get(name) else {
            let names = self.names();
            let known = if names.is_empty() {
                "no store is configured".into()
            } else {
                names.join(", ")
            };
            let known = if names.is_empty() {
                known
            } else {
                format!("configured are: {known}")
            };
            let shown = name.escape_debug();
            return Err(Error::config(format!(
                "Storage '{shown}' is requested but not configured in stores"
            ))
            .advise(self.with_hints(&known)));
        };
        StoreSpec::new(name, settings)
    }

    /// Why a store may be missing: what was searched, what could not be read.
    fn with_hints(&self, advice: &str) -> String {
        let mut text = advice.to_owned();
        for warning in &self.warnings {
            text.push_str("; ");
            text.push_str(warning);
        }
        text
    }

    /// The configuration file that was read, if any.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// The folder that secrets were read from, if any.
    #[must_use]
    pub fn secrets_folder(&self) -> Option<&Path> {
        self.secrets.as_deref()
    }

    /// What could not be used, in words, where DataJoint goes on without it.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Where a store came from.
    #[must_use]
    pub fn origin(&self, store: &str) -> Option<&Origin> {
        self.origins.get(&(store.to_owned(), None))
    }

    /// Where one setting of a store came from.
    #[must_use]
    pub fn setting_origin(&self, store: &str, key: &str) -> Option<&Origin> {
        self.stores.get(store)?.get(key)?;
        self.origins
            .get(&(store.to_owned(), Some(key.to_owned())))
            .or_else(|| self.origin(store))
    }
}

/// The key among the stores that names the store for `<codec@>`.
const DEFAULT: &str = "default";
/// The key among the stores that names the store for `<filepath@>`.
const FILEPATH_DEFAULT: &str = "filepath_default";

fn read_document(path: &Path) -> Result<Document, (String, Option<std::io::Error>)> {
    let unreadable = |error| ("the configuration file cannot be read".to_owned(), Some(error));
    let file = File::open(path).map_err(unreadable)?;
    let mut text = Vec::new();
    file.take(MAX_FILE_BYTES + 1)
        .read_to_end(&mut text)
        .map_err(unreadable)?;
    if text.len() as u64 > MAX_FILE_BYTES {
        return Err((format!("it is longer than {MAX_FILE_BYTES} bytes"), None));
    }
    Document::parse(&text).map_err(|message| (message, None))
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("stores", &self.names())
            .field(DEFAULT, &self.default_name())
            .field(FILEPATH_DEFAULT, &self.filepath_default_name())
            .field("file", &self.file)
            .field("secrets", &self.secrets)
            .field("warnings", &self.warnings)
            .finish()
    }
}
