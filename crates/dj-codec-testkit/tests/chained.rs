//! A codec whose bytes another one of its chain keeps under a digest: the version in them is reached through that one.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test asserts by panicking"
)]

use dj_codec_api::layout::content_hash;
use dj_codec_api::{
    Codec, CodecInfo, Context, Error, FormatStatus, FormatVersion, Mode, Reader, Result, TypeSpec, Value,
    VersionDispatch,
};
use dj_codec_testkit::conformance::{Check, Conformance, Integrity};

const FORMATS: VersionDispatch<()> = VersionDispatch {
    codec: "text",
    crate_name: "dj-text-codecs",
    writes: FormatVersion::new(1, 0),
    assumed: FormatVersion::new(1, 0),
    readers: &[Reader {
        version: FormatVersion::new(1, 0),
        status: FormatStatus::Current,
        read: (),
    }],
};

/// Text after a byte for the major and one for the minor version of its format.
#[derive(Debug)]
struct Text;

fn parts(stored: &Value) -> Result<(FormatVersion, &[u8])> {
    match stored {
        Value::Bytes(bytes) if bytes.len() >= 2 => Ok((
            FormatVersion::new(u64::from(bytes[0]), u64::from(bytes[1])),
            &bytes[2..],
        )),
        _ => Err(Error::corrupt("these are no bytes of a text")),
    }
}

impl Codec for Text {
    fn name(&self) -> &str {
        "text"
    }

    fn info(&self) -> CodecInfo {
        CodecInfo::new("text", "dj-text-codecs", "0.1.0")
            .with_modes(&[Mode::Table])
            .with_formats(FORMATS.writes, FORMATS.formats())
    }

    fn dtype(&self, mode: Mode) -> Result<TypeSpec> {
        match mode {
            Mode::Table => Ok(TypeSpec::codec("digested")),
            Mode::Store => Err(Error::invalid_spec("in the table only")),
        }
    }

    fn encode(&self, value: Value, _: &Context) -> Result<Value> {
        match value {
            Value::Str(text) => Ok(Value::Bytes([&[1, 0], text.as_bytes()].concat().into())),
            other => Err(Error::invalid_value(format!("no text: {}", other.type_name()))),
        }
    }

    fn decode(&self, stored: Value, cx: &Context) -> Result<Value> {
        let (version, text) = parts(&stored)?;
        FORMATS.reader(version, cx)?;
        cx.limits().check_array_bytes(text.len() as u64)?;
        let text = String::from_utf8(text.to_vec());
        text.map(Value::Str)
            .map_err(|error| Error::corrupt("no text").caused_by(error))
    }

    fn format_version(&self, stored: &Value, _: &Context) -> Result<Option<FormatVersion>> {
        parts(stored).map(|(version, _)| Some(version))
    }
}

/// Bytes after their digest.
#[derive(Debug)]
struct Digested;

impl Codec for Digested {
    fn name(&self) -> &str {
        "digested"
    }

    fn info(&self) -> CodecInfo {
        CodecInfo::new("digested", "dj-digested-codecs", "0.1.0").with_modes(&[Mode::Table])
    }

    fn dtype(&self, _: Mode) -> Result<TypeSpec> {
        Ok(TypeSpec::core("bytes"))
    }

    fn encode(&self, value: Value, _: &Context) -> Result<Value> {
        match value {
            Value::Bytes(bytes) => {
                let digest = content_hash(&bytes);
                Ok(Value::Bytes([digest.as_bytes(), &bytes[..]].concat().into()))
            }
            other => Err(Error::invalid_value(format!("no bytes: {}", other.type_name()))),
        }
    }

    fn decode(&self, stored: Value, _: &Context) -> Result<Value> {
        match stored {
            Value::Bytes(bytes)
                if bytes.len() >= 26 && content_hash(&bytes[26..]).as_bytes() == &bytes[..26] =>
            {
                Ok(Value::Bytes(bytes.slice(26..)))
            }
            _ => Err(Error::corrupt("the digest is another")),
        }
    }
}

fn conformance() -> Conformance {
    Conformance::of(Text)
        .chained_to(Digested)
        .samples(["", "x", "some longer text"])
        .integrity(Integrity::Digest)
}

#[test]
fn the_version_is_written_into_what_the_codec_itself_gives() {
    let stamp = |value, version: FormatVersion| {
        let (_, text) = parts(&value)?;
        let version = [version.major(), version.minor()].map(|part| part as u8);
        Ok(Value::Bytes([&version[..], text].concat().into()))
    };
    let report = conformance().stamped_value_by(stamp).run();
    assert!(report.passed(), "{report}");
    for check in [Check::UnknownMajor, Check::NewerMinor] {
        let mut outcomes = report.outcomes.iter();
        let outcome = outcomes.find(|outcome| outcome.check == check).unwrap();
        assert!(outcome.tried >= 3 && outcome.skipped.is_none(), "{check}");
    }
}

#[test]
fn a_stamp_that_does_nothing_or_fails_is_no_stamp() {
    let report = conformance().stamped_value_by(|value, _| Ok(value)).run();
    let failed: Vec<Check> = report.failed().map(|outcome| outcome.check).collect();
    assert_eq!(failed, [Check::UnknownMajor, Check::NewerMinor]);
    assert!(report.to_string().contains("changed nothing"), "{report}");
    let report = conformance()
        .stamped_value_by(|_, _| Err(Error::unsupported("not today")))
        .run();
    assert!(report.to_string().contains("not today"), "{report}");
    // Past the other codec's digest, the column's own bytes cannot be stamped by who does not know it.
    let report = conformance().run();
    assert!(report.to_string().contains("stamped_value_by()"), "{report}");
}
