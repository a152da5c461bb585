//! What the commands share: codecs, stores, limits, and where warnings go.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use dj_codecs::api::{Context, Limits, Registry};
use dj_codecs::store::{Config, ConfiguredStores, Environment};

use crate::args::StoreArgs;
use crate::failure::{Failure, Outcome};
use crate::output::{self, Output};

/// The embedded default: the store that there is where nothing says otherwise.
const DEFAULT_FOLDER: &str = "./dj-store";
/// The name of the store of `--store-root` and of the embedded default.
pub(crate) const FOLDER_STORE: &str = "main";

/// What the commands share.
pub(crate) struct Session {
    registry: Registry,
    stores: Arc<ConfiguredStores>,
    origin: StoresOrigin,
    limits: Limits,
}

/// Where the stores came from.
pub(crate) enum StoresOrigin {
    /// `--store-root`.
    StoreRoot(PathBuf),
    /// `--config`, or DataJoint's own search.
    Configuration,
    /// Nothing was found.
    EmbeddedDefault(PathBuf),
}

impl Session {
    /// The stores that the arguments, or else the surroundings, name. Nothing is opened yet.
    pub(crate) fn new(args: &StoreArgs, registry: &Registry, output: &mut Output) -> Outcome<Self> {
        let environment = Environment::current().map_err(|error| Failure::misuse(&error))?;
        let (config, origin) = match (&args.store_root, &args.config) {
            (Some(root), _) => (
                Config::single_folder(FOLDER_STORE, root),
                StoresOrigin::StoreRoot(root.clone()),
            ),
            (None, Some(file)) => {
                let config =
                    Config::from_file(file, &environment).map_err(|error| Failure::misuse(&error))?;
                (config, StoresOrigin::Configuration)
            }
            (None, None) => discover(&environment)?,
        };
        for warning in config.warnings() {
            output.warn(warning);
        }
        let stores = Arc::new(ConfiguredStores::new(config, environment));
        Ok(Self {
            registry: registry.clone(),
            stores,
            origin,
            limits: Limits::default(),
        })
    }

    /// The folder of `--store-root` or the embedded default, whatever is configured.
    pub(crate) fn embedded(args: &StoreArgs, registry: Registry) -> Outcome<Self> {
        let environment = Environment::current().map_err(|error| Failure::misuse(&error))?;
        let (folder, origin): (PathBuf, fn(PathBuf) -> StoresOrigin) = match &args.store_root {
            Some(root) => (root.clone(), StoresOrigin::StoreRoot),
            None => (DEFAULT_FOLDER.into(), StoresOrigin::EmbeddedDefault),
        };
        let config = Config::single_folder(FOLDER_STORE, &folder);
        let stores = Arc::new(ConfiguredStores::new(config, environment));
        Ok(Self {
            registry,
            stores,
            origin: origin(folder),
            limits: Limits::default(),
        })
    }

    /// The codecs.
    pub(crate) fn registry(&self) -> &Registry {
        &self.registry
    }

    /// The stores.
    pub(crate) fn stores(&self) -> &ConfiguredStores {
        &self.stores
    }

    /// Where the stores came from.
    pub(crate) fn origin(&self) -> &StoresOrigin {
        &self.origin
    }

    /// The limits that decoders obey.
    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// A context that reads from the stores, and makes none.
    pub(crate) fn context_for_reading(&self) -> Outcome<Context> {
        if let StoresOrigin::EmbeddedDefault(folder) = &self.origin
            && !folder.exists()
        {
            return Err(Failure::usage(format!(
                "no store is configured here, and there is no folder {}, which is the store then; name one with --store-root \
                 or --config",
                folder.display()
            )));
        }
        Ok(self.context())
    }

    /// A context for values in the table, which need no store.
    pub(crate) fn context_without_stores(&self) -> Context {
        self.context()
    }

    /// A context that writes to the stores. The folder of `--store-root` and the embedded default are made when they are
    /// first used.
    pub(crate) fn context_for_writing(&self) -> Outcome<Context> {
        if let Some(folder) = self.own_folder() {
            std::fs::create_dir_all(folder).map_err(|error| {
                Failure::usage(format!(
                    "the folder {} of the store cannot be made: {error}",
                    folder.display()
                ))
            })?;
        }
        Ok(self.context())
    }

    fn own_folder(&self) -> Option<&Path> {
        match &self.origin {
            StoresOrigin::StoreRoot(folder) | StoresOrigin::EmbeddedDefault(folder) => Some(folder),
            StoresOrigin::Configuration => None,
        }
    }

    fn context(&self) -> Context {
        Context::with_stores(self.stores.clone())
            .with_limits(self.limits.clone())
            .with_warnings(output::warnings())
    }
}

/// The stores that DataJoint would find here, or the embedded default.
fn discover(environment: &Environment) -> Outcome<(Config, StoresOrigin)> {
    let config = Config::discover(environment).map_err(|error| Failure::misuse(&error))?;
    // A configuration that names no store, or could not be read, was still meant to be the configuration: to write somewhere
    // else would surprise.
    if config.file().is_some() || !config.names().is_empty() {
        return Ok((config, StoresOrigin::Configuration));
    }
    let folder = PathBuf::from(DEFAULT_FOLDER);
    Ok((
        Config::single_folder(FOLDER_STORE, &folder),
        StoresOrigin::EmbeddedDefault(folder),
    ))
}
