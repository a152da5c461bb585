//! An old value becomes a new one, the same, and stays as it was.

use std::sync::{Arc, Mutex};

use dj_codec_api::{Column, Context, FormatVersion, Registry, StoreMap, Stored, WarningKind, WarningLog};
use dj_codec_testkit::MemoryStore;
use dj_spike_codecs::{SpikeTrain, SpikeTrainCodec};

use crate::trains;

const OLD: FormatVersion = FormatVersion::new(1, 0);
const NEW: FormatVersion = FormatVersion::new(2, 0);

fn registry() -> Registry {
    let mut registry = dj_codecs::default_registry();
    registry.register(Arc::new(SpikeTrainCodec)).unwrap();
    registry
}

/// Decodes an old value with a hook that encodes it anew, and gives what came of both.
fn migrated(spec: &str, store: &Arc<MemoryStore>) -> (Stored, Stored) {
    let column = Column::resolve(spec, &registry()).unwrap();
    let stores = StoreMap::new().with("main", store.clone()).with_default("main");
    let cx = Context::new(stores)
        .with_field("lab", "session", "spikes")
        .with_key("session_id", 1_i64);
    let old = column
        .encode(trains::three().into(), &cx.clone().with_format_version(OLD))
        .unwrap();
    assert_eq!(column.format_version(old.clone(), &cx).unwrap(), Some(OLD));
    let before = store.snapshot();

    let renewed = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::new(WarningLog::default());
    let place = renewed.clone();
    let hooked = cx
        .clone()
        .with_warnings(log.clone())
        .on_outdated(move |outdated| {
            assert_eq!(
                (outdated.codec(), outdated.found(), outdated.current()),
                ("spike_train", OLD, NEW)
            );
            place.lock().unwrap().push(outdated.reencode().unwrap());
        });
    let value = column.decode(old.clone(), &hooked).unwrap();
    assert_eq!(SpikeTrain::try_from(&value).unwrap(), trains::three());
    let warnings = log.take();
    assert!(
        warnings
            .iter()
            .all(|warning| warning.kind == WarningKind::Deprecated),
        "{warnings:?}"
    );
    assert!(
        warnings[0].message.contains("will not be read from 1.0.0 on"),
        "{warnings:?}"
    );

    let mut renewed = std::mem::take(&mut *renewed.lock().unwrap());
    assert_eq!(renewed.len(), 1);
    let new = renewed.remove(0);
    assert_eq!(column.format_version(new.clone(), &cx).unwrap(), Some(NEW));
    let value = column.decode(new.clone(), &cx).unwrap();
    assert_eq!(SpikeTrain::try_from(&value).unwrap(), trains::three());
    // The old value is as it was, and decodes as before.
    let after = store.snapshot();
    assert!(before.iter().all(|(path, data)| after.get(path) == Some(data)));
    assert_eq!(column.decode(old.clone(), &cx).unwrap(), value);
    (old, new)
}

#[test]
fn in_the_table() {
    let (old, new) = migrated("<spike_train>", &Arc::default());
    assert_ne!(old, new);
}

#[test]
fn in_a_store() {
    let store = Arc::new(MemoryStore::new());
    let column = Column::resolve("<spike_train@main>", &registry()).unwrap();
    let (old, new) = migrated("<spike_train@main>", &store);
    let paths = [old, new].map(|stored| column.referenced_paths(&stored)[0].path.clone());
    assert_ne!(paths[0], paths[1]);
    assert_eq!(store.paths().len(), 2);
}

#[test]
fn what_is_current_is_left_alone() {
    let column = Column::resolve("<spike_train>", &registry()).unwrap();
    let cx = Context::new(StoreMap::new()).on_outdated(|_| panic!("nothing is outdated"));
    let stored = column.encode(trains::three().into(), &cx).unwrap();
    assert!(column.decode(stored, &cx).is_ok());
}
