//! Where a record leads: to its objects, and nowhere else.

use std::sync::Arc;

use dj_codec_api::{ErrorKind, Json, MemoryStore, Mode, Reference, Store as _, Stored};

use super::Integrity;
use super::declaration::trouble;
use super::lab::{Got, Lab, Sample, Trouble, Written, guarded};
use super::records::places;
use super::report::Tally;

/// Whether an object is the one that a reference names, or below it.
pub(super) fn covers(reference: &str, path: &str) -> bool {
    let folder = reference.strip_suffix('/').unwrap_or(reference);
    path.strip_prefix(folder)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

pub(super) fn references(lab: &Lab<'_>, tally: &mut Tally) {
    for (sample, name) in lab.samples() {
        let written = &sample.written;
        let found = guarded(|| Ok(lab.column.referenced_paths(&written.stored)));
        let Ok(references) = &found else {
            tally.expect(false, name, || {
                format!("referenced_paths gave {}", trouble(&found))
            });
            continue;
        };
        for path in written.objects.keys() {
            tally.expect(
                references.iter().any(|reference| covers(&reference.path, path)),
                name,
                || format!("the object {path} was written, and referenced_paths names {references:?}"),
            );
        }
        let there = |path: &str| {
            let mut objects = written.objects.keys().chain(lab.config.objects.keys());
            objects.any(|object| covers(path, object))
        };
        for reference in references {
            tally.expect(reference.optional || there(&reference.path), name, || {
                format!(
                    "referenced_paths names {}, and there is no such object",
                    reference.path
                )
            });
            let store = reference.store.as_deref();
            tally.expect(store == Some("main"), name, || {
                format!("referenced_paths names the store {store:?}; the value is in \"main\", which is not the default")
            });
        }
        others(lab, sample, references, tally);
        tally.attempt();
        if let (Stored::Bytes(_), false) = (&written.stored, references.is_empty()) {
            tally.fail(
                name,
                "the value is in the table, and referenced_paths names objects",
            );
        }
    }
    if tally.tried == 0 {
        tally.skip("there is no sample");
    }
}

/// No other value's objects are below what the references of this one name: they are deleted and copied with it.
fn others(lab: &Lab<'_>, sample: &Sample, references: &[Reference], tally: &mut Tally) {
    let store = lab.store_with(&sample.written.objects);
    let before = store.inner().snapshot();
    for other in [Some(sample), lab.samples.last()].into_iter().flatten() {
        // Whether it can be encoded is asked elsewhere.
        let _ = lab.encode(&other.value, &lab.context(&store));
    }
    for path in store.inner().paths() {
        if before.contains_key(&path) {
            continue;
        }
        let all_too_much = references.iter().find(|reference| covers(&reference.path, &path));
        tally.expect(all_too_much.is_none(), &sample.shown, || {
            format!("referenced_paths names {all_too_much:?}, and below that is {path}, an object of another value")
        });
    }
}

pub(super) fn wrong_store(lab: &Lab<'_>, tally: &mut Tally) {
    if lab.mode == Mode::Store {
        other_default(lab, tally);
    }
    for (sample, name) in lab.recorded() {
        if !sample
            .written
            .record()
            .is_some_and(|record| matches!(record.store(), Ok(Some(_))))
        {
            continue;
        }
        // A store of this name is there, with nothing in it.
        for (store, kinds) in [
            ("nowhere", &[ErrorKind::Config][..]),
            ("other", &[ErrorKind::NotFound, ErrorKind::Corrupt]),
        ] {
            tally.attempt();
            let moved = sample.written.clone().with_key("store", store);
            match lab.read(&moved, &sample.expected) {
                Got::Trouble(Trouble::Error(error)) if kinds.contains(error.kind()) => {}
                Got::Trouble(trouble) => tally.fail(
                    name,
                    format!(
                        "with the store {store:?} decoding gave {trouble}; one of {kinds:?} was expected"
                    ),
                ),
                Got::Same | Got::Other(_) => tally.fail(
                    name,
                    format!("with the store {store:?} in the record a value was decoded all the same"),
                ),
            }
        }
    }
    if tally.tried == 0 {
        tally.skip("no record names a store");
    }
}

/// A value of a column in the default store is found after another store has become that.
fn other_default(lab: &Lab<'_>, tally: &mut Tally) {
    let spec = format!("<{}@>", lab.config.codec.name());
    let column = match lab.config.resolve(&spec) {
        Ok(column) => column,
        Err(trouble) => {
            tally.expect(false, "", || format!("{spec} does not resolve: {trouble}"));
            return;
        }
    };
    for (sample, name) in lab.samples() {
        let store = lab.store();
        let before = lab.context_beside(&store, Arc::new(MemoryStore::new()), "main");
        let after = lab.context(&store);
        tally.attempt();
        let found = guarded(|| {
            let stored = column.encode(sample.value.clone(), &before)?;
            column.decode(stored, &after)?.load()
        });
        match lab.judge(found, &sample.expected) {
            Got::Same => {}
            Got::Other(difference) => tally.fail(
                name,
                format!("stored as {spec}, and read when another store is the default, another value came back: {difference}"),
            ),
            Got::Trouble(trouble) => tally.fail(
                name,
                format!("stored as {spec}, and read when another store is the default, there is {trouble}; the record names the store that Context::open_column_store tells"),
            ),
        }
    }
}

pub(super) fn missing_object(lab: &Lab<'_>, tally: &mut Tally) {
    for (sample, name) in lab.samples() {
        let written = &sample.written;
        if written.objects.is_empty() {
            continue;
        }
        tally.attempt();
        let none = Written {
            objects: Default::default(),
            ..written.clone()
        };
        match lab.read(&none, &sample.expected) {
            Got::Trouble(Trouble::Error(error))
                if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Corrupt) => {}
            Got::Trouble(trouble) => tally.fail(
                name,
                format!("without its objects decoding gave {trouble}; NotFound was expected"),
            ),
            Got::Same | Got::Other(_) => {
                tally.fail(name, "without its objects a value was decoded all the same");
            }
        }
        for path in written.objects.keys() {
            tally.attempt();
            let mut less = written.clone();
            less.objects.remove(path);
            match lab.read(&less, &sample.expected) {
                Got::Other(difference) if lab.integrity() >= Integrity::Length => {
                    tally.fail(
                        name,
                        format!("without the object {path} another value came back: {difference}"),
                    );
                }
                Got::Trouble(Trouble::Panic(message)) => {
                    tally.fail(
                        name,
                        format!("without the object {path} decoding gave a panic: {message}"),
                    );
                }
                _ => {}
            }
        }
    }
    if tally.tried == 0 {
        tally.skip("no sample has an object");
    }
}

/// Paths that no record may lead to.
const UNSAFE: [&str; 9] = [
    "../outside",
    "/etc/passwd",
    "_schema/../../outside",
    "a/../../outside",
    "..",
    "C:\\windows",
    "a\\..\\..\\outside",
    "\u{0}",
    "a/./../../b",
];

/// Where in the record there is the path of an object, or of a folder of them.
fn places_of_paths(lab: &Lab<'_>, written: &Written) -> Vec<String> {
    let Stored::Json(record) = &written.stored else {
        return Vec::new();
    };
    let mut found = Vec::new();
    places(record, "", &mut found);
    let leads_somewhere = |place: &String| {
        let path = record.pointer(place).and_then(Json::as_str);
        let mut objects = written.objects.keys().chain(lab.config.objects.keys());
        path.is_some_and(|path| place == "/path" || objects.any(|object| covers(path, object)))
    };
    found.retain(leads_somewhere);
    found
}

pub(super) fn unsafe_path(lab: &Lab<'_>, tally: &mut Tally) {
    for (sample, name) in lab.recorded() {
        let paths = places_of_paths(lab, &sample.written);
        for (place, path) in paths.iter().flat_map(|place| UNSAFE.map(|path| (place, path))) {
            // The API's own stores refuse such a path; one that a lab has made may not.
            if MemoryStore::new().head(path).is_ok() {
                continue;
            }
            tally.attempt();
            let mut led = sample.written.clone();
            if let Stored::Json(record) = &mut led.stored
                && let Some(member) = record.pointer_mut(place)
            {
                *member = path.into();
            }
            let store = lab.store_with(&led.objects);
            let outcome = lab.decode(&led.stored, &lab.context(&store));
            match &outcome {
                Err(Trouble::Error(error)) if error.kind() == &ErrorKind::UnsafePath => {}
                Err(trouble) => tally.fail(
                    name,
                    format!("the path {path:?} in {place} gave {trouble}; UnsafePath was expected"),
                ),
                Ok(_) => tally.fail(
                    name,
                    format!("with the path {path:?} in {place} of the record a value was decoded"),
                ),
            }
            let version = guarded(|| {
                lab.column
                    .format_version(led.stored.clone(), &lab.context(&store))
            });
            tally.expect(!matches!(version, Err(Trouble::Panic(_))), name, || {
                format!("the path {path:?} made format_version give {}", trouble(&version))
            });
        }
    }
    if tally.tried == 0 {
        tally.skip("no record has a path");
    }
}
