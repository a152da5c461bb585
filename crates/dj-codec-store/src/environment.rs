//! What a process knows of its surroundings, as a value, so that nothing here reads global state behind a caller's
//! back and tests need not change it.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use dj_codec_api::{Error, Result};

/// Where Docker and Kubernetes mount secrets for DataJoint.
const SYSTEM_SECRETS: &str = "/run/secrets/datajoint";

/// The environment variables, the working directory, the home directory and the folder of system-wide secrets
/// that a configuration is looked for in.
///
/// [`Environment::current`] takes the process's own. [`Environment::new`] starts from nothing, for tests and for
/// programs that serve several projects:
///
/// ```
/// use dj_codec_store::{Config, Environment};
///
/// let environment = Environment::new("/nowhere")
///     .with_var("DJ_STORES", r#"{"default": "main", "main": {"protocol": "file", "location": "/data"}}"#);
/// let config = Config::discover(&environment)?;
/// assert_eq!(config.default_name(), Some("main"));
/// # Ok::<(), dj_codec_api::Error>(())
/// ```
///
/// Its `Debug` output names the variables and none of their values.
#[derive(Clone)]
pub struct Environment {
    vars: BTreeMap<String, String>,
    cwd: PathBuf,
    home: Option<PathBuf>,
    system_secrets: PathBuf,
}

impl Environment {
    /// The environment of this process. Variables that are not UTF-8 are left out.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](dj_codec_api::ErrorKind::Config) where the working directory is gone or forbidden.
    pub fn current() -> Result<Self> {
        let cwd = std::env::current_dir()
            .map_err(|error| Error::config("the working directory cannot be found").caused_by(error))?;
        let vars = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Ok(Self {
            vars,
            home: std::env::home_dir(),
            ..Self::new(cwd)
        })
    }

    /// An environment without variables and without a home, in the working directory `cwd`.
    pub fn new(cwd: impl Into<PathBuf>) -> Self {
        Self {
            vars: BTreeMap::new(),
            cwd: cwd.into(),
            home: None,
            system_secrets: SYSTEM_SECRETS.into(),
        }
    }

    /// Sets a variable.
    #[must_use]
    pub fn with_var(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.vars.insert(name.into(), value.into());
        self
    }

    /// Sets the home directory, where the credentials of cloud tools are.
    #[must_use]
    pub fn with_home(mut self, home: impl Into<PathBuf>) -> Self {
        self.home = Some(home.into());
        self
    }

    /// Sets the folder of secrets for projects that have none of their own. Default: `/run/secrets/datajoint`.
    #[must_use]
    pub fn with_system_secrets(mut self, folder: impl Into<PathBuf>) -> Self {
        self.system_secrets = folder.into();
        self
    }

    /// The value of a variable.
    #[must_use]
    pub fn var(&self, name: &str) -> Option<&str> {
        self.vars.get(name).map(String::as_str)
    }

    /// The value of a variable that is there and not empty.
    #[must_use]
    pub(crate) fn non_empty(&self, name: &str) -> Option<&str> {
        self.var(name).filter(|value| !value.is_empty())
    }

    /// The value of a variable whose name is matched without regard to case, as pydantic reads DataJoint's.
    pub(crate) fn var_any_case(&self, name: &str) -> Option<&str> {
        self.var(name).or_else(|| {
            self.vars
                .iter()
                .find(|(other, _)| other.eq_ignore_ascii_case(name))
                .map(|(_, value)| value.as_str())
        })
    }

    /// The working directory.
    #[must_use]
    pub fn cwd(&self) -> &Path {
        &self.cwd
    }

    /// The home directory, if there is one.
    #[must_use]
    pub fn home(&self) -> Option<&Path> {
        self.home.as_deref()
    }

    /// The folder of secrets for projects that have none of their own.
    #[must_use]
    pub fn system_secrets(&self) -> &Path {
        &self.system_secrets
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment")
            .field("vars", &self.vars.keys())
            .field("cwd", &self.cwd)
            .field("home", &self.home)
            .field("system_secrets", &self.system_secrets)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_has_no_values() {
        let environment = Environment::new("/w")
            .with_var("DJ_PASS", "hunter2")
            .with_home("/h");
        let text = format!("{environment:?}");
        assert!(text.contains("DJ_PASS") && text.contains("/h"), "{text}");
        assert!(!text.contains("hunter2"), "{text}");
    }

    #[test]
    fn the_process_has_a_working_directory() {
        assert!(Environment::current().unwrap().cwd().is_absolute());
    }
}
