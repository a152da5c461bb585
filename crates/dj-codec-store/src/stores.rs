//! The stores of a configuration, opened when they are first needed.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dj_codec_api::{OpenStore, Result, Store, Stores};

use crate::{
    Config, Credentials, Environment, FileStore, MemoryStore, Origin, Protocol, StoreOptions, StoreSpec,
};

/// The stores of a [`Config`]. Each is opened when it is first asked for, and stays open.
///
/// ```
/// use dj_codec_api::{Store, Stores};
/// use dj_codec_store::{Config, ConfiguredStores, Environment};
///
/// let folder = tempfile::tempdir().unwrap();
/// let stores = ConfiguredStores::new(Config::single_folder("main", folder.path()), Environment::current()?);
/// stores.open(None)?.store.put("a/b", "bytes".into())?;
/// assert_eq!(stores.open(Some("main"))?.store.get("a/b")?, "bytes");
/// # Ok::<(), dj_codec_api::Error>(())
/// ```
pub struct ConfiguredStores {
    config: Config,
    environment: Environment,
    options: StoreOptions,
    open: Mutex<BTreeMap<String, OpenStore>>,
}

/// What can be said of a store without opening it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct StoreSummary {
    /// The name of the store.
    pub name: String,
    /// What kind of store it is.
    pub protocol: Protocol,
    /// Where it is: a folder or a URL.
    pub url: String,
    /// Where its configuration came from.
    pub origin: Option<Origin>,
    /// Where its credentials come from.
    pub credentials: Credentials,
}

impl ConfiguredStores {
    /// The stores of `config`. Ambient credentials, and the folder that relative locations start from, are those
    /// of `environment`.
    #[must_use]
    pub fn new(config: Config, environment: Environment) -> Self {
        Self {
            config,
            environment,
            options: StoreOptions::default(),
            open: Mutex::default(),
        }
    }

    /// The stores that DataJoint for Python would find from here.
    ///
    /// # Errors
    /// As [`Config::discover`].
    pub fn discover() -> Result<Self> {
        let environment = Environment::current()?;
        Ok(Self::new(Config::discover(&environment)?, environment))
    }

    /// Sets how stores behave that are opened from now on.
    #[must_use]
    pub fn with_options(mut self, options: StoreOptions) -> Self {
        self.options = options;
        self
    }

    /// The configuration.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// What can be said of a store without opening it. The default store's where `name` is `None` or empty.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](dj_codec_api::ErrorKind::Config) where there is no such store, its settings are wrong,
    /// or its credentials are of a kind that is not supported.
    pub fn describe(&self, name: Option<&str>) -> Result<StoreSummary> {
        let spec = self.config.store_spec(self.named(name))?;
        let mut credentials = self.credentials(&spec)?;
        if let Credentials::Settings { keys, origin } = &mut credentials {
            let key = keys.rsplit(' ').next().unwrap_or(keys);
            *origin = self.config.setting_origin(spec.name(), key).cloned();
        }
        Ok(StoreSummary {
            name: spec.name().into(),
            protocol: spec.protocol(),
            url: spec.url(),
            origin: self.config.origin(spec.name()).cloned(),
            credentials,
        })
    }

    /// `<npy@>` and records say "" or nothing for the default store. A store may be named "" all the same, which
    /// is how DataJoint 2.3 can be made to write `<npy@>`.
    fn named<'a>(&self, name: Option<&'a str>) -> Option<&'a str> {
        name.filter(|name| !name.is_empty() || self.config.origin("").is_some())
    }

    fn opened(&self) -> MutexGuard<'_, BTreeMap<String, OpenStore>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open_spec(&self, spec: &StoreSpec) -> Result<OpenStore> {
        if let Some(store) = self.opened().get(spec.name()) {
            return Ok(store.clone());
        }
        // Others may open other stores meanwhile: this one may wait for the network.
        let store = self
            .connect(spec)
            .map_err(|error| error.at(format!("store {:?}", spec.name())))?;
        let store = OpenStore {
            name: spec.name().into(),
            layout: spec.layout().clone(),
            store,
        };
        // Who was first wins, so that all callers share one store and its limits.
        Ok(self.opened().entry(spec.name().into()).or_insert(store).clone())
    }

    fn connect(&self, spec: &StoreSpec) -> Result<Arc<dyn Store>> {
        match spec.protocol() {
            Protocol::File => {
                // An empty location is the working directory, as in Python.
                let folder = self
                    .environment
                    .cwd()
                    .join(spec.text("location")?.unwrap_or_default());
                Ok(Arc::new(
                    FileStore::open(folder)?.with_options(self.options.clone()),
                ))
            }
            Protocol::Memory => Ok(Arc::new(MemoryStore::new())),
            #[cfg(feature = "s3")]
            Protocol::S3 => crate::cloud::s3::open(spec, &self.environment, &self.options),
            #[cfg(feature = "gcs")]
            Protocol::Gcs => crate::cloud::gcs::open(spec, &self.environment, &self.options),
            #[cfg(feature = "azure")]
            Protocol::Azure => crate::cloud::azure::open(spec, &self.environment, &self.options),
            #[cfg(not(all(feature = "s3", feature = "gcs", feature = "azure")))]
            other => Err(not_built(other)),
        }
    }

    fn credentials(&self, spec: &StoreSpec) -> Result<Credentials> {
        match spec.protocol() {
            Protocol::File | Protocol::Memory => Ok(Credentials::NotNeeded),
            #[cfg(feature = "s3")]
            Protocol::S3 => crate::cloud::s3::credentials(spec, &self.environment),
            #[cfg(feature = "gcs")]
            Protocol::Gcs => crate::cloud::gcs::credentials(spec, &self.environment),
            #[cfg(feature = "azure")]
            Protocol::Azure => crate::cloud::azure::credentials(spec, &self.environment),
            #[cfg(not(all(feature = "s3", feature = "gcs", feature = "azure")))]
            other => Err(not_built(other)),
        }
    }
}

#[cfg(not(all(feature = "s3", feature = "gcs", feature = "azure")))]
fn not_built(protocol: Protocol) -> dj_codec_api::Error {
    dj_codec_api::Error::config(format!(
        "this program was built without stores of the protocol {protocol}"
    ))
    .advise(format!(
        "build it with the feature \"{protocol}\" of dj-codec-store"
    ))
}

impl fmt::Debug for ConfiguredStores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConfiguredStores")
            .field("config", &self.config)
            .field("open", &self.opened().keys())
            .finish()
    }
}

impl Stores for ConfiguredStores {
    fn open(&self, name: Option<&str>) -> Result<OpenStore> {
        self.open_spec(&self.config.store_spec(self.named(name))?)
    }

    fn open_filepath_default(&self) -> Result<OpenStore> {
        self.open_spec(&self.config.filepath_store_spec(None)?)
    }

    fn names(&self) -> Vec<String> {
        self.config.names()
    }
}
