//! Whole arrays: every dtype, arrangement, compressor; shapes with and without elements.

use std::sync::Arc;

use dj_codec_api::{Array, Bytes, DType, ErrorKind, Order};
use dj_codec_testkit::MemoryStore;
use dj_zarr_codecs::{BloscCompressor, Compressor, Sharding, Shuffle, ZarrOptions, ZarrWriter};
use proptest::prelude::*;
use serde_json::json;

use crate::{context, movie, peer};

/// Writes an array, reads it with `zarrs` and compares.
fn check(array: &Array, options: &ZarrOptions) -> serde_json::Value {
    let store = Arc::new(MemoryStore::new());
    let record = ZarrWriter::write(array, options, &context(store.clone())).unwrap();
    let (shape, bytes) = peer::read(&store, record.path());
    let expected: Vec<u64> = array.shape().iter().map(|&length| length as u64).collect();
    assert_eq!((&shape, record.shape()), (&expected, Some(&expected[..])));
    assert_eq!(
        bytes,
        array.to_little_endian().to_bytes(Order::C),
        "{array:?} {options:?}"
    );
    let inventory = record.inventory().unwrap();
    let objects: Vec<_> = store
        .snapshot()
        .into_iter()
        .filter(|(path, _)| path.contains(".zarr/c"))
        .collect();
    assert_eq!(inventory.objects(), objects.len() as u64);
    assert_eq!(
        inventory.bytes(),
        objects.iter().map(|(_, bytes)| bytes.len() as u64).sum::<u64>()
    );
    peer::metadata(&store, record.path())
}

fn numbers(dtype: &str, shape: &[usize]) -> Array {
    let dtype: DType = dtype.parse().unwrap();
    let bytes: Vec<u8> = match dtype.numpy_str().as_str() {
        "|b1" => (0..shape.iter().product::<usize>())
            .map(|at| u8::from(at % 3 == 0))
            .collect(),
        _ => (0..shape.iter().product::<usize>() * dtype.size())
            .map(|at| (at % 251) as u8)
            .collect(),
    };
    Array::new(dtype, shape, Order::C, bytes.into()).unwrap()
}

#[test]
fn every_portable_dtype_is_written() {
    for dtype in [
        "|b1", "|i1", "<i2", "<i4", "<i8", "|u1", "<u2", "<u4", "<u8", "<f2", "<f4", "<f8", "<c8", "<c16",
        ">i2", ">u4", ">f8", ">c16",
    ] {
        for shape in [&[7, 5][..], &[], &[0], &[3, 0, 2], &[1, 1, 1, 4]] {
            check(&numbers(dtype, shape), &ZarrOptions::default());
        }
        let cut = ZarrOptions::default().with_chunk_shape(&[3, 2]);
        check(&numbers(dtype, &[7, 5]), &cut);
        check(
            &numbers(dtype, &[7, 5]),
            &cut.with_sharding(Sharding::Shape(vec![6, 4])),
        );
    }
}

#[test]
fn every_compressor_is_written() {
    use BloscCompressor::{BloscLz, Lz4, Lz4Hc, Zlib, Zstd};
    let mut compressors = vec![
        Compressor::None,
        Compressor::Zstd { level: 0 },
        Compressor::Zstd { level: -7 },
        Compressor::Gzip { level: 6 },
    ];
    for codec in [BloscLz, Lz4, Lz4Hc, Zlib, Zstd] {
        for shuffle in [Shuffle::None, Shuffle::Byte, Shuffle::Bit] {
            compressors.push(Compressor::Blosc {
                codec,
                level: 5,
                shuffle,
            });
        }
    }
    for compressor in compressors {
        for checksum in [true, false] {
            let options = ZarrOptions::default()
                .with_compressor(compressor.clone())
                .with_checksum(checksum)
                .with_chunk_shape(&[10, 100]);
            check(&movie(&[33, 120]), &options);
        }
    }
}

#[test]
fn the_metadata_says_what_was_written() {
    let metadata = check(
        &movie(&[10, 512, 512]),
        &ZarrOptions::default().with_attribute("rig", 3),
    );
    assert_eq!(
        metadata,
        json!({
            "zarr_format": 3,
            "node_type": "array",
            "shape": [10, 512, 512],
            "data_type": "uint16",
            "fill_value": 0,
            "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [10, 512, 512]}},
            "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
            "codecs": [
                {"name": "bytes", "configuration": {"endian": "little"}},
                {"name": "blosc", "configuration":
                    {"typesize": 2, "cname": "zstd", "clevel": 5, "shuffle": "bitshuffle", "blocksize": 0}},
                {"name": "crc32c"},
            ],
            "attributes": {"codec_name": "zarr", "codec_version": "2.0", "feature_flags": ["blosc", "crc32c"], "rig": 3},
            "storage_transformers": [],
        })
    );
    let sharded = ZarrOptions::default()
        .with_chunk_shape(&[5, 100])
        .with_compressor(Compressor::Gzip { level: 1 })
        .with_sharding(Sharding::Shape(vec![10, 200]));
    let metadata = check(&movie(&[20, 300]), &sharded);
    assert_eq!(
        metadata["chunk_grid"]["configuration"]["chunk_shape"],
        json!([10, 200])
    );
    assert_eq!(
        metadata["attributes"]["feature_flags"],
        json!(["crc32c", "gzip", "sharding"])
    );
    assert_eq!(
        metadata["codecs"],
        json!([{"name": "sharding_indexed", "configuration": {
            "chunk_shape": [5, 100],
            "codecs": [
                {"name": "bytes", "configuration": {"endian": "little"}},
                {"name": "gzip", "configuration": {"level": 1}},
                {"name": "crc32c"},
            ],
            "index_codecs": [{"name": "bytes", "configuration": {"endian": "little"}}, {"name": "crc32c"}],
            "index_location": "end",
        }}])
    );
}

#[test]
fn chunks_of_the_fill_value_are_holes() {
    let store = Arc::new(MemoryStore::new());
    let cx = context(store.clone());
    let mut elements = vec![7_i32; 12];
    elements[5] = 1;
    let array = Array::from_vec(elements, &[12]).unwrap();
    let options = ZarrOptions::default()
        .with_chunk_shape(&[2])
        .with_fill_value(Array::scalar(7_i32));
    let record = ZarrWriter::write(&array, &options, &cx).unwrap();
    assert_eq!(
        record.record().get("inventory").unwrap()["holes"],
        json!([[0, 2], [3, 6]])
    );
    assert_eq!(record.inventory().unwrap().objects(), 1);
    assert_eq!(store.paths().len(), 2);
    assert_eq!(peer::read(&store, record.path()).1, array.to_bytes(Order::C));
    assert_eq!(peer::metadata(&store, record.path())["fill_value"], 7);
}

#[test]
fn very_many_holes_are_listed_in_a_file() {
    let store = Arc::new(MemoryStore::new());
    let elements: Vec<u8> = (0..200).map(|at| at % 2).collect();
    let options = ZarrOptions::default().with_chunk_shape(&[1]);
    let record = ZarrWriter::write(
        &Array::from_vec(elements, &[200]).unwrap(),
        &options,
        &context(store.clone()),
    )
    .unwrap();
    let inventory = record.record().get("inventory").unwrap();
    assert_eq!(
        (&inventory["holes"], &inventory["file"]),
        (&json!(100), &json!("inventory.json"))
    );
    let file: serde_json::Value =
        serde_json::from_slice(&peer::object(&store, record.path(), "inventory.json")).unwrap();
    assert_eq!(file["holes"][1], json!([2, 3]));
    assert_eq!(file["holes"].as_array().unwrap().len(), 100);
}

#[test]
fn what_is_not_portable_is_refused_by_name_and_written_on_request() {
    for (dtype, name) in [
        ("<M8[us]", "datetime64[us]"),
        ("<m8[s]", "timedelta64[s]"),
        ("|S3", "|S3"),
        ("<U2", "<U2"),
        ("|V5", "|V5"),
    ] {
        let array = numbers(dtype, &[2]);
        let store = Arc::new(MemoryStore::new());
        let cx = context(store.clone());
        let error = ZarrWriter::write(&array, &ZarrOptions::default(), &cx).unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::Unsupported);
        assert!(error.to_string().contains(name), "{error}");
        assert!(store.paths().is_empty());
        let plain = ZarrOptions::default()
            .with_portable(false)
            .with_compressor(Compressor::None)
            .with_checksum(false);
        let record = ZarrWriter::write(&array, &plain, &cx).unwrap();
        assert_eq!(
            peer::object(&store, record.path(), "c/0"),
            array.to_bytes(Order::C)
        );
    }
    for dtype in ["<f16", "<c32", "|V0", "|S0"] {
        let array = numbers(dtype, &[2]);
        let cx = context(Arc::new(MemoryStore::new()));
        for options in [
            ZarrOptions::default(),
            ZarrOptions::default().with_portable(false),
        ] {
            let error = ZarrWriter::write(&array, &options, &cx).unwrap_err();
            assert!(error.to_string().contains(&array.dtype().to_string()), "{error}");
        }
    }
}

#[test]
fn options_that_do_not_fit_are_refused() {
    let cases: [(ZarrOptions, &str); 9] = [
        (ZarrOptions::default().with_chunk_shape(&[1]), "1 dimensions"),
        (ZarrOptions::default().with_chunk_shape(&[0, 1]), "length of 0"),
        (
            ZarrOptions::default().with_chunk_shape(&[u64::MAX, 2]),
            "chunk bytes",
        ),
        (
            ZarrOptions::default().with_chunk_shape(&[1 << 32, 1]),
            "chunk bytes",
        ),
        (
            ZarrOptions::default().with_chunk_shape(&[1 << 31, 1]),
            "more than Blosc takes",
        ),
        (
            ZarrOptions::default()
                .with_chunk_shape(&[2, 2])
                .with_sharding(Sharding::Shape(vec![3, 4])),
            "no multiple",
        ),
        (
            ZarrOptions::default().with_compressor(Compressor::Zstd { level: 99 }),
            "level 99",
        ),
        (
            ZarrOptions::default().with_fill_value(Array::scalar(1.5_f32)),
            "fill value",
        ),
        (
            ZarrOptions::default().with_attribute("codec_version", "9"),
            "the codec's own",
        ),
    ];
    for (options, said) in cases {
        let store = Arc::new(MemoryStore::new());
        let error = ZarrWriter::write(&movie(&[4, 4]), &options, &context(store.clone())).unwrap_err();
        assert!(error.to_string().contains(said), "{error}");
        assert!(store.paths().is_empty());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Any shape, any chunks, any shards, any arrangement of the input.
    #[test]
    fn what_is_written_is_read(
        shape in proptest::collection::vec(0_usize..9, 1..4),
        chunk in proptest::collection::vec(1_u64..6, 3),
        ratio in proptest::option::of(proptest::collection::vec(1_u64..4, 3)),
        dtype in proptest::sample::select(vec!["<u2", ">i4", "|u1", ">f8", "<c8"]),
        fortran in any::<bool>(),
        sparse in 1_usize..40,
    ) {
        let chunk = &chunk[..shape.len()];
        let dtype: DType = dtype.parse().unwrap();
        let size = shape.iter().product::<usize>() * dtype.size();
        let bytes: Bytes = (0..size).map(|at| if at % sparse == 0 { (at % 250) as u8 } else { 0 }).collect::<Vec<_>>().into();
        let order = if fortran { Order::Fortran } else { Order::C };
        let array = Array::new(dtype, &shape, order, bytes).unwrap();
        let mut options = ZarrOptions::default().with_chunk_shape(chunk);
        if let Some(ratio) = ratio {
            options = options.with_sharding(Sharding::Shape(chunk.iter().zip(ratio).map(|(chunk, ratio)| chunk * ratio).collect()));
        }
        check(&array, &options);
    }
}
