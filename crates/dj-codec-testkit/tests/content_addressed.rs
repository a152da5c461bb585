//! A codec that keeps equal values once, as two objects: what a crash left of the first is no reason not to write the second.
#![allow(clippy::unwrap_used, reason = "a test asserts by panicking")]

use dj_codec_api::layout::content_hash;
use dj_codec_api::{Codec, CodecInfo, Context, Error, Mode, NewObject, Record, Result, TypeSpec, Value};
use dj_codec_testkit::conformance::{Check, Conformance, Integrity, Report};

/// A text as its halves, in two objects below a folder of its hash. `hasty`: where the first half is there, both are thought to be.
#[derive(Debug)]
struct Halves {
    hasty: bool,
}

impl Halves {
    fn split(text: &str) -> (&[u8], &[u8]) {
        text.as_bytes().split_at(text.len() / 2)
    }
}

impl Codec for Halves {
    fn name(&self) -> &str {
        "halves"
    }

    fn info(&self) -> CodecInfo {
        CodecInfo::new("halves", "dj-halves-codecs", "0.1.0").with_modes(&[Mode::Store])
    }

    fn dtype(&self, mode: Mode) -> Result<TypeSpec> {
        match mode {
            Mode::Store => Ok(TypeSpec::core("json")),
            Mode::Table => Err(Error::invalid_spec("in a store only")),
        }
    }

    fn encode(&self, value: Value, cx: &Context) -> Result<Value> {
        let text = value.as_str().ok_or_else(|| Error::invalid_value("no text"))?;
        let hash = content_hash(text.as_bytes());
        let path = format!("_halves/{hash}");
        let store = cx.open_column_store()?;
        cx.announce(&NewObject::shared(&store.name, &path))?;
        let (first, second) = Self::split(text);
        let new = store
            .store
            .put_if_absent(&format!("{path}/1"), first.to_vec().into())?;
        if new || !self.hasty {
            store
                .store
                .put_if_absent(&format!("{path}/2"), second.to_vec().into())?;
        }
        let record = Record::new().with("path", path).with("store", store.name);
        Ok(record.with("hash", hash).into())
    }

    fn decode(&self, stored: Value, cx: &Context) -> Result<Value> {
        let record = Record::from_value(stored)?;
        let store = cx.open_record_store(&record)?.store;
        let path = record.path()?;
        let halves = [store.get(&format!("{path}/1"))?, store.get(&format!("{path}/2"))?];
        cx.limits().check_array_bytes(halves.concat().len() as u64)?;
        let text =
            String::from_utf8(halves.concat()).map_err(|error| Error::corrupt("no text").caused_by(error))?;
        let whole =
            record.text("hash")? == Some(&content_hash(text.as_bytes())) && Self::split(&text).0 == halves[0];
        if whole {
            Ok(Value::Str(text))
        } else {
            Err(Error::corrupt("the text is another").at(path))
        }
    }

    fn record_keys(&self) -> &'static [&'static str] {
        &["path", "store", "hash"]
    }
}

fn report(hasty: bool) -> Report {
    Conformance::of(Halves { hasty })
        .samples(["", "ab", "some longer text"])
        .integrity(Integrity::Digest)
        .content_addressed()
        .run()
}

#[test]
fn what_a_crash_left_is_finished_the_next_time() {
    let report = report(false);
    assert!(report.passed(), "{report}");
    // What was not made is said, in a report that has passed too.
    assert!(
        report.to_string().contains("the codec's format has no version"),
        "{report}"
    );
    assert!(report.to_string().contains("not counted: memory"), "{report}");
}

#[test]
fn to_think_that_it_was_finished_is_found() {
    let report = report(true);
    let failed: Vec<Check> = report.failed().map(|outcome| outcome.check).collect();
    assert!(failed.contains(&Check::Crash), "{report}");
    assert!(
        report.to_string().contains("stored again after a crash"),
        "{report}"
    );
}
