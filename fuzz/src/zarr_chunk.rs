//! Bytes as the stored object of a Zarr array, for each chain of codecs: an error or elements, and a part of them is the same
//! whether it is read alone or cut out of the whole.
//!
//! The first byte chooses the chain, the second the part; the rest is the object.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use dj_codec_api::{Array, Order};
use dj_zarr_codecs::ZarrArray;
use serde_json::{Value as Json, json};

use crate::limits;
use crate::store::{Find, Told};

/// An array of 8 x 8 elements in one chunk, with these codecs of Zarr V3.
fn v3(data_type: &str, codecs: Json) -> Json {
    json!({
        "zarr_format": 3, "node_type": "array", "shape": [8, 8], "data_type": data_type,
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [8, 8]}},
        "chunk_key_encoding": {"name": "default"}, "attributes": {}, "codecs": codecs,
        "fill_value": if data_type == "string" { json!("") } else if data_type == "bool" { json!(false) } else { json!(7) }
    })
}

/// The same of Zarr V2.
fn v2(dtype: Json, order: &str, filters: Json, compressor: Json) -> Json {
    let fill = if dtype == "|O" { json!("") } else { json!(null) };
    json!({
        "zarr_format": 2, "shape": [8, 8], "chunks": [8, 8], "dtype": dtype, "fill_value": fill, "order": order,
        "filters": filters, "compressor": compressor
    })
}

/// A shard of four chunks of 4 x 4.
fn shard(codecs: Json, index: Json, location: &str) -> Json {
    v3(
        "int16",
        json!([{"name": "sharding_indexed", "configuration": {
            "chunk_shape": [4, 4], "codecs": codecs, "index_codecs": index, "index_location": location
        }}]),
    )
}

/// The metadata of each chain. Seeds name chains by their position here, so new ones come last.
pub fn chains() -> Vec<Json> {
    let little = || json!({"name": "bytes", "configuration": {"endian": "little"}});
    let big = json!({"name": "bytes", "configuration": {"endian": "big"}});
    let codec = |name: &str| json!({"name": name});
    let with = |name: &str, configuration: Json| json!({"name": name, "configuration": configuration});
    let id = |name: &str| json!({"id": name});
    vec![
        v3("int16", json!([little(), codec("blosc")])),
        v3("int16", json!([little(), codec("zstd")])),
        v3("int16", json!([little(), codec("gzip")])),
        v3("int16", json!([little(), codec("numcodecs.zlib")])),
        v3("int16", json!([little(), codec("numcodecs.bz2")])),
        v3("int16", json!([little(), codec("numcodecs.lz4")])),
        v3("int16", json!([little(), codec("crc32c")])),
        v3("int16", json!([little(), codec("blosc"), codec("crc32c")])),
        v3(
            "float32",
            json!([with("transpose", json!({"order": [1, 0]})), big, codec("zstd")]),
        ),
        v3(
            "int32",
            json!([
                little(),
                with("numcodecs.shuffle", json!({"elementsize": 4})),
                codec("numcodecs.zlib")
            ]),
        ),
        v3("int16", json!([little(), codec("numcodecs.crc32")])),
        v3("int16", json!([little(), codec("numcodecs.adler32")])),
        v3("int16", json!([little(), codec("numcodecs.fletcher32")])),
        v3("bool", json!([little(), codec("blosc")])),
        v3("string", json!([codec("vlen-utf8")])),
        v3("string", json!([codec("vlen-utf8"), codec("zstd")])),
        shard(
            json!([little(), codec("crc32c")]),
            json!([little(), codec("crc32c")]),
            "end",
        ),
        shard(json!([little(), codec("blosc")]), json!([little()]), "end"),
        shard(json!([little(), codec("zstd")]), json!([little()]), "start"),
        v2(json!("<i2"), "C", json!(null), id("blosc")),
        v2(json!(">i4"), "F", json!(null), id("zlib")),
        v2(
            json!("<i2"),
            "C",
            json!([{"id": "delta", "dtype": "<i2"}]),
            id("lz4"),
        ),
        v2(
            json!("<f8"),
            "C",
            json!([{"id": "fixedscaleoffset", "dtype": "<f8", "astype": "<i2", "offset": 3, "scale": 10}]),
            id("zstd"),
        ),
        v2(
            json!("<f8"),
            "C",
            json!([{"id": "quantize", "dtype": "<f8", "astype": "<f4", "digits": 2}]),
            json!(null),
        ),
        v2(
            json!("<i8"),
            "C",
            json!([{"id": "astype", "encode_dtype": ">u2", "decode_dtype": "<i8"}]),
            id("bz2"),
        ),
        v2(json!("|b1"), "C", json!([{"id": "packbits"}]), json!(null)),
        v2(
            json!([["a", ">i2"], ["b", "<f4", [2]]]),
            "C",
            json!(null),
            id("blosc"),
        ),
        v2(json!("|O"), "C", json!([{"id": "vlen-utf8"}]), id("blosc")),
        v2(json!("|O"), "C", json!([{"id": "vlen-bytes"}]), json!(null)),
        v2(
            json!("<i2"),
            "C",
            json!([{"id": "shuffle", "elementsize": 2}, {"id": "crc32"}]),
            id("zstd"),
        ),
    ]
}

/// The document, and whatever the object is just now.
struct OneObject {
    document: (&'static str, Bytes),
    object: Mutex<Bytes>,
}

impl Find for Arc<OneObject> {
    fn find(&self, path: &str) -> Option<Bytes> {
        match path.strip_prefix("a/")? {
            name if name == self.document.0 => Some(self.document.1.clone()),
            "zarr.json" | ".zarray" | ".zattrs" | ".zgroup" => None,
            _ => Some(self.object.lock().unwrap_or_else(PoisonError::into_inner).clone()),
        }
    }
}

struct Chain {
    objects: Arc<OneObject>,
    array: ZarrArray,
    /// An array remembers the index of its shards.
    sharded: bool,
}

impl Chain {
    fn new(document: &Json) -> Self {
        let name = if document["zarr_format"] == 3 {
            "zarr.json"
        } else {
            ".zarray"
        };
        let objects = Arc::new(OneObject {
            document: (name, document.to_string().into()),
            object: Mutex::default(),
        });
        let array = open(&objects);
        let sharded = array.shard_shape().is_some();
        Self {
            objects,
            array,
            sharded,
        }
    }
}

fn open(objects: &Arc<OneObject>) -> ZarrArray {
    ZarrArray::open_path_with_limits(Arc::new(Told(Arc::clone(objects))), "a", limits())
        .unwrap_or_else(|error| panic!("{}: {}", objects.document.1.escape_ascii(), error.report()))
}

thread_local! {
    static CHAINS: Vec<Chain> = chains().iter().map(Chain::new).collect();
}

pub fn run(data: &[u8]) {
    let [which, part, object @ ..] = data else { return };
    CHAINS.with(|chains| {
        let chain = &chains[usize::from(*which) % chains.len()];
        *chain
            .objects
            .object
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Bytes::copy_from_slice(object);
        let array = if chain.sharded {
            open(&chain.objects)
        } else {
            chain.array.clone()
        };
        if array.dtype().is_none() {
            let _ = array.read_value();
            return;
        }
        let (row, column) = (u64::from(part & 7), u64::from(part >> 3 & 7));
        let region = match part >> 6 {
            0 => [row..row + 1, 0..8],
            1 => [0..8, column..column + 1],
            2 => [row..row + 1, column..column + 1],
            _ => [row..8, column..8],
        };
        let alone = array.read_region(&region);
        let Ok(whole) = array.read() else { return };
        let alone = alone
            .unwrap_or_else(|error| panic!("{region:?} cannot be read, and all can: {}", error.report()));
        let bounds = region
            .clone()
            .map(|range| range.start as usize..range.end as usize);
        assert_eq!(bytes(&alone), cut(&whole, &bounds), "{region:?}");
    });
}

fn bytes(array: &Array) -> Vec<u8> {
    array
        .contiguous_bytes(Order::C)
        .expect("it was read in C order")
        .to_vec()
}

fn cut(whole: &Array, [rows, columns]: &[std::ops::Range<usize>; 2]) -> Vec<u8> {
    let each = rows
        .clone()
        .flat_map(|row| columns.clone().map(move |column| [row, column]));
    each.flat_map(|at| whole.element_bytes(&at).expect("it is within").to_vec())
        .collect()
}
