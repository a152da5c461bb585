//! The data formats of `<photon@>`.

use dj_codec_api::{
    Context, Error, FormatStatus, FormatVersion, Json, Reader, Result, VersionDispatch, Warning, WarningKind,
};

use crate::NAME;

/// What the elements of a stored array are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// Transformed counts.
    Transformed,
    /// Counts.
    Counts,
}

pub(crate) const V1: FormatVersion = FormatVersion::new(1, 0);
pub(crate) const V2: FormatVersion = FormatVersion::new(2, 0);

/// The formats that are read, and the one that is written.
pub(crate) const FORMATS: VersionDispatch<Format> = VersionDispatch {
    codec: NAME,
    crate_name: "dj-photon-codecs",
    writes: V2,
    assumed: V1,
    readers: &[
        Reader {
            version: V1,
            status: FormatStatus::Legacy,
            read: Format::Transformed,
        },
        Reader {
            version: V2,
            status: FormatStatus::Current,
            read: Format::Counts,
        },
    ],
};

/// The flag of arrays that hold counts; every array of format 2.0 has it.
pub(crate) const COUNTS: &str = "counts";
/// The flag of arrays whose counts are quantised by the codec of that name.
pub(crate) const ANSCOMBE_V1: &str = "anscombe-v1";
/// The flags of arrays that this version writes and knows.
const FLAGS: [&str; 3] = [ANSCOMBE_V1, COUNTS, "sharding"];

type Attributes = serde_json::Map<String, Json>;

/// The data format of an array: its attributes are believed first, then the record, and 1.0 is assumed where neither says.
///
/// # Errors
/// Where what is said is no version, or one that is not known; where the array belongs to another codec; where it does not
/// bear the marks of the format that its record claims.
pub(crate) fn read(
    attributes: &Attributes,
    record: Option<&Json>,
    path: &str,
    cx: &Context,
) -> Result<(FormatVersion, Format)> {
    if let Some(other) = attributes.get("codec_name").and_then(Json::as_str)
        && other != NAME
    {
        let shown: String = other.chars().take(60).collect();
        return Err(Error::corrupt(format!(
            "the array belongs to the codec {shown:?}, and is no photon movie"
        ))
        .at(path)
        .advise(format!("decode the value with <{shown}@>")));
    }
    let version = FORMATS.version_of([attributes.get("codec_version"), record])?;
    let format = *FORMATS.reader(version, cx).map_err(|error| error.at(path))?;
    if format == Format::Counts {
        let flags = flags(attributes);
        if !flags.contains(&COUNTS) {
            return Err(Error::corrupt(format!(
                "the stored record says format {version}, whose arrays have the feature flag {COUNTS:?}, and this one has it not"
            ))
            .at(path)
            .advise("the record was changed, or belongs to something else; arrays without attributes are of format 1.0"));
        }
        for flag in flags.into_iter().filter(|flag| !FLAGS.contains(flag)) {
            let shown: String = flag.chars().take(60).collect();
            let message = format!(
                "the movie {path} has the feature {shown:?}, which is not known here; upgrade {} to be sure that nothing is missed",
                FORMATS.crate_name
            );
            cx.warn(&Warning::new(WarningKind::NewerMinor, NAME, shown, message));
        }
    }
    Ok((version, format))
}

fn flags(attributes: &Attributes) -> Vec<&str> {
    let flags = attributes.get("feature_flags").and_then(Json::as_array);
    flags.into_iter().flatten().filter_map(Json::as_str).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use dj_codec_api::{ErrorKind, StoreMap, WarningLog};
    use serde_json::json;

    use super::*;

    fn version(attributes: Json, record: Option<Json>) -> Result<(String, usize)> {
        let log = Arc::new(WarningLog::default());
        let cx = Context::new(StoreMap::new()).with_warnings(log.clone());
        let Json::Object(attributes) = attributes else {
            panic!()
        };
        let (version, _) = read(&attributes, record.as_ref(), "a.zarr", &cx)?;
        Ok((version.to_string(), log.take().len()))
    }

    #[test]
    fn attributes_come_before_the_record() {
        assert_eq!(version(json!({}), None).unwrap(), ("1.0".into(), 0));
        assert_eq!(version(json!({}), Some(json!("1.7"))).unwrap(), ("1.7".into(), 1));
        let one = json!({"codec_version": "1.0"});
        assert_eq!(version(one, Some(json!("3.0"))).unwrap(), ("1.0".into(), 0));
        let two = json!({"codec_version": "2.3", "feature_flags": ["counts", "wavelets", "lasers"]});
        assert_eq!(version(two, Some(json!("1.0"))).unwrap(), ("2.3".into(), 3));
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for (attributes, record) in [
            (json!({"codec_version": "3.0"}), Some(json!("1.0"))),
            (json!({}), Some(json!("3.0"))),
        ] {
            let error = version(attributes, record).unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::UnsupportedFormat { .. }));
            assert!(error.to_string().contains("upgrade dj-photon-codecs"), "{error}");
        }
        let error = version(json!({}), Some(json!("2.0"))).unwrap_err();
        assert!(error.to_string().contains("\"counts\""), "{error}");
        let error = version(json!({"codec_name": "zarr"}), None).unwrap_err();
        assert!(error.to_string().contains("<zarr@>"), "{error}");
    }
}
