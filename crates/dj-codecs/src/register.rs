//! Fills registries from the cargo features.

#[cfg(any(
    feature = "blob",
    feature = "file",
    feature = "hash",
    feature = "npy",
    feature = "photon",
    feature = "zarr"
))]
use std::sync::Arc;

use dj_codec_api::{Registry, Result};

/// Registers the codec of every feature that is enabled.
///
/// ```
/// let mut registry = dj_codecs::api::Registry::new();
/// dj_codecs::register_enabled(&mut registry)?;
/// // Twice is once too often: a codec that is there already is never replaced silently.
/// # #[cfg(any(feature = "blob", feature = "file", feature = "hash", feature = "npy", feature = "photon", feature = "zarr"))]
/// assert!(dj_codecs::register_enabled(&mut registry).is_err());
/// # Ok::<(), dj_codecs::api::Error>(())
/// ```
///
/// # Errors
/// [`DuplicateCodec`](dj_codec_api::ErrorKind::DuplicateCodec) where one of the names is taken, naming both crates. Those
/// before it are registered then.
pub fn register_enabled(registry: &mut Registry) -> Result<()> {
    #[cfg(feature = "blob")]
    registry.register(Arc::new(dj_blob_codecs::BlobCodec::new()))?;
    #[cfg(feature = "file")]
    {
        registry.register(Arc::new(dj_file_codecs::AttachCodec))?;
        registry.register(Arc::new(dj_file_codecs::ObjectCodec::new()))?;
        registry.register(Arc::new(dj_file_codecs::FilepathCodec::new()))?;
    }
    #[cfg(feature = "hash")]
    registry.register(Arc::new(dj_hash_codecs::HashCodec))?;
    #[cfg(feature = "npy")]
    registry.register(Arc::new(dj_npy_codecs::NpyCodec))?;
    #[cfg(feature = "photon")]
    registry.register(Arc::new(dj_photon_codecs::PhotonCodec::default()))?;
    #[cfg(feature = "zarr")]
    registry.register(Arc::new(zarr()))?;
    let _ = registry;
    Ok(())
}

/// The codec `<zarr@>`, which reads arrays with the codec `anscombe-v1` where the crate that knows it is there.
#[cfg(feature = "zarr")]
fn zarr() -> dj_zarr_codecs::ZarrCodec {
    let codec = dj_zarr_codecs::ZarrCodec::default();
    #[cfg(feature = "photon")]
    let codec = {
        let filters = codec.filters().clone();
        codec.with_filters(filters.with(Arc::new(dj_photon_codecs::AnscombeFilters)))
    };
    codec
}

/// A registry with the codec of every feature that is enabled.
///
/// ```
/// let registry = dj_codecs::default_registry();
/// # #[cfg(all(feature = "npy", feature = "zarr"))]
/// registry.require(&["blob", "npy", "zarr"])?;
/// # Ok::<(), dj_codecs::api::Error>(())
/// ```
#[must_use]
pub fn default_registry() -> Registry {
    let mut registry = Registry::new();
    // The names of our own crates differ, which a test holds us to, so that this cannot fail.
    let outcome = register_enabled(&mut registry);
    debug_assert!(outcome.is_ok(), "two features bring one codec");
    registry
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_feature_brings_its_codec() {
        let mut registry = Registry::new();
        register_enabled(&mut registry).unwrap();
        let names: Vec<_> = registry.list().into_iter().map(|codec| codec.name).collect();
        let wanted: Vec<&str> = [
            ("attach", cfg!(feature = "file")),
            ("blob", cfg!(feature = "blob")),
            ("filepath", cfg!(feature = "file")),
            ("hash", cfg!(feature = "hash")),
            ("npy", cfg!(feature = "npy")),
            ("object", cfg!(feature = "file")),
            ("photon", cfg!(feature = "photon")),
            ("zarr", cfg!(feature = "zarr")),
        ]
        .into_iter()
        .filter_map(|(name, enabled)| enabled.then_some(name))
        .collect();
        assert_eq!(names, wanted);
        assert_eq!(default_registry().list(), registry.list());
    }

    #[cfg(all(feature = "photon", feature = "zarr"))]
    #[test]
    fn zarr_knows_the_code_of_photon() {
        assert_eq!(zarr().filters().names(), ["anscombe-v1"]);
    }

    #[test]
    fn every_codec_says_who_it_is() {
        for codec in default_registry().list() {
            assert!(
                !codec.crate_name.is_empty() && !codec.modes.is_empty() && !codec.datajoint.is_empty(),
                "{codec:?}"
            );
            if let Some(writes) = codec.writes {
                assert!(
                    codec.reads.iter().any(|format| format.version == writes),
                    "{codec:?}"
                );
            }
        }
    }
}
