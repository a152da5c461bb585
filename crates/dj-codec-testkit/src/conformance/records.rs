//! Records that somebody else has changed.

use dj_codec_api::{Json, Record, Stored, Value};
use serde_json::json;

use super::damage::bounded;
use super::lab::{Got, Lab, Sample, Trouble, Written, guarded, modest};
use super::report::Tally;

/// Every way in which a member of a record can be wrong.
fn absurd() -> Vec<Json> {
    vec![
        Json::Null,
        json!(true),
        json!(-1),
        json!(0),
        json!(1.5),
        json!(u64::MAX),
        // What may well be allocated, and is far more than any sample has.
        json!(1_u64 << 30),
        json!(1e300),
        json!(""),
        json!("x"),
        json!("\u{0}\u{10ffff}"),
        json!([]),
        json!([-1]),
        json!([u64::MAX, u64::MAX]),
        json!([1_u64 << 40, 0]),
        json!(vec![1; 100]),
        json!(["x", null]),
        json!({}),
        json!({"path": "x"}),
    ]
}

/// Every place within a JSON document, by its pointer.
pub(super) fn places(json: &Json, here: &str, found: &mut Vec<String>) {
    match json {
        Json::Object(members) => {
            for (key, value) in members {
                let place = format!("{here}/{}", key.replace('~', "~0").replace('/', "~1"));
                found.push(place.clone());
                places(value, &place, found);
            }
        }
        Json::Array(items) => {
            for (at, value) in items.iter().enumerate().take(4) {
                let place = format!("{here}/{at}");
                found.push(place.clone());
                places(value, &place, found);
            }
        }
        _ => {}
    }
}

fn without(record: &Json, place: &str) -> Option<Json> {
    let mut changed = record.clone();
    let (parent, key) = place.rsplit_once('/')?;
    let key = key.replace("~1", "/").replace("~0", "~");
    match changed.pointer_mut(parent)? {
        Json::Object(members) => drop(members.remove(&key)),
        Json::Array(items) => {
            let at: usize = key.parse().ok()?;
            if at < items.len() {
                items.remove(at);
            }
        }
        _ => {}
    }
    Some(changed)
}

type Work<'a> = &'a dyn Fn() -> Result<(), Trouble>;

/// Everything that takes a stored value, with this one: none of it may panic, or take memory as it is told.
fn handled(lab: &Lab<'_>, sample: &Sample, stored: Stored, tally: &mut Tally, what: &dyn Fn() -> String) {
    let store = lab.store_with(&sample.written.objects);
    let cx = lab.context(&store).with_limits(modest());
    let decoding = || lab.decode(&stored, &cx).map(drop);
    let version = || guarded(|| lab.column.format_version(stored.clone(), &cx)).map(drop);
    let references = || guarded(|| Ok(lab.column.referenced_paths(&stored))).map(drop);
    let all: [(&str, Work<'_>); 3] = [
        ("decoding", &decoding),
        ("format_version", &version),
        ("referenced_paths", &references),
    ];
    for (did, work) in all {
        tally.attempt();
        let outcome = bounded(sample, tally, &|| format!("{}: {did}", what()), work);
        if let Err(Trouble::Panic(message)) = outcome {
            tally.fail(
                sample.shown.as_str(),
                format!("{}: {did} gave a panic: {message}", what()),
            );
        }
    }
}

pub(super) fn bad_records(lab: &Lab<'_>, tally: &mut Tally) {
    for sample in &lab.samples {
        let Stored::Json(record) = &sample.written.stored else {
            // A column that should hold bytes and holds JSON, or the other way round.
            for json in absurd() {
                handled(lab, sample, Stored::Json(json.clone()), tally, &|| {
                    format!("the column holds {json}")
                });
            }
            continue;
        };
        for json in absurd() {
            handled(lab, sample, Stored::Json(json.clone()), tally, &|| {
                format!("the record is {json}")
            });
        }
        for bytes in [&b""[..], b"\xff\xfe", b"{\"path\": ", b"null"] {
            handled(lab, sample, Stored::Bytes(bytes.to_vec().into()), tally, &|| {
                format!("the column holds the bytes {}", bytes.escape_ascii())
            });
        }
        let mut found = Vec::new();
        places(record, "", &mut found);
        for place in found {
            if let Some(changed) = without(record, &place) {
                handled(lab, sample, Stored::Json(changed), tally, &|| {
                    format!("the record has no {place}")
                });
            }
            for wrong in absurd() {
                let mut changed = record.clone();
                if let Some(member) = changed.pointer_mut(&place) {
                    *member = wrong.clone();
                }
                handled(lab, sample, Stored::Json(changed), tally, &|| {
                    format!("{place} of the record is {wrong}")
                });
            }
        }
    }
    if tally.tried == 0 {
        tally.skip("there is no sample");
    }
}

pub(super) fn unknown_keys(lab: &Lab<'_>, tally: &mut Tally) {
    let innermost = lab.column.chain().last();
    for (sample, name) in lab.recorded() {
        for (key, value) in [
            ("~ noted by the lab", json!({"by": [1, 2.5, null, "x"]})),
            ("AAA", Json::Null),
            ("zzz", json!("text")),
        ] {
            tally.attempt();
            let noted = sample.written.clone().with_key(key, value);
            match lab.read(&noted, &sample.expected) {
                Got::Same => {}
                Got::Other(difference) => tally.fail(
                    name,
                    format!("with the key {key:?} in the record another value came back: {difference}"),
                ),
                Got::Trouble(trouble) => tally.fail(
                    name,
                    format!("with the key {key:?} in the record decoding gave {trouble}"),
                ),
            }
            let references = |written: &Written| lab.references(&written.stored);
            tally.expect(references(&noted) == references(&sample.written), name, || {
                format!("with the key {key:?} in the record referenced_paths gives others")
            });
        }
        let own = innermost.map_or(&[][..], |codec| codec.record_keys());
        let unlisted: Vec<String> = sample
            .written
            .record()
            .unwrap_or_default()
            .iter()
            .map(|(key, _)| key.to_owned())
            .filter(|key| !own.contains(&key.as_str()))
            .collect();
        tally.expect(unlisted.is_empty(), name, || {
            format!("the codec writes the keys {unlisted:?}, which record_keys does not list: a rewrite would keep old ones")
        });
    }
    if tally.tried == 0 {
        tally.skip("no sample has a record");
    }
}

pub(super) fn record_as_text(lab: &Lab<'_>, tally: &mut Tally) {
    for (sample, name) in lab.recorded() {
        let once = sample.written.stored.to_json().to_string();
        let twice = Json::from(once.as_str()).to_string();
        for (how, stored) in [
            ("text", Stored::Json(once.as_str().into())),
            ("text that was encoded twice", Stored::Json(twice.as_str().into())),
            ("the bytes of its text", Stored::Bytes(once.clone().into())),
        ] {
            let written = Written {
                stored,
                objects: sample.written.objects.clone(),
            };
            tally.attempt();
            match lab.read(&written, &sample.expected) {
                Got::Same => {}
                Got::Other(difference) => tally.fail(
                    name,
                    format!("a record that comes as {how} gave another value: {difference}"),
                ),
                Got::Trouble(trouble) => {
                    tally.fail(name, format!("a record that comes as {how} gave {trouble}"));
                }
            }
            let as_text = guarded(|| Ok(lab.column.referenced_paths(&written.stored)));
            let plain = lab.references(&sample.written.stored);
            tally.expect(matches!(&as_text, Ok(found) if *found == plain), name, || {
                format!("a record that comes as {how} has other references than the record: {as_text:?}")
            });
        }
        let is_record = Record::from_value(Value::Str(once)).is_ok();
        tally.expect(is_record, name, || "the record is no JSON object".into());
    }
    if tally.tried == 0 {
        tally.skip("no sample has a record");
    }
}
