//! Which reader decodes which data format version.

use std::fmt;

use crate::{Context, Error, ErrorKind, FormatVersion, Json, Record, Result, Value, Warning, WarningKind};

/// How a data format stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FormatStatus {
    /// What is written today.
    Current,
    /// Older, and read for ever.
    Legacy,
    /// Older, and to be migrated.
    Deprecated {
        /// The crate version that first warned.
        since: &'static str,
        /// The crate version that will not read it any more.
        removed_in: &'static str,
        /// What to do.
        advice: &'static str,
    },
}

impl fmt::Display for FormatStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Current => f.write_str("current"),
            Self::Legacy => f.write_str("legacy"),
            Self::Deprecated {
                since,
                removed_in,
                advice,
            } => {
                write!(
                    f,
                    "deprecated since {since}, to be removed in {removed_in}: {advice}"
                )
            }
        }
    }
}

/// A data format that a codec reads, and how it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormatInfo {
    /// The version.
    pub version: FormatVersion,
    /// How it stands.
    pub status: FormatStatus,
}

/// A data format version and what decodes it.
#[derive(Debug, Clone, Copy)]
pub struct Reader<D> {
    /// The version. Newer minors of it go to the same reader, with a warning.
    pub version: FormatVersion,
    /// How it stands.
    pub status: FormatStatus,
    /// What decodes it: a function, or a variant that the codec matches on without a `_` arm.
    pub read: D,
}

/// A codec's table of readers.
///
/// ```
/// use dj_codec_api::{Context, FormatStatus, FormatVersion, Reader, StoreMap, VersionDispatch};
///
/// enum Layout { Plain, Delta }
///
/// const FORMATS: VersionDispatch<Layout> = VersionDispatch {
///     codec: "spike_train",
///     crate_name: "dj-spike-train-codecs",
///     writes: FormatVersion::new(2, 0),
///     assumed: FormatVersion::new(1, 0),
///     readers: &[
///         Reader { version: FormatVersion::new(1, 0), status: FormatStatus::Legacy, read: Layout::Plain },
///         Reader { version: FormatVersion::new(2, 0), status: FormatStatus::Current, read: Layout::Delta },
///     ],
/// };
///
/// let cx = Context::new(StoreMap::new());
/// assert!(matches!(FORMATS.reader(FORMATS.version_of([None, None])?, &cx)?, Layout::Plain));
/// assert!(matches!(FORMATS.reader(FormatVersion::new(2, 0), &cx)?, Layout::Delta));
/// let error = FORMATS.reader(FormatVersion::new(3, 0), &cx).unwrap_err_or_text();
/// # trait Text { fn unwrap_err_or_text(self) -> String; }
/// # impl Text for dj_codec_api::Result<&'static Layout> { fn unwrap_err_or_text(self) -> String { match self { Ok(_) => String::new(), Err(e) => e.to_string() } } }
/// assert!(error.contains("upgrade dj-spike-train-codecs"));
/// # Ok::<(), dj_codec_api::Error>(())
/// ```
#[derive(Debug)]
pub struct VersionDispatch<D: 'static> {
    /// The codec.
    pub codec: &'static str,
    /// The crate to upgrade where a version is not known.
    pub crate_name: &'static str,
    /// The version that is written unless another is asked for.
    pub writes: FormatVersion,
    /// The version of values that record none.
    pub assumed: FormatVersion,
    /// The readers, oldest version first.
    pub readers: &'static [Reader<D>],
}

impl<D> VersionDispatch<D> {
    /// The version that a stored value was written in, from the places that may tell, in the order of their
    /// authority: the first that says anything is believed.
    ///
    /// # Errors
    /// Where what it says is no version.
    pub fn version_of<'a>(
        &self,
        evidence: impl IntoIterator<Item = Option<&'a Json>>,
    ) -> Result<FormatVersion> {
        let text = match evidence.into_iter().flatten().find(|json| !json.is_null()) {
            None => return Ok(self.assumed),
            Some(Json::String(text)) => text.clone(),
            // Some writers kept a version as a number.
            Some(Json::Number(number)) => number.to_string(),
            Some(other) => {
                return Err(Error::corrupt(format!("{other} is not a format version")).with_codec(self.codec));
            }
        };
        let found: FormatVersion = text
            .parse()
            .map_err(|error: Error| error.with_codec(self.codec))?;
        // What was written down in short is not what a magic number tells.
        if found.is_intrinsic() && !self.writes.is_intrinsic() {
            return Ok(FormatVersion::new(found.major(), 0));
        }
        Ok(found)
    }

    /// The version that a stored record or dict says in its key `codec_version`; the one to assume where it has none.
    ///
    /// ```
    /// # use dj_codec_api::{FormatStatus, FormatVersion, Reader, Value, VersionDispatch};
    /// # const V1: FormatVersion = FormatVersion::new(1, 0);
    /// # const FORMATS: VersionDispatch<()> = VersionDispatch {
    /// #     codec: "note", crate_name: "dj-note-codecs", writes: V1, assumed: V1,
    /// #     readers: &[Reader { version: V1, status: FormatStatus::Current, read: () }],
    /// # };
    /// let value = Value::dict([("codec_version", Value::from("2.0"))]);
    /// assert_eq!(FORMATS.version_in(&value)?, FormatVersion::new(2, 0));
    /// assert_eq!(FORMATS.version_in(&Value::Null)?, FORMATS.assumed);
    /// # Ok::<(), dj_codec_api::Error>(())
    /// ```
    ///
    /// # Errors
    /// Where what it says is no version.
    pub fn version_in(&self, stored: &Value) -> Result<FormatVersion> {
        const KEY: &str = "codec_version";
        match stored {
            Value::Json(_) | Value::Str(_) => {
                let record = Record::from_value(stored.clone())?;
                self.version_of([record.get(KEY)])
            }
            _ => match stored.get(KEY) {
                None | Some(Value::Null) => Ok(self.assumed),
                Some(Value::Str(text)) => self.version_of([Some(&Json::from(text.as_str()))]),
                Some(other) => Err(Error::corrupt(format!(
                    "a format version is a text, this is {}",
                    other.type_name()
                ))
                .with_codec(self.codec)),
            },
        }
    }

    /// What decodes this version. A newer minor of a known major decodes with a warning; a deprecated version
    /// decodes with a warning until it is removed from the table.
    ///
    /// # Errors
    /// [`UnsupportedFormat`](crate::ErrorKind::UnsupportedFormat) where the major is not known.
    pub fn reader(&self, found: FormatVersion, cx: &Context) -> Result<&'static D> {
        let same_major = || {
            self.readers
                .iter()
                .filter(|reader| reader.version.major() == found.major())
        };
        let reader = same_major()
            .filter(|reader| reader.version <= found)
            .max_by_key(|reader| reader.version)
            .or_else(|| same_major().min_by_key(|reader| reader.version))
            .ok_or_else(|| self.unknown(found))?;
        if same_major().all(|reader| reader.version.minor() < found.minor()) {
            let message = format!(
                "reads format {found} as {}, which is the newest that it knows; upgrade {} to be sure that nothing is missed",
                reader.version, self.crate_name
            );
            cx.warn(&Warning::new(
                WarningKind::NewerMinor,
                self.codec,
                found.to_string(),
                message,
            ));
        }
        if let FormatStatus::Deprecated {
            since,
            removed_in,
            advice,
        } = reader.status
        {
            let message = format!(
                "format {} is deprecated since {} {since} and will not be read from {removed_in} on; {advice}",
                reader.version, self.crate_name
            );
            cx.warn(&Warning::new(
                WarningKind::Deprecated,
                self.codec,
                reader.version.to_string(),
                message,
            ));
        }
        Ok(&reader.read)
    }

    /// The version to write: the one that the context asks for, else the current one.
    ///
    /// # Errors
    /// Where the one asked for is not in the table.
    pub fn version_to_write(&self, cx: &Context) -> Result<FormatVersion> {
        let Some(asked) = cx.format_version() else {
            return Ok(self.writes);
        };
        self.readers
            .iter()
            .map(|reader| reader.version)
            .find(|version| *version == asked)
            .ok_or_else(|| self.unknown(asked))
    }

    /// The formats, for [`CodecInfo`](crate::CodecInfo).
    #[must_use]
    pub fn formats(&self) -> Vec<FormatInfo> {
        self.readers
            .iter()
            .map(|reader| FormatInfo {
                version: reader.version,
                status: reader.status,
            })
            .collect()
    }

    fn unknown(&self, found: FormatVersion) -> Error {
        let supported: Vec<_> = self.readers.iter().map(|reader| reader.version).collect();
        let known: Vec<_> = supported.iter().map(ToString::to_string).collect();
        Error::new(
            ErrorKind::UnsupportedFormat { found, supported },
            format!(
                "format version {found} is not known here; known are {}",
                known.join(", ")
            ),
        )
        .with_codec(self.codec)
        .advise(format!("upgrade {} or migrate the data", self.crate_name))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::{StoreMap, WarningLog};

    const TABLE: VersionDispatch<u8> = VersionDispatch {
        codec: "demo",
        crate_name: "dj-demo-codecs",
        writes: FormatVersion::new(2, 1),
        assumed: FormatVersion::new(1, 0),
        readers: &[
            Reader {
                version: FormatVersion::new(1, 0),
                status: FormatStatus::Deprecated {
                    since: "0.2.0",
                    removed_in: "1.0.0",
                    advice: "migrate",
                },
                read: 10,
            },
            Reader {
                version: FormatVersion::new(2, 0),
                status: FormatStatus::Legacy,
                read: 20,
            },
            Reader {
                version: FormatVersion::new(2, 1),
                status: FormatStatus::Current,
                read: 21,
            },
        ],
    };

    fn version(text: &str) -> FormatVersion {
        text.parse().unwrap()
    }

    #[test]
    fn the_nearest_reader_of_the_major_is_chosen() {
        let log = Arc::new(WarningLog::default());
        let cx = Context::new(StoreMap::new()).with_warnings(log.clone());
        for (found, read, warnings) in [
            ("2.0", 20, 0),
            ("2.1", 21, 0),
            ("2.0.5", 20, 0),
            ("2.9", 21, 1),
            ("1.0", 10, 1),
        ] {
            assert_eq!(TABLE.reader(version(found), &cx).unwrap(), &read, "{found}");
            assert_eq!(log.take().len(), warnings, "{found}");
            assert_eq!(TABLE.reader(version(found), &cx.clone()).unwrap(), &read);
            assert_eq!(log.take().len(), 0, "{found}: warned again");
        }
    }

    #[test]
    fn an_unknown_major_says_what_to_do() {
        let cx = Context::new(StoreMap::new());
        for found in ["0.9", "3.0"] {
            let error = TABLE.reader(version(found), &cx).unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::UnsupportedFormat { .. }));
            assert_eq!(
                error.to_string(),
                format!(
                    "<demo> format version {found} is not known here; known are 1.0, 2.0, 2.1; \
                     upgrade dj-demo-codecs or migrate the data"
                )
            );
        }
    }

    #[test]
    fn the_first_evidence_counts() {
        let (two, one, null) = (json!("2.0"), json!(1.0), json!(null));
        assert_eq!(
            TABLE.version_of([Some(&two), Some(&one)]).unwrap(),
            version("2.0")
        );
        assert_eq!(
            TABLE.version_of([Some(&null), Some(&one)]).unwrap(),
            version("1.0")
        );
        assert_eq!(TABLE.version_of([None, None]).unwrap(), version("1.0"));
        // In short, and still no magic number.
        for short in [json!("1"), json!(1)] {
            let found = TABLE.version_of([Some(&short)]).unwrap();
            assert_eq!((found.to_string().as_str(), found.is_intrinsic()), ("1.0", false));
        }
        assert!(TABLE.version_of([Some(&json!([]))]).is_err());
        assert!(TABLE.version_of([Some(&json!("two"))]).is_err());
    }

    #[test]
    fn records_and_dicts_say_their_version() {
        let dict = |version| Value::dict([("codec_version", version)]);
        for (stored, wanted) in [
            (dict("2.1".into()), "2.1"),
            (dict(Value::Null), "1.0"),
            (Value::dict([("other", "2.0".into())]), "1.0"),
            (Value::from(json!({"codec_version": "2.0"})), "2.0"),
            (Value::from(json!({"path": "x"})), "1.0"),
            (Value::List(vec![]), "1.0"),
        ] {
            assert_eq!(TABLE.version_in(&stored).unwrap(), version(wanted), "{stored:?}");
        }
        for wrong in [dict(2.0.into()), dict("two".into()), Value::from(json!([]))] {
            assert!(TABLE.version_in(&wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn only_versions_of_the_table_are_written() {
        let cx = Context::new(StoreMap::new());
        assert_eq!(TABLE.version_to_write(&cx).unwrap(), version("2.1"));
        assert_eq!(
            TABLE
                .version_to_write(&cx.clone().with_format_version(version("1")))
                .unwrap()
                .to_string(),
            "1.0"
        );
        assert!(
            TABLE
                .version_to_write(&cx.with_format_version(version("2.2")))
                .is_err()
        );
    }
}
