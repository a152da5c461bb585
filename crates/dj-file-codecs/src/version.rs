//! The data formats: one of each codec so far, none of which records a version.

use dj_codec_api::{FormatStatus, FormatVersion, Reader, VersionDispatch};

/// What decodes a format. A new one is a new variant, and every `match` on it has to decide.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Layout {
    /// What DataJoint 2.x writes.
    V1,
}

/// The table of a codec that has had one format.
pub(crate) const fn formats(codec: &'static str) -> VersionDispatch<Layout> {
    const V1: FormatVersion = FormatVersion::new(1, 0);
    VersionDispatch {
        codec,
        crate_name: env!("CARGO_PKG_NAME"),
        writes: V1,
        assumed: V1,
        readers: &[Reader {
            version: V1,
            status: FormatStatus::Current,
            read: Layout::V1,
        }],
    }
}
