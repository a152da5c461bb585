//! Another codec that keeps its values as Zarr arrays.

use dj_codec_api::FormatVersion;

/// A codec other than `<zarr@>` whose values are Zarr arrays, and how it marks them; see
/// [`ZarrOptions::with_owner`](crate::ZarrOptions::with_owner).
///
/// The array has the attributes `codec_name`, `codec_version` and, where there are flags, `feature_flags` of the owner, and
/// the data formats of `<zarr@>` mean nothing to it. What is not set in the options is chosen as for format 2.0 of `<zarr@>`.
///
/// ```
/// use dj_codec_api::FormatVersion;
/// use dj_zarr_codecs::{Owner, ZarrOptions};
///
/// let owner = Owner::new("photon", FormatVersion::new(2, 0)).with_feature_flags(&["counts"]);
/// let options = ZarrOptions::default().with_owner(owner);
/// assert!(options.compressor().is_none());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    pub(crate) name: String,
    pub(crate) version: FormatVersion,
    pub(crate) flags: Option<Vec<String>>,
    pub(crate) zarr_v2: bool,
}

impl Owner {
    /// The codec of this name, and the data format of its own that it writes.
    #[must_use]
    pub fn new(name: &str, version: FormatVersion) -> Self {
        Self {
            name: name.into(),
            version,
            flags: None,
            zarr_v2: false,
        }
    }

    /// What a reader has to know beyond plain chunks. `"sharding"` is added where the array has shards.
    #[must_use]
    pub fn with_feature_flags(mut self, flags: &[&str]) -> Self {
        self.flags = Some(flags.iter().map(|&flag| flag.to_owned()).collect());
        self
    }

    /// Writes Zarr V2 as zarr-python 2.18 does: `.zarray` and `.zattrs` byte for byte, chunks under keys such as `0.0.0`, without
    /// checksums and shards.
    #[must_use]
    pub fn with_zarr_v2(mut self) -> Self {
        self.zarr_v2 = true;
        self
    }
}
