//! How requests are made: timeouts, retries, certificates.

use std::fs;

use dj_codec_api::{Error, Result};
use object_store::{BackoffConfig, Certificate, ClientConfigKey, ClientOptions, RetryConfig};

use crate::{Environment, StoreOptions};

/// Variables that name a file of certificates to trust beside the system's, as Python's clients read them.
const CA_BUNDLES: [&str; 3] = ["AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"];

/// How a client makes requests. `http` allows them without encryption.
pub(super) fn client_options(
    environment: &Environment,
    options: &StoreOptions,
    http: bool,
) -> Result<ClientOptions> {
    let mut client = ClientOptions::new()
        .with_config(
            ClientConfigKey::UserAgent,
            concat!("dj-codec-store/", env!("CARGO_PKG_VERSION")),
        )
        .with_allow_http(http)
        .with_connect_timeout(options.connect_timeout)
        .with_read_timeout(options.read_timeout)
        .with_timeout(options.request_timeout);
    if let Some((name, path)) = CA_BUNDLES
        .iter()
        .find_map(|name| Some((name, environment.non_empty(name)?)))
    {
        let unusable =
            || Error::config(format!("the certificates that {name} names cannot be used")).at(path);
        let bundle = fs::read(path).map_err(|error| unusable().caused_by(error))?;
        let certificates =
            Certificate::from_pem_bundle(&bundle).map_err(|error| unusable().caused_by(error.to_string()))?;
        for certificate in certificates {
            client = client.with_root_certificate(certificate);
        }
    }
    Ok(client)
}

/// How often a request is repeated.
pub(super) fn retry(options: &StoreOptions) -> RetryConfig {
    RetryConfig {
        backoff: BackoffConfig::default(),
        max_retries: options.retries,
        retry_timeout: options.request_timeout,
    }
}
