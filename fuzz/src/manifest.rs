//! A record and a manifest as a stored folder or file: an error, or files that are all within it.

use std::sync::Arc;

use bytes::Bytes;
use dj_codec_api::layout::check_path;
use dj_codec_api::{Context, Json, Lazy, Record, StoreMap};
use dj_file_codecs::{FilepathCodec, Manifest, ObjectCodec, ObjectRef};

use crate::store::{Find, Told};
use crate::{halves, limits};

/// What lies below whatever the record says is a folder.
const FILES: [&str; 2] = ["a.txt", "sub/b.bin"];

struct Folder(Bytes);

impl Find for Folder {
    fn find(&self, path: &str) -> Option<Bytes> {
        let is_file = FILES.iter().any(|file| path.ends_with(file));
        if path.ends_with(".manifest.json") {
            Some(self.0.clone())
        } else {
            is_file.then(|| Bytes::from_static(b"hash me"))
        }
    }

    fn list(&self) -> &[&str] {
        &FILES
    }
}

fn look_into(stored: &ObjectRef) {
    let _ = stored.time();
    if let Ok(files) = stored.files() {
        for file in files {
            check_path(&file.path).expect("a file of a folder is in it");
        }
    }
    let _ = stored.verify();
    let _ = stored.load();
    let _ = stored.read_range(1..3);
}

pub fn run(data: &[u8]) {
    let (record, manifest) = halves(data);
    if let Ok(parsed) = Manifest::parse(manifest, &limits()) {
        parsed
            .files
            .iter()
            .for_each(|file| check_path(&file.path).expect("a file of a folder is in it"));
        let again = serde_json::to_vec(&parsed).expect("it was JSON");
        assert_eq!(Manifest::parse(&again, &limits()).ok(), Some(parsed));
    }
    let Ok(Ok(record)) = serde_json::from_slice::<Json>(record).map(Record::from_json) else {
        return;
    };
    let store = Told(Folder(Bytes::copy_from_slice(manifest)));
    let stores = StoreMap::new()
        .with("main", Arc::new(store))
        .with_default("main")
        .with_filepath_default("main");
    let cx = Context::new(stores).with_limits(limits());
    if let Ok(stored) = ObjectCodec::open(record.clone(), &cx) {
        check_path(stored.path()).expect("what is opened is in the store");
        look_into(&stored);
    }
    if let Ok(stored) = FilepathCodec::open(record, &cx) {
        look_into(&stored);
    }
}
