//! Stores in clouds, from their specifications.

#[cfg(feature = "azure")]
pub(crate) mod azure;
mod client;
#[cfg(feature = "gcs")]
pub(crate) mod gcs;
#[cfg(feature = "s3")]
mod profile;
#[cfg(feature = "s3")]
pub(crate) mod s3;

use std::sync::Arc;

use dj_codec_api::{Error, Result, Store};
use object_store::ObjectStore;

use crate::{ObjectStoreAdapter, StoreOptions, StoreSpec};

/// The store that codecs see, at the location of `spec` in `inner`.
fn adapt(
    inner: Arc<dyn ObjectStore>,
    spec: &StoreSpec,
    options: &StoreOptions,
    sound: bool,
) -> Result<Arc<dyn Store>> {
    let adapter = ObjectStoreAdapter::new(inner).with_options(options.clone());
    let adapter = if sound {
        adapter.with_sound_conditional_put()
    } else {
        adapter
    };
    let location = spec.text("location")?.unwrap_or_default();
    // Python puts a slash between bucket, location and path whatever the location looks like, so that "data/" leads
    // to keys with two slashes in a row, which the object_store crate cannot name. To be silent and look elsewhere
    // would be to lose objects.
    let adapter = adapter.with_prefix(location).map_err(|error| {
        error.advise(format!(
            "DataJoint's objects are at {:?}: move them, and take the extra slashes out of the location",
            format!("{location}/...")
        ))
    })?;
    Ok(Arc::new(adapter))
}

/// Settings that the object_store crate does not accept. Its words do not quote credentials.
fn unusable(error: object_store::Error) -> Error {
    Error::config("the store's settings cannot be used").caused_by(error.to_string())
}
