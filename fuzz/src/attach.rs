//! Bytes as an attached file: an error or a file, which is written again as the same bytes, and saved nowhere but in the folder.

use std::cell::OnceCell;
use std::fs;

use bytes::Bytes;
use dj_codec_api::{Context, StoreMap, Value};
use dj_file_codecs::{AttachCodec, Attachment};

thread_local! {
    static FOLDER: OnceCell<tempfile::TempDir> = const { OnceCell::new() };
}

pub fn run(data: &[u8]) {
    let stored = Bytes::copy_from_slice(data);
    let Ok(file) = AttachCodec::open(&stored) else {
        return;
    };
    assert_eq!(file.size() as usize + file.name().len() + 1, data.len());
    if let Ok(again) = Attachment::new(file.name(), file.bytes().clone()) {
        let cx = Context::new(StoreMap::new());
        let encoded = AttachCodec::encode_attachment(&again, &cx).expect("its name is a good one");
        assert_eq!(encoded, Value::Bytes(stored));
    }
    FOLDER.with(|folder| {
        let folder = folder
            .get_or_init(|| tempfile::tempdir().expect("there is room"))
            .path();
        let Ok(saved) = file.save_into(folder) else { return };
        assert_eq!(saved.parent(), Some(folder), "{:?}", file.name());
        assert_eq!(fs::read(&saved).expect("it was saved")[..], file.bytes()[..]);
        fs::remove_file(saved).expect("it was saved");
    });
}
