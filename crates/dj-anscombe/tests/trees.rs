//! Zarr arrays that Python wrote with `anscombe-transform` 1.0.0, read with `zarrs`; and arrays written here.
#![cfg(feature = "zarrs")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test asserts by panicking"
)]

#[path = "samples/written.rs"]
mod written;

use std::path::Path;
use std::sync::Arc;

use dj_anscombe::zarr::{AnscombeCodec, NAME};
use dj_anscombe::{DType, Params};
use serde_json::{Value, json};
use zarrs::array::codec::{BytesCodec, ShardingCodecBuilder};
use zarrs::array::{Array, ArrayBuilder, ArraySubset, DataType, FillValue, data_type};
use zarrs::storage::store::MemoryStore;
use zarrs::storage::{ReadableStorageTraits, StoreKey, WritableStorageTraits};

/// The files of a tree, as a store.
fn store_of(tree: &Path) -> Arc<MemoryStore> {
    fn fill(store: &MemoryStore, folder: &Path, key: &str) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let key = format!("{key}{}", entry.file_name().to_str().unwrap());
            if entry.file_type().unwrap().is_dir() {
                fill(store, &entry.path(), &format!("{key}/"));
            } else {
                let bytes = std::fs::read(entry.path()).unwrap();
                store.set(&StoreKey::new(key).unwrap(), bytes.into()).unwrap();
            }
        }
    }
    let store = MemoryStore::new();
    fill(&store, tree, "");
    Arc::new(store)
}

fn changed(store: &MemoryStore, key: &str, change: impl FnOnce(&mut Value)) {
    let key = StoreKey::new(key).unwrap();
    let mut value: Value = serde_json::from_slice(&store.get(&key).unwrap().unwrap()).unwrap();
    change(&mut value);
    store.set(&key, value.to_string().into_bytes().into()).unwrap();
}

/// All elements, as floats.
fn read(store: &Arc<MemoryStore>) -> Result<Vec<f64>, String> {
    let array = Array::open(store.clone(), "/").map_err(|error| error.to_string())?;
    let all = array.subset_all();
    macro_rules! as_type {
        ($type:ty) => {
            array
                .retrieve_array_subset::<Vec<$type>>(&all)
                .map(|found| found.into_iter().map(f64::from).collect())
                .map_err(|error| error.to_string())
        };
    }
    match array.data_type() {
        found if *found == data_type::int16() => as_type!(i16),
        found if *found == data_type::uint16() => as_type!(u16),
        found if *found == data_type::int32() => as_type!(i32),
        found if *found == data_type::uint8() => as_type!(u8),
        other => panic!("{other}"),
    }
}

#[test]
fn trees_that_python_wrote_read_as_there() {
    let mut seen = 0;
    for case in written::cases().iter().filter(|case| case["kind"] == "tree") {
        let tree = written::data("anscombe-transform-1.0.0").join(case["tree"].as_str().unwrap());
        let store = store_of(&tree);
        if case["expected"]["error"] == true {
            // Nothing in the metadata says that the codes are of two bytes. Nobody can open it so ...
            assert!(read(&store).is_err());
            // ... but with that said in the place where it belongs, the data are what was meant.
            changed(&store, ".zarray", |meta| {
                meta["filters"][0]["encoded_dtype"] = json!("uint16");
            });
            assert_eq!(read(&store).unwrap(), written::array(&case["intended"]).1);
        } else {
            assert_eq!(
                read(&store).unwrap(),
                written::array(&case["expected"]).1,
                "{}",
                written::id(case)
            );
        }
        seen += 1;
    }
    assert_eq!(seen, 6);
}

#[test]
fn parts_of_a_chunk_are_those_of_the_whole() {
    let store = store_of(&written::data("anscombe-transform-1.0.0/trees/v3-zstd"));
    let array = Array::open(store, "/").unwrap();
    let all: Vec<i16> = array.retrieve_array_subset(&array.subset_all()).unwrap();
    let part: Vec<i16> = array
        .retrieve_array_subset(&ArraySubset::new_with_ranges(&[1..4, 2..3, 1..5]))
        .unwrap();
    let expected: Vec<i16> = (1..4)
        .flat_map(|t| (1..5).map(move |x| (t * 4 + 2) * 6 + x))
        .map(|at| all[at])
        .collect();
    assert_eq!(part, expected);
}

fn array_of(codec: AnscombeCodec, dtype: DataType, fill: impl Into<FillValue>) -> Array<MemoryStore> {
    ArrayBuilder::new(vec![4, 3, 5], vec![2, 3, 5], dtype, fill.into())
        .array_to_array_codecs(vec![Arc::new(codec)])
        .build(Arc::new(MemoryStore::new()), "/")
        .unwrap()
}

#[test]
fn what_is_written_opens_with_the_packages_configuration() {
    let codec = AnscombeCodec::new(12.5, 100.0, DType::U16).unwrap();
    let table = codec.table(DType::U16).unwrap();
    let array = array_of(codec, data_type::uint16(), 0_u16);
    array.store_metadata().unwrap();
    let movie: Vec<u16> = (0..60).map(|at| at * 500).collect();
    array.store_array_subset(&array.subset_all(), &movie).unwrap();

    let meta = array
        .storage()
        .get(&StoreKey::new("zarr.json").unwrap())
        .unwrap()
        .unwrap();
    let meta: Value = serde_json::from_slice(&meta).unwrap();
    assert_eq!(
        meta["codecs"][0],
        json!({"name": NAME, "configuration":
            {"zero_level": 100, "conversion_gain": 12.5, "encoded_dtype": "uint8", "decoded_dtype": "uint16"}})
    );
    let array = Array::open(array.storage(), "/").unwrap();
    let found: Vec<u16> = array.retrieve_array_subset(&array.subset_all()).unwrap();
    let mut codes = vec![0_u8; 60];
    table.encode(&movie, &mut codes).unwrap();
    let mut expected = vec![0_u16; 60];
    table.decode(&codes, &mut expected).unwrap();
    assert_eq!(found, expected);
    for (one, other) in movie.iter().zip(&found) {
        assert!(f64::from(one.abs_diff(*other)) <= table.bound().absolute);
    }
}

#[test]
fn zarr_v2_keeps_no_types_and_takes_those_that_survive() {
    let store = store_of(&written::data("anscombe-transform-1.0.0/trees/v2-blosc"));
    let array = Array::open(store.clone(), "/").unwrap();
    let before = read(&store).unwrap();
    let whole: Vec<i16> = before.iter().map(|sample| *sample as i16).collect();
    // A decoded value is the middle of its own code: it stays.
    array.store_array_subset(&array.subset_all(), &whole).unwrap();
    assert_eq!(read(&store).unwrap(), before);
    array.store_metadata().unwrap();
    let meta = store.get(&StoreKey::new(".zarray").unwrap()).unwrap().unwrap();
    let meta: Value = serde_json::from_slice(&meta).unwrap();
    assert_eq!(
        meta["filters"],
        json!([{"id": NAME, "zero_level": 20, "conversion_gain": 10.0}])
    );

    changed(&store, ".zarray", |meta| meta["dtype"] = json!("<i4"));
    let array = Array::open(store, "/").unwrap();
    let error = array
        .store_chunk(&[0, 0, 0], &[5_i32; 80])
        .unwrap_err()
        .to_string();
    assert!(error.contains("16-bit integers only"), "{error}");
}

#[test]
fn what_python_could_not_read_is_not_written() {
    let refused = |params: Params, expected: &str| {
        let array = array_of(AnscombeCodec::as_found(params), data_type::int16(), 0_i16);
        let error = array
            .store_chunk(&[0, 0, 0], &[5_i16; 30])
            .unwrap_err()
            .to_string();
        assert!(error.contains(NAME) && error.contains(expected), "{error}");
    };
    refused(Params::new(1.0, 0.0), "a conversion_gain of");
    refused(Params::new(2.0, 0.0), "choose uint16");
    refused(Params::new(10.0, -50.0), "choose zero_level 0");
    refused(
        Params {
            encoded: DType::F32,
            ..Params::new(10.0, 0.0)
        },
        "choose uint8 or uint16",
    );

    let array = array_of(
        AnscombeCodec::new(10.0, 0.0, DType::I16).unwrap(),
        data_type::int16(),
        0_i16,
    );
    let mut chunk = [5_i16; 30];
    chunk[13] = -1;
    let error = array.store_chunk(&[0, 0, 0], &chunk).unwrap_err().to_string();
    assert!(error.contains("value -1 at index 13"), "{error}");

    let codec = AnscombeCodec::new(10.0, 0.0, DType::U16).unwrap();
    let array = array_of(codec, data_type::uint16(), 0_u16);
    let error = array
        .store_chunk(&[0, 0, 0], &[40_000_u16; 30])
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("value 40000 at index 0") && error.contains("32767"),
        "{error}"
    );

    let codec = AnscombeCodec::as_found(Params {
        decoded: DType::F32,
        ..Params::new(10.0, 0.0)
    });
    let array = array_of(codec, data_type::float32(), 0_f32);
    let error = array
        .store_chunk(&[0, 0, 0], &[5_f32; 30])
        .unwrap_err()
        .to_string();
    assert!(error.contains("only integer arrays"), "{error}");
}

/// Gain 1 in 16-bit codes: Python writes them right, and reads them wrong.
#[test]
fn codes_that_python_miscounts_are_read_as_they_were_meant() {
    let params = Params {
        encoded: DType::U16,
        ..Params::new(1.0, 0.0)
    };
    let array = array_of(AnscombeCodec::as_found(params), data_type::int16(), 0_i16);
    array.store_metadata().unwrap();
    // What the package stores for 0 to 29, from its table.
    let codes: [u16; 30] = [
        0, 2, 4, 5, 6, 7, 8, 8, 9, 10, 10, 11, 12, 12, 13, 13, 14, 14, 15, 15, 16, 16, 17, 17, 18, 18, 18,
        19, 19, 20,
    ];
    let bytes: Vec<u8> = codes.iter().flat_map(|code| code.to_le_bytes()).collect();
    array
        .storage()
        .set(&StoreKey::new("c/0/0/0").unwrap(), bytes.into())
        .unwrap();
    let found: Vec<i16> = array.retrieve_chunk(&[0, 0, 0]).unwrap();
    let expected = [
        0_i16, 1, 2, 3, 4, 5, 6, 6, 8, 9, 9, 11, 12, 12, 14, 14, 16, 16, 18, 18, 20, 20, 22, 22, 25, 25, 25,
        27, 27, 30,
    ];
    for (sample, (found, expected)) in (0..30).zip(found.iter().zip(expected)) {
        assert!(
            (found - expected).abs() <= 1 && (found - sample).abs() <= 2,
            "{sample}: {found}"
        );
    }
    assert_eq!(found[..6], [0, 1, 2, 3, 4, 5]);

    // Code 1 is no sample's.
    let bytes: Vec<u8> = [1_u16; 30].iter().flat_map(|code| code.to_le_bytes()).collect();
    array
        .storage()
        .set(&StoreKey::new("c/0/0/0").unwrap(), bytes.into())
        .unwrap();
    let error = array
        .retrieve_chunk::<Vec<i16>>(&[0, 0, 0])
        .unwrap_err()
        .to_string();
    assert!(error.contains("code 1 at index 0: no sample has it"), "{error}");

    // In 8 bits codes wrapped, and nobody knows which.
    let params = Params {
        encoded: DType::U8,
        ..params
    };
    let array = array_of(AnscombeCodec::as_found(params), data_type::int16(), 0_i16);
    array
        .storage()
        .set(&StoreKey::new("c/0/0/0").unwrap(), vec![9; 30].into())
        .unwrap();
    let error = array
        .retrieve_chunk::<Vec<i16>>(&[0, 0, 0])
        .unwrap_err()
        .to_string();
    assert!(error.contains("it may be 9 or"), "{error}");

    // Unless somebody does: no sample was over 1000, and so no code over 124.
    array.store_metadata().unwrap();
    let key = StoreKey::new("zarr.json").unwrap();
    let meta = String::from_utf8(array.storage().get(&key).unwrap().unwrap().to_vec()).unwrap();
    let meta = meta.replace("\"zero_level\"", "\"input_max\": 1000, \"zero_level\"");
    array.storage().set(&key, meta.into_bytes().into()).unwrap();
    let array = Array::open(array.storage(), "/").unwrap();
    assert_eq!(array.retrieve_chunk::<Vec<i16>>(&[0, 0, 0]).unwrap(), [8; 30]);
    let error = array
        .store_chunk(&[0, 0, 0], &[5_i16; 30])
        .unwrap_err()
        .to_string();
    assert!(error.contains("input_max"), "{error}");
}

#[test]
fn shards_take_the_codec_inside_and_outside() {
    let codec = Arc::new(AnscombeCodec::new(10.0, 0.0, DType::U16).unwrap());
    let movie: Vec<u16> = (0..64).map(|at| if at < 32 { 0 } else { at * 11 }).collect();
    let inside = {
        let mut sharding = ShardingCodecBuilder::new(vec![2.try_into().unwrap(); 3], &data_type::uint16());
        sharding.array_to_array_codecs(vec![codec.clone()]);
        ArrayBuilder::new(vec![4, 4, 4], vec![4, 4, 4], data_type::uint16(), 0_u16)
            .array_to_bytes_codec(sharding.build_arc())
            .build(Arc::new(MemoryStore::new()), "/")
            .unwrap()
    };
    let outside = {
        let mut sharding = ShardingCodecBuilder::new(vec![2.try_into().unwrap(); 3], &data_type::uint8());
        sharding.array_to_bytes_codec(Arc::new(BytesCodec::little()));
        ArrayBuilder::new(vec![4, 4, 4], vec![4, 4, 4], data_type::uint16(), 0_u16)
            .array_to_array_codecs(vec![codec.clone()])
            .array_to_bytes_codec(sharding.build_arc())
            .build(Arc::new(MemoryStore::new()), "/")
            .unwrap()
    };
    let table = codec.table(DType::U16).unwrap();
    for array in [inside, outside] {
        array.store_array_subset(&array.subset_all(), &movie).unwrap();
        let found: Vec<u16> = array.retrieve_array_subset(&array.subset_all()).unwrap();
        for (one, other) in movie.iter().zip(&found) {
            assert!(
                f64::from(one.abs_diff(*other)) <= table.bound().absolute,
                "{one} {other}"
            );
        }
    }
}

#[test]
fn a_configuration_without_sense_is_refused_in_words() {
    let opened = |change: fn(&mut Value)| {
        let store = store_of(&written::data("anscombe-transform-1.0.0/trees/v3-zstd"));
        changed(&store, "zarr.json", |meta| {
            change(&mut meta["codecs"][0]["configuration"]);
        });
        read(&store)
    };
    let error = |change| opened(change).unwrap_err();
    assert!(error(|c| c["conversion_gain"] = json!(0)).contains("conversion_gain is 0"));
    assert!(error(|c| c["conversion_gain"] = json!("ten")).contains("expected a number"));
    assert!(error(|c| c["zero_level"] = Value::Null).contains("zero_level is null"));
    assert!(error(|c| c["encoded_dtype"] = json!(">u2")).contains("encoded_dtype"));
    assert!(error(|c| c["encoded_dtype"] = json!("complex64")).contains("complex64"));
    assert!(error(|c| c["conversion_gain"] = json!(1e-300)).contains("too small"));
    assert!(error(|c| c["decoded_dtype"] = json!("float32")).contains("float"));
    assert!(error(|c| c["input_max"] = json!(40_000)).contains("32767"));
    assert!(error(|c| c["input_max"] = json!(1.5)).contains("input_max is 1.5"));
    // The package's defaults, its short names, and keys of later versions.
    assert!(opened(|c| c["encoded_dtype"] = json!("|u1")).is_ok());
    assert!(opened(|c| c["note"] = json!("unknown")).is_ok());
    assert!(
        opened(|c| {
            c.as_object_mut().unwrap().remove("encoded_dtype");
            c.as_object_mut().unwrap().remove("decoded_dtype");
        })
        .is_ok()
    );
}
