//! A record as each codec that has records decodes it, with objects that are what the codec expects: an error or a value.

use std::cell::OnceCell;
use std::sync::Arc;

use bytes::Bytes;
use dj_codec_api::{Column, Context, Json, Record, Registry, StoreMap, Stored};
use dj_zarr_codecs::{VerifyLevel, ZarrCodec, ZarrRecord};

use dj_blob_codecs as _;
use dj_file_codecs as _;
use dj_hash_codecs as _;
use dj_npy_codecs as _;

use crate::limits;
use crate::store::Told;

const NPY: &[u8] = include_bytes!("../seeds/record/objects/int16-2x3.npy");
const ZARR: &[u8] = br#"{"zarr_format":3,"node_type":"array","shape":[4,6],"data_type":"int16","chunk_grid":{"name":"regular",
"configuration":{"chunk_shape":[2,6]}},"chunk_key_encoding":{"name":"default"},"fill_value":7,"codecs":["bytes"],
"attributes":{"codec_name":"zarr","codec_version":"2.0","feature_flags":[]}}"#;
/// One chunk is there, the other is not.
const CHUNK: &[u8] = &[1; 24];

fn find(path: &str) -> Option<Bytes> {
    match path.rsplit_once('/').map_or(path, |(_, name)| name) {
        "zarr.json" => Some(Bytes::from_static(ZARR)),
        "0" => path.ends_with("c/0/0").then(|| Bytes::from_static(CHUNK)),
        name if name.ends_with(".npy") => Some(Bytes::from_static(NPY)),
        name if name.starts_with('.') => None,
        _ => Some(Bytes::from_static(b"hash me")),
    }
}

struct Ready {
    columns: Vec<Column>,
    cx: Context,
}

thread_local! {
    static READY: OnceCell<Ready> = const { OnceCell::new() };
}

fn ready() -> Ready {
    let registry = Registry::linked().expect("each codec is linked once");
    let column = |spec| Column::resolve(spec, &registry).expect("it is linked");
    let stores = StoreMap::new()
        .with("main", Arc::new(Told(find)))
        .with_default("main")
        .with_filepath_default("main");
    Ready {
        columns: [
            "<npy@main>",
            "<zarr@>",
            "<hash@main>",
            "<blob@>",
            "<object@>",
            "<filepath@>",
            "<attach@>",
        ]
        .map(column)
        .into(),
        cx: Context::new(stores)
            .with_limits(limits())
            .with_field("lab", "session", "trace")
            .with_key("id", 1_i64),
    }
}

pub fn run(data: &[u8]) {
    READY.with(|cell| {
        let Ready { columns, cx } = cell.get_or_init(ready);
        let Some((&which, text)) = data.split_first() else {
            return;
        };
        let column = &columns[usize::from(which) % columns.len()];
        let stored = if which & 128 == 0 {
            Stored::Bytes(Bytes::copy_from_slice(text))
        } else {
            // As databases without a JSON type hand it out, once more encoded.
            Stored::Json(String::from_utf8_lossy(text).into_owned().into())
        };
        if let Ok(value) = column.decode(stored.clone(), cx) {
            let _ = value.load();
        }
        let _ = column.format_version(stored, cx);
        if column.spec() == "<zarr@>"
            && let Ok(json) = serde_json::from_slice::<Json>(text)
            && let Ok(record) = Record::from_json(json).and_then(ZarrRecord::from_record)
        {
            let _ = ZarrCodec::default().verify(record, cx, VerifyLevel::Presence);
        }
    });
}
