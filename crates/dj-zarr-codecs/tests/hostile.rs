//! Bytes that nobody vouches for: an error in words, no panic, no large allocation.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]

use std::io::Write;
use std::sync::Arc;

use dj_codec_api::{Array, Context, Error, ErrorKind, Json, Limits, Result, Store, StoreMap, Value};
use dj_codec_store::FileStore;
use dj_codec_testkit::{Fault, FaultyStore, MemoryStore};
use dj_zarr_codecs::{ZarrArray, ZarrCodec, ZarrOptions};
use proptest::prelude::*;
use serde_json::json;

fn v3() -> Json {
    json!({
        "zarr_format": 3, "node_type": "array", "shape": [4, 6], "data_type": "int16",
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [2, 3]}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": 7, "attributes": {},
        "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}, {"name": "crc32c"}]
    })
}

fn v2() -> Json {
    json!({
        "zarr_format": 2, "shape": [4, 6], "chunks": [2, 3], "dtype": "<i2", "fill_value": 7, "order": "C",
        "filters": null, "compressor": {"id": "zlib", "level": 1}
    })
}

/// A store with one array: its metadata and these chunks.
fn store(key: &str, metadata: &Json, chunks: &[(&str, Vec<u8>)]) -> Arc<FaultyStore<MemoryStore>> {
    let store = FaultyStore::new(MemoryStore::new());
    store
        .put(&format!("a.zarr/{key}"), metadata.to_string().into())
        .unwrap();
    for (key, bytes) in chunks {
        store.put(&format!("a.zarr/{key}"), bytes.clone().into()).unwrap();
    }
    Arc::new(store)
}

fn open(metadata: &Json) -> Result<ZarrArray> {
    let key = if metadata["zarr_format"] == 2 {
        ".zarray"
    } else {
        "zarr.json"
    };
    ZarrArray::open_path(store(key, metadata, &[]), "a.zarr")
}

fn changed(mut document: Json, pointer: &str, value: Json) -> Json {
    *document.pointer_mut(pointer).unwrap() = value;
    document
}

#[test]
fn the_untouched_documents_open() {
    for document in [v2(), v3()] {
        let array = open(&document).unwrap();
        assert_eq!(array.read().unwrap().to_vec::<i16>().unwrap(), [7; 24]);
    }
}

#[test]
fn absurd_metadata_is_refused_in_words() {
    let huge = u64::MAX;
    let cases = [
        (changed(v3(), "/shape", json!([4])), "do not fit"),
        (changed(v3(), "/shape", json!([4, -6])), "list of lengths"),
        (changed(v3(), "/shape", json!("4")), "list of lengths"),
        (
            changed(v3(), "/chunk_grid/configuration/chunk_shape", json!([0, 3])),
            "chunks of shape [0, 3]",
        ),
        (
            changed(v3(), "/chunk_grid/configuration/chunk_shape", json!([huge, huge])),
            "chunk bytes",
        ),
        (
            changed(v3(), "/chunk_grid/name", json!("rectilinear")),
            "rectilinear",
        ),
        (changed(v3(), "/data_type", json!("int128")), "int128"),
        (
            changed(
                v3(),
                "/data_type",
                json!({"name": "raw_bytes", "configuration": {"length_bytes": huge}}),
            ),
            "bytes",
        ),
        (changed(v3(), "/fill_value", json!("x")), "fill value"),
        (changed(v3(), "/fill_value", json!(1 << 20)), "fill value"),
        (changed(v3(), "/codecs/1/name", json!("wavpack")), "\"wavpack\""),
        (changed(v3(), "/codecs", json!({})), "codecs"),
        (changed(v3(), "/zarr_format", json!(4)), "zarr_format"),
        (changed(v3(), "/node_type", json!("group")), "group"),
        (
            changed(v3(), "/chunk_key_encoding/name", json!("spiral")),
            "spiral",
        ),
        (
            changed(v3(), "/attributes", json!({"codec_version": "9.0"})),
            "upgrade dj-zarr-codecs",
        ),
        (
            changed(v3(), "/attributes", json!({"codec_version": []})),
            "format version",
        ),
        (changed(v2(), "/chunks", json!([2, 0])), "chunks of shape [2, 0]"),
        (changed(v2(), "/chunks", json!([1_u64 << 33, 1])), "chunk bytes"),
        (changed(v2(), "/dtype", json!("|O")), "|O"),
        (changed(v2(), "/dtype", json!("<i3")), "<i3"),
        (changed(v2(), "/order", json!("Z")), "order"),
        (changed(v2(), "/compressor", json!({"id": "lzma"})), "\"lzma\""),
        (changed(v2(), "/filters", json!([{"id": "pickle"}])), "\"pickle\""),
        (
            changed(v2(), "/filters", json!([{"id": "delta", "dtype": "<U9"}])),
            "delta",
        ),
    ];
    for (document, words) in cases {
        let error = open(&document).map(|_| ()).unwrap_err();
        assert!(error.report().contains(words), "{document}: {}", error.report());
        assert_eq!(error.codec(), Some("zarr"));
    }
    let no_json = MemoryStore::new();
    no_json.put("a.zarr/zarr.json", "{".into()).unwrap();
    assert_eq!(
        ZarrArray::open_path(Arc::new(no_json), "a.zarr")
            .unwrap_err()
            .kind(),
        &ErrorKind::Corrupt
    );
    let group = MemoryStore::new();
    group.put("a.zarr/.zgroup", "{}".into()).unwrap();
    let error = ZarrArray::open_path(Arc::new(group), "a.zarr").unwrap_err();
    assert!(error.to_string().contains("group"), "{error}");
}

fn limit_of(error: &Error) -> &'static str {
    match error.kind() {
        ErrorKind::Limit { what, .. } => what,
        other => panic!("{other:?}: {error}"),
    }
}

#[test]
fn every_limit_trips() {
    let open = |document: &Json, limits: Limits| {
        let key = if document["zarr_format"] == 2 {
            ".zarray"
        } else {
            "zarr.json"
        };
        ZarrArray::open_path_with_limits(store(key, document, &[]), "a.zarr", limits)
    };
    let limits = Limits::default;
    assert_eq!(
        limit_of(&open(&v3(), limits().with_metadata_bytes(100)).unwrap_err()),
        "metadata bytes"
    );
    assert_eq!(
        limit_of(&open(&v3(), limits().with_dimensions(1)).unwrap_err()),
        "dimensions"
    );
    assert_eq!(
        limit_of(&open(&v2(), limits().with_dimensions(1)).unwrap_err()),
        "dimensions"
    );
    assert_eq!(
        limit_of(&open(&v3(), limits().with_chunk_bytes(11)).unwrap_err()),
        "chunk bytes"
    );
    // One text of a gigabyte: the limit is asked before the fill value is made, which comes before the chunks are looked at.
    let mut long = changed(v2(), "/dtype", json!("|S1067476249"));
    long["fill_value"] = Json::Null;
    long["chunks"] = Json::Null;
    assert_eq!(
        limit_of(&open(&long, limits().with_chunk_bytes(1 << 20)).unwrap_err()),
        "chunk bytes"
    );
    let small = open(&v3(), limits().with_array_bytes(24)).unwrap();
    assert_eq!(limit_of(&small.read().unwrap_err()), "array bytes");
    assert_eq!(small.rows(0..2).unwrap().nbytes(), 24);
    // The shape alone costs nothing; reading it would.
    let vast = changed(v3(), "/shape", json!([1_u64 << 60, 1_u64 << 60]));
    let vast = open(&vast, limits()).unwrap();
    assert_eq!(limit_of(&vast.read().unwrap_err()), "array bytes");
    assert_eq!(
        vast.read_region(&[(1 << 59)..(1 << 59) + 1, 5..7])
            .unwrap()
            .to_vec::<i16>()
            .unwrap(),
        [7, 7]
    );
    let mut texts = changed(v3(), "/data_type", json!("string"));
    texts["codecs"] = json!(["vlen-utf8"]);
    texts["fill_value"] = json!("");
    assert_eq!(
        limit_of(
            &open(&texts, limits().with_items(10))
                .unwrap()
                .read_value()
                .unwrap_err()
        ),
        "items"
    );
    let shards =
        json!([{"name": "sharding_indexed", "configuration": {"chunk_shape": [1, 1], "codecs": ["bytes"]}}]);
    let mut sharded = changed(v3(), "/codecs", shards);
    sharded["chunk_grid"]["configuration"]["chunk_shape"] = json!([1 << 20, 1 << 20]);
    assert_eq!(
        limit_of(&open(&sharded, limits()).unwrap_err()),
        "chunks in a shard"
    );
}

#[test]
fn chunks_that_are_not_what_they_should_be_are_named() {
    let with_crc = |bytes: &[u8]| [bytes, &crc32c::crc32c(bytes).to_le_bytes()].concat();
    for (bytes, words) in [
        (with_crc(&[0; 11]), "bytes"),
        (with_crc(&[0; 13]), "bytes"),
        (vec![0; 16], "CRC-32C"),
        (vec![], "checksum"),
        (vec![0; 3], "checksum"),
    ] {
        let store = store("zarr.json", &v3(), &[("c/1/0", bytes)]);
        let error = ZarrArray::open_path(store, "a.zarr").unwrap().read().unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::Corrupt, "{error}");
        assert!(
            error.to_string().contains("at a.zarr/c/1/0: chunk [1, 0]"),
            "{error}"
        );
        assert!(error.to_string().contains(words), "{error}");
    }
    // A megabyte of zeros in a kilobyte, where twelve bytes belong.
    let mut bomb = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    bomb.write_all(&vec![0; 1 << 20]).unwrap();
    let store = store(".zarray", &v2(), &[("0.0", bomb.finish().unwrap())]);
    let error = ZarrArray::open_path(store, "a.zarr").unwrap().read().unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::Corrupt, "{error}");
}

#[test]
fn a_forbidden_object_is_no_absent_one() {
    let crc = crc32c::crc32c(&[1; 12]).to_le_bytes();
    let store = store("zarr.json", &v3(), &[("c/0/1", [&[1; 12][..], &crc].concat())]);
    let read = |forbidden: &'static str| {
        let denied = Fault::error(ErrorKind::PermissionDenied);
        store.recover();
        store.inject(denied.when(move |operation| operation.path.contains(forbidden)));
        ZarrArray::open_path(store.clone(), "a.zarr").and_then(|array| array.read())
    };
    assert_eq!(read("nothing").unwrap().len(), 24);
    for forbidden in ["c/0/1", "c/1/1", "zarr.json"] {
        let error = read(forbidden).unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::PermissionDenied, "{forbidden}: {error}");
    }
}

/// A 2.0 array in a store, of four chunks of which one is a hole, and its record.
fn inventoried(store: Arc<dyn Store>) -> (Context, dj_zarr_codecs::ZarrRecord, Array) {
    let cx = Context::new(StoreMap::new().with("main", store).with_default("main"))
        .with_field("lab", "recording", "movie")
        .with_key("id", 1_i64);
    let mut elements: Vec<u16> = (1..=4 * 50).collect();
    elements[50..100].fill(0);
    let array = Array::from_vec(elements, &[4, 50]).unwrap();
    let options = ZarrOptions::default().with_chunk_shape(&[1, 50]);
    let record = ZarrCodec::new(options).write(&array, &cx).unwrap();
    (cx, record, array)
}

#[test]
fn a_lost_chunk_is_an_error_and_a_hole_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let stores: [Arc<dyn Store>; 2] = [
        Arc::new(MemoryStore::new()),
        Arc::new(FileStore::open(folder.path()).unwrap()),
    ];
    for store in stores {
        let (cx, record, array) = inventoried(store.clone());
        let opened = ZarrCodec::default().open(record.clone(), &cx).unwrap();
        assert_eq!(opened.format_version().to_string(), "2.0");
        assert_eq!(opened.inventory().unwrap().holes(), 1);
        assert_eq!(opened.read().unwrap(), array);
        let object = |number: u64| format!("{}/c/{number}/0", record.path());
        assert!(store.head(&object(1)).unwrap().is_none());
        store.delete(&object(2)).unwrap();
        let error = opened.read().unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::Corrupt);
        assert!(error.to_string().contains("[2, 0]"), "{error}");
        assert_eq!(
            opened.rows(0..2).unwrap().to_vec::<u16>().unwrap(),
            array.rows(0..2).unwrap().to_vec::<u16>().unwrap()
        );
        // Without a record nobody can know.
        let bare = ZarrArray::open_path(store.clone(), record.path()).unwrap();
        assert_eq!(bare.frame(2).unwrap().to_vec::<u16>().unwrap(), [0; 50]);
        // A torn chunk ends early; a changed one has the right length.
        let whole = store.get(&object(3)).unwrap();
        store.put(&object(3), whole.slice(..whole.len() / 2)).unwrap();
        let error = opened.frame(3).unwrap_err();
        assert!(
            error.kind() == &ErrorKind::Corrupt && error.to_string().contains("[3, 0]"),
            "{error}"
        );
        let mut bytes = whole.to_vec();
        bytes[20] ^= 4;
        store.put(&object(3), bytes.into()).unwrap();
        assert!(opened.frame(3).unwrap_err().to_string().contains("CRC-32C"));
    }
}

#[test]
fn values_that_are_no_arrays_are_refused_by_name() {
    let cx = Context::new(StoreMap::new());
    let codec = ZarrCodec::default();
    for (value, words) in [
        (Value::from(5_i64), "an int"),
        (Value::from("x"), "a str"),
        (Value::Null, "null"),
    ] {
        let error = dj_codec_api::Codec::encode(&codec, value, &cx).unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
    }
    assert!(dj_codec_api::Codec::dtype(&codec, dj_codec_api::Mode::Table).is_err());
    let error = dj_codec_api::Codec::decode(&codec, Value::from("no json"), &cx).unwrap_err();
    assert_eq!(error.codec(), Some("zarr"));
}

/// Small pieces of JSON, some of which belong into metadata and most of which do not.
fn pieces() -> impl Strategy<Value = Json> {
    prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        (0_i64..9).prop_map(Json::from),
        any::<u64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        prop_oneof![
            Just("bytes"),
            Just("blosc"),
            Just("delta"),
            Just("packbits"),
            Just("|V0"),
            Just("<M8[us]"),
            Just("string"),
            Just("transpose"),
            Just("sharding_indexed"),
            Just("F"),
            Just("NaN"),
            Just("vlen-utf8"),
            Just("zlib")
        ]
        .prop_map(Json::from),
        Just(json!([])),
        Just(json!([0, 0])),
        Just(json!([3, u64::MAX])),
        Just(json!({})),
    ]
}

/// Every place in a document.
fn places(json: &Json, at: &str, all: &mut Vec<String>) {
    all.push(at.to_owned());
    match json {
        Json::Object(members) => members
            .iter()
            .for_each(|(key, inner)| places(inner, &format!("{at}/{key}"), all)),
        Json::Array(items) => items
            .iter()
            .enumerate()
            .for_each(|(i, inner)| places(inner, &format!("{at}/{i}"), all)),
        _ => {}
    }
}

fn sharded() -> Json {
    changed(
        v3(),
        "/codecs",
        json!([{"name": "sharding_indexed", "configuration": {
            "chunk_shape": [1, 3], "index_location": "end",
            "codecs": [{"name": "transpose", "configuration": {"order": [1, 0]}}, {"name": "bytes", "configuration": {"endian": "big"}}],
            "index_codecs": [{"name": "bytes", "configuration": {"endian": "little"}}]
        }}]),
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_metadata_makes_a_panic(
        which in 0_usize..3,
        changes in prop::collection::vec((any::<prop::sample::Index>(), pieces()), 1..4),
        chunk in prop::collection::vec(any::<u8>(), 0..80),
    ) {
        let mut document = [v2(), v3(), sharded()][which].clone();
        let key = if which == 0 { ".zarray" } else { "zarr.json" };
        for (place, piece) in changes {
            let mut all = Vec::new();
            places(&document, "", &mut all);
            let place = place.get(&all);
            *document.pointer_mut(place).unwrap() = piece;
        }
        let limits = Limits::default().with_array_bytes(1 << 16).with_chunk_bytes(1 << 16).with_items(1 << 12);
        let chunks = [("0.0", chunk.clone()), ("c/0/0", chunk.clone()), ("0", chunk.clone()), ("c", chunk)];
        let store = store(key, &document, &chunks);
        if let Ok(array) = ZarrArray::open_path_with_limits(store, "a.zarr", limits)
            && let Ok(Value::Array(read)) = array.read_value()
        {
            // What reads has the shape that was promised.
            prop_assert!(read.shape().iter().map(|&n| n as u64).eq(array.shape().iter().copied()));
        }
    }

    #[test]
    fn no_shard_makes_a_panic(
        entries in prop::collection::vec(prop_oneof![0_u64..70, any::<u64>(), Just(u64::MAX)], 4),
        data in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let mut shard = data;
        shard.extend(entries.iter().flat_map(|entry| entry.to_le_bytes()));
        let store = store("zarr.json", &sharded(), &[("c/0/1", shard)]);
        let read = ZarrArray::open_path(store, "a.zarr").unwrap().read();
        if let Err(error) = read {
            prop_assert_eq!(error.kind(), &ErrorKind::Corrupt);
            prop_assert!(error.to_string().contains("a.zarr/c/0/1"), "{}", error);
        }
    }
}
