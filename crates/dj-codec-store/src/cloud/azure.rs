//! Stores with the protocol `azure`, as DataJoint for Python reaches them through adlfs.

use std::collections::BTreeMap;
use std::sync::Arc;

use dj_codec_api::{Error, Result, Store};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};

use super::{adapt, client, unusable};
use crate::spec::place;
use crate::{Credentials, Environment, StoreOptions, StoreSpec};

/// How requests are signed, and where the account is.
#[derive(Default)]
struct Identity {
    account: Option<String>,
    settings: Vec<(AzureConfigKey, String)>,
    endpoint: Option<String>,
    emulator: bool,
    anonymous: bool,
    source: Option<Credentials>,
}

pub(crate) fn open(
    spec: &StoreSpec,
    environment: &Environment,
    options: &StoreOptions,
) -> Result<Arc<dyn Store>> {
    let identity = identity(spec, environment)?;
    let http = identity.emulator
        || identity
            .endpoint
            .as_deref()
            .is_some_and(|url| url.starts_with("http://"));
    let mut builder = MicrosoftAzureBuilder::new()
        .with_container_name(spec.required_text("container")?)
        .with_client_options(client::client_options(environment, options, http)?)
        .with_retry(client::retry(options))
        .with_use_emulator(identity.emulator)
        .with_skip_signature(identity.anonymous);
    if let Some(account) = identity.account {
        builder = builder.with_account(account);
    } else if !identity.emulator {
        return Err(
            Error::config(format!("{}: no account is named", place(spec.name())))
                .advise("set account_name, or a connection_string"),
        );
    }
    for (key, value) in identity.settings {
        builder = builder.with_config(key, value);
    }
    if let Some(endpoint) = identity.endpoint {
        builder = builder.with_endpoint(endpoint);
    }
    adapt(Arc::new(builder.build().map_err(unusable)?), spec, options, true)
}

/// Where the credentials of a store come from.
pub(crate) fn credentials(spec: &StoreSpec, environment: &Environment) -> Result<Credentials> {
    Ok(identity(spec, environment)?
        .source
        .unwrap_or(Credentials::Machine))
}

fn identity(spec: &StoreSpec, environment: &Environment) -> Result<Identity> {
    let settings = |keys| Credentials::Settings { keys, origin: None };
    let account = spec
        .text("account_name")?
        .or_else(|| environment.non_empty("AZURE_STORAGE_ACCOUNT_NAME"));
    let mut identity = Identity {
        account: account.map(ToOwned::to_owned),
        ..Identity::default()
    };
    if let Some(text) = spec.text("connection_string")? {
        connection_string(&mut identity, text, settings("connection_string"))?;
    } else if let Some(key) = spec.text("account_key")? {
        identity.key(key, settings("account_key"));
    } else if let Some(text) = environment.non_empty("AZURE_STORAGE_CONNECTION_STRING") {
        connection_string(
            &mut identity,
            text,
            Credentials::Variables("AZURE_STORAGE_CONNECTION_STRING"),
        )?;
    } else if let Some(key) = environment.non_empty("AZURE_STORAGE_ACCOUNT_KEY") {
        identity.key(key, Credentials::Variables("AZURE_STORAGE_ACCOUNT_KEY"));
    } else if let Some(token) = environment.non_empty("AZURE_STORAGE_SAS_TOKEN") {
        identity.sas(token, Credentials::Variables("AZURE_STORAGE_SAS_TOKEN"));
    } else {
        identity.ambient(environment);
    }
    Ok(identity)
}

impl Identity {
    fn key(&mut self, key: &str, source: Credentials) {
        self.settings.push((AzureConfigKey::AccessKey, key.into()));
        self.source = Some(source);
    }

    fn sas(&mut self, token: &str, source: Credentials) {
        self.settings
            .push((AzureConfigKey::SasKey, token.trim_start_matches('?').into()));
        self.source = Some(source);
    }

    /// An application, a pod, somebody who is logged in, or the machine.
    fn ambient(&mut self, environment: &Environment) {
        let first = |names: [&str; 2]| names.iter().find_map(|name| environment.non_empty(name));
        let client = first(["AZURE_STORAGE_CLIENT_ID", "AZURE_CLIENT_ID"]);
        let secret = first(["AZURE_STORAGE_CLIENT_SECRET", "AZURE_CLIENT_SECRET"]);
        let tenant = first(["AZURE_STORAGE_TENANT_ID", "AZURE_TENANT_ID"]);
        let token_file = environment.non_empty("AZURE_FEDERATED_TOKEN_FILE");
        if let (Some(client), Some(tenant)) = (client, tenant) {
            self.settings.push((AzureConfigKey::ClientId, client.into()));
            self.settings.push((AzureConfigKey::AuthorityId, tenant.into()));
            if let Some(secret) = secret {
                self.settings.push((AzureConfigKey::ClientSecret, secret.into()));
                self.source = Some(Credentials::Variables("AZURE_CLIENT_ID and AZURE_CLIENT_SECRET"));
                return;
            }
            if let Some(file) = token_file {
                self.settings
                    .push((AzureConfigKey::FederatedTokenFile, file.into()));
                self.source = Some(Credentials::Variables(
                    "AZURE_CLIENT_ID and AZURE_FEDERATED_TOKEN_FILE",
                ));
                return;
            }
        }
        if environment
            .var("AZURE_STORAGE_ANON")
            .is_some_and(|value| matches!(value, "1" | "true" | "True"))
        {
            self.anonymous = true;
            self.source = Some(Credentials::Anonymous);
            return;
        }
        if let Some(profile) = environment
            .home()
            .map(|home| home.join(".azure/azureProfile.json"))
            && profile.is_file()
        {
            self.settings.push((AzureConfigKey::UseAzureCli, "true".into()));
            self.source = Some(Credentials::File(profile));
        }
    }
}

/// Reads `AccountName=...;AccountKey=...;...`.
fn connection_string(identity: &mut Identity, text: &str, source: Credentials) -> Result<()> {
    let mut parts: BTreeMap<String, &str> = BTreeMap::new();
    for part in text.split(';').filter(|part| !part.trim().is_empty()) {
        let (key, value) = part
            .split_once('=')
            .ok_or_else(|| Error::config("the Azure connection string has a part without ="))?;
        parts.insert(key.trim().to_lowercase(), value.trim());
    }
    if parts
        .get("usedevelopmentstorage")
        .is_some_and(|value| value.eq_ignore_ascii_case("true"))
    {
        identity.emulator = true;
        identity.source = Some(source);
        return Ok(());
    }
    if let Some(account) = parts.get("accountname") {
        identity.account = Some((*account).into());
    }
    match (parts.get("accountkey"), parts.get("sharedaccesssignature")) {
        (Some(key), _) => identity.key(key, source),
        (None, Some(token)) => identity.sas(token, source),
        (None, None) => {
            return Err(Error::config(
                "the Azure connection string has neither AccountKey nor SharedAccessSignature",
            ));
        }
    }
    if let Some(endpoint) = parts.get("blobendpoint") {
        identity.endpoint = Some(endpoint.trim_end_matches('/').into());
    } else if let (Some(suffix), Some(account)) = (parts.get("endpointsuffix"), &identity.account) {
        let scheme = parts.get("defaultendpointsprotocol").copied().unwrap_or("https");
        identity.endpoint = Some(format!("{scheme}://{account}.blob.{suffix}"));
    }
    if identity.account.is_none() {
        // https://<account>.blob.core.windows.net
        let host = identity
            .endpoint
            .as_deref()
            .and_then(|url| url.split("://").nth(1));
        identity.account = host
            .and_then(|host| host.split('.').next())
            .map(ToOwned::to_owned);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connection_strings_are_taken_apart() {
        let mut identity = Identity::default();
        let text = "DefaultEndpointsProtocol=https;AccountName=lab;AccountKey=a2V5==;EndpointSuffix=core.windows.net";
        connection_string(&mut identity, text, Credentials::Anonymous).unwrap();
        assert_eq!(identity.account.as_deref(), Some("lab"));
        assert_eq!(
            identity.endpoint.as_deref(),
            Some("https://lab.blob.core.windows.net")
        );
        assert!(
            matches!(identity.settings.as_slice(), [(AzureConfigKey::AccessKey, key)] if key == "a2V5==")
        );

        let mut identity = Identity::default();
        let text = "BlobEndpoint=https://lab.blob.core.windows.net/;SharedAccessSignature=?sv=1&sig=x%3D";
        connection_string(&mut identity, text, Credentials::Anonymous).unwrap();
        assert_eq!(identity.account.as_deref(), Some("lab"));
        assert!(
            matches!(identity.settings.as_slice(), [(AzureConfigKey::SasKey, sas)] if sas == "sv=1&sig=x%3D")
        );

        for text in ["nonsense", "AccountName=lab"] {
            assert!(connection_string(&mut Identity::default(), text, Credentials::Anonymous).is_err());
        }
    }
}
