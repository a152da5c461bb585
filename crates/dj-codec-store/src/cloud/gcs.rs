//! Stores with the protocol `gcs`, as DataJoint for Python reaches them through gcsfs.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use dj_codec_api::{Error, Result, Store};
use object_store::gcp::GoogleCloudStorageBuilder;
use serde_json::Value;

use super::{adapt, client, unusable};
use crate::spec::place;
use crate::{Credentials, Environment, StoreOptions, StoreSpec};

/// What the setting `token` stands for.
enum Identity {
    Anonymous,
    /// A file with a service account, or with what `gcloud auth application-default login` left.
    File(PathBuf),
    /// The JSON of a service account.
    ServiceAccount(String),
    /// An OAuth token, good for an hour.
    Token(String),
    Machine,
}

pub(crate) fn open(
    spec: &StoreSpec,
    environment: &Environment,
    options: &StoreOptions,
) -> Result<Arc<dyn Store>> {
    let emulator = environment.non_empty("STORAGE_EMULATOR_HOST").map(|host| {
        if host.contains("://") {
            host.to_owned()
        } else {
            format!("http://{host}")
        }
    });
    let http = emulator.as_deref().is_some_and(|url| url.starts_with("http://"));
    let mut builder = GoogleCloudStorageBuilder::new()
        .with_bucket_name(spec.required_text("bucket")?)
        .with_client_options(client::client_options(environment, options, http)?)
        .with_retry(client::retry(options));
    if let Some(url) = &emulator {
        builder = builder.with_base_url(url.trim_end_matches('/'));
    }
    let (identity, _) = identity(spec, environment)?;
    let inline = matches!(identity, Identity::ServiceAccount(_));
    builder = match identity {
        Identity::Anonymous => builder.with_skip_signature(true).with_bearer_token(""),
        Identity::File(path) => builder.with_application_credentials(path.to_string_lossy()),
        Identity::ServiceAccount(json) => builder.with_service_account_key(json),
        Identity::Token(token) => builder.with_bearer_token(token),
        Identity::Machine => builder,
    };
    let store = builder.build().map_err(|error| match inline {
        // The words of a JSON parser may quote the key.
        true => Error::config(format!(
            "{}: token is not the JSON of a service account",
            place(spec.name())
        )),
        false => unusable(error),
    })?;
    adapt(Arc::new(store), spec, options, true)
}

/// Where the credentials of a store come from.
pub(crate) fn credentials(spec: &StoreSpec, environment: &Environment) -> Result<Credentials> {
    Ok(identity(spec, environment)?.1)
}

fn identity(spec: &StoreSpec, environment: &Environment) -> Result<(Identity, Credentials)> {
    let setting = || Credentials::Settings {
        keys: "token",
        origin: None,
    };
    if let Some(Value::Object(account)) = spec.settings().get("token") {
        return Ok((
            Identity::ServiceAccount(Value::Object(account.clone()).to_string()),
            setting(),
        ));
    }
    match spec.text("token")? {
        None | Some("google_default") => Ok(ambient(environment)),
        Some("anon") => Ok((Identity::Anonymous, Credentials::Anonymous)),
        Some("cloud") => Ok((Identity::Machine, Credentials::Machine)),
        Some(method @ ("browser" | "cache")) => Err(Error::config(format!(
            "{}: token {method:?} is not supported",
            place(spec.name())
        ))
        .advise("run: gcloud auth application-default login, and set token to google_default")),
        Some(token) => {
            let path = environment.cwd().join(token);
            if path.is_file() {
                Ok((Identity::File(path.clone()), Credentials::File(path)))
            } else if Path::new(token).extension().is_some_and(|end| end == "json") {
                Err(Error::config(format!(
                    "{}: token names a file that is not there",
                    place(spec.name())
                ))
                .at(path.display().to_string()))
            } else {
                Ok((Identity::Token(token.into()), setting()))
            }
        }
    }
}

/// Google's application default credentials.
fn ambient(environment: &Environment) -> (Identity, Credentials) {
    if let Some(path) = environment.non_empty("GOOGLE_APPLICATION_CREDENTIALS") {
        let path = environment.cwd().join(path);
        return (Identity::File(path.clone()), Credentials::File(path));
    }
    let folder = match environment.non_empty("CLOUDSDK_CONFIG") {
        Some(folder) => Some(environment.cwd().join(folder)),
        None if cfg!(windows) => environment
            .non_empty("APPDATA")
            .map(|folder| Path::new(folder).join("gcloud")),
        None => environment.home().map(|home| home.join(".config/gcloud")),
    };
    match folder.map(|folder| folder.join("application_default_credentials.json")) {
        Some(path) if path.is_file() => (Identity::File(path.clone()), Credentials::File(path)),
        _ => (Identity::Machine, Credentials::Machine),
    }
}
