//! What a migration makes of values.

use std::fmt;
use std::sync::Arc;

use dj_codec_api::{CodecInfo, Column, Error, FormatVersion, Result};

use super::convert::Target;

/// What a migration makes of values.
#[derive(Debug, Clone)]
pub(super) enum Aim {
    /// Values of this format.
    Format(FormatVersion),
    /// Values that the column decodes, of those that only this one does.
    Unwrapped(Column),
    /// The same values in another column, where that is NULL.
    Into(Arc<Target>),
}

impl Aim {
    /// The format that a person means: `2.0`, or `2` for the newest of that major that the codec has.
    ///
    /// # Errors
    /// Where the codec does not write it, naming those that it writes.
    pub(super) fn format(asked: FormatVersion, column: &Column) -> Result<Self> {
        let info = outermost(column)?;
        let known = info.reads.iter().map(|format| format.version);
        let found = if asked.is_intrinsic() {
            known.filter(|known| known.major() == asked.major()).max()
        } else {
            known.filter(|known| *known == asked).max()
        };
        let versions: Vec<_> = info
            .reads
            .iter()
            .map(|format| format.version.to_string())
            .collect();
        match found {
            Some(version) if versions.len() > 1 => Ok(Self::Format(version)),
            Some(version) => Err(Error::unsupported(format!(
                "<{}> has no other format than {version}, so that there is nothing to migrate",
                info.name
            ))
            .at(column.spec())),
            None => {
                let can = match versions.as_slice() {
                    [] => "its values have no format version".to_owned(),
                    some => format!("it writes {}", some.join(", ")),
                };
                Err(Error::unsupported(format!(
                    "<{}> of this build cannot write format {asked}: {can}",
                    info.name
                ))
                .at(column.spec())
                .advise(format!("name one of those, or upgrade {}", info.crate_name)))
            }
        }
    }
}

/// `2.0`, as reports have it.
impl fmt::Display for Aim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Format(version) => version.fmt(f),
            Self::Unwrapped(_) => f.write_str("unwrap"),
            Self::Into(target) => write!(f, "{} in {}", target.column.spec(), target.name),
        }
    }
}

impl Aim {
    /// The column that values go into, and what the journal calls the aim there.
    pub(super) fn in_journal<'a>(&'a self, source: &'a str) -> (&'a str, String) {
        match self {
            Self::Into(target) => (&target.name, target.aim(source)),
            other => (source, other.to_string()),
        }
    }
}

/// What the codec of a column says of itself.
pub(super) fn outermost(column: &Column) -> Result<CodecInfo> {
    let codec = column.chain().first();
    codec
        .map(|codec| codec.info())
        .ok_or_else(|| Error::unsupported("the column has no codec").at(column.spec()))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use dj_codec_api::{Codec, Context, FormatInfo, FormatStatus, Mode, Registry, TypeSpec, Value};

    use super::*;

    #[derive(Debug)]
    struct Versions(&'static [(u64, u64)]);

    impl Codec for Versions {
        fn name(&self) -> &str {
            "versions"
        }

        fn info(&self) -> CodecInfo {
            let reads = self.0.iter().map(|&(major, minor)| FormatInfo {
                version: FormatVersion::new(major, minor),
                status: FormatStatus::Current,
            });
            CodecInfo::new("versions", "dj-versions-codecs", "1.0.0")
                .with_formats(FormatVersion::new(2, 0), reads.collect())
        }

        fn dtype(&self, _: Mode) -> Result<TypeSpec> {
            Ok(TypeSpec::core("bytes"))
        }

        fn encode(&self, value: Value, _: &Context) -> Result<Value> {
            Ok(value)
        }

        fn decode(&self, stored: Value, _: &Context) -> Result<Value> {
            Ok(stored)
        }
    }

    fn aim(versions: &'static [(u64, u64)], asked: &str) -> Result<String> {
        let mut registry = Registry::new();
        registry.register(Arc::new(Versions(versions))).unwrap();
        let column = Column::resolve("<versions>", &registry).unwrap();
        Aim::format(asked.parse().unwrap(), &column).map(|aim| aim.to_string())
    }

    #[test]
    fn a_major_alone_means_its_newest_format() {
        const SOME: &[(u64, u64)] = &[(1, 0), (2, 0), (2, 1)];
        assert_eq!(aim(SOME, "2").unwrap(), "2.1");
        assert_eq!(aim(SOME, "2.0").unwrap(), "2.0");
        assert_eq!(aim(SOME, "1").unwrap(), "1.0");
        for asked in ["3", "2.2"] {
            let error = aim(SOME, asked).unwrap_err().to_string();
            assert!(error.contains("it writes 1.0, 2.0, 2.1"), "{error}");
        }
        assert!(
            aim(&[(1, 0)], "1")
                .unwrap_err()
                .to_string()
                .contains("no other format")
        );
        assert!(
            aim(&[], "1")
                .unwrap_err()
                .to_string()
                .contains("no format version")
        );
    }
}
