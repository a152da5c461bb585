//! Stores with the protocol `s3`, as DataJoint for Python reaches them through s3fs and botocore.

use std::sync::Arc;

use dj_codec_api::{Error, Result, Store};
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey, resolve_bucket_region};

use super::profile::{self, Keys};
use super::{adapt, client, unusable};
use crate::object::runtime;
use crate::spec::{place, truthy};
use crate::{Credentials, Environment, StoreOptions, StoreSpec};

/// What signatures say where nobody knows better, as botocore does.
const DEFAULT_REGION: &str = "us-east-1";
/// Variables that make up an ambient identity and are passed on.
const AMBIENT: [(&str, AmazonS3ConfigKey); 8] = [
    (
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        AmazonS3ConfigKey::WebIdentityTokenFile,
    ),
    ("AWS_ROLE_ARN", AmazonS3ConfigKey::RoleArn),
    ("AWS_ROLE_SESSION_NAME", AmazonS3ConfigKey::RoleSessionName),
    ("AWS_ENDPOINT_URL_STS", AmazonS3ConfigKey::StsEndpoint),
    (
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        AmazonS3ConfigKey::ContainerCredentialsRelativeUri,
    ),
    (
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        AmazonS3ConfigKey::ContainerCredentialsFullUri,
    ),
    (
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
        AmazonS3ConfigKey::ContainerAuthorizationTokenFile,
    ),
    (
        "AWS_EC2_METADATA_SERVICE_ENDPOINT",
        AmazonS3ConfigKey::MetadataEndpoint,
    ),
];

/// How requests are signed.
enum Identity {
    Keys(Keys),
    Ambient,
}

pub(crate) fn open(
    spec: &StoreSpec,
    environment: &Environment,
    options: &StoreOptions,
) -> Result<Arc<dyn Store>> {
    let bucket = spec.required_text("bucket")?;
    let endpoint = endpoint(spec)?;
    let client = client::client_options(environment, options, endpoint.starts_with("http://"))?;
    let host = host_of(&endpoint);
    let ours = profile::region(environment)?;
    let (endpoint, region) = if host == "s3.amazonaws.com" {
        // The endpoint of all regions sends requests elsewhere; the one of the bucket's own region does not.
        let (name, client) = (bucket.to_owned(), client.clone());
        let found = runtime::run(&runtime::shared()?, async move {
            resolve_bucket_region(&name, &client).await
        })?;
        match found.ok().or(ours) {
            Some(region) => (format!("https://s3.{region}.amazonaws.com"), region),
            None => (endpoint, DEFAULT_REGION.into()),
        }
    } else {
        let region = region_of(host)
            .map(ToOwned::to_owned)
            .or(ours)
            .unwrap_or_else(|| DEFAULT_REGION.into());
        (endpoint, region)
    };
    let sound = host_of(&endpoint).ends_with(".amazonaws.com");
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(bucket)
        // Also for Amazon: botocore names the bucket in the path wherever an endpoint is given.
        .with_virtual_hosted_style_request(false)
        .with_endpoint(endpoint)
        .with_region(region)
        .with_client_options(client)
        .with_retry(client::retry(options))
        // Not every server has the request that deletes many.
        .with_disable_bulk_delete(true);
    match identity(spec, environment)?.0 {
        Identity::Keys(keys) => {
            builder = builder
                .with_access_key_id(keys.access_key)
                .with_secret_access_key(keys.secret_key);
            if let Some(token) = keys.token {
                builder = builder.with_token(token);
            }
        }
        Identity::Ambient => {
            for (name, key) in AMBIENT {
                if let Some(value) = environment.non_empty(name) {
                    builder = builder.with_config(key, value);
                }
            }
        }
    }
    adapt(Arc::new(builder.build().map_err(unusable)?), spec, options, sound)
}

/// Where the credentials of a store come from.
pub(crate) fn credentials(spec: &StoreSpec, environment: &Environment) -> Result<Credentials> {
    Ok(identity(spec, environment)?.1)
}

fn identity(spec: &StoreSpec, environment: &Environment) -> Result<(Identity, Credentials)> {
    match (spec.text("access_key")?, spec.text("secret_key")?) {
        (Some(access_key), Some(secret_key)) => {
            let keys = Keys {
                access_key: access_key.into(),
                secret_key: secret_key.into(),
                token: None,
            };
            let source = Credentials::Settings {
                keys: "access_key and secret_key",
                origin: None,
            };
            return Ok((Identity::Keys(keys), source));
        }
        (None, None) => {}
        _ => {
            return Err(
                Error::config(format!("{}: Incomplete S3 credentials", place(spec.name())))
                    .advise("set both access_key and secret_key, or neither to use ambient AWS credentials"),
            );
        }
    }
    if let (Some(access_key), Some(secret_key)) = (
        environment.non_empty("AWS_ACCESS_KEY_ID"),
        environment.non_empty("AWS_SECRET_ACCESS_KEY"),
    ) {
        let token = environment
            .non_empty("AWS_SESSION_TOKEN")
            .or_else(|| environment.non_empty("AWS_SECURITY_TOKEN"));
        let keys = Keys {
            access_key: access_key.into(),
            secret_key: secret_key.into(),
            token: token.map(ToOwned::to_owned),
        };
        return Ok((
            Identity::Keys(keys),
            Credentials::Variables("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"),
        ));
    }
    let set = |name| environment.non_empty(name).is_some();
    if set("AWS_WEB_IDENTITY_TOKEN_FILE") && set("AWS_ROLE_ARN") {
        let source = Credentials::Variables("AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN");
        return Ok((Identity::Ambient, source));
    }
    if let Some((keys, name, file)) = profile::keys(environment)? {
        return Ok((Identity::Keys(keys), Credentials::Profile { name, file }));
    }
    for name in [
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    ] {
        if set(name) {
            return Ok((Identity::Ambient, Credentials::Variables(name)));
        }
    }
    if environment
        .var("AWS_EC2_METADATA_DISABLED")
        .is_some_and(|value| value.eq_ignore_ascii_case("true"))
    {
        return Err(Error::config("no AWS credentials are configured").advise(
            "set the store's access_key and secret_key, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile",
        ));
    }
    Ok((Identity::Ambient, Credentials::Machine))
}

/// The URL of the server.
fn endpoint(spec: &StoreSpec) -> Result<String> {
    let endpoint = spec.required_text("endpoint")?;
    let url = if endpoint.starts_with("http://") || endpoint.starts_with("https://") {
        endpoint.to_owned()
    } else {
        let secure = spec.settings().get("secure").is_some_and(truthy);
        format!("{}://{endpoint}", if secure { "https" } else { "http" })
    };
    Ok(url.trim_end_matches('/').to_owned())
}

/// The host of a URL, without its port.
fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split('/').next().unwrap_or(rest);
    authority.rsplit_once(':').map_or(authority, |(host, _)| host)
}

/// The region that an endpoint of Amazon names.
fn region_of(host: &str) -> Option<&str> {
    let name = host
        .strip_suffix(".amazonaws.com")
        .or_else(|| host.strip_suffix(".amazonaws.com.cn"))?;
    let region = name
        .strip_prefix("s3.dualstack.")
        .or_else(|| name.strip_prefix("s3."))
        .or_else(|| name.strip_prefix("s3-"))?;
    (!region.is_empty()).then_some(region)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_name_regions() {
        assert_eq!(host_of("http://localhost:9000/x"), "localhost");
        assert_eq!(
            host_of("https://s3.eu-west-1.amazonaws.com"),
            "s3.eu-west-1.amazonaws.com"
        );
        assert_eq!(region_of("s3.eu-west-1.amazonaws.com"), Some("eu-west-1"));
        assert_eq!(
            region_of("s3.dualstack.us-west-2.amazonaws.com"),
            Some("us-west-2")
        );
        assert_eq!(region_of("s3-us-west-2.amazonaws.com"), Some("us-west-2"));
        assert_eq!(region_of("s3.cn-north-1.amazonaws.com.cn"), Some("cn-north-1"));
        assert_eq!(region_of("s3.amazonaws.com"), None);
        assert_eq!(region_of("minio.lab.org"), None);
    }
}
