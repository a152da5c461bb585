//! One value: decoded, encoded anew, and compared with what it was.

use dj_codec_api::{Column, Context, Error, FormatVersion, Result, Stored};

use super::aim::Aim;
use super::compare::difference;

/// What becomes of a value.
#[derive(Debug)]
pub(super) enum Recoded {
    /// It is what it should be.
    Already,
    /// This.
    New {
        stored: Stored,
        from: Option<FormatVersion>,
        to: Option<FormatVersion>,
    },
}

/// How a column's values are migrated.
#[derive(Debug, Clone)]
pub(super) struct Recoding {
    pub(super) column: Column,
    pub(super) aim: Aim,
    pub(super) allow_downgrade: bool,
}

impl Recoding {
    /// Encodes a value anew, where it is not what it should be yet: read in one context, written in the other.
    ///
    /// # Errors
    /// Where the value cannot be read, written, or be exactly the same in the other format. What was written stays then.
    pub(super) fn recode(&self, stored: &Stored, cx: &Context, writing: &Context) -> Result<Recoded> {
        let column = &self.column;
        let (reader, from) = match &self.aim {
            Aim::Format(to) => match self.found(stored, *to, cx)? {
                Some(found) => (column, Some(found)),
                None => return Ok(Recoded::Already),
            },
            Aim::Unwrapped(_)
                if column
                    .decode(stored.clone(), cx)
                    .and_then(|value| value.load())
                    .is_ok() =>
            {
                return Ok(Recoded::Already);
            }
            Aim::Unwrapped(reader) => (reader, None),
            Aim::Into(target) => return target.convert(column, stored, cx, writing),
        };
        let value = reader.decode(stored.clone(), cx)?;
        let asked = match self.aim {
            Aim::Format(to) => writing.clone().with_format_version(to),
            _ => writing.clone(),
        };
        let new = column.reencode(value.clone(), stored, &asked)?;
        let to = column.format_version(new.clone(), writing)?;
        if let Aim::Format(wanted) = self.aim
            && to != Some(wanted)
        {
            let wrote = to.map_or_else(|| "none".to_owned(), |version| version.to_string());
            return Err(Error::unsupported(format!(
                "asked for format {wanted}, the codec wrote {wrote} for this value"
            )));
        }
        let again = column.decode(new.clone(), writing)?;
        match difference(&value, &again)? {
            None => Ok(Recoded::New {
                stored: new,
                from,
                to,
            }),
            Some(different) => Err(Error::unsupported(format!(
                "the value would not be exactly the same: {different}"
            ))),
        }
    }

    /// The format of a value that has to be migrated; `None` where it has the right one.
    fn found(&self, stored: &Stored, to: FormatVersion, cx: &Context) -> Result<Option<FormatVersion>> {
        let found = self
            .column
            .format_version(stored.clone(), cx)?
            .ok_or_else(|| Error::unsupported("the value has no format version"))?;
        if found == to {
            return Ok(None);
        }
        if found > to && !self.allow_downgrade {
            return Err(newer(found, to));
        }
        let info = super::aim::outermost(&self.column)?;
        if !info.reads.iter().any(|format| format.version == found) {
            return Err(Error::unsupported(format!(
                "the value is of format {found}, of which this build may miss something"
            ))
            .advise(format!("upgrade {}", info.crate_name)));
        }
        Ok(Some(found))
    }
}

pub(super) fn newer(found: FormatVersion, to: FormatVersion) -> Error {
    Error::unsupported(format!(
        "format {found} is newer than {to}, and a downgrade was not allowed"
    ))
    .advise("allow it (--allow-downgrade) where older programs have to read the values")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use dj_codec_api::{
        Codec, CodecInfo, FormatInfo, FormatStatus, Mode, Registry, StoreMap, TypeSpec, Value,
    };

    use super::*;

    const V1: FormatVersion = FormatVersion::new(1, 0);
    const V2: FormatVersion = FormatVersion::new(2, 0);

    /// Texts behind two bytes that say the format. Format 2.0 loses a blank at the end, and `unwritable` is always 1.0.
    #[derive(Debug)]
    struct Words {
        unwraps: bool,
    }

    impl Codec for Words {
        fn name(&self) -> &str {
            "words"
        }

        fn info(&self) -> CodecInfo {
            let reads = [V1, V2].map(|version| FormatInfo {
                version,
                status: FormatStatus::Legacy,
            });
            CodecInfo::new("words", "dj-words-codecs", "1.0.0").with_formats(V2, reads.to_vec())
        }

        fn dtype(&self, _: Mode) -> Result<TypeSpec> {
            Ok(TypeSpec::core("bytes"))
        }

        fn encode(&self, value: Value, cx: &Context) -> Result<Value> {
            let Value::Str(text) = value else {
                panic!("{value:?}")
            };
            let asked = cx.format_version().unwrap_or(V2);
            let major = if text == "unwritable" {
                1
            } else {
                asked.major() as u8
            };
            let kept = if major == 2 { text.trim_end() } else { &text };
            Ok(Value::Bytes([&[major, 0], kept.as_bytes()].concat().into()))
        }

        fn decode(&self, stored: Value, _: &Context) -> Result<Value> {
            let Value::Bytes(bytes) = stored else {
                panic!("{stored:?}")
            };
            let text = String::from_utf8_lossy(&bytes[2..]).into_owned();
            match text.strip_prefix("wrapped ") {
                Some(inner) if self.unwraps => Ok(inner.into()),
                Some(_) => Err(Error::corrupt("a text in a text")),
                None => Ok(text.into()),
            }
        }

        fn format_version(&self, stored: &Value, _: &Context) -> Result<Option<FormatVersion>> {
            let Value::Bytes(bytes) = stored else {
                panic!("{stored:?}")
            };
            Ok(Some(FormatVersion::new(bytes[0].into(), bytes[1].into())))
        }
    }

    fn column(unwraps: bool) -> Column {
        let mut registry = Registry::new();
        registry.register(Arc::new(Words { unwraps })).unwrap();
        Column::resolve("<words>", &registry).unwrap()
    }

    fn recoded(aim: Aim, allow_downgrade: bool, stored: &[u8]) -> Result<Option<Vec<u8>>> {
        let recoding = Recoding {
            column: column(false),
            aim,
            allow_downgrade,
        };
        let cx = Context::new(StoreMap::new());
        let stored = Stored::Bytes(stored.to_vec().into());
        match recoding.recode(&stored, &cx, &cx)? {
            Recoded::Already => Ok(None),
            Recoded::New { stored, .. } => match stored {
                Stored::Bytes(bytes) => Ok(Some(bytes.to_vec())),
                other => panic!("{other:?}"),
            },
        }
    }

    fn refused(aim: Aim, allow_downgrade: bool, stored: &[u8]) -> String {
        recoded(aim, allow_downgrade, stored).unwrap_err().to_string()
    }

    #[test]
    fn a_value_gets_the_format_or_is_left() {
        let to = Aim::Format;
        assert_eq!(
            recoded(to(V2), false, b"\x01\0abc").unwrap().unwrap(),
            b"\x02\0abc"
        );
        assert_eq!(recoded(to(V2), false, b"\x02\0abc").unwrap(), None);
        assert_eq!(
            recoded(to(V1), true, b"\x02\0abc").unwrap().unwrap(),
            b"\x01\0abc"
        );
        for (aim, stored, words) in [
            (V1, &b"\x02\0abc"[..], "format 2.0 is newer than 1.0"),
            (V2, b"\x01\0abc ", "would not be exactly the same"),
            (
                V2,
                b"\x01\0unwritable",
                "asked for format 2.0, the codec wrote 1.0",
            ),
            (
                V2,
                b"\x01\x07abc",
                "of format 1.7, of which this build may miss something",
            ),
            (V2, b"\x01\0wrapped x", "a text in a text"),
        ] {
            let error = refused(to(aim), false, stored);
            assert!(error.contains(words), "{error}");
        }
    }

    #[test]
    fn only_what_the_column_does_not_decode_is_unwrapped() {
        let unwrap = || Aim::Unwrapped(column(true));
        assert_eq!(recoded(unwrap(), false, b"\x01\0abc").unwrap(), None);
        assert_eq!(
            recoded(unwrap(), false, b"\x01\0wrapped abc").unwrap().unwrap(),
            b"\x02\0abc"
        );
        let error = refused(unwrap(), false, b"\x01\0wrapped wrapped abc");
        assert!(error.contains("a text in a text"), "{error}");
    }
}
