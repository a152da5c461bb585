//! The data formats of `<zarr@>`.

use dj_codec_api::{
    Context, FormatStatus, FormatVersion, Json, Reader, Result, VersionDispatch, Warning, WarningKind,
};

use crate::record::ZarrRecord;

/// How an array of a data format is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// Any Zarr array: a chunk that is not there holds the fill value.
    Plain,
    /// The record has an inventory: a chunk that is not there is a hole if that says so, else it is lost.
    Inventoried,
}

/// The formats that are read, and the one that is written.
pub(crate) const FORMATS: VersionDispatch<Format> = VersionDispatch {
    codec: "zarr",
    crate_name: "dj-zarr-codecs",
    writes: FormatVersion::new(2, 0),
    assumed: FormatVersion::new(1, 0),
    readers: &[
        Reader {
            version: FormatVersion::new(1, 0),
            status: FormatStatus::Legacy,
            read: Format::Plain,
        },
        Reader {
            version: FormatVersion::new(2, 0),
            status: FormatStatus::Current,
            read: Format::Inventoried,
        },
    ],
};

/// The data format of an array: its attributes are believed first, then the record, and 1.0 is assumed where neither
/// says.
///
/// # Errors
/// Where what is said is no version.
pub(crate) fn version_of(
    attributes: &serde_json::Map<String, Json>,
    record: Option<&ZarrRecord>,
) -> Result<FormatVersion> {
    // Other codecs keep Zarr arrays too; their version says nothing of this one's format.
    let ours = attributes
        .get("codec_name")
        .and_then(Json::as_str)
        .is_none_or(|name| name == FORMATS.codec);
    let attribute = attributes.get("codec_version").filter(|_| ours);
    FORMATS.version_of([
        attribute,
        record.and_then(|record| record.record().get("codec_version")),
    ])
}

/// The flags of arrays that this version writes and knows.
const FLAGS: [&str; 5] = ["blosc", "crc32c", "gzip", "sharding", "zstd"];

/// Warns of flags that a newer minor version may have set: the array reads, but something in it may be missed.
pub(crate) fn warn_of_unknown_flags(attributes: &serde_json::Map<String, Json>, path: &str, cx: &Context) {
    let flags = attributes.get("feature_flags").and_then(Json::as_array);
    for flag in flags
        .into_iter()
        .flatten()
        .filter_map(Json::as_str)
        .filter(|flag| !FLAGS.contains(flag))
    {
        let shown: String = flag.chars().take(60).collect();
        let message = format!(
            "the array {path} has the feature {shown:?}, which is not known here; upgrade {} to be sure that nothing is missed",
            FORMATS.crate_name
        );
        cx.warn(&Warning::new(
            WarningKind::NewerMinor,
            FORMATS.codec,
            shown,
            message,
        ));
    }
}

#[cfg(test)]
mod tests {
    use dj_codec_api::Record;
    use serde_json::json;

    use super::*;

    fn version(attributes: Json, record: Json) -> String {
        let Json::Object(attributes) = attributes else {
            panic!()
        };
        let record = Record::from_json(record)
            .and_then(ZarrRecord::from_record)
            .unwrap();
        version_of(&attributes, Some(&record)).unwrap().to_string()
    }

    #[test]
    fn attributes_come_before_the_record() {
        let bare = json!({"path": "a.zarr", "store": "main", "shape": [1], "dtype": "int8"});
        let mut noted = bare.clone();
        noted["codec_version"] = json!("2.0");
        assert_eq!(version(json!({}), bare.clone()), "1.0");
        assert_eq!(version(json!({}), noted.clone()), "2.0");
        assert_eq!(version(json!({"codec_version": "1.0"}), noted.clone()), "1.0");
        assert_eq!(
            version(json!({"codec_version": "1.0", "codec_name": "photon"}), noted),
            "2.0"
        );
        assert_eq!(
            version(json!({"codec_version": "7.0", "codec_name": "photon"}), bare),
            "1.0"
        );
    }

    #[test]
    fn unknown_flags_are_a_warning() {
        let log = std::sync::Arc::new(dj_codec_api::WarningLog::default());
        let cx = Context::new(dj_codec_api::StoreMap::new()).with_warnings(log.clone());
        let Json::Object(attributes) = json!({"feature_flags": ["blosc", "wavelets", 5]}) else {
            panic!()
        };
        warn_of_unknown_flags(&attributes, "a.zarr", &cx);
        let warnings = log.take();
        assert_eq!(warnings.len(), 1);
        assert!(warnings[0].message.contains("\"wavelets\""));
    }
}
